"""The trained part: two logistic heads on the frozen features, one for crops and one for the whole picture.

Both are linear, so that a picture's logit is a sum of what its crops and the whole say, and the heat map is true to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pictures import read_manifest
from views import MOST_CROPS

FOLDS = [
    [
        'SupaGruen/StableDiffusion-CheatSheet', 'marcusklasson/GroceryStoreDataset', 'godotengine/godot-demo-projects',
        'davisking/dlib', 'faker-js/assets-person-portrait', 'Kwai-Kolors/Kolors', 'ai-forever/ru-dalle',
        'creativetimofficial/material-kit', 'creativetimofficial/now-ui-kit', 'creativetimofficial/paper-kit-2',
        'cmusatyalab/openface', 'TencentARC/GFPGAN', 'lucidrains/big-sleep',
    ],
    [
        'amiantos/AI-Horde-Styles', 'alexeygrigorev/clothing-dataset-small', 'googlefonts/noto-emoji',
        'serengil/deepface', 'orpatashnik/StyleCLIP', 'lucidrains/stylegan2-pytorch', 'XLabs-AI/x-flux',
        'black-forest-labs/flux',
        'invoke-ai/InvokeAI', 'justadudewhohacks/face-api.js', 'Shenggan/BCCD_Dataset',
        'Azure-Samples/cognitive-services-sample-data-files',
    ],
    [
        'vladmandic/sd-samples', 'drewnoakes/metadata-extractor-images', 'OpenDroneMap/odm_data_copr',
        'vladmandic/human', 'comfyanonymous/ComfyUI_examples', 'brycedrennan/imaginAIry', 'apple/ml-stable-diffusion',
        'FoundationVision/Infinity', 'Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB', 'mdn/learning-area',
        'ultralytics/assets', 'ColorlibHQ/AdminLTE',
    ],
    [
        'EvoLinkAI/awesome-gpt-image-2-prompts',
        'freestylefly/awesome-gpt-image-2',
        'EdjeElectronics/TensorFlow-Object-Detection-API-Tutorial-Train-Multiple-Objects-Windows-10',
        'mapillary/OpenSfM',
        'nextcloud/example-files',
        'ageitgey/face_recognition',
        'modelscope/facechain',
        'Evolink-AI/awesome-seedream-5-pro-guide-and-prompt',
        'Stability-AI/stablediffusion',
        'Stability-AI/StableCascade',
        'lllyasviel/Fooocus',
        'nerdyrodent/VQGAN-CLIP',
        'ai-forever/Kandinsky-2',
        'exadel-inc/CompreFace',
        'timesler/facenet-pytorch',
        'tensorflow/tfjs-models',
        'kubernetes/contributor-site',
        'StartBootstrap/startbootstrap-creative',
        'udacity/CarND-LaneLines-P1',
    ],
]
"""Left out in turn. Repositories that collect the same generator's pictures share a fold."""


FORMER = [
    'SupaGruen/StableDiffusion-CheatSheet',
    'marcusklasson/GroceryStoreDataset',
    'godotengine/godot-demo-projects',
    'davisking/dlib',
    'amiantos/AI-Horde-Styles',
    'alexeygrigorev/clothing-dataset-small',
    'googlefonts/noto-emoji',
    'serengil/deepface',
    'vladmandic/sd-samples',
    'drewnoakes/metadata-extractor-images',
    'OpenDroneMap/odm_data_copr',
    'vladmandic/human',
    'EvoLinkAI/awesome-gpt-image-2-prompts',
    'freestylefly/awesome-gpt-image-2',
    'EdjeElectronics/TensorFlow-Object-Detection-API-Tutorial-Train-Multiple-Objects-Windows-10',
    'mapillary/OpenSfM',
    'nextcloud/example-files',
    'ageitgey/face_recognition',
]
"""What version 0.2.0 learnt from."""

STEPS = 40
"""Most iterations of L-BFGS."""
CLIP = 6.0
"""Standard deviations beyond which a feature says no more."""


@dataclass(frozen=True)
class Features:
    """Renditions of one split; `starts` bounds each rendition's views, of which the last is the whole picture."""

    views: np.ndarray
    starts: np.ndarray
    sha256: np.ndarray
    repository: np.ndarray
    generator: np.ndarray
    generated: np.ndarray
    rendition: np.ndarray
    former: np.ndarray

    @property
    def of_view(self) -> np.ndarray:
        """Which rendition a view belongs to."""
        return np.repeat(np.arange(len(self.sha256)), np.diff(self.starts))

    @property
    def is_whole(self) -> np.ndarray:
        """Which views show the whole picture."""
        mask = np.zeros(len(self.views), dtype=bool)
        mask[self.starts[1:] - 1] = True
        return mask


