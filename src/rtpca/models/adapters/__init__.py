"""Weights of public repositories under our names: one converter per architecture, one file per family.

A converter reads the sizes off the shapes, renames every tensor, drops what its model never uses, and says
so. A key that it does not know, or one that is missing, is an error: nothing is loaded half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rtpca.errors import CheckpointError
from rtpca.models.adapters.mhformer import convert_mhformer
from rtpca.models.adapters.mixste import convert_mixste, convert_rtpca_authors
from rtpca.models.adapters.poseformer import convert_poseformer
from rtpca.models.adapters.renamer import ConvertedWeights, StateDict
from rtpca.models.adapters.videopose3d import convert_videopose3d
from rtpca.models.network import LiftingNetwork
from rtpca.models.videopose3d import VideoPose3DConfig

__all__ = ["ConvertedWeights", "architectures", "convert_state_dict", "import_state_dict"]

_CONVERTERS: dict[str, Callable[[StateDict, int], ConvertedWeights]] = {
    "mixste": convert_mixste,
    "rtpca-authors": convert_rtpca_authors,
    "videopose3d": convert_videopose3d,
    "poseformer": convert_poseformer,
    "mhformer": convert_mhformer,
}


def architectures() -> tuple[str, ...]:
    """Architectures that `import_state_dict` reads."""
    return tuple(_CONVERTERS)


def convert_state_dict(
    state_dict: StateDict, arch: str, heads: int, frames: int | None = None
) -> ConvertedWeights:
    """Rename a public repository's tensors.

    Args:
        state_dict: Key to tensor; a "module." in front of every key (data-parallel wrapper) is taken off.
        arch: See `import_state_dict`.
        heads: See `import_state_dict`.
        frames: See `import_state_dict`.

    Returns:
        Configuration, renamed tensors, and what was renamed and dropped.

    Raises:
        CheckpointError: If the architecture is unknown, or keys or shapes are not its own.
        ConfigError: If `heads` or `frames` do not fit the sizes.
    """
    if arch not in _CONVERTERS:
        raise CheckpointError(f"cannot import arch {arch!r}; known: {', '.join(_CONVERTERS)}")
    source = {key.removeprefix("module."): tensor for key, tensor in state_dict.items()}
    converted = _CONVERTERS[arch](source, heads)
    config = converted.config
    if frames is None or frames == config.frames:
        return converted
    if not isinstance(config, VideoPose3DConfig):
        raise CheckpointError(
            f"{arch}: the weights are for windows of {config.frames} frames, not {frames}; only those of "
            "videopose3d fit any window"
        )
    return replace(converted, config=replace(config, frames=frames))


def import_state_dict(
    state_dict: StateDict, *, arch: str, heads: int = 8, frames: int | None = None
) -> LiftingNetwork:
    """Build a model from a public repository's state dict.

    Args:
        state_dict: Key to tensor.
        arch: `mixste` (JinluZhang1126/MixSTE), `rtpca-authors` (hbing-l/RTPCA), `videopose3d`
            (facebookresearch/VideoPose3D), `poseformer` (zczcwh/PoseFormer), `mhformer`
            (Vegetebird/MHFormer).
        heads: Attention heads; every other size is read off the shapes. `videopose3d` has none.
        frames: Window for weights that do not fix it, those of `videopose3d`; None takes one receptive field.

    Returns:
        The model in evaluation mode and in the dtype of the weights. `convert_state_dict` also says what was
        renamed and dropped.

    Raises:
        CheckpointError: If the architecture is unknown, or keys or shapes are not its own.
        ConfigError: If `heads` or `frames` do not fit the sizes.
    """
    return convert_state_dict(state_dict, arch, heads, frames).model()
