"""Measures how a net trained on one repository a class does on another pair of repositories.

    python transfer.py --checkouts DIR --work DIR
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from figures import picture_logits, probability, summary
from network import load, torch_logits
from pictures import read_manifest
from train import FOLDS

PER_REPOSITORY = 120
TRANSFER_RENDITIONS = ['original', 'equalised', 'jpeg70']


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--checkouts', type=Path, required=True)
    parser.add_argument('--work', type=Path, required=True, help='what train.py wrote')
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    pictures = read_manifest('train')
    for learnt, scored in [('fold-a', 'fold-b'), ('fold-b', 'fold-a')]:
        chosen = [
            picture
            for repository in FOLDS[scored]
            for picture in [p for p in pictures if p.repository == repository][:PER_REPOSITORY]
        ]
        generated = np.array([picture.generated for picture in chosen])
        logits_of = torch_logits(load(args.work / f'{learnt}.pt'))
        for name, logits in picture_logits(chosen, TRANSFER_RENDITIONS, args.checkouts, logits_of).items():
            print(f'{learnt} on {scored}, {name}:', json.dumps(summary(generated, probability(logits, 1, 0))))


if __name__ == '__main__':
    main()
