"""Which native-resolution crops of a picture the detector looks at.

Integer arithmetic throughout: `workers/detector/crops.ts` runs the same steps, and both must choose the same crops.
"""

import numpy as np

CANDIDATES_PER_AXIS = 8
STEP = 4


def mirror_index(position: np.ndarray, length: int) -> np.ndarray:
    """Maps any non-negative position into 0…length-1 by reflecting at the edges, edge pixels repeated."""
    folded = position % (2 * length)
    return np.where(folded < length, folded, 2 * length - 1 - folded)


def mirrored_up(pixels: np.ndarray, side: int) -> np.ndarray:
    """The picture (height × width × 3, uint8), continued by reflection to at least `side` pixels each way."""
    height, width = pixels.shape[:2]
    if height >= side and width >= side:
        return pixels
    rows = mirror_index(np.arange(max(height, side)), height)
    columns = mirror_index(np.arange(max(width, side)), width)
    return pixels[rows][:, columns]


def _origins(extent: int, side: int) -> list[int]:
    count = min(CANDIDATES_PER_AXIS, extent // side)
    if count == 1:
        return [(extent - side) // 2]
    return [i * (extent - side) // (count - 1) for i in range(count)]


def _gradient_energy(luma: np.ndarray, left: int, top: int, side: int) -> int:
    """Sum of absolute differences to the right and lower neighbour, on every `STEP`th pixel of every `STEP`th row."""
    crop = luma[top : top + side, left : left + side]
    here = crop[0 : side - 1 : STEP, 0 : side - 1 : STEP]
    right = crop[0 : side - 1 : STEP, 1:side:STEP]
    below = crop[1:side:STEP, 0 : side - 1 : STEP]
    return int(np.abs(right - here).sum() + np.abs(below - here).sum())


def choose_crops(pixels: np.ndarray, side: int, most: int) -> list[tuple[int, int]]:
    """Left and top of at most `most` crops, the most textured first; `pixels` is at least `side` each way."""
    height, width = pixels.shape[:2]
    wide = pixels.astype(np.int32)
    luma = (wide[..., 0] * 77 + wide[..., 1] * 150 + wide[..., 2] * 29) >> 8
    candidates = [(left, top) for top in _origins(height, side) for left in _origins(width, side)]
    if len(candidates) <= most:
        return candidates
    energy = [_gradient_energy(luma, left, top, side) for left, top in candidates]
    ranked = sorted(range(len(candidates)), key=lambda i: (-energy[i], i))
    return [candidates[i] for i in ranked[:most]]


def cut_crops(pixels: np.ndarray, side: int, most: int) -> np.ndarray:
    """The chosen crops as one batch: crops × side × side × 3, uint8."""
    padded = mirrored_up(pixels, side)
    return np.stack([padded[top : top + side, left : left + side] for left, top in choose_crops(padded, side, most)])
