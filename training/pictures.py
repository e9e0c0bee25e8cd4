"""The pictures named in the data manifest, and the distortions both classes go through alike."""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

MANIFEST = Path(__file__).parent / 'data' / 'manifest.csv'
KERNELS = [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX]
WINDOW = 800
"""Longest side of what one training rendition shows of a picture: bounds its cost."""
LEARNT = ('random0', 'random1', 'random2')
"""The training renditions of a picture."""
HARD = ('random1',)
"""Those of them that are distorted besides."""
SEED = 20_240_601


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


def random_rendition(image: Image.Image, sha256: str, name: str) -> np.ndarray:
    """The picture resized and recompressed as one of `LEARNT` has it. Height × width × 3, uint8.

    What is drawn depends on the picture's bytes and the name alone, not on the class. Two in five keep their scale and
    lose what lies outside a window of `WINDOW` pixels; the others are brought to a shorter side that is log-uniform in
    224…800, never up by more than a third. One in eight meets no codec, the others JPEG or WebP at quality 50…95, a
    quarter of them twice. Those in `HARD` may besides be mirrored, blurred, noisy or of changed colour and tone, and
    meet qualities from 40 on.
    """
    hard = name in HARD
    rng = np.random.default_rng([SEED, int(sha256[:12], 16), LEARNT.index(name)])
    if rng.random() < 0.4:
        width, height = min(WINDOW, image.width), min(WINDOW, image.height)
        left = int(rng.integers(0, image.width - width + 1))
        top = int(rng.integers(0, image.height - height + 1))
        view = image.crop((left, top, left + width, top + height))
    else:
        shorter = float(np.exp(rng.uniform(np.log(224), np.log(800))))
        scale = min(shorter / min(image.size), 4 / 3)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        view = image.resize(size, KERNELS[int(rng.integers(len(KERNELS)))])
    if hard:
        view = distorted(view, rng)
    if rng.random() < 0.125:
        return np.asarray(view)
    for _ in range(2 if rng.random() < 0.25 else 1):
        form = 'JPEG' if rng.random() < 0.7 else 'WEBP'
        view = recompressed(view, form, int(rng.integers(40 if hard else 50, 96)), int(rng.choice([0, 2])))
    return np.asarray(view)


def distorted(view: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Mirrored, toned, blurred, made noisy, each at random."""
    if rng.random() < 0.5:
        view = ImageOps.mirror(view)
    if rng.random() < 0.4:
        for change in (ImageEnhance.Color, ImageEnhance.Contrast, ImageEnhance.Brightness):
            view = change(view).enhance(float(rng.uniform(0.7, 1.4)))
    if rng.random() < 0.1:
        view = view.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2))))
    if rng.random() < 0.1:
        noise = rng.normal(0, rng.uniform(1, 6), (view.height, view.width, 1)).astype(np.float32)
        view = Image.fromarray((np.asarray(view, dtype=np.float32) + noise).round().clip(0, 255).astype(np.uint8))
    return view


MEASURED = {
    'original': 'the original bytes',
    'jpeg70': 'native size, JPEG 70',
    'half': 'both sides halved, JPEG 90',
    'screenshot': 'longer side at most 1,000, bicubic, no codec',
    'social': 'longer side at most 1,080, JPEG 75 with halved chroma',
}
"""The renditions of the test split."""


def fitted(image: Image.Image, longest: int, kernel: Image.Resampling) -> Image.Image:
    """The picture brought down so that its longer side is at most `longest`."""
    scale = min(1.0, longest / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image if size == image.size else image.resize(size, kernel)


def rendition(image: Image.Image, name: str) -> np.ndarray:
    """The picture as one of `MEASURED` has it; the same treatment for both classes. Height × width × 3, uint8."""
    if name == 'jpeg70':
        image = recompressed(image, 'JPEG', 70)
    elif name == 'half':
        size = (max(1, image.width // 2), max(1, image.height // 2))
        image = recompressed(image.resize(size, Image.Resampling.LANCZOS), 'JPEG', 90, 0)
    elif name == 'screenshot':
        image = fitted(image, 1000, Image.Resampling.BICUBIC)
    elif name == 'social':
        image = recompressed(fitted(image, 1080, Image.Resampling.LANCZOS), 'JPEG', 75)
    elif name != 'original':
        raise ValueError(f'no rendition is named {name}')
    return np.asarray(image)
