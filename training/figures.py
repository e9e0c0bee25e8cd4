"""Figures of merit, and how a picture's logit comes about."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from crops import cut_crops
from network import SIDE
from pictures import Picture, rendition

MOST_CROPS = 8
UI_THRESHOLD = 0.8
"""Where the platform's settings start."""

LogitsOf = Callable[[np.ndarray], np.ndarray]


def picture_logits(
    pictures: Iterable[Picture], names: Iterable[str], checkouts: Path, logits_of: LogitsOf
) -> dict[str, np.ndarray]:
    """For each rendition the pictures' mean logits over their chosen crops."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for picture in pictures:
        image = picture.open(checkouts)
        for name, logits in found.items():
            logits.append(float(logits_of(cut_crops(rendition(image, name), SIDE, MOST_CROPS)).mean()))
    return {name: np.array(logits) for name, logits in found.items()}


def probability(logits: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Platt scaling."""
    return 1 / (1 + np.exp(-(slope * logits + intercept)))


def summary(generated: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """AUC, average precision at the set's own mix, detection rates at 1 and 5 % and at the UI's threshold."""
    false_rate, true_rate, _ = roc_curve(generated, scores, drop_intermediate=False)
    return {
        'auc': float(roc_auc_score(generated, scores)),
        'averagePrecision': float(average_precision_score(generated, scores)),
        'tprAt1': float(true_rate[false_rate <= 0.01].max()),
        'tprAt5': float(true_rate[false_rate <= 0.05].max()),
        'tprAtUi': float((scores[generated] >= UI_THRESHOLD).mean()),
        'fprAtUi': float((scores[~generated] >= UI_THRESHOLD).mean()),
    }
