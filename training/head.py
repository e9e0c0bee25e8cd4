"""The trained part: two heads on the frozen features, one for crops and one for the whole picture.

Each answers a view alone, so that a picture's logit is a sum of what its crops and the whole say, and the heat map is
true to it. A head has one hidden layer; the linear head that it is compared with is the same with two units.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from features import Renditions

CLIP = 6.0
"""Standard deviations beyond which a feature says no more."""
UNITS = 64
"""Of the hidden layer of one net; a head is the mean of `NETS` of them, joined to one layer."""
NETS = 4
EPOCHS = 6
BATCH = 256
RATE = 3e-3
FORGET = 0.5
"""Share of the hidden units that a batch does without."""
SMOOTH = 0.05
"""How far the labels stay from 0 and 1: some pictures in the repositories are not what the repository says."""
STEPS = 40
"""Most iterations of L-BFGS for a linear head."""


def balanced_weights(repository: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Weights that give both classes the same share, and within a class every repository by the root of its size."""
    weights = np.zeros(len(generated))
    for label in (True, False):
        sources, sizes = np.unique(repository[generated == label], return_counts=True)
        shares = np.sqrt(sizes) / np.sqrt(sizes).sum()
        for source, size, share in zip(sources, sizes, shares, strict=True):
            weights[(generated == label) & (repository == source)] = share / (2 * size)
    return weights * len(generated)


@dataclass(frozen=True)
class Head:
    """An answer to features standardised by `mean` and `scale` and clipped at ±`CLIP`, through one hidden layer."""

    mean: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    weights: np.ndarray
    bias: float

    def standardised(self, features: np.ndarray) -> np.ndarray:
        """What the hidden layer sees."""
        return np.clip((features - self.mean) / self.scale, -CLIP, CLIP)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        units = np.maximum(self.standardised(features) @ self.hidden + self.hidden_bias, 0)
        return units @ self.weights + self.bias


