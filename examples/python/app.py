"""`streamlit run app.py`: from pictures to their quality control and an export, with a running Assay."""

import streamlit as st
from assay_client import Assay

state = st.session_state
if "assay" not in state:
    url = st.text_input("Service", "http://localhost:8000")
    username, password = st.text_input("Username or e-mail"), st.text_input("Password", type="password")
    if st.button("Sign in"):
        try:
            assay = Assay(url)
            assay.login(username, password)
            state.assay = assay
            st.rerun()
        except RuntimeError as error:
            st.error(str(error))
    st.stop()
if "request" not in state:
    title, classes = st.text_input("Title", "Street signs"), st.text_input("Classes", "stop, yield")
    if st.button("Create request"):
        state.request = state.assay.create_request(title, [name.strip() for name in classes.split(",")])
        st.rerun()
    st.stop()

files = st.file_uploader("Pictures", ["jpg", "jpeg", "png", "webp"], accept_multiple_files=True)
if st.button("Upload") and files:
    done = state.assay.upload(state.request, [(file.name, file.getvalue()) for file in files])
    st.write(f"{done['uploaded']} uploaded, {done['skipped']} there before", done["errors"])
if st.button("Run quality control"):
    bar = st.progress(0)
    for status in state.assay.run_qc(state.request):
        bar.progress(status["percent"], f"{status['status']}, {status['images_done']} of {status['images_total']}")
    state.results = state.assay.results(state.request)
if "results" in state:
    least = {"duplicate_score": st.slider("Duplicate from", 0.0, 1.0, 0.85)}
    least["ai_generated_score"] = st.slider("AI-generated from", 0.0, 1.0, 0.8)
    flagged = [row for row in state.results if any(row[score] >= at for score, at in least.items())]
    st.metric("Flagged", len(flagged), f"of {len(state.results)}", delta_color="off")
    st.dataframe([{key: row[key] for key in ("filename", *least, "source_url")} for row in flagged])
    kind = st.selectbox("Export", ["jsonl", "csv", "coco", "imagefolder", "huggingface", "qc_csv", "qc_html"])
    if st.button("Make the file"):
        state.file = (kind, state.assay.export(state.request, kind))
    if "file" in state and state.file[0] == kind:
        ending = {"coco": "json", "imagefolder": "zip", "huggingface": "zip"}.get(kind, kind.removeprefix("qc_"))
        st.download_button("Download", state.file[1], f"dataset.{ending}")
