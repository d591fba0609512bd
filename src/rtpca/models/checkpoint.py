"""Weights with everything a stranger needs to use them: one `.safetensors` file, metadata included.

The metadata hold the configuration, how keypoints are normalised and at which frame rate, the skeleton, and
how the weights came about (recipe, data, licence, attribution, measured numbers). Nothing is unpickled.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rtpca.errors import CheckpointError, ConfigError, RtpcaError
from rtpca.files import written_whole
from rtpca.files.damage import reason
from rtpca.files.reading import check_file
from rtpca.models.config import ModelConfig
from rtpca.models.network import LiftingNetwork
from rtpca.models.registry import build, config_from_dict
from rtpca.models.uncertainty import ScaleCalibration
from rtpca.options import from_plain, options
from rtpca.skeletons import get_skeleton

FORMAT = "rtpca-checkpoint-1"
METRES = "root-relative metres"
"""What weights predict unless their description, `about["predicts"]`, says otherwise."""
Normalisation = Literal["screen", "person"]


@options("input")
class InputSpec:
    """How keypoints are prepared for the network.

    Attributes:
        normalisation: "screen" (the paper's protocol) or "person" (any camera); see docs/conventions.md.
        fps: Frame rate that the network was trained at; None if any (the paper's protocol).
        skeleton: Joint set of input and output.
    """

    normalisation: Normalisation = "screen"
    fps: Annotated[float, Field(ge=1, le=1000)] | None = None
    skeleton: str = "h36m17"

    def __post_init__(self) -> None:
        get_skeleton(self.skeleton)


@dataclass(frozen=True)
class Checkpoint:
    """A model with its description.

    Attributes:
        model: In evaluation mode, float32.
        input: How keypoints are prepared for it.
        about: Recipe, data, licence, attribution, numbers: plain JSON values.
        name: What it was loaded as.
        calibration: What the scales of its uncertainty head mean; None without such a head.
    """

    model: LiftingNetwork
    input: InputSpec
    about: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    calibration: ScaleCalibration | None = None

    @property
    def config(self) -> ModelConfig:
        """Sizes and options of the model."""
        return self.model.config

    def require_metres(self) -> None:
        """Refuse weights that predict something else than root-relative metres.

        Raises:
            ConfigError: They come from a repository that trains on places in the image.
        """
        if self.about.get("predicts", METRES) != METRES:
            raise ConfigError(
                f"weights {self.name!r} ({self.config.arch}) predict {self.about['predicts']}, as their "
                "repository trained them, not metres; train them further here, `weights` of `rtpca train`"
            )


def save_checkpoint(
    path: str | os.PathLike[str],
    model: LiftingNetwork,
    input: InputSpec,
    about: dict[str, Any] | None = None,
    dtype: torch.dtype | None = None,
    calibration: ScaleCalibration | None = None,
) -> None:
    """Write weights and metadata, whole or not at all.

    Args:
        path: Target, `.safetensors`.
        model: The model.
        input: How keypoints are prepared for it.
        about: Plain JSON values that describe the weights.
        dtype: Stored precision; None keeps that of the parameters.
        calibration: What the scales of its uncertainty head mean, where it has one.

    Raises:
        InputError: If the folder does not exist or may not be written to.
    """
    tensors = {key: _stored(tensor, dtype) for key, tensor in model.state_dict().items()}
    metadata = {
        "format": FORMAT,
        "config": json.dumps(model.config.to_dict()),
        "input": json.dumps(asdict(input)),
        "about": json.dumps(about or {}),
    }
    if calibration is not None:
        metadata["calibration"] = json.dumps(calibration.to_dict())
    with written_whole(path) as partial:
        # Not save_file: what it writes is readable by its owner only.
        partial.write_bytes(save(tensors, metadata))


def load_checkpoint(name_or_path: str | os.PathLike[str]) -> Checkpoint:
    """Read weights by path, or by the name of weights that ship with the package.

    Args:
        name_or_path: A `.safetensors` file written by `save_checkpoint`, or e.g. "rtpca-s".

    Returns:
        The checkpoint, its model on the CPU in float32 and in evaluation mode.

    Raises:
        CheckpointError: If there is no such file or name, or the file is damaged, foreign or incomplete.
    """
    path = find_weights(name_or_path)
    try:
        check_file(path)
        with safe_open(path, framework="pt") as file:
            return _load(path, str(name_or_path), file)
    except CheckpointError:
        raise
    except (SafetensorError, OSError, RtpcaError) as error:
        raise CheckpointError(f"{path}: not a readable .safetensors file: {reason(error)}") from error


def _load(path: Path, name: str, file: Any) -> Checkpoint:
    metadata = file.metadata() or {}
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path}: not written by this package (its metadata have no {FORMAT}); weights of others "
            "come in through `rtpca import-checkpoint`"
        )
    try:
        config = config_from_dict(_described(metadata, "config"))
        input = from_plain(InputSpec, _described(metadata, "input"), "input")
        about = _described(metadata, "about")
        calibration = None
        if "calibration" in metadata:
            calibration = ScaleCalibration.from_dict(_described(metadata, "calibration"), config.joints)
    except (RtpcaError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise CheckpointError(f"{path}: its metadata cannot be read: {reason(error)}") from error
    _check_sizes(path, config, file)
    model = build(config)
    kinds = {key: tensor.is_floating_point() for key, tensor in model.state_dict().items()}
    tensors = {key: _number_tensor(path, key, file, kinds.get(key, True)) for key in sorted(file.keys())}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise CheckpointError(f"{path}: its tensors do not fit its configuration: {first}") from error
    return Checkpoint(model.eval(), input, about, name, calibration)


def list_weights() -> dict[str, Path]:
    """Names and files of the weights inside the package, as `Lifter.from_pretrained` takes them."""
    folder = Path(str(resources.files("rtpca"))) / "assets"
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def find_weights(name_or_path: str | os.PathLike[str]) -> Path:
    """The file behind a name or path.

    Raises:
        CheckpointError: If there is none.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = list_weights()
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    raise CheckpointError(
        f"no weights called {str(name_or_path)!r}: neither a file nor one of the shipped names "
        f"({', '.join(shipped) or 'none'})"
    )


def _described(metadata: dict[str, str], key: str) -> dict[str, Any]:
    """One JSON object of the metadata."""
    if key not in metadata:
        raise ValueError(f"it has no {key!r}")
    value = json.loads(metadata[key])
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} is a {type(value).__name__} instead of named values")
    return value


def _check_sizes(path: Path, config: ModelConfig, file: Any) -> None:
    """Compare the main sizes before memory is taken for a model of that size."""
    there = set(file.keys())
    for key, shape in config.main_shapes().items():
        found = tuple(file.get_slice(key).get_shape()) if key in there else None
        if found != shape:
            raise CheckpointError(
                f"{path}: its tensors do not fit its configuration: {key} needs shape {shape}, found is "
                f"{found}"
            )


def _stored(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor


def _number_tensor(path: Path, key: str, file: Any, floating: bool) -> Tensor:
    """A tensor of the network, in float32 unless it counts something."""
    tensor = file.get_tensor(key)
    if tensor.is_floating_point() != floating:
        wanted = "floating-point" if floating else "whole"
        raise CheckpointError(f"{path}: {key} is of {tensor.dtype}, needed are {wanted} numbers")
    tensor = _stored(tensor, torch.float32)
    if not tensor.isfinite().all():
        raise CheckpointError(f"{path}: {key} holds numbers that are not finite; such weights lift nothing")
    return tensor
