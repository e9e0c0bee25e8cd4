"""Tunes the rest of the backbone together with its heads: an ablation, which is not shipped (`REPORT.md`).

    python tune.py --work DIR   # where prepare.py --trunk wrote its shards

It is done gently: from heads that fit the backbone as it was published, in few steps, every repository by its share
(linear probing, then fine-tuning: Kumar et al., 2022). Writes `left-out-tuned-*.npz`, `left-out-half-*.npz` and
`ablations-tuning.json`.
"""

import argparse
import copy
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from backbone import EARLY, Rest
from features import Renditions, load_renditions, shards_of
from folds import FOLDS
from head import CLIP, SMOOTH, Head, balanced_weights, fit_pair
from train import KINDS, SHIPPED, learnt_rows, left_out_path, measured_rows, row_of, save_left_out

STEPS = 200
PICTURES = 32
"""Renditions of a step: of each one crop, of every other the whole as well."""
RATE = 4e-4
HEAD_RATE = 2.5e-4
FADE = 0.8
"""Rate of a block against that of the next."""
DECAY = 0.02
WARM = 30
"""Steps until the rate is reached; from there it falls as a cosine does."""
AVERAGED = 0.985
"""Of the moving average of the weights, which is what is kept."""
FORGET = ((0.2, 0.5), (0.5, 0.5))
"""Share of features and of hidden units that a step does without, for crops and whole."""
BATCH = 64
"""Views that a tuned backbone is asked of at a time."""


def load_trunk(work: Path, data: Renditions) -> np.ndarray:
    """What the trunk answered: views × channels × height × width, 16-bit floats.

    It is brought together in one file beside the shards and mapped, not read: it is too large for the memory of a small
    machine. Raises ValueError where the manifest does not name every prepared picture.
    """
    target = work / 'trunk.npy'
    if not target.exists():
        part, out, written = target.with_suffix('.part'), None, 0
        for path in shards_of(work, 'train'):
            with np.load(path) as shard:
                trunk = shard['trunk']
            if len(trunk) == 0:
                continue
            if out is None:
                shape = (int(data.starts[-1]), *trunk.shape[1:])
                out = np.lib.format.open_memmap(part, mode='w+', dtype=np.float16, shape=shape)
            out[written : written + len(trunk)] = trunk
            written += len(trunk)
        if written != data.starts[-1]:
            raise ValueError(f'{written} views were prepared, {data.starts[-1]} are in the manifest')
        out.flush()
        part.rename(target)
    return np.load(target, mmap_mode='r')


def trunk_batch(data: Renditions, trunk: np.ndarray, views: np.ndarray) -> tuple[Tensor, Tensor]:
    """What the rest of the backbone takes, of some views."""
    mapped = torch.from_numpy(trunk[views]).to(torch.float32).contiguous(memory_format=torch.channels_last)
    return mapped, torch.from_numpy(data.features[views, :EARLY])


def features_of(data: Renditions, trunk: np.ndarray, rest: nn.Module, views: np.ndarray) -> np.ndarray:
    """What a tuned backbone says of some views."""
    rest = rest.eval()
    with torch.inference_mode():
        return np.concatenate([
            rest(*trunk_batch(data, trunk, views[at : at + BATCH])).numpy() for at in range(0, len(views), BATCH)
        ])


class TunedHead(nn.Module):
    """A `Head` that can learn on."""

    def __init__(self, head: Head, forget: tuple[float, float]) -> None:
        super().__init__()
        self.register_buffer('mean', torch.from_numpy(head.mean))
        self.register_buffer('scale', torch.from_numpy(head.scale))
        self.hidden = nn.Parameter(torch.from_numpy(head.hidden.astype(np.float32)))
        self.hidden_bias = nn.Parameter(torch.from_numpy(head.hidden_bias.astype(np.float32)))
        self.weights = nn.Parameter(torch.from_numpy(head.weights.astype(np.float32)))
        self.bias = nn.Parameter(torch.tensor(head.bias, dtype=torch.float32))
        self.forget = nn.ModuleList([nn.Dropout(share) for share in forget])

    def forward(self, features: Tensor) -> Tensor:
        known = self.forget[0](((features - self.mean) / self.scale).clamp(-CLIP, CLIP))
        return self.forget[1]((known @ self.hidden + self.hidden_bias).relu()) @ self.weights + self.bias

    def head(self) -> Head:
        """What was learnt."""
        arrays = (self.mean, self.scale, self.hidden, self.hidden_bias, self.weights)
        return Head(*(array.detach().numpy().copy() for array in arrays), float(self.bias.detach()))


