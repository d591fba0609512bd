"""DSTformer, the network of MotionBERT: two streams that attend to joints and frames in either order.

Zhu, Ma, Liu, Liu, Wu, Wang: "MotionBERT: A Unified Perspective on Learning Human Motion Representations",
ICCV 2023. Only the published mode is here; pre-training on masked poses is not.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from rtpca.models.config import Depth, HiddenRatio, Size
from rtpca.models.layers import BLOCK_NORM_EPS
from rtpca.models.network import LiftingNetwork
from rtpca.models.streams import FusedStreams, MixerBlock, RepresentationHead, Stream, TwoStreamConfig
from rtpca.options import options

_INITIAL_STD = 0.02


@options("model")
class DSTformerConfig(TwoStreamConfig):
    """Sizes of DSTformer; the defaults are the published full model of 243 frames.

    The lite one has a width of 256 and an `mlp_ratio` of 4.
    """

    arch: Literal["dstformer"] = "dstformer"
    dim: Size = 512
    depth: Depth = 5
    mlp_ratio: HiddenRatio = 2.0
    qkv_bias: bool = True

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        return super().main_shapes() | {"temporal_position": (1, self.frames, 1, self.dim)}


class DSTformer(LiftingNetwork):
    """Embedding -> layers of two fused streams -> representation -> coordinates.

    Args:
        config: Sizes.
    """

    config: DSTformerConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: DSTformerConfig) -> None:
        super().__init__(config)
        self.embed = nn.Linear(config.in_channels, config.dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, 1, config.joints, config.dim))
        self.temporal_position = nn.Parameter(torch.zeros(1, config.frames, 1, config.dim))
        self.layers = nn.ModuleList(
            FusedStreams(config.dim, _stream(config, index), _stream(config, index, temporal_first=True))
            for index in range(config.depth)
        )
        self.head = RepresentationHead(config, eps=BLOCK_NORM_EPS)
        self._initialise()

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, F, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = self.embed(keypoints) + self.spatial_position + self.temporal_position  # (B, F, J, C)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)

    def transformer_blocks(self) -> list[nn.Module]:
        """The blocks of both streams, layer by layer."""
        return [module for module in self.layers.modules() if isinstance(module, MixerBlock)]

    def _initialise(self) -> None:
        """Small normal weights, no biases, as the authors' code begins; a fusion begins as the mean."""
        nn.init.trunc_normal_(self.spatial_position, std=_INITIAL_STD)
        nn.init.trunc_normal_(self.temporal_position, std=_INITIAL_STD)
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear) and not name.endswith(".fusion"):
                nn.init.trunc_normal_(module.weight, std=_INITIAL_STD)
                if module.bias is not None:  # pyright: ignore[reportUnnecessaryComparison]
                    nn.init.zeros_(module.bias)


def _stream(config: DSTformerConfig, index: int, *, temporal_first: bool = False) -> Stream:
    spatial, temporal = (MixerBlock(config, index, eps=BLOCK_NORM_EPS) for _ in range(2))
    return Stream(spatial, temporal, temporal_first=temporal_first)
