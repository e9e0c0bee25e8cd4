"""`streamlit run app.py`: from pictures to their quality control and an export, with a running Assay."""

import os

import streamlit as st
from assay_client import Assay

st.title("Assay")
state = st.session_state
if "assay" not in state:
    url = st.text_input("Service", os.environ.get("ASSAY_URL", "http://localhost:8000"))
    username, password = st.text_input("Username or e-mail"), st.text_input("Password", type="password")
    if st.button("Sign in"):
        assay = Assay(url)
        try:
            assay.login(username, password)
        except Exception as error:
            st.error(str(error))
            st.stop()
        state.assay = assay
        st.rerun()
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
    st.success(f"{done['uploaded']} uploaded, {done['skipped']} there before")
    for error in done["errors"]:
        st.warning(f"{error['filename']}: {error['message']}")

if st.button("Run quality control"):
    bar = st.progress(0)
    for status in state.assay.run_qc(state.request):
        bar.progress(status["percent"], f"{status['status']}, {status['images_done']} of {status['images_total']}")
    state.results = state.assay.results(state.request)

if "results" in state:
    duplicate, ai = st.slider("Duplicate from", 0.0, 1.0, 0.85), st.slider("AI-generated from", 0.0, 1.0, 0.8)
    rows = [
        {
            "picture": row["filename"],
            "duplicate": row["duplicate_score"],
            "AI": row["ai_generated_score"],
            "verdict": ", ".join(
                ["duplicate"] * (row["duplicate_score"] >= duplicate) + ["AI"] * (row["ai_generated_score"] >= ai)
            ),
        }
        for row in state.results
    ]
    st.metric("Flagged", sum(bool(row["verdict"]) for row in rows))
    st.dataframe(rows)
    format = st.selectbox("Export", ["jsonl", "csv", "coco", "imagefolder", "huggingface", "qc_csv", "qc_html"])
    if st.button("Make the file"):
        state.file = (format, state.assay.export(state.request, format))
    if "file" in state:
        suffix = {"coco": "zip", "imagefolder": "zip", "huggingface": "zip"}.get(state.file[0], state.file[0])
        st.download_button("Download", state.file[1], f"dataset.{suffix.replace('qc_', '')}")
