"""Calibrates on repositories the network never saw and writes the shipped folder and the golden figures of its test.

    python export.py --checkouts DIR --work DIR --out ../workers/detector --golden ../test/detector/golden.json
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
from sklearn.linear_model import LogisticRegression

from crops import choose_crops, cut_crops, mirrored_up
from figures import MOST_CROPS, picture_logits, probability, summary
from network import SIDE, Detector, load, torch_logits
from pictures import read_manifest
from train import FOLDS

NAME, VERSION = 'residual-net', '0.1.0'
PRIOR = 0.1
"""Share of generated pictures the probability is stated for; quality control meets mostly photos."""
CALIBRATION_RENDITIONS = ['original', 'equalised', 'jpeg70']


def calibrate(model: Detector, checkouts: Path) -> dict[str, float]:
    """Platt scaling (Platt, 1999) at the stated prior, on the calibration split. Raises ValueError without signal."""
    pictures = read_manifest('calibrate')
    found = picture_logits(pictures, CALIBRATION_RENDITIONS, checkouts, torch_logits(model))
    labels = np.tile([picture.generated for picture in pictures], len(found))
    logits = np.concatenate(list(found.values()))
    weights = np.where(labels, PRIOR / labels.mean(), (1 - PRIOR) / (1 - labels.mean()))
    fitted = LogisticRegression().fit(logits[:, None], labels, sample_weight=weights)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError(f'slope {slope:.3f}: on unseen repositories the logits say nothing; there is nothing to ship')
    print('calibration split', json.dumps(summary(labels, probability(logits, slope, intercept))))
    return {'slope': round(slope, 6), 'intercept': round(intercept, 6), 'prior': PRIOR}


def write_model(model: Detector, path: Path) -> str:
    """One self-contained ONNX file; returns its SHA-256."""
    example = torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        model,
        (example,),
        input_names=['crops'],
        output_names=['logits'],
        dynamic_shapes={'crops': {0: torch.export.Dim('count', min=1, max=64)}},
        opset_version=20,
        dynamo=True,
    )
    proto = program.model_proto
    for node in proto.graph.node:  # the exporter notes source files and lines there
        del node.metadata_props[:]
        node.doc_string = ''
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer]:
        del value.metadata_props[:]
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    onnx.checker.check_model(proto, full_check=True)
    data = proto.SerializeToString()
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


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
        padded = mirrored_up(pixels, SIDE)
        (logits,) = session.run(['logits'], {'crops': cut_crops(pixels, SIDE, MOST_CROPS)})
        pooled = float(np.mean(logits))
        calibration = manifest['calibration']
        score = 1 / (1 + math.exp(-(calibration['slope'] * pooled + calibration['intercept'])))
        crops = [{'left': left, 'top': top} for left, top in choose_crops(padded, SIDE, MOST_CROPS)]
        sha256 = hashlib.sha256(pixels.tobytes()).hexdigest()
        picture = {'width': width, 'height': height, 'seed': seed, 'sha256': sha256}
        answers.append({**picture, 'crops': crops, 'logit': pooled, 'score': score})
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True)
    parser.add_argument('--work', type=Path, required=True, help='what train.py wrote')
    parser.add_argument('--out', type=Path, required=True, help='folder for model.onnx and manifest.json')
    parser.add_argument('--golden', type=Path, required=True)
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    model = load(args.work / 'weights.pt')
    manifest = {
        'name': NAME,
        'version': VERSION,
        'sha256': write_model(model, args.out / 'model.onnx'),
        'input': {'name': 'crops', 'type': 'uint8', 'layout': 'NHWC', 'crop': SIDE, 'maxCrops': MOST_CROPS},
        'output': {'name': 'logits'},
        'pooling': 'mean',
        'calibration': calibrate(model, args.checkouts),
        'licence': 'MIT',
        'trainedOn': [repository for fold in FOLDS.values() for repository in fold],
    }
    (args.out / 'manifest.json').write_text(json.dumps(manifest, indent=2) + '\n')
    args.golden.write_text(json.dumps(golden(args.out, manifest), indent=2) + '\n')


if __name__ == '__main__':
    main()
