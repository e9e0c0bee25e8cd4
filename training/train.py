"""Trains the network three times on the prepared views: on all repositories, and on either half of them.

    python train.py --work DIR

The halves (`FOLDS`) show what little one repository a class teaches: `transfer.py` has each score the other's.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from network import Detector

FOLDS = {
    'fold-a': ['SupaGruen/StableDiffusion-CheatSheet', 'marcusklasson/GroceryStoreDataset'],
    'fold-b': ['amiantos/AI-Horde-Styles', 'alexeygrigorev/clothing-dataset-small'],
}
"""One generator repository and one photo repository each; together they are the training split."""

SEED = 7
TRAINING_SIDE = 96
"""Smaller than the crops judged later: the net pools over any size, and this trains nearly twice as fast."""


def balanced_weights(repositories: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Sampling weights that give both classes the same share, and within a class every repository the same."""
    weights = np.zeros(len(labels))
    for label in (True, False):
        sources = np.unique(repositories[labels == label])
        for source in sources:
            mine = (labels == label) & (repositories == source)
            weights[mine] = 1 / (2 * len(sources) * mine.sum())
    return weights


def batch_of(views: np.ndarray, chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
    """Random crops, turned and mirrored at random."""
    crops = []
    for index in chosen:
        view = views[index]
        top, left = rng.integers(0, view.shape[0] - TRAINING_SIDE + 1, size=2)
        crop = np.rot90(view[top : top + TRAINING_SIDE, left : left + TRAINING_SIDE], int(rng.integers(4)))
        crops.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
    return torch.from_numpy(np.ascontiguousarray(np.stack(crops)))


def train(work: Path, repositories: list[str], steps: int, batch: int) -> Detector:
    """A trained network in evaluation mode; the same on every run with the same number of threads."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    views = np.load(work / 'views.npy', mmap_mode='r')
    index = np.load(work / 'views-index.npz')
    rows = np.flatnonzero(np.isin(index['repositories'], repositories))
    labels = index['labels'][rows]
    weights = balanced_weights(index['repositories'][rows], labels)

    model = Detector().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps, pct_start=0.2)
    loss_of = nn.BCEWithLogitsLoss()
    started, running = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        chosen = rng.choice(len(rows), size=batch, p=weights)
        targets = torch.from_numpy(labels[chosen].astype(np.float32)) * 0.9 + 0.05
        loss = loss_of(model(batch_of(views, rows[chosen], rng)), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        running += (loss.item() - running) / min(step, 50)
        if step % 50 == 0:
            print(f'step {step} loss {running:.4f} seconds {time.monotonic() - started:.0f}', flush=True)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', type=Path, required=True, help='what prepare.py wrote')
    parser.add_argument('--steps', type=int, default=600, help='for all repositories; a fold gets half')
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--threads', type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    everything = [repository for fold in FOLDS.values() for repository in fold]
    for name, repositories in {'weights': everything, **FOLDS}.items():
        steps = args.steps if name == 'weights' else args.steps // 2
        print(f'{name}: {", ".join(repositories)}', flush=True)
        model = train(args.work, repositories, steps, args.batch)
        torch.save(model.state_dict(), args.work / f'{name}.pt')


if __name__ == '__main__':
    main()
