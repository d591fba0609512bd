"""What lifters of two streams are made of: residual steps, streams of blocks, their fusion, the head.

MotionAGFormer, DSTformer and TCPFormer hand the same tokens to two streams in every layer, each with a block
over the joints of a frame and one over the frames of a joint, and learn per token how much to take of each.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rtpca.models.config import Channels, Depth, HiddenRatio, ModelConfig, Size, check_heads, check_hidden
from rtpca.models.layers import (
    DropPath,
    FeedForward,
    SelfAttention,
    drop_path_rate,
    fold_frames,
    fold_joints,
    unfold_joints,
)
from rtpca.options import BelowOne, options

LAYER_SCALE = 1e-5
"""What the learned scales of MotionAGFormer and TCPFormer begin with (authors' code)."""
DEFAULT_EPS = 1e-5
"""Epsilon of the norms of MotionAGFormer and TCPFormer, PyTorch's default (authors' code)."""


@options("model")
class TwoStreamConfig(ModelConfig):
    """Sizes that lifters of two streams have in common; all frames of the window are predicted.

    Attributes:
        dim: Width C of both streams.
        depth: Number of layers.
        heads: Attention heads; must divide `dim`.
        mlp_ratio: Hidden width of the feed-forward parts over `dim`.
        representation: Width of the representation that the last linear map reads.
        qkv_bias: Whether the query, key and value projections have a bias.
        dropout: After the output projections, and in the feed-forward parts.
        drop_path: Stochastic depth of the last layer; grows linearly from 0 at the first.
    """

    frames: Size = 243
    in_channels: Channels = 3
    dim: Size = 128
    depth: Depth = 16
    heads: Size = 8
    mlp_ratio: HiddenRatio = 4.0
    representation: Size = 512
    qkv_bias: bool = False
    dropout: BelowOne = 0.0
    drop_path: BelowOne = 0.0

    def __post_init__(self) -> None:
        check_heads(self.heads, dim=self.dim)
        check_hidden(self.mlp_ratio, self.dim)

    @property
    def hidden(self) -> int:
        """Hidden width of the feed-forward parts."""
        return round(self.dim * self.mlp_ratio)

    @property
    def activations(self) -> int:
        """Values that one layer hands to the next for one window."""
        return self.frames * self.joints * self.dim

    def describe(self) -> str:
        """Widths and depths in a few words."""
        return f"dim {self.dim}, depth {self.depth}, {self.heads} heads"

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        return {
            "embed.weight": (self.dim, self.in_channels),
            "spatial_position": (1, 1, self.joints, self.dim),
            f"layers.{self.depth - 1}.first.spatial.feed_forward.branch.expand.weight": (
                self.hidden,
                self.dim,
            ),
            "head.representation.weight": (self.representation, self.dim),
        }

    def drop_path_rate(self, index: int) -> float:
        """Stochastic depth of layer `index`."""
        return drop_path_rate(self.drop_path, index, self.depth)


class Residual(nn.Module):
    """x + s * branch(norm(x)), with a learned scale s per channel, or without one.

    Args:
        dim: Channels C.
        branch: Maps (N, L, C) to (N, L, C).
        layer_scale: What the scale begins with; None for no scale.
        fixed_scale: Whether the scale stays what it is.
        drop_path: Stochastic depth of the branch.
        eps: Epsilon of the norm.
    """

    def __init__(
        self,
        dim: int,
        branch: nn.Module,
        *,
        layer_scale: float | None = None,
        fixed_scale: bool = False,
        drop_path: float = 0.0,
        eps: float = DEFAULT_EPS,
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=eps)
        self.branch = branch
        if layer_scale is None or fixed_scale:
            self.scale = layer_scale
        else:
            self.scale = nn.Parameter(torch.full((dim,), layer_scale))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, *context: Tensor) -> Tensor:
        """(N, L, C) to (N, L, C); `context` is handed to the branch."""
        change = self.branch(self.norm(x), *context)
        return x + self.drop_path(change if self.scale is None else change * self.scale)


class MixerBlock(nn.Module):
    """Pre-norm block: a mixer of tokens, then a feed-forward part, each as a residual step.

    Args:
        config: Sizes.
        index: Place among the layers.
        mixer: Maps (N, L, C) to (N, L, C); None takes attention of the tokens to each other.
        layer_scale: See `Residual`.
        fixed_scale: See `Residual`.
        eps: See `Residual`.
    """

    def __init__(
        self,
        config: TwoStreamConfig,
        index: int,
        mixer: nn.Module | None = None,
        *,
        layer_scale: float | None = None,
        fixed_scale: bool = False,
        eps: float = DEFAULT_EPS,
    ) -> None:
        super().__init__()
        dim, rate = config.dim, config.drop_path_rate(index)
        if mixer is None:
            mixer = SelfAttention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)

        def step(branch: nn.Module) -> Residual:
            return Residual(
                dim, branch, layer_scale=layer_scale, fixed_scale=fixed_scale, drop_path=rate, eps=eps
            )

        self.mixing = step(mixer)
        self.feed_forward = step(feed_forward(config))

    def forward(self, x: Tensor, *context: Tensor) -> Tensor:
        """(N, L, C) to (N, L, C); `context` is handed to the mixer."""
        return self.feed_forward(self.mixing(x, *context))


def feed_forward(config: TwoStreamConfig) -> FeedForward:
    """Feed-forward part of a configuration's sizes."""
    return FeedForward(config.dim, config.hidden, config.dropout)


def over_frames(block: nn.Module, x: Tensor) -> Tensor:
    """A block of sequences (N, L, C) on the frames of each joint of (B, F, J, C)."""
    return unfold_joints(block(fold_joints(x)), x.shape[2])


def over_joints(block: nn.Module, x: Tensor) -> Tensor:
    """A block of sequences (N, L, C) on the joints of each frame of (B, F, J, C)."""
    return block(fold_frames(x)).unflatten(0, x.shape[:2])


class Stream(nn.Module):
    """A block over the joints of each frame and one over the frames of each joint, one after the other."""

    def __init__(self, spatial: nn.Module, temporal: nn.Module, *, temporal_first: bool = False) -> None:
        super().__init__()
        self.spatial = spatial
        self.temporal = temporal
        self.temporal_first = temporal_first

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to (B, F, J, C)."""
        if self.temporal_first:
            return over_joints(self.spatial, over_frames(self.temporal, x))
        return over_frames(self.temporal, over_joints(self.spatial, x))


class FusedStreams(nn.Module):
    """One layer: two streams of the same tokens, and per token a learned mean of both."""

    def __init__(self, dim: int, first: Stream, second: Stream) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.fusion = nn.Linear(2 * dim, 2)
        nn.init.zeros_(self.fusion.weight)  # begins as the plain mean
        nn.init.constant_(self.fusion.bias, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to (B, F, J, C)."""
        first, second = self.first(x), self.second(x)
        shares = self.fusion(torch.cat((first, second), dim=-1)).softmax(-1)  # (B, F, J, 2)
        return first * shares[..., :1] + second * shares[..., 1:]


class RepresentationHead(nn.Module):
    """LayerNorm, linear map and tanh to a representation of the motion; a linear map to coordinates."""

    def __init__(self, config: TwoStreamConfig, eps: float = DEFAULT_EPS) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.dim, eps=eps)
        self.representation = nn.Linear(config.dim, config.representation)
        self.coordinates = nn.Linear(config.representation, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to (B, F, J, 3)."""
        return self.coordinates(self.representation(self.norm(x)).tanh())
