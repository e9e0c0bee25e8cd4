"""How the backbone's features lie: for every kept block the means of its channels, then, where kept, their spread."""

import numpy as np

TAPS = {0: 16, 2: 24, 4: 40, 7: 80, 10: 112, 14: 192, 15: 320}
"""Blocks whose outputs are kept, with their channels: the last of every stage."""
WITH_SPREAD = (0, 2, 4, 7, 10)


def columns_to(last: int) -> np.ndarray:
    """The feature columns that a backbone cut off after block `last` still answers."""
    return np.arange(sum(TAPS[block] * (2 if block in WITH_SPREAD else 1) for block in TAPS if block <= last))
