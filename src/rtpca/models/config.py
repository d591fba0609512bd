"""What a lifting network is made of: sizes and options, checked once, at construction.

`ModelConfig` is what all architectures share. Every row of the paper's Tables 4 to 7 is one `RTPCAConfig`;
the `STE` baseline (MixSTE) is the configuration without pyramid and without cross-layer refinement. The other
architectures have their configuration beside their network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import Field

from rtpca.errors import ConfigError
from rtpca.options import BelowOne, options, to_plain

CrossLayer = Literal["none", "adjacent", "pyramidal"]
Memory = Literal["block", "accumulated"]
Query = Literal["constant", "pyramidal"]
Compression = Literal["pool", "conv", "pool+conv"]
Amplification = Literal["none", "linear", "trans-conv"]
PyramidNorm = Literal["time", "channels"]
Init = Literal["pytorch", "scaled"]
BlockResidual = Literal["none", "previous", "doubled"]
PruneTies = Literal["earlier", "random"]
Size = Annotated[int, Field(ge=1, le=1 << 16)]
"""A length or a width, far beyond those of any network: what a file says of its sizes is checked in time."""
Channels = Annotated[int, Field(ge=2, le=3)]
Depth = Annotated[int, Field(ge=1, le=1 << 10)]
"""How often something is repeated."""
HiddenRatio = Annotated[float, Field(gt=0, le=64)]
"""Hidden width of a feed-forward part over its width."""


@options("model")
class ModelConfig(ABC):
    """What every architecture has; the base of their configurations.

    Attributes:
        arch: Name of the architecture; each has one.
        frames: Frames F of the input window.
        joints: Joints J.
        in_channels: 2 for x, y; 3 for x, y, score.
    """

    arch: str
    frames: Size
    joints: Size = 17
    in_channels: Channels = 2

    @property
    def out_frames(self) -> int:
        """Frames that are predicted: those in the middle of the input window, all of them if not fewer."""
        return self.frames

    @property
    def first_out_frame(self) -> int:
        """Index in the window of the first frame that is predicted."""
        return (self.frames - self.out_frames) // 2

    @property
    def predicts_scale(self) -> bool:
        """Whether the network also says how far each joint may be off; RTPCA does with `uncertainty`."""
        return False

    @property
    @abstractmethod
    def activations(self) -> int:
        """Values that one layer hands to the next for one window: what memory grows with."""

    def for_skeleton(self, skeleton: str) -> ModelConfig:
        """The configuration for joints of this set; where structure follows the bones, for these bones.

        Raises:
            ConfigError: If it names another joint set.
        """
        del skeleton
        return self

    @abstractmethod
    def describe(self) -> str:
        """Widths and depths in a few words, e.g. "dim 512, depth 8, 8 heads"."""

    @abstractmethod
    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network.

        A file is compared with them before memory is taken for a network of the size that it claims.
        """

    def to_dict(self) -> dict[str, Any]:
        """`arch` and all options as plain values, for YAML and checkpoint metadata."""
        return to_plain(self)


def check_hidden(mlp_ratio: float, dim: int) -> None:
    """Refuse a hidden width of nothing."""
    if round(dim * mlp_ratio) < 1:
        raise ConfigError(
            f"model.mlp_ratio={mlp_ratio} leaves no hidden channels at a width of {dim}; make it larger"
        )


def check_heads(heads: int, **width: int) -> None:
    """Refuse a width that does not divide into heads; it is given by its name."""
    ((name, dim),) = width.items()
    if dim % heads:
        raise ConfigError(f"model.{name}={dim} is not a multiple of model.heads={heads}")


