"""Chooses stages, views and penalty with repositories left out in turn, then fits the heads on the whole training split.

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

from figures import macro_auc
from head import FOLDS, FORMER, Features, fit_pair, load_features, pooled
from stages import columns_to

STRENGTHS = [1e-3, 3e-3]
"""Inverse penalties tried."""
LAST_BLOCKS = {'stages 1-5': 10, 'stages 1-7': 15}
FEWEST = 10
"""Renditions a repository needs to be counted in a figure; all are learnt from."""
UNLICENSED = ['vladmandic/sd-samples', 'drewnoakes/metadata-extractor-images']


def left_out_logits(
    data: Features, columns: np.ndarray, strength: float, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For every rendition the crops' and the whole's logit, from heads that never saw its repository or its fold."""
    crops, whole = np.full(len(data.sha256), np.nan), np.full(len(data.sha256), np.nan)
    for fold in FOLDS:
        out = np.isin(data.repository, fold)
        found = pooled(data, fit_pair(data, rows[~out[rows]], columns, strength))
        crops[out], whole[out] = found[0][out], found[1][out]
    return crops, whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py wrote')
    args = parser.parse_args()
    data = load_features(args.work, 'train')
    everything = np.arange(len(data.sha256))
    former = np.isin(data.repository, FORMER)
    repositories, sizes = np.unique(data.repository, return_counts=True)
    counted = np.isin(data.repository, repositories[sizes >= FEWEST])
    started = time.monotonic()
    table: list[dict] = []

    def tried(what: str, last: int, strength: float, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        crops, whole = left_out_logits(data, columns_to(last), strength, rows)
        row = {'what': what, 'lastBlock': last, 'strength': strength, 'renditions': len(rows)}
        both = (crops + whole) / 2
        for name, scores in {'crops': crops, 'whole': whole, 'both': both}.items():
            row[name] = round(macro_auc(scores[counted], data.repository[counted], data.generated[counted]), 4)
        row['former'] = round(macro_auc(both[former], data.repository[former], data.generated[former]), 4)
        table.append(row)
        print(json.dumps(row), f'seconds {time.monotonic() - started:.0f}', flush=True)
        return crops, whole

    def write(crops: np.ndarray, whole: np.ndarray) -> None:
        heads = fit_pair(data, everything, columns_to(last), strength)
        np.savez(
            args.work / 'heads.npz', last=last,
            **{f'{part}_{key}': getattr(head, key) for part, head in zip(('crops', 'whole'), heads, strict=True)
               for key in ('mean', 'scale', 'weights', 'bias')},
        )
        np.savez(
            args.work / 'left-out.npz', logits=(crops + whole) / 2,
            repository=data.repository, generated=data.generated, generator=data.generator,
            sha256=data.sha256, rendition=data.rendition,
        )

    last = max(LAST_BLOCKS.values())
    found = {strength: tried('stages 1-7', last, strength, everything) for strength in STRENGTHS}
    strength = max(table, key=lambda row: row['both'])['strength']
    write(*found[strength])

    tried('repositories of 0.2.0 only', last, strength, everything[former])
    tried('stated licences only', last, strength, everything[~np.isin(data.repository, UNLICENSED)])
    for name, block in LAST_BLOCKS.items():
        if block < last:
            tried(name, block, strength, everything)
    by_people = np.char.startswith(data.generator, 'people')
    tried('without renders and drawings by people', last, strength, everything[~by_people])
    for share in (0.25,):
        tried(f'{share:.1%} of the renditions', last, strength, everything[:: round(1 / share)])
    (args.work / 'ablations.json').write_text(json.dumps(table, indent=1) + '\n')
    curves(table, args.work / 'training.png')


def curves(table: list[dict], path: Path) -> None:
    """The penalty's curve and the learning curve."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    for name in LAST_BLOCKS:
        rows = [row for row in table if row['what'] == name]
        left.semilogx([row['strength'] for row in rows], [row['both'] for row in rows], marker='o', label=name)
    left.set(xlabel='inverse penalty', ylabel='macro AUC, repositories left out')
    left.legend(fontsize=8)
    best = max((row for row in table if row['what'] == 'stages 1-7'), key=lambda row: row['both'])
    rows = sorted(
        [best, *(row for row in table if 'of the renditions' in row['what'])], key=lambda row: row['renditions']
    )
    for name in ('crops', 'whole', 'both'):
        right.plot([row['renditions'] for row in rows], [row[name] for row in rows], marker='o', label=name)
    right.set(xlabel='renditions trained on')
    right.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


if __name__ == '__main__':
    main()
