"""The renditions of a split: what the backbone answered for their views, and what is known of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pictures import read_manifest


@dataclass(frozen=True)
class Renditions:
    """`starts` bounds each rendition's views, of which the last is the whole picture."""

    features: np.ndarray
    """Views × features."""
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


def shards_of(work: Path, split: str) -> list[Path]:
    """The finished shards of a split, in order."""
    return sorted(path for path in work.glob(f'{split}-[0-9]*.npz') if '.part' not in path.name)


def load_renditions(work: Path, split: str) -> Renditions:
    """All finished shards of a split, of the pictures that the manifest names."""
    known = {picture.sha256: picture for picture in read_manifest(split)}
    parts: dict[str, list[np.ndarray]] = {'features': [], 'counts': [], 'sha256': [], 'renditions': []}
    for path in shards_of(work, split):
        with np.load(path) as shard:
            if len(shard['counts']):
                for name, arrays in parts.items():
                    arrays.append(shard[name])
    features, counts, sha256, rendition = (np.concatenate(arrays) for arrays in parts.values())
    named = np.array([key in known for key in sha256])
    rows = [known[key] for key in sha256[named]]
    return Renditions(
        features=features[np.repeat(named, counts)],
        starts=np.concatenate([[0], np.cumsum(counts[named])]),
        sha256=sha256[named],
        repository=np.array([row.repository for row in rows]),
        generator=np.array([row.generator for row in rows]),
        generated=np.array([row.generated for row in rows]),
        rendition=rendition[named],
    )
