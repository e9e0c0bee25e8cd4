"""Fits heads and tunes the backbone, with repositories left out in turn and then on the whole training split.

    python train.py --work DIR                 # all of it
    python train.py --work DIR --only 0        # one fold left out: 0…3
    python train.py --work DIR --only shipped  # what is shipped, from every repository
    python train.py --work DIR --only table    # the table of ablations, over the folds that are there

These may run side by side, the table last. What is there already is not made again. Writes `left-out-*.npz`, the logits
of left-out repositories, for `calibrate.py`; `heads.npz` and `rest.pt`, for the steps that follow; `ablations.json` and
`training.png`.
"""

import argparse
import json
import time
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
import torch

from backbone import Rest
from features import Renditions, features_of, load_renditions
from figures import macro_auc, summary
from folds import FOLDS, NEW
from head import HIDDEN, LINEAR, Head, fit_pair, pooled, save_heads
from tune import STEPS, part_way, tune

FEWEST = 10
"""Renditions a repository needs to be counted in a figure; all are learnt from."""
MEASURED = 'random0'
"""The rendition that figures rest on; the others are harder than what people upload."""
KINDS = {
    'linear': 'linear heads, backbone as published',
    'hidden': 'hidden layer, backbone as published',
    'tuned': 'hidden layer, last stages tuned',
    'half': 'the same, weights half way from the published ones',
}
SHIPPED = 'hidden'
"""The kind that `export.py` is given: the one that finds most on left-out repositories (`REPORT.md`)."""


def left_out_path(work: Path, kind: str, fold: int) -> Path:
    """Logits of a fold's repositories by what never saw them."""
    return work / f'left-out-{kind}-{fold}.npz'


def measured_rows(data: Renditions, fold: int) -> np.ndarray:
    """The fold's renditions that figures rest on."""
    return np.flatnonzero(np.isin(data.repository, FOLDS[fold]) & (data.rendition == MEASURED))


def run_fold(work: Path, data: Renditions, fold: int, steps: int) -> None:
    """Writes what each kind says of a fold's repositories, fitted on the others."""
    if all(left_out_path(work, kind, fold).exists() for kind in KINDS):
        return
    started = time.process_time()
    rows = np.flatnonzero(~np.isin(data.repository, FOLDS[fold]))
    out = measured_rows(data, fold)
    views, counts = data.views_of(out), np.diff(data.starts)[out]

    def keep(kind: str, features: np.ndarray, heads: tuple[Head, Head]) -> None:
        crops, whole = pooled(features, counts, heads)
        np.savez(left_out_path(work, kind, fold), sha256=data.sha256[out], crops=crops, whole=whole)
        print(f'fold {fold}, {kind}, seconds of the processor {time.process_time() - started:.0f}', flush=True)

    keep('linear', data.features[views], fit_pair(data, rows, LINEAR))
    heads = fit_pair(data, rows, HIDDEN)
    keep('hidden', data.features[views], heads)
    rest, tuned = tune(data, rows, heads, steps)
    keep('tuned', features_of(data, rest, views), tuned)
    rest, tuned = part_way(rest, heads, tuned, 0.5)
    keep('half', features_of(data, rest, views), tuned)


def run_all(work: Path, data: Renditions, steps: int) -> None:
    """Writes what is shipped, from every repository of the training split."""
    if (work / 'heads.npz').exists():
        return
    rows = np.arange(len(data.sha256))
    rest, heads = Rest(), fit_pair(data, rows, LINEAR if SHIPPED == 'linear' else HIDDEN)
    if SHIPPED in ('tuned', 'half'):
        rest, tuned = tune(data, rows, heads, steps)
        rest, heads = part_way(rest, heads, tuned, 0.5) if SHIPPED == 'half' else (rest, tuned)
    torch.save(rest.state_dict(), work / 'rest.pt')
    save_heads(work / 'heads.npz', heads)


def left_out(work: Path, data: Renditions, kind: str) -> dict[str, np.ndarray]:
    """The logits of the folds that are there, and what is known of the renditions."""
    folds = [fold for fold in range(len(FOLDS)) if all(left_out_path(work, kind, fold).exists() for kind in KINDS)]
    rows = np.concatenate([measured_rows(data, fold) for fold in folds])
    found = {}
    for name in ('sha256', 'crops', 'whole'):
        parts = []
        for fold in folds:
            with np.load(left_out_path(work, kind, fold)) as file:
                parts.append(file[name])
        found[name] = np.concatenate(parts)
    if not np.array_equal(found['sha256'], data.sha256[rows]):
        raise ValueError(f'left-out-{kind}-*.npz are of other renditions than the shards: remove them')
    return found | {name: getattr(data, name)[rows] for name in ('repository', 'generator', 'generated', 'rendition')}


def figures_of(logits: dict[str, np.ndarray]) -> dict[str, float]:
    """A row of the table."""
    repositories, sizes = np.unique(logits['repository'], return_counts=True)
    counted = np.isin(logits['repository'], repositories[sizes >= FEWEST])
    both = (logits['crops'] + logits['whole']) / 2
    former = ~np.isin(logits['repository'], NEW)
    by_people = np.char.startswith(logits['generator'], 'people')

    def macro(scores: np.ndarray, rows: np.ndarray) -> float:
        return round(macro_auc(scores[rows], logits['repository'][rows], logits['generated'][rows]), 4)

    parts = {'crops': logits['crops'], 'whole': logits['whole'], 'both': both}
    row = {name: macro(scores, counted) for name, scores in parts.items()}
    row |= {'former': macro(both, counted & former), 'new': macro(both, counted & ~former)}
    kept = counted & ~by_people
    rates = summary(both[kept], logits['repository'][kept], logits['generated'][kept])
    return row | {key: round(rates[key], 3) for key in ('tprAt1', 'tprAt5')}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py wrote')
    parser.add_argument('--only', choices=[*map(str, range(len(FOLDS))), 'shipped', 'table'])
    parser.add_argument('--steps', type=int, default=STEPS, help='of tuning; few for a trial')
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = load_renditions(args.work, 'train')
    print(f'{len(data.sha256)} renditions, {data.starts[-1]} views', flush=True)
    for fold in range(len(FOLDS)):
        if args.only in (None, str(fold)):
            run_fold(args.work, data, fold, args.steps)
    if args.only in (None, 'shipped'):
        run_all(args.work, data, args.steps)
    if args.only not in (None, 'table'):
        return
    table = []
    for kind, what in KINDS.items():
        logits = left_out(args.work, data, kind)
        table.append({'what': what, 'renditions': len(logits['sha256']), **figures_of(logits)})
        print(json.dumps(table[-1]), flush=True)
    np.savez(args.work / 'left-out.npz', **left_out(args.work, data, SHIPPED))
    (args.work / 'ablations.json').write_text(json.dumps(table, indent=1) + '\n')
    bars(table, args.work / 'training.png')


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


if __name__ == '__main__':
    main()
