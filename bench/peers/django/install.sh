#!/bin/sh
# Installs Django REST framework into a venv outside the repository: the folder given, or that of `bench/django-peer.ts`.
set -eu
cd "$(dirname "$0")"
venv="${1:-${TMPDIR:-/tmp}/assay-bench-django}"
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
