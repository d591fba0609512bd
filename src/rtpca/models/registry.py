"""From a name and options to a model: presets are data, not code."""

from __future__ import annotations

from typing import Any

from rtpca.errors import ConfigError
from rtpca.models.config import RTPCAConfig
from rtpca.models.rtpca import RTPCA

PRESETS: dict[str, dict[str, Any]] = {
    # The paper's model at the paper's size.
    "rtpca": {},
    # The paper's baseline: spatial and temporal blocks alone, which is MixSTE.
    "ste": {"tpca": False, "cross_layer": "none"},
    "ste+tpca": {"cross_layer": "none"},
    "ste+xlr": {"tpca": False},
    # What the authors' published code computes (its doubling, its accumulated memory).
    "rtpca-authors": {"memory": "accumulated", "block_residual": "doubled"},
}


def preset_names() -> tuple[str, ...]:
    """Names that `build_model` knows."""
    return tuple(PRESETS)


def model_config(name: str, **options: Any) -> RTPCAConfig:
    """The configuration of a preset with options of its own on top.

    Raises:
        ConfigError: If the name or an option is unknown, or a value does not fit.
    """
    if name not in PRESETS:
        raise ConfigError(f"model: unknown name {name!r}; known names: {', '.join(PRESETS)}")
    return RTPCAConfig.from_dict({**PRESETS[name], **options})


def build_model(name: str = "rtpca", **options: Any) -> RTPCA:
    """Build a freshly initialised model.

    Args:
        name: A preset: `rtpca` (the paper), `ste` (its baseline), `ste+tpca`, `ste+xlr`, `rtpca-authors`.
        **options: Any field of `RTPCAConfig`, e.g. `frames=81, dim=128, depth=5, heads=4`.

    Returns:
        The model in training mode; it maps (B, F, J, in_channels) to (B, F, J, 3).

    Raises:
        ConfigError: If the name or an option is unknown, or a value does not fit.
    """
    return RTPCA(model_config(name, **options))
