"""VideoPose3D: dilated convolutions over time on the flattened keypoints; no attention, no padding.

Pavllo, Feichtenhofer, Grangier, Auli: "3D human pose estimation in video with temporal convolutions and
semi-supervised training", CVPR 2019, Section 3 and Figure 2. The paper's causal variant is left out.
"""

from __future__ import annotations

import math
from itertools import accumulate
from operator import mul
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from rtpca.errors import ConfigError
from rtpca.models.config import ModelConfig, Size
from rtpca.models.network import LiftingNetwork
from rtpca.options import BelowOne, options


@options("model")
class VideoPose3DConfig(ModelConfig):
    """Sizes of VideoPose3D; the defaults are the published model with a receptive field of 243 frames.

    One frame is predicted for every position of the receptive field in the window: `frames` may be longer
    than it, so that a whole clip is one window whose frames share their work. No weight depends on `frames`.

    Attributes:
        filter_widths: Odd widths of the convolutions over time; their product is the receptive field.
        channels: Channels of every hidden layer.
        dropout: After every hidden layer.
    """

    arch: Literal["videopose3d"] = "videopose3d"
    frames: Size = 243
    filter_widths: tuple[Size, ...] = (3, 3, 3, 3, 3)
    channels: Size = 1024
    dropout: BelowOne = 0.25

    def __post_init__(self) -> None:
        widths = self.filter_widths
        if not widths or not all(width % 2 for width in widths):
            raise ConfigError(
                f"model.filter_widths={list(widths)} must be a list of odd whole numbers, e.g. [3, 3, 3]"
            )
        if self.frames < self.receptive_field:
            raise ConfigError(
                f"model.frames={self.frames} is less than the receptive field of {self.receptive_field} "
                f"frames of model.filter_widths={list(widths)}; use a longer window or fewer filters"
            )

    @property
    def receptive_field(self) -> int:
        """Input frames that a predicted frame depends on."""
        return math.prod(self.filter_widths)

    @property
    def out_frames(self) -> int:
        """Frames that are predicted: without padding, one less than a receptive field is lost."""
        return self.frames - self.receptive_field + 1

    @property
    def strided(self) -> bool:
        """Whether layers compute only what one predicted frame needs (Section 3 and Appendix A.2 there)."""
        return self.out_frames == 1

    @property
    def dilations(self) -> tuple[int, ...]:
        """Distance between the taps of each convolution: the product of the widths before it."""
        return tuple(accumulate(self.filter_widths[:-1], mul, initial=1))

    @property
    def lengths(self) -> tuple[int, ...]:
        """Frames after each convolution over time."""
        length, lengths = self.frames, list[int]()
        for width, dilation in zip(self.filter_widths, self.dilations, strict=True):
            length = length // width if self.strided else length - (width - 1) * dilation
            lengths.append(length)
        return tuple(lengths)

    @property
    def activations(self) -> int:
        """Values that the first convolution hands on for one window."""
        return self.lengths[0] * self.channels

    def describe(self) -> str:
        """Widths and depths in a few words."""
        return f"{self.channels} channels, filters {', '.join(map(str, self.filter_widths))}"

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        first, *others = self.filter_widths
        shapes = {"expand.weight": (self.channels, self.joints * self.in_channels, first)}
        for index, width in enumerate(others):
            shapes[f"blocks.{index}.over_time.weight"] = (self.channels, self.channels, width)
        return shapes | {"shrink.weight": (self.joints * 3, self.channels, 1)}


class VideoPose3D(LiftingNetwork):
    """Expansion -> residual blocks of a dilated and a 1x1 convolution -> 1x1 convolution to coordinates.

    Where one frame is predicted, strides take the place of dilations: the same numbers from the same weights
    without the frames that nobody needs, which is also how the paper trains.

    Args:
        config: Sizes.
    """

    config: VideoPose3DConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: VideoPose3DConfig) -> None:
        super().__init__(config)
        first, *others = config.filter_widths
        self.expand = nn.Conv1d(
            config.joints * config.in_channels,
            config.channels,
            first,
            stride=first if config.strided else 1,
            bias=False,
        )
        self.norm = nn.BatchNorm1d(config.channels)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            ResidualBlock(config.channels, width, None if config.strided else dilation, config.dropout)
            for width, dilation in zip(others, config.dilations[1:], strict=True)
        )
        self.shrink = nn.Conv1d(config.channels, config.joints * 3, 1)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, F_out, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = keypoints.flatten(2).transpose(1, 2)  # (B, J * C, F)
        x = self.dropout(F.relu(self.norm(self.expand(x))))  # (B, channels, F')
        for block in self.blocks:
            x = block(x)
        return self.shrink(x).transpose(1, 2).unflatten(-1, (-1, 3))  # (B, J * 3, F_out) -> (B, F_out, J, 3)


class ResidualBlock(nn.Module):
    """Convolution over time and 1x1 convolution, each with BatchNorm, ReLU and dropout, and a residual sum.

    Args:
        channels: Channels.
        width: Taps of the convolution over time.
        dilation: Distance between its taps; None for taps side by side and a stride of `width`.
        dropout: After both convolutions.
    """

    def __init__(self, channels: int, width: int, dilation: int | None, dropout: float) -> None:
        super().__init__()
        stride = width if dilation is None else 1
        self.over_time = nn.Conv1d(
            channels, channels, width, stride=stride, dilation=dilation or 1, bias=False
        )
        self.norm1 = nn.BatchNorm1d(channels)
        self.over_channels = nn.Conv1d(channels, channels, 1, bias=False)
        self.norm2 = nn.BatchNorm1d(channels)
        self.dropout = nn.Dropout(dropout)
        # The frames under the middle tap: what the residual is cut to.
        margin = width // 2 * (dilation or 1)
        self.middle = slice(margin, None, stride) if dilation is None else slice(margin, -margin or None)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, F) to (B, channels, F')."""
        residual = x[:, :, self.middle]
        x = self.dropout(F.relu(self.norm1(self.over_time(x))))
        return residual + self.dropout(F.relu(self.norm2(self.over_channels(x))))
