"""A training run as plain data: one YAML recipe, strict keys, every value checked before anything is read."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from rtpca.data.augment import AugmentConfig
from rtpca.data.views import Keypoints
from rtpca.errors import ConfigError
from rtpca.evaluation.protocols import get_protocol
from rtpca.models.checkpoint import InputSpec
from rtpca.models.config import ModelConfig, RTPCAConfig
from rtpca.models.registry import config_class
from rtpca.training.losses import LossConfig

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}

DEFAULT_STEPS = 10_000

Cameras = Literal["random", "fixed"]
Windows = Literal["random", "chunks"]
ValCameras = Literal["one", "all"]
Select = Literal["last", "best"]
Every = int | Literal["epoch"]
"""A number of steps, or once per pass over the chunks."""
Optimizer = Literal["adamw", "muon"]
Train = Literal["all", "uncertainty"]
Schedule = Literal["cosine", "stable", "exponential"]
Precision = Literal["32-true", "bf16-mixed", "16-mixed", "32-bf16-matmul"]


@dataclass(frozen=True)
class DataConfig:
    """Which windows are seen."""

    train_split: str = "train"
    val_split: str = "val"
    """Choices are made on this split. Only the authors' recipes name the test split here, as they did."""
    val_cameras: ValCameras = "one"
    """Validate each clip in one camera, taking turns, or in all."""
    val_protocol: str = "standard"
    """Protocol of the validation (docs/protocols.md)."""
    windows: Windows = "random"
    """Cut at random; or the authors' consecutive chunks, of each camera's video, all of them once per epoch
    and once more mirrored where `augment.mirror_probability` is not 0."""
    keypoints: Keypoints = "projected"
    """The joints projected by the camera, without lens distortion; or the dataset's own keypoints."""
    rate_range: tuple[float, float] = (1.0, 1.0)
    """Frame rate of a random window over the nominal one, log-uniform."""
    motion_weight: float = 0.0
    """Random windows come from a clip by its duration times the mean speed of its joints to this power."""
    cameras: Cameras = "random"
    """Virtual ones around each window (`augment.camera`); or each clip's own (else the four fixed)."""

    def __post_init__(self) -> None:
        choices = {
            "cameras": Cameras,
            "windows": Windows,
            "keypoints": Keypoints,
            "val_cameras": ValCameras,
        }
        for name, kind in choices.items():
            if getattr(self, name) not in get_args(kind):
                raise ConfigError(
                    f"data: {name}={getattr(self, name)!r} must be one of {', '.join(get_args(kind))}"
                )
        get_protocol(self.val_protocol)
        low, high = self.rate_range
        if not 0.0 < low <= high < math.inf:
            raise ConfigError(
                f"data: rate_range={[low, high]} must be two numbers above 0, the smaller first"
            )
        if not 0.0 <= self.motion_weight <= 2.0:
            raise ConfigError(f"data: motion_weight={self.motion_weight} must be from 0 to 2")
        for name in ("windows", "keypoints"):
            if getattr(self, name) in ("chunks", "own") and self.cameras != "fixed":
                raise ConfigError(
                    f"data: {name}={getattr(self, name)} goes by the cameras of the recordings; set "
                    "data.cameras=fixed"
                )
        if self.windows == "chunks" and self.rate_range != (1.0, 1.0):
            raise ConfigError(
                "data: windows=chunks takes clips at one frame rate; leave rate_range at [1, 1]"
            )


