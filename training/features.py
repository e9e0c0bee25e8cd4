"""The renditions of a split: what the trunk answered for their views, and what is known of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pictures import read_manifest
from stages import EARLY

BATCH = 64
"""Views."""


@dataclass(frozen=True)
class Renditions:
    """`starts` bounds each rendition's views, of which the last is the whole picture."""

    trunk: np.ndarray
    """Views × channels × height × width, 16-bit floats."""
    features: np.ndarray
    """Views × features of the backbone as it was published."""
    starts: np.ndarray
    sha256: np.ndarray
    repository: np.ndarray
    generator: np.ndarray
    generated: np.ndarray
    rendition: np.ndarray

    @property
    def of_view(self) -> np.ndarray:
        """Which rendition a view belongs to."""
        return np.repeat(np.arange(len(self.sha256)), np.diff(self.starts))

    @property
    def is_whole(self) -> np.ndarray:
        """Which views show the whole picture."""
        mask = np.zeros(self.starts[-1], dtype=bool)
        mask[self.starts[1:] - 1] = True
        return mask

    def views_of(self, rows: np.ndarray) -> np.ndarray:
        """All views of the renditions `rows`, in their order."""
        if len(rows) == 0:
            return np.zeros(0, dtype=np.int64)
        return np.concatenate([np.arange(self.starts[row], self.starts[row + 1]) for row in rows])


def load_renditions(work: Path, split: str) -> Renditions:
    """All finished shards of a split, of the pictures that the manifest names.

    What the trunk answered is brought together in one file beside the shards and mapped, not read: it is too large for
    the memory of a small machine.
    """
    known = {picture.sha256: picture for picture in read_manifest(split)}
    paths = sorted(path for path in work.glob(f'{split}-[0-9]*.npz') if '.part' not in path.name)
    features, counts, sha256, rendition = [], [], [], []
    for path in paths:
        with np.load(path) as shard:
            if len(shard['counts']):
                features.append(shard['features'])
                counts.append(shard['counts'])
                sha256.append(shard['sha256'])
                rendition.append(shard['renditions'])
    counts, sha256 = np.concatenate(counts), np.concatenate(sha256)
    named = np.array([key in known for key in sha256])
    kept = np.repeat(named, counts)
    trunk = _together(work / f'{split}-trunk.npy', paths, kept)
    rows = [known[key] for key in sha256[named]]
    return Renditions(
        trunk=trunk,
        features=np.concatenate(features)[kept],
        starts=np.concatenate([[0], np.cumsum(counts[named])]),
        sha256=sha256[named],
        repository=np.array([row.repository for row in rows]),
        generator=np.array([row.generator for row in rows]),
        generated=np.array([row.generated for row in rows]),
        rendition=np.concatenate(rendition)[named],
    )


def _together(target: Path, paths: list[Path], kept: np.ndarray) -> np.ndarray:
    newest = max(path.stat().st_mtime for path in paths)
    if target.exists() and target.stat().st_mtime >= newest:
        known = np.load(target, mmap_mode='r')
        if len(known) == kept.sum():
            return known
    part, out, read, written = target.with_suffix('.part'), None, 0, 0
    for path in paths:
        with np.load(path) as shard:
            trunk = shard['trunk']
        mine = trunk[kept[read : read + len(trunk)]]
        read += len(trunk)
        if len(mine) == 0:
            continue
        if out is None:
            shape = (int(kept.sum()), *mine.shape[1:])
            out = np.lib.format.open_memmap(part, mode='w+', dtype=np.float16, shape=shape)
        out[written : written + len(mine)] = mine
        written += len(mine)
    out.flush()
    part.rename(target)
    return np.load(target, mmap_mode='r')


def trunk_batch(data: Renditions, views: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """What the rest of the backbone takes, of some views."""
    trunk = torch.from_numpy(data.trunk[views]).to(torch.float32).contiguous(memory_format=torch.channels_last)
    return trunk, torch.from_numpy(data.features[views, :EARLY])


def features_of(data: Renditions, rest: nn.Module, views: np.ndarray) -> np.ndarray:
    """What a tuned backbone says of some views."""
    rest = rest.eval()
    with torch.inference_mode():
        return np.concatenate([
            rest(*trunk_batch(data, views[at : at + BATCH])).numpy() for at in range(0, len(views), BATCH)
        ])
