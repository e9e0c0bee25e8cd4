"""Turns pooled logits into probabilities, on logits of repositories that were left out when they were made.

    python calibrate.py --work DIR

The whole view's weight is the one that finds most at 5 % false positives, of those within `TOLERANCE` of the best macro
AUC against camera pictures; then Platt scaling (Platt, 1999) at the stated prior, every repository counting alike; then
the intercept goes down until no source of camera pictures has more than `MOST_FLAGGED` of its pictures at the UI's
threshold. Writes `calibration.json`, `whole-weight.json` and a reliability diagram.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression

from figures import UI_THRESHOLD, probability, shares, summary

PRIOR = 0.5
"""Share of generated pictures that the probability is stated for: at even odds 0.80 is four to one by the evidence."""
WHOLE_WEIGHTS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
"""Weights of the whole view that are tried; the crops' mean has the rest."""
TOLERANCE = 0.002
MOST_FLAGGED = 0.05
FEWEST = 30
"""Renditions a source needs before it may move the intercept."""
FEWEST_COUNTED = 10
"""Renditions a source needs to be counted at all."""


def reliability(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray, path: Path, title: str) -> list[dict]:
    """Mean score against the share of generated pictures, in bins of equal width, drawn and returned."""
    rows = []
    for low in np.arange(0, 1, 0.1):
        mine = (scores >= low) & (scores < low + 0.1 + (low > 0.85))
        if mine.any():
            share = float(np.average(labels[mine], weights=weights[mine]))
            rows.append({'score': float(np.average(scores[mine], weights=weights[mine])), 'generated': share,
                         'renditions': int(mine.sum())})
    figure, axes = plt.subplots(figsize=(3.6, 3.4))
    axes.plot([0, 1], [0, 1], color='grey', linewidth=0.8)
    axes.plot([row['score'] for row in rows], [row['generated'] for row in rows], marker='o')
    axes.set(xlabel='score', ylabel='share generated, at the prior', title=title)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    return rows


def at_prior(repository: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Weights by repository under which `PRIOR` of the mass is generated."""
    weights = shares(repository, generated)
    return weights * np.where(generated, PRIOR, 1 - PRIOR) / 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what train.py wrote')
    args = parser.parse_args()
    data = np.load(args.work / 'left-out.npz')
    sources, sizes = np.unique(data['repository'], return_counts=True)
    rows = np.flatnonzero(np.isin(data['repository'], sources[sizes >= FEWEST_COUNTED]))
    crops, whole = data['crops'][rows], data['whole'][rows]
    repository, generated = data['repository'][rows], data['generated'][rows]
    camera = data['generator'][rows] == 'camera'
    weights = at_prior(repository, generated)
    counted = camera | generated
    found = {}
    for share in WHOLE_WEIGHTS:
        mixed = (1 - share) * crops + share * whole
        found[share] = summary(mixed[counted], repository[counted], generated[counted])
        print('whole weight', share, json.dumps({key: found[share][key] for key in ('auc', 'tprAt1', 'tprAt5')}))
    best = max(facts['auc'] for facts in found.values())
    near = [share for share in WHOLE_WEIGHTS if found[share]['auc'] >= best - TOLERANCE]
    share = max(near, key=lambda share: found[share]['tprAt5'])
    logits = (1 - share) * crops + share * whole
    fitted = LogisticRegression(C=1e6).fit(logits[:, None], generated, sample_weight=weights * len(weights))
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError(f'slope {slope:.3f}: on unseen repositories the logits say nothing; there is nothing to ship')
    platt = intercept
    ceiling = np.log(UI_THRESHOLD / (1 - UI_THRESHOLD))
    for source in np.unique(repository[camera]):
        mine = logits[camera & (repository == source)]
        if len(mine) >= FEWEST:
            highest = float(np.quantile(mine, 1 - MOST_FLAGGED))
            intercept = min(intercept, ceiling - slope * highest)
    scores = probability(logits, slope, intercept)
    calibration = {'slope': round(slope, 6), 'intercept': round(intercept, 6), 'prior': PRIOR}
    (args.work / 'whole-weight.json').write_text(json.dumps(share) + '\n')
    (args.work / 'calibration.json').write_text(json.dumps(calibration) + '\n')
    print(json.dumps({**calibration, 'plattIntercept': platt, **summary(scores, repository, generated)}))
    reliability(scores, generated, weights, args.work / 'reliability-left-out.png', 'left-out repositories')


if __name__ == '__main__':
    main()