@dataclass(frozen=True)
class OptimConfig:
    """Optimiser and schedule."""

    train: Train = "all"
    """Everything; or the uncertainty head alone, on trained weights whose poses stay as they are. Then the
    other options of the model, and the input, are those of the weights."""
    optimizer: Optimizer = "adamw"
    """AdamW for all parameters, as the authors have it; or Muon for the blocks' matrices."""
    muon_lr: float = 0.02
    """Learning rate of the matrices under Muon; follows the same schedule."""
    lr: float = 4e-5
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.999)
    warmup_steps: int = 0
    schedule: Schedule = "exponential"
    """Cosine to zero at the last step; constant, then linear to zero over the last `cooldown_steps`; or a
    factor `decay` after each `decay_every` steps, or each epoch. A `stable` run may be resumed with other
    `steps`."""
    cooldown_steps: int = 0
    decay: float = 0.99
    decay_every: Every = 1000
    clip_norm: float = 0.0
    """Largest gradient norm; 0 does not clip."""
    ema: float = 0.0
    """Decay of the running mean of the weights, which is what is evaluated and saved; 0 keeps the weights."""

    def __post_init__(self) -> None:
        for name in ("lr", "muon_lr", "decay"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ConfigError(f"optim: {name}={getattr(self, name)} must be a number above 0")
        for name in ("weight_decay", "clip_norm", "warmup_steps", "cooldown_steps"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"optim: {name}={getattr(self, name)} must not be negative")
        if not _is_every(self.decay_every):
            raise ConfigError(f"optim: decay_every={self.decay_every!r} must be at least 1, or epoch")
        if not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise ConfigError(f"optim: betas={list(self.betas)} must be in [0, 1)")
        if self.optimizer not in get_args(Optimizer):
            raise ConfigError(
                f"optim: optimizer={self.optimizer!r} must be one of {', '.join(get_args(Optimizer))}"
            )
        if self.train not in get_args(Train):
            raise ConfigError(f"optim: train={self.train!r} must be one of {', '.join(get_args(Train))}")
        if self.train == "uncertainty" and self.optimizer != "adamw":
            raise ConfigError("optim: train=uncertainty trains a head, which is AdamW's; set optimizer=adamw")
        if self.schedule not in get_args(Schedule):
            raise ConfigError(
                f"optim: schedule={self.schedule!r} must be one of {', '.join(get_args(Schedule))}"
            )
        if not 0.0 <= self.ema < 1.0:
            raise ConfigError(f"optim: ema={self.ema} must be in [0, 1)")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that a run is made of; the defaults are the paper's, on windows of motion capture."""

    name: str = "rtpca"
    seed: int = 0
    steps: int | None = None
    """Updates; 10,000 where neither they nor `epochs` are given."""
    epochs: int | None = None
    """Passes over the chunks, instead of `steps`."""
    batch: int = 4
    """Windows per update and device; the last batch of an epoch may be smaller."""
    precision: Precision = "32-true"
    """As Lightning Fabric names them, and `32-bf16-matmul`: float32 with matrix products in bfloat16."""
    compile: bool = False
    """Compile the network with torch.compile."""
    log_every: int = 50
    val_every: Every = 1000
    checkpoint_every: int = 500
    select: Select = "last"
    """Which weights are saved in the end: the last, or those with the lowest MPJPE of all validations."""
    model: ModelConfig = field(default_factory=RTPCAConfig)
    """Any architecture: `arch` names it, and the other keys are its options."""
    input: InputSpec = field(default_factory=InputSpec)
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig.none)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)

    def __post_init__(self) -> None:
        if self.steps is None and self.epochs is None:
            object.__setattr__(self, "steps", DEFAULT_STEPS)
        for name in ("steps", "epochs", "batch", "log_every", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}={value} must be at least 1")
        if self.steps is not None and self.epochs is not None:
            raise ConfigError(
                f"steps={self.steps} and epochs={self.epochs} are both given; leave one out or make it null"
            )
        if not _is_every(self.val_every):
            raise ConfigError(f"val_every={self.val_every!r} must be at least 1, or epoch")
        if self.data.windows == "random":
            per_epoch = {
                "epochs": self.epochs,
                "val_every": self.val_every if self.val_every == "epoch" else None,
                "optim.decay_every": self.optim.decay_every if self.optim.decay_every == "epoch" else None,
            }
            for name, value in per_epoch.items():
                if value is not None:
                    raise ConfigError(
                        f"{name}={value}: random windows have no epochs; give steps, or set "
                        "data.windows=chunks"
                    )
        elif self.augment.mirror_probability not in (0.0, 0.5):
            raise ConfigError(
                f"augment: mirror_probability={self.augment.mirror_probability}: chunks are shown mirrored "
                "as often as plain (0.5) or never (0)"
            )
        self._check_what_is_trained()
        if self.select not in get_args(Select):
            raise ConfigError(f"select={self.select!r} must be one of {', '.join(get_args(Select))}")
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed} must not be negative")
        if self.precision not in get_args(Precision):
            raise ConfigError(f"precision={self.precision!r} must be one of {', '.join(get_args(Precision))}")

    def _check_what_is_trained(self) -> None:
        loss, head = self.loss, self.model.predicts_scale
        if head and loss.likelihood == 0:
            raise ConfigError(
                "loss: likelihood is 0, so nothing trains the uncertainty head of model.uncertainty=true"
            )
        if self.optim.train == "uncertainty":
            if not head:
                raise ConfigError("optim.train=uncertainty trains a head: set model.uncertainty=true too")
        elif loss.position == loss.velocity == 0 and (loss.likelihood_detached or not head):
            raise ConfigError("loss: position and velocity are both 0, so nothing compares with the truth")

    @property
    def chooses_on_test(self) -> bool:
        """Whether the saved weights are chosen on the test split, as the authors do."""
        return self.select == "best" and self.data.val_split == "test"

    def to_dict(self) -> dict[str, Any]:
        """All values as plain lists, dictionaries and scalars."""
        return _plain({**asdict(self), "model": self.model.to_dict()})


