"""Fits the heads, with repositories left out in turn and then on the whole training split.

    python train.py --work DIR                 # all of it
    python train.py --work DIR --only 0        # one fold left out: 0…3
    python train.py --work DIR --only shipped  # what is shipped, from every repository
    python train.py --work DIR --only table    # the table of ablations, over the folds

These may run side by side, the table last. What is there already is not made again. Writes `left-out-*.npz`, the logits
of left-out repositories, of which `left-out.npz` is for `calibrate.py`; `heads.npz`, for the steps that follow;
`ablations.json` and `training.png`.
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
import torch

from features import Renditions, load_renditions
from figures import macro_auc, summary
from folds import FOLDS
from head import HIDDEN, LINEAR, Fit, Head, fit_pair, pooled, save_heads
from pictures import LEARNT

FEWEST = 10
"""Renditions a repository needs to be counted in a figure; all are learnt from."""
MEASURED = 'random0'
"""The rendition that figures rest on; the hard one is harder than what people upload."""


class Kind(NamedTuple):
    """A way to fit the heads: `fits` for crops and whole, from the renditions `learnt` of every picture."""

    what: str
    fits: tuple[Fit, Fit]
    learnt: tuple[str, ...]


KINDS = {
    'linear': Kind('linear heads', LINEAR, LEARNT),
    'plain': Kind('hidden layer, two plain renditions', HIDDEN, ('random0', 'random2')),
    'hidden': Kind('hidden layer, two plain renditions and a hard one', HIDDEN, LEARNT),
}
SHIPPED = 'hidden'
"""The kind that `export.py` is given (`REPORT.md`)."""


def left_out_path(work: Path, kind: str, fold: int) -> Path:
    """Logits of a fold's repositories by what never saw them."""
    return work / f'left-out-{kind}-{fold}.npz'


def learnt_rows(data: Renditions, kind: str, fold: int | None = None) -> np.ndarray:
    """What a kind learns from, without the fold that is left out."""
    rows = np.isin(data.rendition, KINDS[kind].learnt)
    return np.flatnonzero(rows if fold is None else rows & ~np.isin(data.repository, FOLDS[fold]))


def measured_rows(data: Renditions, fold: int) -> np.ndarray:
    """The fold's renditions that figures rest on."""
    return np.flatnonzero(np.isin(data.repository, FOLDS[fold]) & (data.rendition == MEASURED))


def save_left_out(
    path: Path, data: Renditions, fold: int, heads: tuple[Head, Head], features: np.ndarray | None = None
) -> None:
    """Writes what `heads` say of a fold's repositories; `features` in place of the published backbone's."""
    out = measured_rows(data, fold)
    features = data.features[data.views_of(out)] if features is None else features
    crops, whole = pooled(features, np.diff(data.starts)[out], heads)
    np.savez(path, sha256=data.sha256[out], crops=crops, whole=whole)


def left_out(work: Path, data: Renditions, kind: str, fold: int) -> dict[str, np.ndarray]:
    """The logits of a fold's repositories, and what is known of the renditions."""
    rows = measured_rows(data, fold)
    path = left_out_path(work, kind, fold)
    with np.load(path) as file:
        if not np.array_equal(file['sha256'], data.sha256[rows]):
            raise ValueError(f'{path} is of other renditions than the shards: remove it')
        found = {name: file[name] for name in ('sha256', 'crops', 'whole')}
    return found | {name: getattr(data, name)[rows] for name in ('repository', 'generator', 'generated', 'rendition')}


def figures_of(logits: dict[str, np.ndarray]) -> dict[str, float]:
    """Macro AUC of crops, whole and their mean, and what is found at 1 and 5 % of camera pictures."""
    repository, generated = logits['repository'], logits['generated']
    repositories, sizes = np.unique(repository, return_counts=True)
    counted = np.isin(repository, repositories[sizes >= FEWEST])
    parts = {'crops': logits['crops'], 'whole': logits['whole'], 'both': (logits['crops'] + logits['whole']) / 2}
    row = {name: macro_auc(scores[counted], repository[counted], generated[counted]) for name, scores in parts.items()}
    kept = counted & ~np.char.startswith(logits['generator'], 'people')
    rates = summary(parts['both'][kept], repository[kept], generated[kept])
    return row | {key: rates[key] for key in ('tprAt1', 'tprAt5')}


def row_of(work: Path, data: Renditions, kind: str, what: str) -> dict:
    """A row of the table: the figures of every fold, and their means."""
    folds = [figures_of(left_out(work, data, kind, fold)) for fold in range(len(FOLDS))]
    means = {key: round(float(np.mean([fold[key] for fold in folds])), 4) for key in folds[0]}
    shown = [{key: round(fold[key], 4) for key in ('both', 'tprAt5')} for fold in folds]
    return {'what': what, **means, 'folds': shown}


def run_fold(work: Path, data: Renditions, fold: int) -> None:
    """Writes what each kind says of a fold's repositories, fitted on the others."""
    for kind, (_, fits, _) in KINDS.items():
        path = left_out_path(work, kind, fold)
        if path.exists():
            continue
        started = time.process_time()
        save_left_out(path, data, fold, fit_pair(data, learnt_rows(data, kind, fold), fits))
        print(f'fold {fold}, {kind}, seconds of the processor {time.process_time() - started:.0f}', flush=True)


def run_shipped(work: Path, data: Renditions) -> None:
    """Writes what is shipped, from every repository of the training split."""
    path = work / 'heads.npz'
    if not path.exists():
        save_heads(path, fit_pair(data, learnt_rows(data, SHIPPED), KINDS[SHIPPED].fits))


def write_table(work: Path, data: Renditions) -> None:
    """Writes the ablations, and the shipped kind's logits of all folds together."""
    table = []
    for kind, (what, _, _) in KINDS.items():
        table.append(row_of(work, data, kind, what))
        print(json.dumps(table[-1]), flush=True)
    folds = [left_out(work, data, SHIPPED, fold) for fold in range(len(FOLDS))]
    np.savez(work / 'left-out.npz', **{name: np.concatenate([fold[name] for fold in folds]) for name in folds[0]})
    (work / 'ablations.json').write_text(json.dumps(table, indent=1) + '\n')
    bars(table, work / 'training.png')


def bars(table: list[dict], path: Path) -> None:
    """What each choice gives, on left-out repositories."""
    figure, axes = plt.subplots(figsize=(9, 3.2))
    places = np.arange(len(table))
    for offset, key in enumerate(('crops', 'whole', 'both')):
        axes.barh(places + 0.25 * offset, [row[key] for row in table], height=0.25, label=key)
    axes.set_yticks(places + 0.25, [row['what'] for row in table], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel='macro AUC, repositories left out', xlim=(0.7, 0.9))
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py wrote')
    parser.add_argument('--only', choices=[*map(str, range(len(FOLDS))), 'shipped', 'table'])
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = load_renditions(args.work, 'train')
    print(f'{len(data.sha256)} renditions, {data.starts[-1]} views', flush=True)
    for fold in range(len(FOLDS)):
        if args.only in (None, str(fold)):
            run_fold(args.work, data, fold)
    if args.only in (None, 'shipped'):
        run_shipped(args.work, data)
    if args.only in (None, 'table'):
        write_table(args.work, data)


if __name__ == '__main__':
    main()
