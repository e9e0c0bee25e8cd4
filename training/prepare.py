"""Runs the frozen backbone over every picture and keeps the features; resumable, one shard after another.

    python prepare.py --checkouts DIR --work DIR --split train
    python prepare.py --checkouts DIR --work DIR --split test

Pictures come in turn from every repository, so that a run cut short stays balanced.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime

from pictures import Picture, random_rendition, read_manifest, rendition
from views import SIDE, cut_views

SEED = 20_240_601
SHARD = 40
Job = tuple[int, str]


def in_turn(pictures: list[Picture], most: int) -> list[int]:
    """Indices of at most `most` pictures of every repository, one of each after the other."""
    queues = defaultdict(list)
    for index, picture in enumerate(pictures):
        queues[picture.repository].append(index)
    rounds = range(min(most, max(map(len, queues.values()))))
    return [queue[i] for i in rounds for queue in queues.values() if i < len(queue)]


def jobs_of(split: str, pictures: list[Picture]) -> list[Job]:
    """Which rendition of which picture, in the order of their worth."""
    everything = in_turn(pictures, len(pictures))
    if split == 'train':
        return [(index, f'random{k}') for k in range(3) for index in everything]
    few, fewer = in_turn(pictures, 60), in_turn(pictures, 30)
    jobs = [(index, 'original') for index in few]
    jobs += [(index, name) for index in fewer for name in ('jpeg70', 'half', 'screenshot', 'social')]
    return jobs + [(index, 'original') for index in everything if index not in set(few)]


def pairs_of(path: Path) -> list[tuple[str, str]]:
    """Which pictures a finished shard holds, and in which rendition."""
    with np.load(path) as shard:
        return list(zip(shard['sha256'].tolist(), shard['renditions'].tolist(), strict=True))


def session_of(path: Path) -> onnxruntime.InferenceSession:
    """A session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True, help='holds <owner>/<repository>/<path>')
    parser.add_argument('--work', type=Path, required=True, help='where the shards are written')
    parser.add_argument('--split', choices=['train', 'test'], required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)

    if not (args.work / 'backbone.onnx').exists():
        from backbone import Backbone, export

        export(Backbone(), args.work / 'backbone.onnx', 'features')
    backbone = session_of(args.work / 'backbone.onnx')

    pictures = read_manifest(args.split)
    jobs = jobs_of(args.split, pictures)
    finished = sorted(args.work.glob(f'{args.split}-[0-9]*[0-9].npz'))
    known = {pair for path in finished for pair in pairs_of(path)}
    jobs = [(index, name) for index, name in jobs if (pictures[index].sha256, name) not in known]
    first = int(finished[-1].stem.split('-')[1]) + SHARD if finished else 0
    started = time.monotonic()
    for at in range(0, len(jobs), SHARD):
        path = args.work / f'{args.split}-{first + at:06d}.npz'
        features, counts, done = [], [], []
        for index, name in jobs[at : at + SHARD]:
            try:
                image = pictures[index].open(args.checkouts)
            except OSError as error:
                print(f'left out {pictures[index].repository}/{pictures[index].path}: {error}', flush=True)
                continue
            done.append((index, name))
            if name.startswith('random'):
                pixels = random_rendition(image, np.random.default_rng([SEED, index, int(name[6:])]))
            else:
                pixels = rendition(image, name)
            found = backbone.run(['features'], {'crops': cut_views(pixels, SIDE)})[0]
            features.append(found.astype(np.float32))
            counts.append(len(found))
        if not done:
            continue
        part = path.with_suffix('.part.npz')
        np.savez(
            part, features=np.concatenate(features), counts=counts,
            sha256=[pictures[index].sha256 for index, _ in done], renditions=[name for _, name in done],
        )
        part.rename(path)
        print(f'{args.split} {min(at + SHARD, len(jobs))} of {len(jobs)}, seconds {time.monotonic() - started:.0f}', flush=True)


if __name__ == '__main__':
    main()
