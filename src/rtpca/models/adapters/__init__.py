"""Weights of public repositories under our names: one converter per architecture, one file per family.

A converter reads the sizes off the shapes, renames every tensor, drops what its model never uses, and says
so. A key that it does not know, or one that is missing, is an error: nothing is loaded half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rtpca.errors import CheckpointError
from rtpca.models.adapters.mhformer import convert_mhformer
from rtpca.models.adapters.mixste import convert_hot_mixste, convert_mixste, convert_rtpca_authors
from rtpca.models.adapters.poseformer import convert_poseformer
from rtpca.models.adapters.poseformerv2 import convert_poseformerv2
from rtpca.models.adapters.renamer import ConvertedWeights, StateDict
from rtpca.models.adapters.streams import convert_dstformer, convert_motionagformer, convert_tcpformer
from rtpca.models.adapters.videopose3d import convert_videopose3d
from rtpca.models.checkpoint import METRES
from rtpca.models.network import LiftingNetwork

__all__ = ["ConvertedWeights", "architectures", "convert_state_dict", "import_state_dict", "predicts"]


@dataclass(frozen=True)
class _Converter:
    """How the weights of an architecture are read.

    Attributes:
        convert: Takes the state dict, heads, and the options.
        options: What no shape tells of it, besides heads; `frames` where the weights fit several windows.
        predicts: What the repository trains it to predict.
    """

    convert: Callable[..., ConvertedWeights]
    options: tuple[str, ...] = ()
    predicts: str = METRES


_IN_THE_IMAGE = "places in the image and a depth on the same scale"
"""What MotionBERT, and those that took over its data, train on."""
_CONVERTERS = {
    "mixste": _Converter(convert_mixste),
    "rtpca-authors": _Converter(convert_rtpca_authors),
    "videopose3d": _Converter(convert_videopose3d, ("frames",)),
    "poseformer": _Converter(convert_poseformer),
    "mhformer": _Converter(convert_mhformer),
    "motionagformer": _Converter(convert_motionagformer, ("neighbours",), _IN_THE_IMAGE),
    "dstformer": _Converter(convert_dstformer, ("frames",), _IN_THE_IMAGE),
    "tcpformer": _Converter(convert_tcpformer, ("frames", "layer_scale"), _IN_THE_IMAGE),
    "poseformerv2": _Converter(convert_poseformerv2, ("frames", "kept_frames", "kept_coefficients")),
    "hot-mixste": _Converter(convert_hot_mixste, ("tokens", "prune_after")),
}


def architectures() -> tuple[str, ...]:
    """Architectures that `import_state_dict` reads."""
    return tuple(_CONVERTERS)


def predicts(arch: str) -> str:
    """What the public weights of an architecture predict: root-relative metres, or something else."""
    return _CONVERTERS[arch].predicts


def convert_state_dict(
    state_dict: StateDict, arch: str, heads: int, frames: int | None = None, **options: float
) -> ConvertedWeights:
    """Rename a public repository's tensors.

    Args:
        state_dict: Key to tensor; a "module." in front of every key (data-parallel wrapper) is taken off.
        arch: See `import_state_dict`.
        heads: See `import_state_dict`.
        frames: See `import_state_dict`.
        **options: See `import_state_dict`.

    Returns:
        Configuration, renamed tensors, and what was renamed and dropped.

    Raises:
        CheckpointError: If the architecture or option is unknown, or keys or shapes are not its own.
        ConfigError: If what was given does not fit the sizes.
    """
    if arch not in _CONVERTERS:
        raise CheckpointError(f"cannot import arch {arch!r}; known: {', '.join(_CONVERTERS)}")
    converter = _CONVERTERS[arch]
    if unknown := [name for name in options if name not in converter.options]:
        known = ", ".join(("heads", "frames", *(name for name in converter.options if name != "frames")))
        raise CheckpointError(f"{arch} has no option `{unknown[0]}`; it has {known}")
    source = {key.removeprefix("module."): tensor for key, tensor in state_dict.items()}
    if "frames" in converter.options:
        return converter.convert(source, heads, frames=frames, **options)
    converted = converter.convert(source, heads, **options)
    if frames not in (None, converted.config.frames):
        several = ", ".join(name for name, each in _CONVERTERS.items() if "frames" in each.options)
        raise CheckpointError(
            f"{arch}: the weights are for windows of {converted.config.frames} frames, not {frames}; only "
            f"those of {several} fit several windows"
        )
    return converted


def import_state_dict(
    state_dict: StateDict, *, arch: str, heads: int = 8, frames: int | None = None, **options: float
) -> LiftingNetwork:
    """Build a model from a public repository's state dict.

    Args:
        state_dict: Key to tensor.
        arch: `mixste` (JinluZhang1126/MixSTE), `rtpca-authors` (hbing-l/RTPCA), `videopose3d`
            (facebookresearch/VideoPose3D), `poseformer` (zczcwh/PoseFormer), `mhformer`
            (Vegetebird/MHFormer), `motionagformer` (TaatiTeam/MotionAGFormer), `dstformer`
            (Walter0807/MotionBERT), `tcpformer` (AsukaCamellia/TCPFormer), `poseformerv2`
            (QitaoZhao/PoseFormerV2), `hot-mixste` (NationalGAILab/HoT).
        heads: Attention heads; `videopose3d` has none.
        frames: Window for weights that fit several: None takes one receptive field of `videopose3d`, the
            longest of `dstformer`, and three times the proxies of `tcpformer`; `poseformerv2` needs it.
        **options: What else no shape tells. Of `motionagformer`: `neighbours` (2). Of `hot-mixste`:
            `prune_after`, the block pairs that see all frames (3). Of `tcpformer`: `layer_scale`, at which
            the scales of its local attention stand (1e-5). Sizes that shapes do tell may be given too, and
            have to agree: `tokens` of `hot-mixste`; `kept_frames`, `kept_coefficients` of `poseformerv2`.

    Returns:
        The model in evaluation mode and in the dtype of the weights. `convert_state_dict` also says what was
        renamed and dropped.

    Raises:
        CheckpointError: If the architecture or option is unknown, or keys or shapes are not its own.
        ConfigError: If what was given does not fit the sizes.
    """
    return convert_state_dict(state_dict, arch, heads, frames, **options).model()
