"""The residual net of version 0.1.0: fixed high-pass residuals, then a small convolutional net.

The first layer follows the spatial rich model (Fridrich and Kodovsky, 2012): what a picture shows is filtered away, what
its making left between neighbouring pixels stays.
"""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

def high_pass_kernels() -> Tensor:
    """Second- and third-order differences and the 5×5 KV filter: 5 × 1 × 5 × 5, each with its largest weight 1."""
    kernels = torch.zeros(5, 5, 5)
    kernels[0, 2, 1:4] = torch.tensor([1.0, -2.0, 1.0]) / 2
    kernels[1, 1:4, 2] = torch.tensor([1.0, -2.0, 1.0]) / 2
    kernels[2, 2, 1:5] = torch.tensor([1.0, -3.0, 3.0, -1.0]) / 3
    kernels[3, 1:4, 1:4] = torch.tensor([[-1.0, 2.0, -1.0], [2.0, -4.0, 2.0], [-1.0, 2.0, -1.0]]) / 4
    kernels[4] = (
        torch.tensor(
            [
                [-1.0, 2.0, -2.0, 2.0, -1.0],
                [2.0, -6.0, 8.0, -6.0, 2.0],
                [-2.0, 8.0, -12.0, 8.0, -2.0],
                [2.0, -6.0, 8.0, -6.0, 2.0],
                [-1.0, 2.0, -2.0, 2.0, -1.0],
            ]
        )
        / 12
    )
    return kernels.unsqueeze(1)


class Residuals(nn.Module):
    """Luma and the two colour differences through every high-pass filter, clipped: N×3×H×W in 0…255 → N×15×H×W."""

    def __init__(self) -> None:
        super().__init__()
        kernels = high_pass_kernels()
        self.register_buffer('kernels', kernels.repeat(3, 1, 1, 1))
        self.register_buffer(
            'colours', torch.tensor([[0.299, 0.587, 0.114], [1.0, -1.0, 0.0], [0.0, -1.0, 1.0]]).reshape(3, 3, 1, 1)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        colours = nn.functional.conv2d(pixels, self.colours)
        residuals = nn.functional.conv2d(colours, self.kernels, padding=2, groups=3)
        return residuals.clamp(-12, 12) / 4


def block(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Detector(nn.Module):
    """Crops (N×128×128×3, uint8) → one logit a crop (N); above 0 speaks for generated."""

    def __init__(self) -> None:
        super().__init__()
        self.residuals = Residuals()
        self.features = nn.Sequential(
            block(15, 32, size=4, stride=2),
            block(32, 32),
            nn.AvgPool2d(2),
            block(32, 64),
            nn.AvgPool2d(2),
            block(64, 96),
        )
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(96, 1)

    def forward(self, crops: Tensor) -> Tensor:
        pixels = crops.permute(0, 3, 1, 2).to(torch.float32)
        pooled = self.features(self.residuals(pixels)).mean(dim=(2, 3))
        return self.head(self.dropout(pooled)).squeeze(1)


def read_onnx(path: Path) -> Detector:
    """The net as version 0.1.0 shipped it. Its batch normalisation is folded into the convolutions there."""
    model = Detector()
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    with torch.no_grad():
        for module in model.features:
            if not isinstance(module, nn.Sequential):
                continue
            name = next(key for key, child in model.features.named_children() if child is module)
            convolution, normalisation = module[0], module[1]
            convolution.weight.copy_(torch.from_numpy(values[f'features.{name}.0.weight'].copy()))
            normalisation.bias.copy_(torch.from_numpy(values[f'features.{name}.0.weight_bias'].copy()))
            normalisation.running_mean.zero_()
            normalisation.running_var.fill_(1 - normalisation.eps)
            normalisation.weight.fill_(1)
        model.head.weight.copy_(torch.from_numpy(values['head.weight'].copy()))
        model.head.bias.copy_(torch.from_numpy(values['head.bias'].copy()))
    return model.eval()