def load_config(path: str | Path | None, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a recipe.

    Args:
        path: YAML file; None starts from the defaults.
        overrides: `key=value` with dots for nested keys and YAML values, e.g. `model.dim=128`.

    Returns:
        The configuration.

    Raises:
        ConfigError: If the file is unreadable, a key is unknown, or a value does not fit.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = _read_yaml(Path(path))
    for override in overrides:
        _apply_override(values, override)
    return from_dict(values)


def from_dict(values: Mapping[str, Any]) -> TrainConfig:
    """Build a configuration from plain values, refusing unknown keys."""
    return _build(TrainConfig, values, "")


def flat_values(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values under dotted names, as `--set` takes them."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            flat_values(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
        )
    return flat


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give the path of a YAML recipe"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a YAML file: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"{path}: a recipe is a list of `key: value` lines, this file holds a {type(values).__name__}"
        )
    return values


def _apply_override(values: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key:
        raise ConfigError(f"--set {override}: give key=value, e.g. --set model.dim=128")
    *path, last = key.split(".")
    for part in path:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {override}: {part} is a value, not a group of options")
        values = inner
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: {text!r} is not a YAML value") from error


def _build(cls: type[Any], values: object, where: str) -> Any:
    """A dataclass from plain values; nested dataclasses may be given in part."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where.rstrip('.') or 'recipe'}={values!r} must be a group of options")
    types = typing.get_type_hints(cls)
    known = [f.name for f in fields(cls) if f.init]
    unknown = [str(key) for key in values if key not in known]
    if unknown:
        of = f" (arch {cls.arch}; {where}arch names another)" if issubclass(cls, ModelConfig) else ""
        raise ConfigError(
            f"unknown option {', '.join(where + key for key in unknown)}; "
            f"known here: {', '.join(where + key for key in known)}{of}"
        )
    arguments = {key: _convert(types[key], value, f"{where}{key}") for key, value in values.items()}
    return cls(**arguments)


def _build_model(values: object, where: str) -> ModelConfig:
    """The configuration of the architecture that `arch` names; without it that is RTPCA."""
    if not isinstance(values, Mapping):
        return _build(RTPCAConfig, values, where)  # which says what is wrong
    options = dict(typing.cast(Mapping[str, Any], values))
    return _build(config_class(options.pop("arch", RTPCAConfig.arch)), options, where)


def _convert(wanted: Any, value: Any, where: str) -> Any:
    if wanted is ModelConfig:
        return _build_model(value, f"{where}.")
    if is_dataclass(wanted):
        if value == "none" and hasattr(wanted, "none"):
            return typing.cast(Any, wanted).none()
        return _build(typing.cast(type[Any], wanted), value, f"{where}.")
    origin, arguments = typing.get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return value
    if origin is tuple:
        return _convert_tuple(arguments, value, where)
    if origin in (types.UnionType, typing.Union):  # as in float | None, int | Literal["epoch"]
        words = [word for a in arguments if typing.get_origin(a) is Literal for word in get_args(a)]
        if value in words or (value is None and type(None) in arguments):
            return value
        kinds = [a for a in arguments if a is not type(None) and typing.get_origin(a) is not Literal]
        return _convert(kinds[0], value, where)
    if wanted is float and isinstance(value, str):
        # YAML reads 1e-3 as text: its floats need a dot.
        try:
            return float(value)
        except ValueError:
            pass
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ConfigError(f"{where}={value!r} must be {_KINDS[wanted]}")
    return value


def _convert_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where}={value!r} must be a list")
    items = typing.cast(Sequence[Any], value)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_convert(arguments[0], item, where) for item in items)
    if len(items) != len(arguments):
        raise ConfigError(f"{where}={value!r} must be a list of {len(arguments)}")
    return tuple(_convert(wanted, item, where) for wanted, item in zip(arguments, items, strict=True))


def _is_every(value: Every) -> bool:
    return value == "epoch" or value >= 1


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
