"""
Answers each line "phash|dhash<TAB>path" with the hash in hexadecimal, or an empty line where the file cannot be read,
and the line "cpu" with the processor seconds spent so far.
"""

import sys
import time

import imagehash
from PIL import Image

HASHES = {"phash": imagehash.phash, "dhash": imagehash.dhash}

for line in sys.stdin:
    name, _, path = line.rstrip("\n").partition("\t")
    if name == "cpu":
        print(time.process_time(), flush=True)
        continue
    try:
        with Image.open(path) as picture:
            answer = str(HASHES[name](picture))
    except Exception:  # Pillow raises whatever its decoders do.
        answer = ""
    print(answer, flush=True)
