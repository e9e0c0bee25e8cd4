"""Figures of merit. Every repository counts alike, however many pictures it lends."""

import numpy as np
from sklearn.metrics import average_precision_score, roc_curve

UI_THRESHOLD = 0.8
"""Where the platform's settings start."""


def probability(logits: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Platt scaling."""
    return 1 / (1 + np.exp(-(slope * logits + intercept)))


def shares(repository: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Weights under which both classes, and within a class all repositories, count alike; they sum to 1."""
    weights = np.zeros(len(generated))
    for label in (True, False):
        sources = np.unique(repository[generated == label])
        for source in sources:
            mine = (generated == label) & (repository == source)
            weights[mine] = 0.5 / (len(sources) * mine.sum())
    return weights


def pair_auc(scores: np.ndarray, repository: np.ndarray, generated: np.ndarray) -> dict[tuple[str, str], float]:
    """AUC of every generator repository against every photo repository."""
    found = {}
    made = {str(source): scores[generated & (repository == source)] for source in np.unique(repository[generated])}
    for photos in np.unique(repository[~generated]):
        others = np.sort(scores[~generated & (repository == photos)])
        for source, mine in made.items():
            # The share of pairs in the right order, ties counting half (Mann and Whitney, 1947).
            below = np.searchsorted(others, mine, 'left') + np.searchsorted(others, mine, 'right')
            found[source, str(photos)] = float(below.mean() / (2 * len(others)))
    return found


def macro_auc(scores: np.ndarray, repository: np.ndarray, generated: np.ndarray) -> float:
    """The mean of `pair_auc`."""
    return float(np.mean(list(pair_auc(scores, repository, generated).values())))


def summary(scores: np.ndarray, repository: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """Macro AUC, average precision at an even mix, detection rates at 1 and 5 % and at the UI's threshold."""
    weights = shares(repository, generated)
    false_rate, true_rate, _ = roc_curve(generated, scores, sample_weight=weights, drop_intermediate=False)
    photos = weights * ~generated / 0.5
    made = weights * generated / 0.5
    return {
        'auc': macro_auc(scores, repository, generated),
        'averagePrecision': float(average_precision_score(generated, scores, sample_weight=weights)),
        'tprAt1': float(true_rate[false_rate <= 0.01].max()),
        'tprAt5': float(true_rate[false_rate <= 0.05].max()),
        'tprAtUi': float((made * (scores >= UI_THRESHOLD)).sum()),
        'fprAtUi': float((photos * (scores >= UI_THRESHOLD)).sum()),
    }
