"""Measures heads and calibration on repositories that no training, selection or calibration saw, beside what was
measured of the former version.

    python evaluate.py --work DIR --former FIGURES --out figures.json
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from calibrate import at_prior, reliability
from features import Renditions, load_renditions
from figures import UI_THRESHOLD, pair_auc, probability, summary
from head import load_heads, pooled
from pictures import MEASURED


def by_source(scores: np.ndarray, data: Renditions, rows: np.ndarray) -> dict[str, dict]:
    """Each repository against all of the other class, its repositories counting alike."""
    repository, generated = data.repository[rows], data.generated[rows]
    camera = data.generator[rows] == 'camera'
    pairs = pair_auc(scores[camera | generated], repository[camera | generated], generated[camera | generated])
    found = {}
    for source in dict.fromkeys(repository):
        mine = repository == source
        facts = {'pictures': int(mine.sum()), 'median': float(np.median(scores[mine]))}
        facts['flagged'] = float((scores[mine] >= UI_THRESHOLD).mean())
        aucs = [auc for pair, auc in pairs.items() if source in pair]
        if aucs:
            facts['auc'] = float(np.mean(aucs))
        if generated[mine][0]:
            subset = mine | camera
            rates = summary(scores[subset], repository[subset], generated[subset])
            facts |= {key: rates[key] for key in ('averagePrecision', 'tprAt1', 'tprAt5')}
        found[str(source)] = facts
    return found


def by_generator(scores: np.ndarray, data: Renditions, rows: np.ndarray) -> dict[str, dict]:
    """Each generator against all camera pictures."""
    generator = data.generator[rows]
    camera = generator == 'camera'
    found = {}
    for name in np.unique(generator[data.generated[rows]]):
        mine = generator == name
        auc = roc_auc_score(mine[mine | camera], scores[mine | camera])
        found[str(name)] = {'pictures': int(mine.sum()), 'auc': float(auc)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py, train.py and calibrate.py wrote')
    parser.add_argument('--former', type=Path, required=True, help='the figures.json of the former version')
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()

    data = load_renditions(args.work, 'test')
    crops, whole = pooled(data.features, np.diff(data.starts), load_heads(args.work / 'heads.npz'))
    now = json.loads((args.work / 'calibration.json').read_text())
    share = json.loads((args.work / 'whole-weight.json').read_text())
    scores = probability((1 - share) * crops + share * whole, now['slope'], now['intercept'])
    camera = data.generator == 'camera'
    figures: dict = {'former': json.loads(args.former.read_text())['now'], 'now': {}}
    for name in MEASURED:
        rows = np.flatnonzero(data.rendition == name)
        counted = rows[camera[rows] | data.generated[rows]]
        figures['now'][name] = {
            'all': summary(scores[counted], data.repository[counted], data.generated[counted]),
            'sources': by_source(scores[rows], data, rows),
        }
        if name == 'original':
            figures['now'][name]['generators'] = by_generator(scores[rows], data, rows)
            weights = at_prior(data.repository[counted], data.generated[counted])
            figures['now'][name]['reliability'] = reliability(
                scores[counted], data.generated[counted], weights, args.work / 'reliability-held-out.png',
                'held-out sources',
            )
    rows = np.flatnonzero((data.rendition == 'original') & ~data.generated)
    worst = rows[np.argsort(-scores[rows])[:40]]
    figures['worstFalseAlarms'] = [
        {'repository': str(data.repository[i]), 'sha256': str(data.sha256[i]), 'score': float(scores[i])} for i in worst
    ]
    args.out.write_text(json.dumps(figures, indent=1) + '\n')
    for model in ('former', 'now'):
        for name in MEASURED:
            print(model, name, {key: round(value, 3) for key, value in figures[model][name]['all'].items()})
    for source, facts in figures['now']['original']['sources'].items():
        print(source, {key: round(value, 3) for key, value in facts.items()}, 'former',
              {key: round(figures['former']['original']['sources'][source].get(key, float('nan')), 3)
               for key in ('auc', 'flagged')})


if __name__ == '__main__':
    main()
