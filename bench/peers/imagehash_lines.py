"""Answers each line "phash|dhash<TAB>path" with the hash in hexadecimal, or an empty line where the file cannot be read."""

import sys

import imagehash
from PIL import Image

HASHES = {"phash": imagehash.phash, "dhash": imagehash.dhash}

for line in sys.stdin:
    name, path = line.rstrip("\n").split("\t", 1)
    try:
        with Image.open(path) as picture:
            answer = str(HASHES[name](picture))
    except Exception:  # Pillow raises whatever its decoders do.
        answer = ""
    print(answer, flush=True)
