"""Measures the shipped detector on repositories that neither training nor calibration saw.

    python evaluate.py --checkouts DIR --model ../workers/detector --out figures.json
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

from figures import UI_THRESHOLD, picture_logits, probability, summary
from pictures import RENDITIONS, read_manifest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True)
    parser.add_argument('--model', type=Path, required=True, help='folder with model.onnx and manifest.json')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args()

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(args.model / 'model.onnx', options, providers=['CPUExecutionProvider'])
    calibration = json.loads((args.model / 'manifest.json').read_text())['calibration']

    pictures = read_manifest('test')
    logits = picture_logits(
        pictures, RENDITIONS, args.checkouts, lambda crops: session.run(['logits'], {'crops': crops})[0]
    )
    repositories = np.array([picture.repository for picture in pictures])
    generated = np.array([picture.generated for picture in pictures])
    figures = {}
    for name, values in logits.items():
        scores = probability(values, calibration['slope'], calibration['intercept'])
        figures[name] = {'all': summary(generated, scores), 'sources': {}}
        for repository in dict.fromkeys(repositories):
            mine = repositories == repository
            of_generator = bool(generated[mine][0])
            against = mine | (~generated if of_generator else generated)
            figures[name]['sources'][repository] = {
                'pictures': int(mine.sum()),
                'class': 'generated' if of_generator else 'camera',
                'auc': summary(generated[against], scores[against])['auc'],
                'tprAt5': summary(generated[against], scores[against])['tprAt5'],
                'medianScore': float(np.median(scores[mine])),
                'flaggedAtUi': float((scores[mine] >= UI_THRESHOLD).mean()),
            }
    args.out.write_text(json.dumps(figures, indent=2) + '\n')
    print(json.dumps(figures, indent=2))


if __name__ == '__main__':
    main()
