"""What a lifting network is made of: sizes and options, checked once, at construction.

`ModelConfig` is what all architectures share. Every row of the paper's Tables 4 to 7 is one `RTPCAConfig`;
the `STE` baseline (MixSTE) is the configuration without pyramid and without cross-layer refinement. The other
architectures have their configuration beside their network.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, Self, get_args

from rtpca.errors import ConfigError

CrossLayer = Literal["none", "adjacent", "pyramidal"]
Memory = Literal["block", "accumulated"]
Query = Literal["constant", "pyramidal"]
Compression = Literal["pool", "conv", "pool+conv"]
Amplification = Literal["none", "linear", "trans-conv"]
PyramidNorm = Literal["time", "channels"]
Init = Literal["pytorch", "scaled"]
BlockResidual = Literal["none", "previous", "doubled"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "cross_layer": get_args(CrossLayer),
    "memory": get_args(Memory),
    "query": get_args(Query),
    "compression": get_args(Compression),
    "amplification": get_args(Amplification),
    "pyramid_norm": get_args(PyramidNorm),
    "init": get_args(Init),
    "block_residual": get_args(BlockResidual),
}


@dataclass(frozen=True, kw_only=True)
class ModelConfig(ABC):
    """What every architecture has; the base of their configurations.

    Attributes:
        arch: Name of the architecture, a constant of the class.
        frames: Frames F of the input window.
        joints: Joints J.
        in_channels: 2 for x, y; 3 for x, y, score.
    """

    arch: ClassVar[str] = ""

    frames: int
    joints: int = 17
    in_channels: int = 2

    def __post_init__(self) -> None:
        self.require_whole("frames", "joints")
        if self.in_channels not in (2, 3):
            raise ConfigError(f"model: in_channels={self.in_channels!r} must be 2 (x, y) or 3 (x, y, score)")

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

    @abstractmethod
    def describe(self) -> str:
        """Widths and depths in a few words, e.g. "dim 512, depth 8, 8 heads"."""

    @abstractmethod
    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network.

        A file is compared with them before memory is taken for a network of the size that it claims.
        """

    def to_dict(self) -> dict[str, Any]:
        """`arch` and all fields as plain values, for YAML and checkpoint metadata."""
        values = {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }
        return {"arch": self.arch, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values; `rtpca.models.config_from_dict` also picks the class.

        Raises:
            ConfigError: If a key is unknown, a value does not fit, or `arch` names another architecture.
        """
        values = dict(values)
        arch = values.pop("arch", cls.arch)
        if arch != cls.arch:
            raise ConfigError(f"model: arch={arch!r} is not {cls.arch}, whose options these are")
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(
                f"model: unknown option {', '.join(unknown)}; known options: {', '.join(sorted(known))}"
            )
        arguments: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**arguments)

    def require_whole(self, *names: str) -> None:
        """Refuse anything but whole numbers of at least 1."""
        for name in names:
            if not is_whole(getattr(self, name), least=1):
                raise ConfigError(
                    f"model: {name}={getattr(self, name)!r} must be a whole number of at least 1"
                )

    def require_rate(self, *names: str) -> None:
        """Refuse anything but numbers in [0, 1): probabilities of leaving something out."""
        for name in names:
            if not is_number(getattr(self, name)) or not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(f"model: {name}={getattr(self, name)!r} must be in [0, 1)")

    def require_flag(self, *names: str) -> None:
        """Refuse anything but true and false."""
        for name in names:
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"model: {name}={getattr(self, name)!r} must be true or false")

    def require_mlp_ratio(self, mlp_ratio: float, dim: int) -> None:
        """Refuse a hidden width of nothing."""
        if not is_number(mlp_ratio) or not 0.0 < mlp_ratio < math.inf:
            raise ConfigError(f"model: mlp_ratio={mlp_ratio!r} must be a number above 0")
        if round(dim * mlp_ratio) < 1:
            raise ConfigError(
                f"model: mlp_ratio={mlp_ratio} leaves no hidden channels at dim={dim}; make it larger"
            )


@dataclass(frozen=True, kw_only=True)
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
        uncertainty: A second head, which the paper does not have, predicts a scale per joint and frame
            (`uncertainty.py`).
    """

    arch: ClassVar[str] = "rtpca"

    frames: int = 243
    dim: int = 512
    depth: int = 8
    heads: int = 8
    mlp_ratio: float = 2.0
    qkv_bias: bool = True
    dropout: float = 0.0
    drop_path: float = 0.1
    init: Init = "pytorch"
    tpca: bool = True
    stages: int = 3
    ratio: int = 2
    compression: Compression = "pool"
    amplification: Amplification = "trans-conv"
    pyramid_norm: PyramidNorm = "time"
    cross_layer: CrossLayer = "adjacent"
    memory: Memory = "block"
    memory_ratio: int = 8
    query: Query = "constant"
    block_residual: BlockResidual = "none"
    uncertainty: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_whole("dim", "depth", "heads", "stages", "memory_ratio")
        if not is_whole(self.ratio, least=2):
            raise ConfigError(
                f"model: ratio={self.ratio!r} must be a whole number of at least 2; tpca=False turns the "
                "pyramid off"
            )
        if self.dim % self.heads:
            raise ConfigError(f"model: dim={self.dim} is not a multiple of heads={self.heads}")
        self.require_mlp_ratio(self.mlp_ratio, self.dim)
        self.require_rate("dropout", "drop_path")
        self.require_flag("qkv_bias", "tpca", "uncertainty")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"model: {name}={getattr(self, name)!r} must be one of {', '.join(choices)}"
                )
        if self.query == "pyramidal" and self.block_residual == "previous":
            raise ConfigError(
                "model: block_residual='previous' adds blocks of equal length, which query='pyramidal' does "
                "not have; use block_residual='none'"
            )
        if self.query == "pyramidal" and self.cross_layer == "adjacent" and self.memory == "accumulated":
            raise ConfigError("model: memory='accumulated' needs query='constant' (blocks of equal length)")

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
        return f"dim {self.dim}, depth {self.depth}, {self.heads} heads"

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
        if self.depth > 1 and self.block_frames(1) != self.frames:
            shapes["resample.0.weight"] = (self.block_frames(1), self.frames)
        return shapes

    @property
    def hidden(self) -> int:
        """Hidden width of the feed-forward part."""
        return round(self.dim * self.mlp_ratio)

    def block_frames(self, index: int) -> int:
        """Frames that block `index` works on: `frames`, or fewer in the middle with a pyramidal query."""
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


def is_number(value: object) -> bool:
    """A number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object, least: int) -> bool:
    """A whole number of at least `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
