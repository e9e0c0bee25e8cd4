"""Runs the published backbone over every picture and keeps its features; resumable, shard by shard.

    python prepare.py --checkouts DIR --work DIR --split train [--part 0/2]
    python prepare.py --checkouts DIR --work DIR --split test

Pictures come in turn from every repository, so that a run cut short stays balanced. `--part` is one of several
processes' share of the shards. A rendition takes 20 kB of disk, with `--trunk` 130.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime

from pictures import LEARNT, MEASURED, Picture, random_rendition, read_manifest, rendition
from views import SIDE, cut_views

SHARD = 60
"""Renditions."""
MOST_DISTORTED = 30
"""Pictures of a test repository that are measured in other renditions than their original bytes."""
PRECISION = {'features': np.float32, 'trunk': np.float16}
Job = tuple[int, str]


def in_turn(pictures: list[Picture], most: int) -> list[int]:
    """Indices of at most `most` pictures of every repository, one of each after the other."""
    queues = defaultdict(list)
    for index, picture in enumerate(pictures):
        queues[picture.repository].append(index)
    rounds = range(min(most, max(map(len, queues.values()))))
    return [queue[i] for i in rounds for queue in queues.values() if i < len(queue)]


def jobs_of(split: str, pictures: list[Picture]) -> list[Job]:
    """Which rendition of which picture, those of one picture together: it is decoded once."""
    everything = in_turn(pictures, len(pictures))
    if split == 'train':
        return [(index, name) for index in everything for name in LEARNT]
    fewer = set(in_turn(pictures, MOST_DISTORTED))
    return [(index, name) for index in everything for name in MEASURED if name == 'original' or index in fewer]


def rendered(picture: Picture, checkouts: Path, names: list[str]) -> list[np.ndarray]:
    """Renditions of a picture."""
    image = picture.open(checkouts)
    return [
        random_rendition(image, picture.sha256, name) if name in LEARNT else rendition(image, name) for name in names
    ]


def session_of(path: Path) -> onnxruntime.InferenceSession:
    """A session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def write_shard(
    path: Path, jobs: list[Job], pictures: list[Picture], checkouts: Path, backbone: onnxruntime.InferenceSession,
    kept: list[str],
) -> None:
    """One shard of the outputs `kept`; whole or not at all. Pictures that cannot be read are named and left out."""
    outputs, counts, done = {name: [] for name in kept}, [], []
    for index in dict.fromkeys(index for index, _ in jobs):
        names = [name for other, name in jobs if other == index]
        try:
            views = [cut_views(pixels, SIDE) for pixels in rendered(pictures[index], checkouts, names)]
        except (OSError, ValueError) as error:
            print(f'left out {pictures[index].repository}/{pictures[index].path}: {error}', flush=True)
            continue
        for name, found in zip(kept, backbone.run(kept, {'crops': np.concatenate(views)}), strict=True):
            outputs[name].append(found.astype(PRECISION[name]))
        counts += [len(each) for each in views]
        done += [(index, name) for name in names]
    part = path.with_suffix('.part.npz')
    np.savez(
        part,
        **{name: np.concatenate(found) if found else np.zeros(0) for name, found in outputs.items()},
        counts=np.array(counts, dtype=np.int64),
        sha256=np.array([pictures[index].sha256 for index, _ in done], dtype='U64'),
        renditions=np.array([name for _, name in done], dtype='U16'),
    )
    part.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True, help='holds <owner>/<repository>/<path>')
    parser.add_argument('--work', type=Path, required=True, help='where the shards are written')
    parser.add_argument('--split', choices=['train', 'test'], required=True)
    parser.add_argument('--part', default='0/1', help='which of how many processes this is, from 0')
    parser.add_argument('--trunk', action='store_true', help='keep what tune.py needs as well: 2 GB in place of 0.3')
    parser.add_argument('--most', type=int, help='only so many renditions, for a trial')
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    mine, processes = map(int, args.part.split('/'))

    path = args.work / f'backbone-{mine}.onnx'
    if not path.exists():
        from backbone import Backbone, export

        export(Backbone(), path, ['features', 'trunk'])
    backbone = session_of(path)

    pictures = read_manifest(args.split)
    jobs = jobs_of(args.split, pictures)[: args.most]
    kept = ['features', 'trunk'] if args.trunk else ['features']
    # The name of a shard says which jobs it holds, so another manifest needs another folder.
    starts = list(range(0, len(jobs), SHARD))[mine::processes]
    started = time.monotonic()
    for place, at in enumerate(starts):
        shard = args.work / f'{args.split}-{at:06d}.npz'
        if shard.exists():
            continue
        write_shard(shard, jobs[at : at + SHARD], pictures, args.checkouts, backbone, kept)
        print(f'{args.split} {place + 1} of {len(starts)} shards, seconds {time.monotonic() - started:.0f}', flush=True)


if __name__ == '__main__':
    main()
