"""Runs the published backbone over every picture and keeps what its trunk and its taps say; resumable, shard by shard.

    python prepare.py --checkouts DIR --work DIR --split train [--part 0/2]
    python prepare.py --checkouts DIR --work DIR --split test

Pictures come in turn from every repository, so that a run cut short stays balanced. `--part` is one of several
processes' share of the shards. A picture and a rendition take about 130 kB of disk.
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
SHARD = 60
"""Renditions."""
RENDITIONS_LEARNT = 2
"""Of each picture of the training split; all but the first are hard ones."""
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
        return [(index, f'random{k}') for index in everything for k in range(RENDITIONS_LEARNT)]
    fewer = set(in_turn(pictures, 30))
    return [
        (index, name)
        for index in everything
        for name in ('original', 'jpeg70', 'half', 'screenshot', 'social')
        if name == 'original' or index in fewer
    ]


def rendered(picture: Picture, checkouts: Path, names: list[str]) -> list[np.ndarray]:
    """Renditions of a picture. Which are drawn at random depends on its bytes alone."""
    image = picture.open(checkouts)
    seed = int(picture.sha256[:12], 16)
    return [
        random_rendition(image, np.random.default_rng([SEED, seed, int(name[6:])]), name != 'random0')
        if name.startswith('random')
        else rendition(image, name)
        for name in names
    ]


def session_of(path: Path) -> onnxruntime.InferenceSession:
    """A session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def write_shard(
    path: Path, jobs: list[Job], pictures: list[Picture], checkouts: Path, backbone: onnxruntime.InferenceSession
) -> None:
    """One shard; whole or not at all. Pictures that cannot be read are named and left out."""
    outputs, features, counts, done = [], [], [], []
    for index in dict.fromkeys(index for index, _ in jobs):
        names = [name for other, name in jobs if other == index]
        try:
            views = [cut_views(pixels, SIDE) for pixels in rendered(pictures[index], checkouts, names)]
        except (OSError, ValueError) as error:
            print(f'left out {pictures[index].repository}/{pictures[index].path}: {error}', flush=True)
            continue
        found = backbone.run(['trunk', 'features'], {'crops': np.concatenate(views)})
        outputs.append(found[0].astype(np.float16))
        features.append(found[1])
        counts += [len(each) for each in views]
        done += [(index, name) for name in names]
    part = path.with_suffix('.part.npz')
    np.savez(
        part,
        trunk=np.concatenate(outputs) if outputs else np.zeros((0, 0, 0, 0), dtype=np.float16),
        features=np.concatenate(features) if features else np.zeros((0, 0), dtype=np.float32),
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
    parser.add_argument('--most', type=int, help='only so many renditions, for a trial')
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    mine, processes = map(int, args.part.split('/'))

    path = args.work / f'backbone-{mine}.onnx'
    if not path.exists():
        from backbone import Untuned, export

        export(Untuned(), path, ['trunk', 'features'])
    backbone = session_of(path)

    pictures = read_manifest(args.split)
    jobs = jobs_of(args.split, pictures)[: args.most]
    # The name of a shard says which jobs it holds, so another manifest needs another folder.
    starts = list(range(0, len(jobs), SHARD))[mine::processes]
    started = time.monotonic()
    for place, at in enumerate(starts):
        shard = args.work / f'{args.split}-{at:06d}.npz'
        if shard.exists():
            continue
        write_shard(shard, jobs[at : at + SHARD], pictures, args.checkouts, backbone)
        print(f'{args.split} {place + 1} of {len(starts)} shards, seconds {time.monotonic() - started:.0f}', flush=True)


if __name__ == '__main__':
    main()
