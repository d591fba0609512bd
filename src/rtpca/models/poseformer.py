"""PoseFormer: a transformer over the joints of a frame, then one over frames, for the frame in the middle.

Zheng, Zhu, Mendieta, Yang, Chen, Ding: "3D Human Pose Estimation with Spatial and Temporal Transformers",
ICCV 2021, Section 3.2 and Figure 2(b).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from rtpca.models.config import Depth, HiddenRatio, ModelConfig, Size, check_heads, check_hidden
from rtpca.models.layers import BLOCK_NORM_EPS, Attention, Block, drop_path_rate, fold_frames
from rtpca.models.network import LiftingNetwork
from rtpca.options import BelowOne, options


@options("model")
class PoseFormerConfig(ModelConfig):
    """Sizes of PoseFormer; the defaults are the published model of 81 frames.

    Attributes:
        joint_dim: Channels of a joint; a frame has `joints` times as many.
        depth: Number of spatial blocks, and of temporal ones.
        heads: Attention heads of both; must divide `joint_dim`.
        mlp_ratio: Hidden width of the feed-forward parts over their width.
        qkv_bias: Whether the query, key and value projections have a bias.
        dropout: After the position embeddings and the output projections, and in the feed-forward parts.
        drop_path: Stochastic depth of the last block of each kind; grows linearly from 0 at the first.
    """

    arch: Literal["poseformer"] = "poseformer"
    frames: Size = 81
    joint_dim: Size = 32
    depth: Depth = 4
    heads: Size = 8
    mlp_ratio: HiddenRatio = 2.0
    qkv_bias: bool = True
    dropout: BelowOne = 0.0
    drop_path: BelowOne = 0.1

    def __post_init__(self) -> None:
        check_heads(self.heads, joint_dim=self.joint_dim)
        check_hidden(self.mlp_ratio, self.joint_dim)

    @property
    def out_frames(self) -> int:
        """Frames that are predicted: the one in the middle."""
        return 1

    @property
    def frame_dim(self) -> int:
        """Channels of a frame in the temporal blocks."""
        return self.joints * self.joint_dim

    def hidden(self, dim: int) -> int:
        """Hidden width of the feed-forward part of blocks of width `dim`."""
        return round(dim * self.mlp_ratio)

    @property
    def activations(self) -> int:
        """Values that one block hands to the next for one window."""
        return self.frames * self.frame_dim

    def describe(self) -> str:
        """Widths and depths in a few words."""
        return f"dim {self.joint_dim} per joint, depth {self.depth}, {self.heads} heads"

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        last, dim = self.depth - 1, self.frame_dim
        return {
            "embed.weight": (self.joint_dim, self.in_channels),
            "spatial_position": (1, self.joints, self.joint_dim),
            "temporal_position": (1, self.frames, dim),
            f"spatial_blocks.{last}.mlp.expand.weight": (self.hidden(self.joint_dim), self.joint_dim),
            f"temporal_blocks.{last}.mlp.expand.weight": (self.hidden(dim), dim),
        }


class PoseFormer(LiftingNetwork):
    """Embedding -> spatial blocks -> temporal blocks -> weighted sum over frames -> LayerNorm, linear head.

    Args:
        config: Sizes.
    """

    config: PoseFormerConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: PoseFormerConfig) -> None:
        super().__init__(config)
        self.embed = nn.Linear(config.in_channels, config.joint_dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, config.joints, config.joint_dim))
        self.temporal_position = nn.Parameter(torch.zeros(1, config.frames, config.frame_dim))
        self.dropout = nn.Dropout(config.dropout)
        self.spatial_blocks = nn.ModuleList(
            _block(config, config.joint_dim, index) for index in range(config.depth)
        )
        self.spatial_norm = nn.LayerNorm(config.joint_dim, eps=BLOCK_NORM_EPS)
        self.temporal_blocks = nn.ModuleList(
            _block(config, config.frame_dim, index) for index in range(config.depth)
        )
        self.temporal_norm = nn.LayerNorm(config.frame_dim, eps=BLOCK_NORM_EPS)
        # Its bias does nothing: a constant over channels, which the next norm takes away. The paper has it.
        self.weighted_sum = nn.Linear(config.frames, 1)
        self.head_norm = nn.LayerNorm(config.frame_dim)
        self.head = nn.Linear(config.frame_dim, config.joints * 3)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, 1, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = self.dropout(fold_frames(self.embed(keypoints)) + self.spatial_position)  # (B * F, J, c)
        for block in self.spatial_blocks:
            x, _, _ = block(x)
        x = self.spatial_norm(x).flatten(1).unflatten(0, (-1, self.config.frames))  # (B, F, J * c)
        x = self.dropout(x + self.temporal_position)
        for block in self.temporal_blocks:
            x, _, _ = block(x)
        x = self.weighted_sum(self.temporal_norm(x).transpose(1, 2)).transpose(1, 2)  # (B, 1, J * c)
        return self.head(self.head_norm(x)).unflatten(-1, (-1, 3))  # (B, 1, J * 3) -> (B, 1, J, 3)

    def transformer_blocks(self) -> list[nn.Module]:
        """The transformer blocks in the order in which they run."""
        return [*self.spatial_blocks, *self.temporal_blocks]


def _block(config: PoseFormerConfig, dim: int, index: int) -> Block:
    attention = Attention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
    rate = drop_path_rate(config.drop_path, index, config.depth)
    return Block(dim, attention, config.hidden(dim), config.dropout, rate)
