"""Chooses between heads with repositories left out in turn, then fits them on the whole training split.

    python train.py --work DIR

Writes `heads.npz`, the left-out logits (`left-out.npz`) for `calibrate.py`, `ablations.json` and `training.png`.
"""

import argparse
import json
import time
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np

from figures import macro_auc, summary
from head import ARRAYS, FOLDS, HIDDEN, LINEAR, NEW, Features, Fit, fit_pair, load_features, pooled

FEWEST = 10
"""Renditions a repository needs to be counted in a figure; all are learnt from."""


def left_out_logits(data: Features, fits: tuple[Fit, Fit], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every rendition the crops' and the whole's logit, from heads that never saw its repository or its fold."""
    crops, whole = np.full(len(data.sha256), np.nan), np.full(len(data.sha256), np.nan)
    for fold in FOLDS:
        out = np.isin(data.repository, fold)
        found = pooled(data, fit_pair(data, rows[~out[rows]], fits))
        crops[out], whole[out] = found[0][out], found[1][out]
    return crops, whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py wrote')
    args = parser.parse_args()
    data = load_features(args.work, 'train')
    everything = np.arange(len(data.sha256))
    former = ~np.isin(data.repository, NEW)
    by_people = np.char.startswith(data.generator, 'people')
    repositories, sizes = np.unique(data.repository, return_counts=True)
    counted = np.isin(data.repository, repositories[sizes >= FEWEST])
    started = time.monotonic()
    table: list[dict] = []

    def macro(scores: np.ndarray, rows: np.ndarray) -> float:
        return round(macro_auc(scores[rows], data.repository[rows], data.generated[rows]), 4)

    def tried(what: str, fits: tuple[Fit, Fit], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        crops, whole = left_out_logits(data, fits, rows)
        both = (crops + whole) / 2
        row = {'what': what, 'renditions': len(rows)}
        row |= {name: macro(scores, counted) for name, scores in {'crops': crops, 'whole': whole, 'both': both}.items()}
        row |= {'former': macro(both, counted & former), 'new': macro(both, counted & ~former)}
        kept = counted & ~by_people
        rates = summary(both[kept], data.repository[kept], data.generated[kept])
        row |= {key: round(rates[key], 3) for key in ('tprAt1', 'tprAt5')}
        table.append(row)
        print(json.dumps(row), f'seconds {time.monotonic() - started:.0f}', flush=True)
        (args.work / 'ablations.json').write_text(json.dumps(table, indent=1) + '\n')
        return crops, whole

    crops, whole = tried('hidden layer', HIDDEN, everything)
    heads = fit_pair(data, everything, HIDDEN)
    np.savez(
        args.work / 'heads.npz',
        **{f'{part}_{key}': getattr(head, key) for part, head in zip(('crops', 'whole'), heads, strict=True)
           for key in (*ARRAYS, 'bias')},
    )
    np.savez(
        args.work / 'left-out.npz', crops=crops, whole=whole, repository=data.repository, generated=data.generated,
        generator=data.generator, sha256=data.sha256, rendition=data.rendition,
    )
    tried('linear', LINEAR, everything)
    tried('hidden layer, repositories of 0.3.0 only', HIDDEN, everything[former])
    tried('linear, repositories of 0.3.0 only', LINEAR, everything[former])
    tried('hidden layer, without renders and drawings by people', HIDDEN, everything[~by_people])
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
