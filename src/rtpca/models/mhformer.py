"""MHFormer: three hypotheses of the pose, generated one from the other, refined alone, then with each other.

Li, Liu, Tang, Wang, Van Gool: "MHFormer: Multi-Hypothesis Transformer for 3D Human Pose Estimation", CVPR
2022, Section 3 and Figure 3. All frames are predicted; the paper reports the middle one.
"""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models.config import Depth, ModelConfig, Size, check_heads
from rtpca.models.layers import (
    BLOCK_NORM_EPS,
    Attention,
    Block,
    CrossAttention,
    DropPath,
    FeedForward,
    drop_path_rate,
)
from rtpca.models.network import LiftingNetwork
from rtpca.options import BelowOne, options

HYPOTHESES = 3
GENERATOR_DEPTH = 4
GENERATOR_HEADS = 9
LONGEST_NORMALISED_EMBEDDING = 27
"""Frames up to which the embedding has BatchNorm, ReLU and dropout (authors' code)."""


@options("model")
class MHFormerConfig(ModelConfig):
    """Sizes of MHFormer; the defaults are the published model of 351 frames (others: 27, 81, 243).

    Attributes:
        frames: A multiple of 9: frames are the channels of the hypothesis generators, which have 9 heads.
        dim: Channels C of each hypothesis.
        hidden: Hidden width of the feed-forward parts on the joined hypotheses.
        layers: Self-refinement blocks and the one cross-interaction block, together.
        heads: Attention heads of those; must divide `dim`.
        dropout: After the embedding and its positions, the output projections, and in the feed-forward parts.
        drop_path: Stochastic depth of the last block of a stack; grows linearly from 0 at the first.
    """

    arch: Literal["mhformer"] = "mhformer"
    frames: Size = 351
    dim: Size = 512
    hidden: Size = 1024
    layers: Depth = 3
    heads: Size = 8
    dropout: BelowOne = 0.1
    drop_path: BelowOne = 0.2

    def __post_init__(self) -> None:
        if self.frames % GENERATOR_HEADS:
            raise ConfigError(
                f"model.frames={self.frames} is not a multiple of {GENERATOR_HEADS}, which mhformer needs: "
                f"its generators have frames for channels and {GENERATOR_HEADS} heads; use 27, 81, 243 or 351"
            )
        check_heads(self.heads, dim=self.dim)

    @property
    def tokens(self) -> int:
        """Coordinates of a frame, which are the tokens of the hypothesis generators."""
        return self.joints * self.in_channels

    @property
    def activations(self) -> int:
        """Values that one block hands to the next for one window."""
        return self.frames * HYPOTHESES * self.dim

    def describe(self) -> str:
        """Widths and depths in a few words."""
        return f"dim {self.dim}, hidden {self.hidden}, {self.layers} layers, {self.heads} heads"

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        joined = HYPOTHESES * self.dim
        shapes: dict[str, tuple[int, ...]] = {
            "generators.0.position": (1, self.tokens, self.frames),
            "generators.0.blocks.0.mlp.expand.weight": (2 * self.frames, self.frames),
            "positions.0": (1, self.frames, self.dim),
            "interaction.joint.mlp.expand.weight": (self.hidden, joined),
            "regression.weight": (self.joints * 3, joined, 1),
        }
        if self.layers > 1:
            shapes[f"refinement.{self.layers - 2}.joint.mlp.expand.weight"] = (self.hidden, joined)
        return shapes


