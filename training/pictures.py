"""The pictures named in the data manifest, and the distortions both classes go through alike."""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

MANIFEST = Path(__file__).parent / 'data' / 'manifest.csv'
KERNELS = [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX]


@dataclass(frozen=True)
class Picture:
    """One row of the manifest."""

    repository: str
    path: str
    generated: bool
    generator: str
    split: str
    sha256: str

    def open(self, checkouts: Path) -> Image.Image:
        """Decodes the original bytes to upright RGB. Raises ValueError when they are not the manifest's."""
        data = (checkouts / self.repository / self.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ValueError(f'{self.repository}/{self.path}: bytes differ from the manifest')
        return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert('RGB')


def read_manifest(split: str) -> list[Picture]:
    """The pictures of one split, `train` or `test`, in the manifest's order."""
    with MANIFEST.open(newline='') as file:
        return [
            Picture(row['repository'], row['path'], row['class'] == 'ai', row['generator'], row['split'], row['sha256'])
            for row in csv.DictReader(file)
            if row['split'] == split
        ]


def recompressed(image: Image.Image, form: str, quality: int, subsampling: int = 2) -> Image.Image:
    """The picture after one round through a lossy codec (`JPEG` or `WEBP`)."""
    buffer = io.BytesIO()
    options = {'subsampling': subsampling} if form == 'JPEG' else {'method': 2}
    image.save(buffer, form, quality=quality, **options)
    return Image.open(buffer).convert('RGB')


def random_view(image: Image.Image, side: int, rng: np.random.Generator) -> np.ndarray:
    """A `side`-pixel square of the picture, resized and recompressed at random.

    Nothing here depends on the class: the scale is log-uniform in 0.5…1.6 (one view in four keeps its scale), the codec
    JPEG or WebP at quality 60…95, a third of the views goes through two codecs, and the cut falls at any phase of
    the codecs' block grids. Of two places the more textured one is taken.
    """
    region = side + 16
    scale = 1.0 if rng.random() < 0.25 else float(np.exp(rng.uniform(np.log(0.5), np.log(1.6))))
    box = region / scale
    shorter = min(image.size)
    if box > shorter:
        box = float(shorter) if scale != 1.0 else float(min(region, shorter))
    views = [_place(image, box, region, rng) for _ in range(2)]
    view = max(views, key=_texture)
    for _ in range(2 if rng.random() < 0.33 else 1):
        form = 'JPEG' if rng.random() < 0.65 else 'WEBP'
        view = recompressed(view, form, int(rng.integers(60, 96)), int(rng.choice([0, 2])))
    left, top = rng.integers(0, region - side + 1, size=2)
    return np.asarray(view.crop((left, top, left + side, top + side)))


def _place(image: Image.Image, box: float, region: int, rng: np.random.Generator) -> Image.Image:
    if box == region:
        left = int(rng.integers(0, image.width - region + 1))
        top = int(rng.integers(0, image.height - region + 1))
        return image.crop((left, top, left + region, top + region))
    left, top = rng.uniform(0, image.width - box), rng.uniform(0, image.height - box)
    kernel = KERNELS[int(rng.integers(len(KERNELS)))]
    return image.resize((region, region), kernel, box=(left, top, left + box, top + box))


def _texture(image: Image.Image) -> int:
    grey = np.asarray(image.convert('L'), dtype=np.int32)
    return int(np.abs(np.diff(grey, axis=0)).sum() + np.abs(np.diff(grey, axis=1)).sum())


RENDITIONS = {
    'original': 'the original bytes',
    'equalised': 'centre 320 × 320 at native scale, JPEG 90',
    'resized': 'shorter side brought down to 320, JPEG 90',
    'jpeg70': 'native size, JPEG 70',
    'lossless': 'both sides halved unless below 256, no codec',
}


def rendition(image: Image.Image, name: str) -> np.ndarray:
    """The picture as one of `RENDITIONS` has it; the same treatment for both classes. Height × width × 3, uint8."""
    if name == 'equalised':
        side = min(320, *image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = recompressed(image.crop((left, top, left + side, top + side)), 'JPEG', 90)
    elif name == 'resized':
        scale = min(1.0, 320 / min(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = recompressed(image.resize(size, Image.Resampling.LANCZOS), 'JPEG', 90)
    elif name == 'jpeg70':
        image = recompressed(image, 'JPEG', 70)
    elif name == 'lossless' and min(image.size) >= 256:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    return np.asarray(image)
