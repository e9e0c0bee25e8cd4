"""Writes the shipped folder and the golden figures of its test.

    python export.py --work DIR --version 0.5.0 --out ../workers/detector --golden ../test/detector/golden.json
"""

import argparse
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from backbone import Backbone, export
from crops import choose_crops, mirrored_up
from head import ARRAYS, CLIP, Head, load_heads
from pictures import read_manifest
from views import MOST_CROPS, SIDE, cut_views

NAME = 'lite0-hidden'


class Detector(nn.Module):
    """Backbone and heads in one graph: a logit a view, the last view being the whole picture."""

    def __init__(self, heads: tuple[Head, Head]) -> None:
        super().__init__()
        self.backbone = Backbone()
        for name, head in zip(('crops', 'whole'), heads, strict=True):
            for part in ARRAYS:
                self.register_buffer(f'{name}_{part}', torch.from_numpy(getattr(head, part).astype(np.float32)))
            self.register_buffer(f'{name}_bias', torch.tensor(head.bias, dtype=torch.float32))

    def answer(self, features: Tensor, name: str) -> Tensor:
        mean, scale, hidden, hidden_bias, weights = (getattr(self, f'{name}_{part}') for part in ARRAYS)
        units = (((features - mean) / scale).clamp(-CLIP, CLIP) @ hidden + hidden_bias).relu()
        return (units * weights).sum(dim=1) + getattr(self, f'{name}_bias')

    def forward(self, views: Tensor) -> Tensor:
        features, _ = self.backbone(views)
        return torch.cat([self.answer(features[:-1], 'crops'), self.answer(features[-1:], 'whole')])


def golden_picture(width: int, height: int, seed: int) -> np.ndarray:
    """A picture anyone can compute: a ramp under noise of an amplitude that changes from tile to tile."""
    state = seed
    data = bytearray()
    for y in range(height):
        for x in range(width):
            shift = ((x >> 6) * 5 + (y >> 6) * 3) % 8
            for channel in range(3):
                state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
                data.append(((((x + 2 * y + 40 * channel) >> 1) & 127) + ((state >> 24) >> shift)) & 255)
    return np.frombuffer(bytes(data), dtype=np.uint8).reshape(height, width, 3)


def golden(folder: Path, manifest: dict) -> list[dict]:
    """What the shipped folder answers for the golden pictures."""
    session = onnxruntime.InferenceSession(folder / 'model.onnx', providers=['CPUExecutionProvider'])
    answers = []
    for width, height, seed in [(701, 523, 1), (97, 300, 2), (1, 1, 3)]:
        pixels = golden_picture(width, height, seed)
        (logits,) = session.run(['logits'], {'crops': cut_views(pixels, SIDE)})
        share = manifest['pooling']['wholeWeight']
        pooled = (1 - share) * float(np.mean(logits[:-1])) + share * float(logits[-1])
        calibration = manifest['calibration']
        score = 1 / (1 + math.exp(-(calibration['slope'] * pooled + calibration['intercept'])))
        chosen = choose_crops(mirrored_up(pixels, SIDE), SIDE, MOST_CROPS)
        crops = [{'left': left, 'top': top} for left, top in chosen]
        sha256 = hashlib.sha256(pixels.tobytes()).hexdigest()
        picture = {'width': width, 'height': height, 'seed': seed, 'sha256': sha256}
        answers.append({**picture, 'crops': crops, 'logit': pooled, 'score': score})
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what train.py and calibrate.py wrote')
    parser.add_argument('--out', type=Path, required=True, help='folder for model.onnx and manifest.json')
    parser.add_argument('--version', required=True, help='another than any that was shipped: scores are kept by it')
    parser.add_argument('--golden', type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)

    path = args.out / 'model.onnx'
    with torch.inference_mode():
        detector = Detector(load_heads(args.work / 'heads.npz'))
        export(detector.eval(), path, ['logits'])
    onnx.checker.check_model(onnx.load(path), full_check=True)
    manifest = {
        'name': NAME,
        'version': args.version,
        'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
        'input': {
            'name': 'crops',
            'type': 'uint8',
            'layout': 'NHWC',
            'crop': SIDE,
            'maxCrops': MOST_CROPS,
            'whole': {'resample': 'bilinear', 'fit': 'cover'},
        },
        'output': {'name': 'logits'},
        'pooling': {'crops': 'mean', 'wholeWeight': json.loads((args.work / 'whole-weight.json').read_text())},
        'calibration': json.loads((args.work / 'calibration.json').read_text()),
        'licence': 'MIT; backbone weights Apache-2.0',
        'trainedOn': list(dict.fromkeys(picture.repository for picture in read_manifest('train'))),
    }
    (args.out / 'manifest.json').write_text(json.dumps(manifest, indent=2) + '\n')
    args.golden.write_text(json.dumps(golden(args.out, manifest), indent=2) + '\n')


if __name__ == '__main__':
    main()
