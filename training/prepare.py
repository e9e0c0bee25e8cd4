"""Cuts the training views: every picture of the training split, several times, each distorted at random.

    python prepare.py --checkouts DIR --work DIR
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from network import SIDE
from pictures import Picture, random_view, read_manifest

VIEW = SIDE + 16
SEED = 20_240_601
VIEWS_PER_PICTURE = {'generated': 14, 'camera': 10}


def views_of(numbered: tuple[int, Picture], checkouts: Path) -> np.ndarray:
    """All training views of one picture; the same on every run."""
    number, picture = numbered
    rng = np.random.default_rng([SEED, number])
    image = picture.open(checkouts)
    count = VIEWS_PER_PICTURE['generated' if picture.generated else 'camera']
    return np.stack([random_view(image, VIEW, rng) for _ in range(count)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True, help='holds <owner>/<repository>/<path>')
    parser.add_argument('--work', type=Path, required=True, help='where the views are written')
    parser.add_argument('--processes', type=int, default=2)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)

    pictures = read_manifest('train')
    counts = [VIEWS_PER_PICTURE['generated' if picture.generated else 'camera'] for picture in pictures]
    shape = (sum(counts), VIEW, VIEW, 3)
    views = np.lib.format.open_memmap(args.work / 'views.npy', mode='w+', dtype=np.uint8, shape=shape)
    at = 0
    with ProcessPoolExecutor(args.processes) as pool:
        for cut in pool.map(partial(views_of, checkouts=args.checkouts), enumerate(pictures), chunksize=8):
            views[at : at + len(cut)] = cut
            at += len(cut)
    views.flush()
    repositories = np.repeat([picture.repository for picture in pictures], counts)
    labels = np.repeat([picture.generated for picture in pictures], counts)
    np.savez(args.work / 'views-index.npz', repositories=repositories, labels=labels)
    print(json.dumps({'pictures': len(pictures), 'views': at}))


if __name__ == '__main__':
    main()
