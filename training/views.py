"""What the network sees of a picture: the most textured crops at native resolution, and the whole, brought down."""

import numpy as np
from PIL import Image

from crops import cut_crops

SIDE = 160
"""Pixels of a view's side."""
MOST_CROPS = 4


def whole_view(pixels: np.ndarray, side: int) -> np.ndarray:
    """The picture with its shorter side at `side`, and of that the centre square. `workers/detector` has the twin."""
    height, width = pixels.shape[:2]
    scale = side / min(width, height)
    size = (max(side, round(width * scale)), max(side, round(height * scale)))
    image = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)))


def cut_views(pixels: np.ndarray, side: int) -> np.ndarray:
    """One batch, views × side × side × 3, uint8: the chosen crops, then the whole as the last."""
    return np.concatenate([cut_crops(pixels, side, MOST_CROPS), whole_view(pixels, side)[None]])
