"""Runs the residual net of version 0.1.0 over the crops that `prepare.py` chose; resumable.

    python residuals.py --checkouts DIR --work DIR --split train
    python residuals.py --checkouts DIR --work DIR --split test

Of the training split one rendition of each picture is enough: the net stays as it is, and only the calibration of the sum
needs its answers. Repositories the net was trained on are left out there.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from crops import cut_crops
from pictures import random_rendition, read_manifest, rendition
from prepare import SEED, SHARD, jobs_of, session_of
from views import MOST_CROPS, SIDE

RESIDUAL_NET = Path(__file__).parent / 'data' / 'residual-net-0.1.0.onnx'
RESIDUAL_SIDE = 128
MARGIN = (SIDE - RESIDUAL_SIDE) // 2
CLIP = 6.0
"""A crop's logit says no more beyond this."""
LEARNT = [
    'SupaGruen/StableDiffusion-CheatSheet',
    'amiantos/AI-Horde-Styles',
    'marcusklasson/GroceryStoreDataset',
    'alexeygrigorev/clothing-dataset-small',
]
"""What the residual net was trained on."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True)
    parser.add_argument('--work', type=Path, required=True)
    parser.add_argument('--split', choices=['train', 'test'], required=True)
    args = parser.parse_args()
    net = session_of(RESIDUAL_NET)
    pictures = read_manifest(args.split)
    jobs = [
        (index, name)
        for index, name in jobs_of(args.split, pictures)
        if args.split == 'test' or (name == 'random0' and pictures[index].repository not in LEARNT)
    ]
    known = residual_logits(args.work, args.split)
    jobs = [(index, name) for index, name in jobs if (pictures[index].sha256, name) not in known]
    finished = sorted(args.work.glob(f'residual-{args.split}-*[0-9].npz'))
    first = int(finished[-1].stem.split('-')[2]) + SHARD if finished else 0
    started = time.monotonic()
    for at in range(0, len(jobs), SHARD):
        path = args.work / f'residual-{args.split}-{first + at:06d}.npz'
        logits, done = [], []
        for index, name in jobs[at : at + SHARD]:
            try:
                image = pictures[index].open(args.checkouts)
            except OSError:
                continue
            if name.startswith('random'):
                pixels = random_rendition(image, np.random.default_rng([SEED, index, int(name[6:])]))
            else:
                pixels = rendition(image, name)
            crops = cut_crops(pixels, SIDE, MOST_CROPS)[:, MARGIN : SIDE - MARGIN, MARGIN : SIDE - MARGIN]
            found = net.run(['logits'], {'crops': np.ascontiguousarray(crops)})[0]
            logits.append(float(np.clip(found, -CLIP, CLIP).mean()))
            done.append((index, name))
        part = path.with_suffix('.part.npz')
        np.savez(
            part, logits=logits, sha256=[pictures[index].sha256 for index, _ in done],
            renditions=[name for _, name in done],
        )
        part.rename(path)
        print(f'{args.split} {min(at + SHARD, len(jobs))} of {len(jobs)}', f'{time.monotonic() - started:.0f} s', flush=True)


def residual_logits(work: Path, split: str) -> dict[tuple[str, str], float]:
    """The mean logit over the crops, by picture and rendition."""
    found = {}
    for path in sorted(work.glob(f'residual-{split}-*[0-9].npz')):
        with np.load(path) as shard:
            for key in zip(shard['sha256'].tolist(), shard['renditions'].tolist(), shard['logits'].tolist(), strict=True):
                found[key[:2]] = key[2]
    return found


if __name__ == '__main__':
    main()