@options("model")
class RTPCAConfig(ModelConfig):
    """Sizes and options of one model; the defaults are the paper's model at the paper's size.

    All frames of the window are predicted.

    Attributes:
        dim: Width C of the residual stream.
        depth: Number of spatial-temporal block pairs.
        heads: Attention heads; must divide `dim`.
        mlp_ratio: Hidden width of the feed-forward part over `dim`.
        qkv_bias: Whether the query, key and value projections have a bias.
        dropout: Dropout after the output projection and inside the feed-forward part.
        drop_path: Stochastic depth of the last block; grows linearly from 0 at the first.
        init: PyTorch's defaults and zero position embeddings, as in the authors' code; or `scaled`, with
            which the loss fell sooner in short trials (see `rtpca.py`).
        tpca: Temporal pyramidal compression and amplification of keys and values (Equation 3).
        stages: Stages m of the pyramid.
        ratio: Sampling ratio r of each stage.
        compression: F_down: adaptive average pooling, depth-wise strided convolution, or the sum of both.
        amplification: F_up: depth-wise transposed convolution, linear interpolation, or none (keys and values
            stay compressed).
        pyramid_norm: Axis of the pyramid's LayerNorms: over time, as in the authors' code, or over channels.
        cross_layer: Which earlier temporal block a block also attends to: none, the previous one
            (Equation 4), or its mirror image in depth ("pyramidal" in Table 7).
        memory: What a block hands on: its own keys and values (Equation 4), or also those it was handed
            (the authors' code).
        memory_ratio: Handed-on keys and values are pooled to `frames // memory_ratio`.
        query: Constant number of frames through the depth, or compressed and restored by linear layers
            over time between the blocks ("pyramidal Q" in Table 7).
        block_residual: What is added after each temporal block but the first: nothing (Equation 2), the
            output of the block before, or the stream itself (what the authors' code does).
        prune: Whether most frames are left out on the way, and all come back before the head, as in HoT
            (`hourglass.py`).
        tokens: Frames that are left with `prune`; None for a third of them.
        prune_after: Block pairs that see all frames with `prune`; None for three eighths, as published.
        prune_ties: Which of two equally dense frames counts as denser when frames are chosen: the "earlier",
            or a "random" one even in evaluation (HoT's code).
        uncertainty: A second head, which the paper does not have, predicts a scale per joint and frame
            (`uncertainty.py`).
    """

    arch: Literal["rtpca"] = "rtpca"
    frames: Size = 243
    dim: Size = 512
    depth: Depth = 8
    heads: Size = 8
    mlp_ratio: HiddenRatio = 2.0
    qkv_bias: bool = True
    dropout: BelowOne = 0.0
    drop_path: BelowOne = 0.1
    init: Init = "pytorch"
    tpca: bool = True
    stages: Annotated[int, Field(ge=1, le=16)] = 3
    ratio: Annotated[int, Field(ge=2, le=1 << 10)] = 2
    compression: Compression = "pool"
    amplification: Amplification = "trans-conv"
    pyramid_norm: PyramidNorm = "time"
    cross_layer: CrossLayer = "adjacent"
    memory: Memory = "block"
    memory_ratio: Size = 8
    query: Query = "constant"
    block_residual: BlockResidual = "none"
    prune: bool = False
    tokens: Size | None = None
    prune_after: Depth | None = None
    prune_ties: PruneTies = "earlier"
    uncertainty: bool = False

    def __post_init__(self) -> None:
        check_heads(self.heads, dim=self.dim)
        check_hidden(self.mlp_ratio, self.dim)
        if self.query == "pyramidal" and self.block_residual == "previous":
            raise ConfigError(
                "model.block_residual='previous' adds blocks of equal length, which model.query='pyramidal' "
                "does not have; use model.block_residual='none'"
            )
        if self.query == "pyramidal" and self.cross_layer == "adjacent" and self.memory == "accumulated":
            raise ConfigError(
                "model.memory='accumulated' needs model.query='constant' (blocks of equal length)"
            )
        if self.prune:
            self._check_pruning()
        elif self.tokens is not None:
            raise ConfigError(
                f"model.tokens={self.tokens} are the frames that model.prune=true leaves; set it too"
            )

    def _check_pruning(self) -> None:
        if self.kept_frames > self.frames:
            raise ConfigError(
                f"model.tokens={self.tokens} of model.frames={self.frames} frames; keep fewer, or leave "
                "it out"
            )
        if self.pruned_block >= self.depth:
            raise ConfigError(
                f"model.prune_after={self.pruned_block} leaves no block pair of model.depth={self.depth} for "
                "the frames that are kept; prune earlier"
            )
        if self.query == "pyramidal":
            raise ConfigError("model.prune needs model.query='constant': only one of them leaves out frames")

    @property
    def predicts_scale(self) -> bool:
        """Whether there is a head for the scale."""
        return self.uncertainty

    @property
    def activations(self) -> int:
        """Values that one block hands to the next for one window."""
        return self.frames * self.joints * self.dim

    def describe(self) -> str:
        """Widths and depths in a few words."""
        left = f", {self.kept_frames} frames left after {self.pruned_block} pairs" if self.prune else ""
        return f"dim {self.dim}, depth {self.depth}, {self.heads} heads{left}"

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        shapes: dict[str, tuple[int, ...]] = {
            "embed.weight": (self.dim, self.in_channels),
            "spatial_position": (1, 1, self.joints, self.dim),
            "temporal_position": (1, self.frames, 1, self.dim),
            f"temporal_blocks.{self.depth - 1}.mlp.expand.weight": (self.hidden, self.dim),
        }
        if self.uncertainty:
            shapes["scale_head.token.weight"] = (self.dim, self.dim)
        if self.prune:
            shapes["pruning.position"] = (1, self.kept_frames, 1, self.dim)
            shapes["recovery.tokens"] = (1, self.frames, self.dim)
        if self.query == "pyramidal" and self.depth > 1 and self.block_frames(1) != self.frames:
            shapes["resample.0.weight"] = (self.block_frames(1), self.frames)
        return shapes

    @property
    def hidden(self) -> int:
        """Hidden width of the feed-forward part."""
        return round(self.dim * self.mlp_ratio)

    @property
    def kept_frames(self) -> int:
        """Frames that are left with `prune`."""
        return max(1, self.frames // 3) if self.tokens is None else self.tokens

    @property
    def pruned_block(self) -> int:
        """Index of the first block pair that sees only the frames that are left, with `prune`."""
        return max(1, round(self.depth * 3 / 8)) if self.prune_after is None else self.prune_after

    def block_frames(self, index: int) -> int:
        """Frames that block `index` works on: all, or fewer with a pyramidal query or after pruning."""
        if self.prune and index >= self.pruned_block:
            return self.kept_frames
        if self.query == "constant":
            return self.frames
        level = min(index, self.depth - 1 - index, self.stages)
        return max(1, self.frames // self.ratio**level)

    def memory_source(self, index: int) -> int | None:
        """The earlier temporal block whose keys and values block `index` also attends to."""
        if self.cross_layer == "adjacent" and index > 0:
            return index - 1
        if self.cross_layer == "pyramidal" and index > self.depth - 1 - index:
            return self.depth - 1 - index
        return None

    def memory_frames(self, index: int) -> int:
        """Length to which the keys and values handed to block `index` are pooled."""
        return max(1, self.block_frames(index) // self.memory_ratio)