ARRAYS = ('mean', 'scale', 'hidden', 'hidden_bias', 'weights')
"""The parts of a head that are arrays."""
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Head]
"""From features, labels and weights to a head."""


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature."""
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    return mean.astype(np.float32), scale.astype(np.float32)


def fit_linear(strength: float) -> Fit:
    """Logistic regression; `strength` is the inverse of its penalty."""

    def fit(features: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Head:
        mean, scale = moments(features)
        known = torch.from_numpy(np.clip((features - mean) / scale, -CLIP, CLIP))
        wanted, weight = (torch.from_numpy(values.astype(np.float32)) for values in (labels, weights))
        slopes, bias = torch.zeros(known.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
        optimiser = torch.optim.LBFGS(
            [slopes, bias], max_iter=STEPS, history_size=10, line_search_fn='strong_wolfe', tolerance_grad=1e-4
        )

        def loss() -> torch.Tensor:
            optimiser.zero_grad()
            errors = nn.functional.binary_cross_entropy_with_logits(known @ slopes + bias, wanted, reduction='none')
            value = ((weight * errors).sum() + (slopes * slopes).sum() / (2 * strength)) / len(wanted)
            value.backward()
            return value

        optimiser.step(loss)
        line = slopes.detach().numpy()[:, None]
        # max(z, 0) - max(-z, 0) = z
        hidden, signs = np.concatenate([line, -line], axis=1), np.array([1, -1], dtype=np.float32)
        return Head(mean, scale, hidden, np.zeros(2, dtype=np.float32), signs, float(bias.detach()))

    return fit


class Dropout(nn.Module):
    """Dropout from random bytes: `torch`'s own takes most of the time of a fit."""

    def __init__(self, share: float, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng, self.below = rng, round(256 * share)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        drawn = torch.frombuffer(bytearray(self.rng.bytes(x.numel())), dtype=torch.uint8).view(x.shape)
        return x * ((drawn >= self.below) * (256 / (256 - self.below)))


def fit_hidden(forget: float, decay: float) -> Fit:
    """`NETS` small nets, each from batches drawn by weight, so that every repository comes up by its share.

    `forget` is the share of the features that a batch does without, `decay` that of the weights (AdamW).
    """

    def fit(features: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Head:
        mean, scale = moments(features)
        known = torch.from_numpy(np.clip((features - mean) / scale, -CLIP, CLIP))
        wanted = torch.from_numpy(labels.astype(np.float32)) * (1 - 2 * SMOOTH) + SMOOTH
        share = torch.from_numpy(weights / weights.sum())
        parts = []
        for seed in range(NETS):
            torch.manual_seed(seed)
            rng = np.random.default_rng(seed)
            net = nn.Sequential(
                Dropout(forget, rng), nn.Linear(known.shape[1], UNITS), nn.ReLU(), Dropout(FORGET, rng),
                nn.Linear(UNITS, 1),
            )
            steps = EPOCHS * len(known) // BATCH
            optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=decay, fused=True)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
            for _ in range(steps):
                batch = torch.multinomial(share, BATCH, replacement=True)
                answers = net(known[batch])[:, 0]
                optimiser.zero_grad()
                nn.functional.binary_cross_entropy_with_logits(answers, wanted[batch]).backward()
                optimiser.step()
                schedule.step()
            parts.append([value.detach().numpy() for value in net.parameters()])
        return Head(
            mean, scale, np.concatenate([hidden.T for hidden, _, _, _ in parts], axis=1),
            np.concatenate([bias for _, bias, _, _ in parts]),
            np.concatenate([weights[0] for _, _, weights, _ in parts]) / NETS,
            float(np.mean([bias for _, _, _, bias in parts])),
        )

    return fit


LINEAR = (fit_linear(1e-3), fit_linear(1e-3))
HIDDEN = (fit_hidden(0.2, 0.05), fit_hidden(0.5, 0.5))
"""How the crops' head is fitted, and the whole's, of which there are fewer examples."""


def fit_pair(data: Renditions, rows: np.ndarray, fits: tuple[Fit, Fit]) -> tuple[Head, Head]:
    """The crops' head and the whole's, from the features of the renditions `rows`."""
    chosen = np.zeros(len(data.sha256), dtype=bool)
    chosen[rows] = True
    weights = np.zeros(len(data.sha256))
    weights[chosen] = balanced_weights(data.repository[chosen], data.generated[chosen])
    crops = np.maximum(np.diff(data.starts) - 1, 1)
    heads = []
    for whole, fit in zip((False, True), fits, strict=True):
        views = np.flatnonzero(chosen[data.of_view] & (data.is_whole == whole))
        owner = data.of_view[views]
        share = weights[owner] / (1 if whole else crops[owner])
        heads.append(fit(data.features[views], data.generated[owner], share))
    return heads[0], heads[1]


def pooled(features: np.ndarray, counts: np.ndarray, heads: Sequence[Head]) -> tuple[np.ndarray, np.ndarray]:
    """Per rendition the mean of the crops' logits, and the whole's logit. `counts`: how many views each has."""
    ends = np.cumsum(counts)
    crop_logits = heads[0](features)
    crop_logits[ends - 1] = 0
    sums = np.add.reduceat(crop_logits, ends - counts)
    return sums / np.maximum(counts - 1, 1), heads[1](features[ends - 1])


def save_heads(path: Path, heads: Sequence[Head]) -> None:
    """The crops' head and the whole's, as `load_heads` takes them."""
    np.savez(path, **{
        f'{part}_{key}': getattr(head, key)
        for part, head in zip(('crops', 'whole'), heads, strict=True) for key in (*ARRAYS, 'bias')
    })


def load_heads(path: Path) -> tuple[Head, Head]:
    """The crops' head and the whole's."""
    with np.load(path) as file:
        crops, whole = (
            Head(**{key: file[f'{part}_{key}'] for key in ARRAYS}, bias=float(file[f'{part}_bias']))
            for part in ('crops', 'whole')
        )
    return crops, whole
