"""From a name and options to a model: architectures are a table, presets are data, neither is code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

from pydantic import Discriminator, Tag

from rtpca.errors import ConfigError
from rtpca.models.config import ModelConfig, RTPCAConfig
from rtpca.models.dstformer import DSTformer, DSTformerConfig
from rtpca.models.mhformer import MHFormer, MHFormerConfig
from rtpca.models.motionagformer import MotionAGFormer, MotionAGFormerConfig
from rtpca.models.network import LiftingNetwork
from rtpca.models.poseformer import PoseFormer, PoseFormerConfig
from rtpca.models.poseformerv2 import PoseFormerV2, PoseFormerV2Config
from rtpca.models.rtpca import RTPCA
from rtpca.models.tcpformer import TCPFormer, TCPFormerConfig
from rtpca.models.videopose3d import VideoPose3D, VideoPose3DConfig
from rtpca.options import from_plain

ARCHITECTURES: dict[str, Callable[[Any], LiftingNetwork]] = {
    "rtpca": RTPCA,
    "videopose3d": VideoPose3D,
    "poseformer": PoseFormer,
    "mhformer": MHFormer,
    "motionagformer": MotionAGFormer,
    "dstformer": DSTformer,
    "tcpformer": TCPFormer,
    "poseformerv2": PoseFormerV2,
}
"""Networks by architecture, each built from its configuration."""


def arch(values: object) -> str:
    """The architecture that options are of: the one that they name, else RTPCA."""
    if isinstance(values, Mapping):
        return str(cast(Mapping[str, object], values).get("arch", RTPCAConfig.arch))
    return getattr(values, "arch", RTPCAConfig.arch)


AnyModelConfig = Annotated[
    Annotated[RTPCAConfig, Tag("rtpca")]
    | Annotated[VideoPose3DConfig, Tag("videopose3d")]
    | Annotated[PoseFormerConfig, Tag("poseformer")]
    | Annotated[MHFormerConfig, Tag("mhformer")]
    | Annotated[MotionAGFormerConfig, Tag("motionagformer")]
    | Annotated[DSTformerConfig, Tag("dstformer")]
    | Annotated[TCPFormerConfig, Tag("tcpformer")]
    | Annotated[PoseFormerV2Config, Tag("poseformerv2")],
    Discriminator(arch),
]
"""The configuration of any architecture; `arch` names it, and the other options are its own."""

PRESETS: dict[str, dict[str, Any]] = {
    # The paper's model at the paper's size.
    "rtpca": {},
    # The paper's baseline: spatial and temporal blocks alone, which is MixSTE.
    "ste": {"tpca": False, "cross_layer": "none"},
    "ste+tpca": {"cross_layer": "none"},
    "ste+xlr": {"tpca": False},
    # What the authors' published code computes (its doubling, its accumulated memory).
    "rtpca-authors": {"memory": "accumulated", "block_residual": "doubled"},
    # The competitors at their published sizes: receptive field 243, 81 and 351 frames.
    "videopose3d": {"arch": "videopose3d"},
    "poseformer": {"arch": "poseformer"},
    "mhformer": {"arch": "mhformer"},
    # Newer lifters at their published sizes; of MotionAGFormer B is the one without a letter too.
    "motionagformer": {"arch": "motionagformer"},
    "motionagformer-xs": {"arch": "motionagformer", "frames": 27, "dim": 64, "depth": 12},
    "motionagformer-s": {"arch": "motionagformer", "frames": 81, "dim": 64, "depth": 26},
    "motionagformer-b": {"arch": "motionagformer"},
    "motionagformer-l": {"arch": "motionagformer", "depth": 26},
    "dstformer": {"arch": "dstformer"},
    "dstformer-lite": {"arch": "dstformer", "dim": 256, "mlp_ratio": 4.0},
    "tcpformer": {"arch": "tcpformer"},
    "poseformerv2": {"arch": "poseformerv2"},
    "poseformerv2-81": {"arch": "poseformerv2", "frames": 81, "kept_frames": 9, "kept_coefficients": 9},
    "poseformerv2-27": {"arch": "poseformerv2", "frames": 27, "kept_frames": 3, "kept_coefficients": 3},
    # Of 243 frames 81 are left after three pairs of blocks: HoT on MixSTE as published, and ours on RTPCA.
    "hot-mixste": {"tpca": False, "cross_layer": "none", "prune": True},
    "hot-rtpca": {"prune": True},
}


def preset_names() -> tuple[str, ...]:
    """Names that `build_model` knows."""
    return tuple(PRESETS)


def config_from_dict(values: Mapping[str, Any]) -> ModelConfig:
    """A configuration from plain values; `arch` picks the architecture, without it that is `rtpca`.

    Raises:
        ConfigError: If the architecture or a key is unknown, or a value does not fit.
    """
    return from_plain(AnyModelConfig, values, "model")


def build(config: ModelConfig) -> LiftingNetwork:
    """The freshly initialised network of a configuration, in training mode."""
    return ARCHITECTURES[config.arch](config)


def model_config(name: str, **options: Any) -> ModelConfig:
    """The configuration of a preset with options of its own on top.

    Raises:
        ConfigError: If the name or an option is unknown, or a value does not fit.
    """
    if name not in PRESETS:
        raise ConfigError(f"model: unknown name {name!r}; known names: {', '.join(PRESETS)}")
    return config_from_dict({**PRESETS[name], **options})


def build_model(name: str = "rtpca", **options: Any) -> LiftingNetwork:
    """Build a freshly initialised model.

    Args:
        name: A preset: `rtpca` (the paper), `ste` (its baseline), `ste+tpca`, `ste+xlr`, `rtpca-authors`;
            another architecture at its published size, e.g. `videopose3d`, `poseformer`, `mhformer`,
            `motionagformer-s`, `dstformer`, `tcpformer`, `poseformerv2`; or `hot-mixste`, `hot-rtpca`.
        **options: Any field of its configuration, e.g. `frames=81, dim=128, depth=5, heads=4` of
            `RTPCAConfig`.

    Returns:
        The model in training mode; it maps (B, F, J, in_channels) to (B, F_out, J, 3).

    Raises:
        ConfigError: If the name or an option is unknown, or a value does not fit.
    """
    return build(model_config(name, **options))
