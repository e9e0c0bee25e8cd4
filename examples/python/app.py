"""`streamlit run app.py`: from pictures to their quality control and an export, with a running Assay."""

import streamlit as st
from assay_client import Assay

THRESHOLDS = {"duplicate_score": 0.85, "ai_generated_score": 0.8}
ENDINGS = {"coco": "json", "imagefolder": "zip", "huggingface": "zip", "qc_csv": "csv", "qc_html": "html"}
state = st.session_state
try:
    if "assay" not in state:
        url = st.text_input("Service", "http://localhost:8000")
        username, password = st.text_input("Username or e-mail"), st.text_input("Password", type="password")
        if st.button("Sign in"):
            state.assay = Assay(url, username, password)
            st.rerun()
    elif "request" not in state:
        title, classes = st.text_input("Title", "Street signs"), st.text_input("Classes", "stop, yield")
        if st.button("Create request"):
            state.request = state.assay.create_request(title, [name.strip() for name in classes.split(",")])
            st.rerun()
    else:
        files = st.file_uploader("Pictures", ["jpg", "jpeg", "png", "webp"], accept_multiple_files=True)
        if st.button("Upload") and files:
            done = state.assay.upload(state.request, [(file.name, file.getvalue()) for file in files])
            st.write(f"{done['uploaded']} uploaded, {done['skipped']} there before", done["errors"])
        if st.button("Run quality control"):
            bar = st.progress(0)
            for status in state.assay.run_qc(state.request):
                bar.progress(status["percent"], f"{status['images_done']} of {status['images_total']} pictures")
            state.results = state.assay.results(state.request)
        if "results" in state:
            least = {score: st.slider(f"{score} from", 0.0, 1.0, at) for score, at in THRESHOLDS.items()}
            flagged = [row for row in state.results if any(row[score] >= at for score, at in least.items())]
            st.write(f"{len(flagged)} of {len(state.results)} pictures are flagged.")
            st.dataframe([{key: row[key] for key in ("filename", *least, "source_url")} for row in flagged])
            kind = st.selectbox("Export", ["jsonl", "csv", *ENDINGS])
            if st.button("Make the file"):
                st.download_button("Download", state.assay.export(state.request, kind), "dataset." + ENDINGS.get(kind, kind))
except RuntimeError as error:
    st.error(str(error))
