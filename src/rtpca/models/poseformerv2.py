"""PoseFormerV2: the frames in the middle of a window, and the slow motion of the whole window as frequencies.

Zhao, Zheng, Liu, Wang, Chen: "PoseFormerV2: Exploring Frequency Domain for Efficient and Robust 3D Human Pose
Estimation", CVPR 2023. The length of the window costs next to nothing: only `kept_frames` of it and
`kept_coefficients` of its cosine transform become tokens.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models.config import Depth, HiddenRatio, ModelConfig, Size, check_heads
from rtpca.models.layers import (
    BLOCK_NORM_EPS,
    Attention,
    Block,
    DropPath,
    FeedForward,
    SelfAttention,
    drop_path_rate,
    fold_frames,
)
from rtpca.models.network import LiftingNetwork
from rtpca.options import BelowOne, options

_ROUNDING = 1e-6
"""A product that is a whole number but for its rounding counts as one."""


@options("model")
class PoseFormerV2Config(ModelConfig):
    """Sizes of PoseFormerV2; the defaults are the largest published model, of 243 frames.

    The frame in the middle is predicted. No weight depends on `frames`, but the coefficients grow with them.

    Attributes:
        kept_frames: Frames in the middle of the window that become tokens; odd.
        kept_coefficients: Lowest coefficients of the cosine transform over the window that become tokens.
        joint_dim: Channels of a joint; a frame has `joints` times as many.
        depth: Number of blocks over joints, and of blocks over the tokens of the window.
        heads: Attention heads of both; must divide `joint_dim`.
        mlp_ratio: Hidden width of the feed-forward parts over their width.
        qkv_bias: Whether the query, key and value projections have a bias.
        mlp_split: Which tokens get the feed-forward part in the frequency domain: the frames ("kinds"); or
            the second half of all tokens ("half"), as in the authors' code, which is the same where as many
            frames as coefficients are kept.
        dropout: After the output projections, and in the feed-forward parts.
        drop_path: Stochastic depth of the last block of each kind; grows linearly from 0 at the first.
    """

    arch: Literal["poseformerv2"] = "poseformerv2"
    frames: Size = 243
    kept_frames: Size = 27
    kept_coefficients: Size = 27
    joint_dim: Size = 32
    depth: Depth = 4
    heads: Size = 8
    mlp_ratio: HiddenRatio = 2.0
    qkv_bias: bool = True
    mlp_split: Literal["kinds", "half"] = "kinds"
    dropout: BelowOne = 0.0
    drop_path: BelowOne = 0.2

    def __post_init__(self) -> None:
        check_heads(self.heads, joint_dim=self.joint_dim)
        if self.hidden(self.joint_dim) < 1:
            raise ConfigError(
                f"model.mlp_ratio={self.mlp_ratio} leaves no hidden channels at a width of {self.joint_dim}; "
                "make it larger"
            )
        if self.kept_frames % 2 == 0:
            raise ConfigError(
                f"model.kept_frames={self.kept_frames} are not around one in the middle; use an odd number"
            )
        for name in ("kept_frames", "kept_coefficients"):
            if getattr(self, name) > self.frames:
                raise ConfigError(
                    f"model.{name}={getattr(self, name)} of a window of model.frames={self.frames}; a window "
                    "has as many coefficients as frames: keep fewer, or use a longer window"
                )

    @property
    def out_frames(self) -> int:
        """Frames that are predicted: the one in the middle."""
        return 1

    @property
    def first_kept_frame(self) -> int:
        """Index in the window of the first frame that becomes a token."""
        return self.first_out_frame - self.kept_frames // 2

    @property
    def frame_dim(self) -> int:
        """Channels of a token of the window."""
        return self.joints * self.joint_dim

    @property
    def tokens(self) -> int:
        """Tokens of the window."""
        return self.kept_coefficients + self.kept_frames

    @property
    def plain_tokens(self) -> int:
        """Tokens that get the plain feed-forward part; those behind them get the other."""
        return self.tokens // 2 if self.mlp_split == "half" else self.kept_coefficients

    def hidden(self, dim: int) -> int:
        """Hidden width of the feed-forward part of blocks of width `dim`, rounded down.

        So the ratio of the wide blocks, which an import reads, tells the hidden width of the narrow ones too.
        """
        return int(dim * self.mlp_ratio + _ROUNDING)

    @property
    def activations(self) -> int:
        """Values that one block hands to the next for one window."""
        return self.tokens * self.frame_dim

    def describe(self) -> str:
        """Widths and depths in a few words."""
        return (
            f"dim {self.joint_dim} per joint, depth {self.depth}, {self.heads} heads, {self.kept_frames} "
            f"frames and {self.kept_coefficients} coefficients kept"
        )

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        last, dim = self.depth - 1, self.frame_dim
        return {
            "embed.weight": (self.joint_dim, self.in_channels),
            "coefficient_embed.weight": (dim, self.joints * self.in_channels),
            "frame_position": (1, self.kept_frames, dim),
            "coefficient_position": (1, self.kept_coefficients, dim),
            f"spatial_blocks.{last}.mlp.expand.weight": (self.hidden(self.joint_dim), self.joint_dim),
            f"mixed_blocks.{last}.frequency_mlp.mlp.expand.weight": (self.hidden(dim), dim),
        }


class PoseFormerV2(LiftingNetwork):
    """Frames by spatial blocks, coefficients by a linear map -> mixed blocks -> weighted sums -> head.

    Args:
        config: Sizes and options.
    """

    config: PoseFormerV2Config  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: PoseFormerV2Config) -> None:
        super().__init__(config)
        dim = config.frame_dim
        self.embed = nn.Linear(config.in_channels, config.joint_dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, config.joints, config.joint_dim))
        self.spatial_blocks = nn.ModuleList(_spatial_block(config, index) for index in range(config.depth))
        self.spatial_norm = nn.LayerNorm(config.joint_dim, eps=BLOCK_NORM_EPS)
        self.frame_position = nn.Parameter(torch.zeros(1, config.kept_frames, dim))
        self.lowest_frequencies = LowestFrequencies(config.kept_coefficients)
        self.coefficient_embed = nn.Linear(config.joints * config.in_channels, dim)
        self.coefficient_position = nn.Parameter(torch.zeros(1, config.kept_coefficients, dim))
        self.mixed_blocks = nn.ModuleList(MixedBlock(config, index) for index in range(config.depth))
        self.temporal_norm = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        # A constant in both biases is taken away by the norm of the head, but not one in either.
        self.coefficient_sum = nn.Linear(config.kept_coefficients, 1)
        self.frame_sum = nn.Linear(config.kept_frames, 1)
        self.head_norm = nn.LayerNorm(2 * dim)
        self.head = nn.Linear(2 * dim, config.joints * 3)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, 1, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        kept = self.config.kept_coefficients
        x = torch.cat((self._coefficients(keypoints), self._frames(keypoints)), dim=1)  # (B, n + f, J * c)
        for block in self.mixed_blocks:
            x = block(x)
        x = self.temporal_norm(x).transpose(1, 2)  # (B, J * c, n + f)
        coefficients, frames = self.coefficient_sum(x[..., :kept]), self.frame_sum(x[..., kept:])
        x = torch.cat((coefficients, frames), dim=1).transpose(1, 2)  # (B, 1, 2 * J * c)
        return self.head(self.head_norm(x)).unflatten(-1, (-1, 3))  # (B, 1, J * 3) -> (B, 1, J, 3)

    def transformer_blocks(self) -> list[nn.Module]:
        """The transformer blocks in the order in which they run."""
        return [*self.spatial_blocks, *self.mixed_blocks]

    def _frames(self, keypoints: Tensor) -> Tensor:
        """Tokens of the frames in the middle, (B, f, J * c)."""
        config = self.config
        middle = keypoints[:, config.first_kept_frame : config.first_kept_frame + config.kept_frames]
        x = fold_frames(self.embed(middle)) + self.spatial_position  # (B * f, J, c)
        for block in self.spatial_blocks:
            x, _, _ = block(x)
        x = self.spatial_norm(x).flatten(1).unflatten(0, (-1, config.kept_frames))  # (B, f, J * c)
        return x + self.frame_position

    def _coefficients(self, keypoints: Tensor) -> Tensor:
        """Tokens of the lowest frequencies of the window, (B, n, J * c)."""
        lowest = self.lowest_frequencies(keypoints.flatten(2))  # (B, n, J * C)
        return self.coefficient_embed(lowest) + self.coefficient_position


class MixedBlock(nn.Module):
    """Attention over all tokens, then a feed-forward part for each kind, one of them in the frequency domain.

    Args:
        config: Sizes and options.
        index: Place among the blocks.
    """

    def __init__(self, config: PoseFormerV2Config, index: int) -> None:
        super().__init__()
        dim = config.frame_dim
        self.plain_tokens = config.plain_tokens
        self.norm = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        self.attention = SelfAttention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
        self.plain_norm = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        self.plain_mlp = FeedForward(dim, config.hidden(dim), config.dropout)
        self.frequency_norm = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        self.frequency_mlp = FrequencyFeedForward(dim, config.hidden(dim), config.dropout)
        self.drop_path = DropPath(drop_path_rate(config.drop_path, index, config.depth))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n + f, J * c) to (B, n + f, J * c)."""
        x = x + self.drop_path(self.attention(self.norm(x)))
        plain, others = x[:, : self.plain_tokens], x[:, self.plain_tokens :]
        plain = plain + self.drop_path(self.plain_mlp(self.plain_norm(plain)))
        others = others + self.drop_path(self.frequency_mlp(self.frequency_norm(others)))
        return torch.cat((plain, others), dim=1)