class Net(nn.Module):
    """The rest of the backbone and the two heads."""

    def __init__(self, heads: Sequence[Head]) -> None:
        super().__init__()
        self.rest = Rest().to(memory_format=torch.channels_last).requires_grad_(True)
        self.heads = nn.ModuleList([TunedHead(head, forget) for head, forget in zip(heads, FORGET, strict=True)])

    def groups(self) -> list[dict]:
        """Parameters with their rates: the earlier the block, the slower."""
        blocks = list(self.rest.blocks)
        groups = [
            {'params': list(block.parameters()), 'lr': RATE * FADE ** (len(blocks) - 1 - index)}
            for index, block in enumerate(blocks)
        ]
        return [*groups, {'params': list(self.heads.parameters()), 'lr': HEAD_RATE}]


def rate_at(step: int, steps: int) -> float:
    """Share of the full rate."""
    if step < WARM:
        return (step + 1) / WARM
    return 0.5 * (1 + math.cos(math.pi * (step - WARM) / max(1, steps - WARM)))


def tune(
    data: Renditions, trunk: np.ndarray, rows: np.ndarray, heads: Sequence[Head], steps: int, seed: int = 0
) -> tuple[Rest, tuple[Head, Head]]:
    """The rest of the backbone and the heads after `steps` steps on the renditions `rows`."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Net(heads)
    average = copy.deepcopy(net)
    share = torch.from_numpy(balanced_weights(data.repository[rows], data.generated[rows]))
    wanted = torch.from_numpy(data.generated.astype(np.float32)) * (1 - 2 * SMOOTH) + SMOOTH
    optimiser = torch.optim.AdamW(net.groups(), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))
    errors = nn.BCEWithLogitsLoss()
    shown = 0.0
    net.train()
    for step in range(steps):
        chosen = rows[torch.multinomial(share, PICTURES, replacement=True).numpy()]
        crops = rng.integers(data.starts[chosen], data.starts[chosen + 1] - 1)
        wholes = chosen[::2]
        features = net.rest(*trunk_batch(data, trunk, np.concatenate([crops, data.starts[wholes + 1] - 1])))
        loss = errors(net.heads[0](features[:PICTURES]), wanted[chosen])
        loss = loss + 0.5 * errors(net.heads[1](features[PICTURES:]), wanted[wholes])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            kept = min(AVERAGED, (step + 1) / (step + 10))
            for mean, value in zip(average.parameters(), net.parameters(), strict=True):
                mean.lerp_(value, 1 - kept)
        shown += loss.item()
        if (step + 1) % 50 == 0:
            print(f'step {step + 1} of {steps}, loss {shown / 50:.3f}', flush=True)
            shown = 0.0
    average.eval()
    crops_head, whole_head = (head.head() for head in average.heads)
    return average.rest.requires_grad_(False), (crops_head, whole_head)


def part_way(rest: Rest, before: Sequence[Head], after: Sequence[Head], share: float) -> tuple[Rest, tuple[Head, Head]]:
    """Weights `share` of the way from the published backbone and its heads to what was tuned: often better than either
    on data of another kind (Wortsman et al., 2022)."""
    mixed = Rest().to(memory_format=torch.channels_last)
    for published, tuned in zip(mixed.parameters(), rest.parameters(), strict=True):
        published.lerp_(tuned, share)
    crops, whole = (
        Head(
            old.mean, old.scale,
            *(getattr(old, part) + share * (getattr(new, part) - getattr(old, part))
              for part in ('hidden', 'hidden_bias', 'weights', 'bias')),
        )
        for old, new in zip(before, after, strict=True)
    )
    return mixed, (crops, whole)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py --trunk wrote')
    parser.add_argument('--steps', type=int, default=STEPS, help='few for a trial')
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = load_renditions(args.work, 'train')
    trunk = load_trunk(args.work, data)
    for fold in range(len(FOLDS)):
        rows, views = learnt_rows(data, SHIPPED, fold), data.views_of(measured_rows(data, fold))
        before = fit_pair(data, rows, KINDS[SHIPPED].fits)
        rest, after = tune(data, trunk, rows, before, args.steps)
        found = {'tuned': (rest, after), 'half': part_way(rest, before, after, 0.5)}
        for kind, (backbone, heads) in found.items():
            features = features_of(data, trunk, backbone, views)
            save_left_out(left_out_path(args.work, kind, fold), data, fold, heads, features)
    whats = {'tuned': 'last stages tuned', 'half': 'weights half way from the published ones'}
    table = [row_of(args.work, data, kind, what) for kind, what in whats.items()]
    (args.work / 'ablations-tuning.json').write_text(json.dumps(table, indent=1) + '\n')


if __name__ == '__main__':
    main()