def load_features(work: Path, split: str) -> Features:
    """All finished shards of a split."""
    rows = {picture.sha256: picture for picture in read_manifest(split)}
    shards = [np.load(path) for path in sorted(work.glob(f'{split}-[0-9]*.npz')) if '.part' not in path.name]
    sha256 = np.concatenate([shard['sha256'] for shard in shards])
    counts = np.concatenate([shard['counts'] for shard in shards])
    views = np.concatenate([shard['features'] for shard in shards])
    # Shards may hold more crops than are looked at; the whole view stands last.
    place = np.arange(len(views)) - np.repeat(np.cumsum(counts) - counts, counts)
    views = views[(place < MOST_CROPS) | (place == np.repeat(counts, counts) - 1)]
    counts = np.minimum(counts, MOST_CROPS + 1)
    return Features(
        views=views,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        sha256=sha256,
        repository=np.array([rows[key].repository for key in sha256]),
        generator=np.array([rows[key].generator for key in sha256]),
        generated=np.array([rows[key].generated for key in sha256]),
        rendition=np.concatenate([shard['renditions'] for shard in shards]),
        former=np.concatenate([shard['former'] for shard in shards]),
    )


def balanced_weights(repository: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Weights that give both classes the same share, and within a class every repository by the root of its size."""
    weights = np.zeros(len(generated))
    for label in (True, False):
        sources, sizes = np.unique(repository[generated == label], return_counts=True)
        shares = np.sqrt(sizes) / np.sqrt(sizes).sum()
        for source, size, share in zip(sources, sizes, shares, strict=True):
            weights[(generated == label) & (repository == source)] = share / (2 * size)
    return weights * len(generated)


@dataclass(frozen=True)
class Head:
    """A linear answer to features standardised by `mean` and `scale` and clipped at ±`CLIP`."""

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return np.clip((features - self.mean) / self.scale, -CLIP, CLIP) @ self.weights + self.bias


def fit_head(
    features: np.ndarray, labels: np.ndarray, weights: np.ndarray, columns: np.ndarray, strength: float
) -> Head:
    """Logistic regression on the standardised `columns`; `strength` is the inverse of its penalty."""
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    mean, scale = mean.astype(np.float32), scale.astype(np.float32)
    known = torch.from_numpy(np.clip((features[:, columns] - mean[columns]) / scale[columns], -CLIP, CLIP))
    wanted, weight = (torch.from_numpy(values.astype(np.float32)) for values in (labels, weights))
    slopes, bias = torch.zeros(known.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [slopes, bias], max_iter=STEPS, history_size=10, line_search_fn='strong_wolfe', tolerance_grad=1e-4
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        errors = torch.nn.functional.binary_cross_entropy_with_logits(known @ slopes + bias, wanted, reduction='none')
        value = ((weight * errors).sum() + (slopes * slopes).sum() / (2 * strength)) / len(wanted)
        value.backward()
        return value

    optimiser.step(loss)
    full = np.zeros(features.shape[1], dtype=np.float32)
    full[columns] = slopes.detach().numpy()
    return Head(mean, scale, full, float(bias.detach()))


def fit_pair(data: Features, rows: np.ndarray, columns: np.ndarray, strength: float) -> tuple[Head, Head]:
    """The crops' head and the whole's, from the renditions `rows` and the feature columns `columns`."""
    chosen = np.zeros(len(data.sha256), dtype=bool)
    chosen[rows] = True
    weights = np.zeros(len(data.sha256))
    weights[chosen] = balanced_weights(data.repository[chosen], data.generated[chosen])
    crops = np.maximum(np.diff(data.starts) - 1, 1)
    heads = []
    for whole in (False, True):
        views = np.flatnonzero(chosen[data.of_view] & (data.is_whole == whole))
        owner = data.of_view[views]
        share = weights[owner] / (1 if whole else crops[owner])
        heads.append(fit_head(data.views[views], data.generated[owner], share, columns, strength))
    return heads[0], heads[1]


def pooled(data: Features, heads: Sequence[Head]) -> tuple[np.ndarray, np.ndarray]:
    """Per rendition the mean of the crops' logits, and the whole's logit."""
    crop_logits = np.where(data.is_whole, 0, heads[0](data.views))
    sums = np.add.reduceat(crop_logits, data.starts[:-1])
    return sums / np.maximum(np.diff(data.starts) - 1, 1), heads[1](data.views[data.starts[1:] - 1])


def load_heads(work: Path) -> tuple[Head, Head]:
    """What train.py wrote: the crops' head and the whole's."""
    with np.load(work / 'heads.npz') as file:
        crops, whole = (
            Head(file[f'{part}_mean'], file[f'{part}_scale'], file[f'{part}_weights'], float(file[f'{part}_bias']))
            for part in ('crops', 'whole')
        )
    return crops, whole