class FrequencyFeedForward(nn.Module):
    """A feed-forward part on the frequencies of a sequence of tokens."""

    def __init__(self, dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.mlp = FeedForward(dim, hidden, dropout)
        self.to_frequencies = LowestFrequencies()
        self.to_tokens = FromFrequencies()

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, L, C)."""
        return self.to_tokens(self.mlp(self.to_frequencies(x)))


class LowestFrequencies(nn.Module):
    """The first coefficients of the cosine transform X_k = 2 sum_t x_t cos(pi k (2 t + 1) / (2 F)).

    Args:
        kept: Coefficients; None for all of them.
    """

    def __init__(self, kept: int | None = None) -> None:
        super().__init__()
        self.kept = kept

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, C) to (B, kept, C)."""
        return 2 * cosines(self.kept or x.shape[1], x) @ x


class FromFrequencies(nn.Module):
    """The sequence with all these coefficients: the inverse of `LowestFrequencies`."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, L, C)."""
        length = x.shape[1]
        # The constant counts once, every wave from both sides of the spectrum.
        halved = torch.cat((0.5 * x[:, :1], x[:, 1:]), dim=1)
        return cosines(length, x).T @ halved / length


def cosines(count: int, x: Tensor) -> Tensor:
    """cos(pi k (2 t + 1) / (2 F)) for the first `count` k and all frames t of (B, F, C): (count, F)."""
    frames = x.shape[1]
    k = torch.arange(count, device=x.device)[:, None]
    t = torch.arange(frames, device=x.device)
    # Whole turns are taken off in whole numbers, so that nothing of the precision is lost to large angles.
    quarter_steps = k * (2 * t + 1) % (4 * frames)
    exact = torch.promote_types(x.dtype, torch.float32)
    return (quarter_steps.to(exact) * (math.pi / (2 * frames))).cos().to(x.dtype)


def _spatial_block(config: PoseFormerV2Config, index: int) -> Block:
    dim = config.joint_dim
    attention = Attention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
    rate = drop_path_rate(config.drop_path, index, config.depth)
    return Block(dim, attention, config.hidden(dim), config.dropout, rate)
