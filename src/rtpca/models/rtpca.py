"""The RTPCA network: 2D keypoints of a sequence in, 3D poses of all its frames out.

    embedding -> [spatial block over joints -> temporal block over frames] x depth -> LayerNorm, linear head

The temporal blocks refine their keys and values with the pyramid (`pyramid.py`) and attend to those of an
earlier temporal block too (`refinement.py`). Without both it is the STE baseline, which is MixSTE. With
`prune` most frames are left out on the way (`hourglass.py`).
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from rtpca.models.config import RTPCAConfig
from rtpca.models.hourglass import FramePruning, FrameRecovery
from rtpca.models.layers import (
    BLOCK_NORM_EPS,
    Attention,
    Block,
    drop_path_rate,
    fold_frames,
    fold_joints,
    unfold_joints,
)
from rtpca.models.network import LiftingNetwork
from rtpca.models.pyramid import TemporalPyramid, level_lengths
from rtpca.models.refinement import CrossLayerRefinement
from rtpca.models.uncertainty import ScaleHead


class RTPCA(LiftingNetwork):
    """Refined temporal pyramidal compression-and-amplification transformer.

    Args:
        config: Sizes and options.
    """

    config: RTPCAConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: RTPCAConfig) -> None:
        super().__init__(config)
        self.embed = nn.Linear(config.in_channels, config.dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, 1, config.joints, config.dim))
        self.temporal_position = nn.Parameter(torch.zeros(1, config.frames, 1, config.dim))
        self.spatial_blocks = nn.ModuleList(_spatial_block(config, i) for i in range(config.depth))
        self.temporal_blocks = nn.ModuleList(_temporal_block(config, i) for i in range(config.depth))
        self.resample = nn.ModuleList(_resample(config, i) for i in range(config.depth - 1))
        # One norm of each kind, shared over depth, as in the authors' code and in MixSTE.
        self.spatial_norm = nn.LayerNorm(config.dim, eps=BLOCK_NORM_EPS)
        self.temporal_norm = nn.LayerNorm(config.dim, eps=BLOCK_NORM_EPS)
        self.head_norm = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, 3)
        # Last, so that the other weights begin as they do without it.
        self.pruning = self.recovery = None
        if config.prune:
            random_ties = config.prune_ties == "random"
            self.pruning = FramePruning(config.dim, config.kept_frames, random_ties=random_ties)
            self.recovery = FrameRecovery(config.dim, config.heads, config.frames, config.dropout)
        self.scale_head = ScaleHead(config.dim, config.in_channels) if config.uncertainty else None
        if config.init == "scaled":
            self._scale_initial_weights()

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift.

        Args:
            keypoints: Normalised 2D keypoints (B, F, J, 2), or with score (B, F, J, 3).

        Returns:
            Root-relative poses (B, F, J, 3) in metres.

        Raises:
            ShapeError: If the shape is not the configuration's.
        """
        return self.head(self._tokens(keypoints))

    def forward_with_scale(self, keypoints: Tensor, detached: bool = False) -> tuple[Tensor, Tensor]:
        """Poses, and a scale per joint and frame; see `LiftingNetwork.forward_with_scale`."""
        if self.scale_head is None:
            return super().forward_with_scale(keypoints, detached)
        tokens = self._tokens(keypoints)
        return self.head(tokens), self.scale_head(tokens.detach() if detached else tokens, keypoints)

    def _tokens(self, keypoints: Tensor) -> Tensor:
        """What the heads read, (B, F, J, C)."""
        self.check_input(keypoints)
        config = self.config
        x = self.embed(keypoints) + self.spatial_position  # (B, F, J, C)
        handed_on: list[Tensor] = []  # keys and values of each temporal block
        for i in range(config.depth):
            if self.pruning is not None and i == config.pruned_block:
                x = self.pruning(x)
            previous = x
            x = self.spatial_norm(self._spatial(i, x))
            if i == 0:
                x = x + self.temporal_position
            source = config.memory_source(i)
            x, own, attended = self._temporal(i, x, None if source is None else handed_on[source])
            handed_on.append(attended if config.memory == "accumulated" else own)
            x = self.temporal_norm(x)
            if i > 0 and config.block_residual == "doubled":
                x = x * 2.0
            elif i > 0 and config.block_residual == "previous":
                x = x + previous
            if i + 1 < config.depth:
                x = self.resample[i](x)
        return self.head_norm(x if self.recovery is None else self.recovery(x))

    def block_pairs(self) -> list[tuple[Block, Block]]:
        """The (spatial, temporal) block pairs, in order."""
        pairs = zip(self.spatial_blocks, self.temporal_blocks, strict=True)
        return [(cast(Block, spatial), cast(Block, temporal)) for spatial, temporal in pairs]

    def transformer_blocks(self) -> list[nn.Module]:
        """The transformer blocks in the order in which they run."""
        return [block for pair in self.block_pairs() for block in pair]

    @torch.no_grad()
    def _scale_initial_weights(self) -> None:
        """Make coordinates and positions weigh alike in the first tokens, and first predictions small.

        With PyTorch's defaults the bias outweighs the coordinates in the first tokens, the first predictions
        are large, and zero position embeddings leave the joints alike; short runs spend their steps on that.
        """
        nn.init.normal_(self.spatial_position, std=0.3)
        nn.init.normal_(self.temporal_position, std=0.3)
        if self.pruning is not None and self.recovery is not None:
            nn.init.normal_(self.pruning.position, std=0.3)
            nn.init.normal_(self.recovery.tokens, std=0.3)
        self.embed.weight.mul_(4.0)
        nn.init.zeros_(self.embed.bias)
        self.head.weight.mul_(0.1)

    def _spatial(self, i: int, x: Tensor) -> Tensor:
        out, _, _ = self.spatial_blocks[i](fold_frames(x))
        return out.unflatten(0, x.shape[:2])

    def _temporal(self, i: int, x: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        out, own, attended = self.temporal_blocks[i](fold_joints(x), memory)
        return unfold_joints(out, x.shape[2]), own, attended


class TemporalLinear(nn.Linear):
    """Linear map over time, (B, F, J, C) to (B, F', J, C): the compressed query of Table 7."""

    def forward(self, input: Tensor) -> Tensor:
        """(B, F, J, C) to (B, F', J, C)."""
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


def _resample(config: RTPCAConfig, index: int) -> nn.Module:
    """Between blocks `index` and the next; frames that are left out are not resampled."""
    n_in, n_out = config.block_frames(index), config.block_frames(index + 1)
    return nn.Identity() if n_in == n_out or config.query == "constant" else TemporalLinear(n_in, n_out)


def _spatial_block(config: RTPCAConfig, index: int) -> Block:
    attention = Attention(config.dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
    rate = drop_path_rate(config.drop_path, index, config.depth)
    return Block(config.dim, attention, config.hidden, config.dropout, rate)


def _temporal_block(config: RTPCAConfig, index: int) -> Block:
    refine = None
    if config.tpca:
        refine = TemporalPyramid(
            config.block_frames(index),
            config.dim,
            stages=config.stages,
            ratio=config.ratio,
            compression=config.compression,
            amplification=config.amplification,
            norm=config.pyramid_norm,
        )
    source = config.memory_source(index)
    merge = None
    if source is not None:
        merge = CrossLayerRefinement(_handed_on_frames(config, source), config.memory_frames(index))
    attention = Attention(
        config.dim,
        config.heads,
        qkv_bias=config.qkv_bias,
        dropout=config.dropout,
        refine=refine,
        merge_memory=merge,
    )
    rate = drop_path_rate(config.drop_path, index, config.depth)
    return Block(config.dim, attention, config.hidden, config.dropout, rate)


def _handed_on_frames(config: RTPCAConfig, index: int) -> int:
    """Length of the keys and values that temporal block `index` hands on."""
    frames = config.block_frames(index)
    if config.tpca and config.amplification == "none":
        frames = level_lengths(frames, config.stages, config.ratio)[-1]
    accumulates = config.memory == "accumulated" and config.memory_source(index) is not None
    return frames + config.memory_frames(index) if accumulates else frames
