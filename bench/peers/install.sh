#!/bin/sh
# Installs the tools that the duplicates benchmark compares with, beside this script: npm packages and a Python venv.
set -eu
cd "$(dirname "$0")"
npm ci
"${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