class MHFormer(LiftingNetwork):
    """Generators -> embeddings -> self-refinement -> cross-interaction -> BatchNorm, linear head.

    Args:
        config: Sizes.
    """

    config: MHFormerConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: MHFormerConfig) -> None:
        super().__init__(config)
        self.generators = nn.ModuleList(HypothesisGenerator(config) for _ in range(HYPOTHESES))
        self.embeddings = nn.ModuleList(_embedding(config) for _ in range(HYPOTHESES))
        self.positions = nn.ParameterList(
            nn.Parameter(torch.zeros(1, config.frames, config.dim)) for _ in range(HYPOTHESES)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.refinement = nn.ModuleList(SelfRefinement(config, i) for i in range(config.layers - 1))
        self.interaction = CrossInteraction(config)
        self.norm = nn.LayerNorm(HYPOTHESES * config.dim, eps=BLOCK_NORM_EPS)
        self.regression_norm = nn.BatchNorm1d(HYPOTHESES * config.dim)
        self.regression = nn.Conv1d(HYPOTHESES * config.dim, config.joints * 3, 1)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, F, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = keypoints.flatten(2).transpose(1, 2)  # (B, J * C, F)
        hypotheses: list[Tensor] = []
        for generator, embedding, position in zip(
            self.generators, self.embeddings, self.positions, strict=True
        ):
            x = x + generator(x)  # each hypothesis starts from the one before
            hypotheses.append(self.dropout(embedding(x).transpose(1, 2) + position))  # (B, F, C)
        for block in self.refinement:
            hypotheses = block(hypotheses)
        hypotheses = self.interaction(hypotheses)
        x = self.norm(torch.cat(hypotheses, dim=-1))  # (B, F, 3 C)
        x = self.regression(self.regression_norm(x.transpose(1, 2)))  # (B, J * 3, F)
        return x.transpose(1, 2).unflatten(-1, (-1, 3))  # (B, F, J, 3)

    def transformer_blocks(self) -> list[nn.Module]:
        """The transformer blocks in the order in which they run."""
        generators = [cast(HypothesisGenerator, generator) for generator in self.generators]
        generating = [block for generator in generators for block in generator.blocks]
        return [*generating, *self.refinement, self.interaction]


class HypothesisGenerator(nn.Module):
    """Multi-Hypothesis Generation (Section 3.3): coordinates are the tokens, frames their channels."""

    def __init__(self, config: MHFormerConfig) -> None:
        super().__init__()
        frames = config.frames
        self.norm_in = nn.LayerNorm(frames)
        self.position = nn.Parameter(torch.zeros(1, config.tokens, frames))
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(
                frames,
                Attention(frames, GENERATOR_HEADS, dropout=config.dropout),
                2 * frames,
                config.dropout,
                drop_path_rate(config.drop_path, index, GENERATOR_DEPTH),
            )
            for index in range(GENERATOR_DEPTH)
        )
        self.norm = nn.LayerNorm(frames, eps=BLOCK_NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """What is to be added to the coordinates (B, J * C, F), of the same shape."""
        x = self.dropout(self.norm_in(x) + self.position)
        for block in self.blocks:
            x, _, _ = block(x)
        return self.norm(x)


class SelfRefinement(nn.Module):
    """Self-Hypothesis Refinement (Section 3.4): every hypothesis attends to itself over time.

    Args:
        config: Sizes.
        index: Place among the layers.
    """

    def __init__(self, config: MHFormerConfig, index: int) -> None:
        super().__init__()
        dim, rate = config.dim, drop_path_rate(config.drop_path, index, config.layers)
        self.norms = nn.ModuleList(nn.LayerNorm(dim, eps=BLOCK_NORM_EPS) for _ in range(HYPOTHESES))
        self.attentions = nn.ModuleList(
            Attention(dim, config.heads, dropout=config.dropout) for _ in range(HYPOTHESES)
        )
        self.drop_path = DropPath(rate)
        self.joint = JointFeedForward(config, rate)

    def forward(self, hypotheses: list[Tensor]) -> list[Tensor]:
        """Three times (B, F, C), in and out."""
        refined: list[Tensor] = []
        for x, norm, attention in zip(hypotheses, self.norms, self.attentions, strict=True):
            attended, _, _ = attention(norm(x))
            refined.append(x + self.drop_path(attended))
        return self.joint(refined)


class CrossInteraction(nn.Module):
    """Cross-Hypothesis Interaction (Section 3.5): every hypothesis is the value once.

    The three attentions run one after the other: the second sees the updated first hypothesis, the third both
    updated ones.
    """

    # Which hypothesis is query, key and value of each attention.
    ROLES = ((1, 2, 0), (0, 2, 1), (0, 1, 2))

    def __init__(self, config: MHFormerConfig) -> None:
        super().__init__()
        rate = drop_path_rate(config.drop_path, config.layers - 1, config.layers)
        self.attentions = nn.ModuleList(NormedCrossAttention(config) for _ in range(HYPOTHESES))
        self.drop_path = DropPath(rate)
        self.joint = JointFeedForward(config, rate)

    def forward(self, hypotheses: list[Tensor]) -> list[Tensor]:
        """Three times (B, F, C), in and out."""
        mixed = list(hypotheses)
        for (query, key, value), attention in zip(self.ROLES, self.attentions, strict=True):
            attended = attention(mixed[query], mixed[key], mixed[value])
            mixed[value] = mixed[value] + self.drop_path(attended)
        return self.joint(mixed)


class NormedCrossAttention(CrossAttention):
    """Attention whose queries, keys and values come from three hypotheses, each normalised by itself."""

    def __init__(self, config: MHFormerConfig) -> None:
        super().__init__(config.dim, config.heads, dropout=config.dropout)
        self.query_norm = nn.LayerNorm(config.dim, eps=BLOCK_NORM_EPS)
        # Like the bias of the keys, its shift does nothing.
        self.key_norm = nn.LayerNorm(config.dim, eps=BLOCK_NORM_EPS)
        self.value_norm = nn.LayerNorm(config.dim, eps=BLOCK_NORM_EPS)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Three times (B, F, C) to (B, F, C)."""
        return super().forward(self.query_norm(query), self.key_norm(key), self.value_norm(value))


class JointFeedForward(nn.Module):
    """One feed-forward part on the joined hypotheses, with a residual sum."""

    def __init__(self, config: MHFormerConfig, rate: float) -> None:
        super().__init__()
        joined = HYPOTHESES * config.dim
        self.norm = nn.LayerNorm(joined, eps=BLOCK_NORM_EPS)
        self.mlp = FeedForward(joined, config.hidden, config.dropout)
        self.drop_path = DropPath(rate)

    def forward(self, hypotheses: list[Tensor]) -> list[Tensor]:
        """Three times (B, F, C), in and out."""
        x = torch.cat(hypotheses, dim=-1)  # (B, F, 3 C)
        x = x + self.drop_path(self.mlp(self.norm(x)))
        return list(x.chunk(HYPOTHESES, dim=-1))


def _embedding(config: MHFormerConfig) -> nn.Sequential:
    """Coordinates (B, J * C, F) to channels (B, C, F)."""
    embedding = nn.Sequential(nn.Conv1d(config.tokens, config.dim, 1))
    if config.frames <= LONGEST_NORMALISED_EMBEDDING:
        embedding.extend((nn.BatchNorm1d(config.dim), nn.ReLU(), nn.Dropout(config.dropout)))
    return embedding
