"""A training run as plain data: every option of it, checked before anything is read."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field

from rtpca.data.augment import AugmentConfig
from rtpca.data.views import KeypointOrigin
from rtpca.errors import ConfigError
from rtpca.evaluation.protocols import get_protocol
from rtpca.models.checkpoint import InputSpec
from rtpca.models.config import RTPCAConfig
from rtpca.models.registry import AnyModelConfig
from rtpca.options import BelowOne, Count, NotNegative, OrNone, Positive, Range, Share, options, to_plain
from rtpca.training.losses import LossConfig

DEFAULT_STEPS = 10_000

Steps = Annotated[int, Field(ge=0)]
Every = Count | Literal["epoch"]
"""A number of steps, or once per pass over the chunks."""


@options("data")
class DataConfig:
    """Which windows are seen."""

    train_split: str = "train"
    val_split: str = "val"
    """Choices are made on this split. Only the authors' recipes name the test split here, as they did."""
    val_cameras: Literal["one", "all"] = "one"
    """Validate each clip in one camera, taking turns, or in all."""
    val_protocol: str = "standard"
    """Protocol of the validation (docs/protocols.md)."""
    windows: Literal["random", "chunks"] = "random"
    """Cut at random; or the authors' consecutive chunks, of each camera's video, all of them once per epoch
    and once more mirrored where `augment.flip_probability` is not 0."""
    keypoints: KeypointOrigin = "projected"
    """The joints projected by the camera, without lens distortion; or the dataset's own keypoints."""
    rate_range: Range[Positive] = (1.0, 1.0)
    """Frame rate of a random window over the nominal one, log-uniform."""
    motion_weight: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Random windows come from a clip by its duration times the mean speed of its joints to this power."""
    kind_power: Annotated[float, Field(ge=0, le=1)] | None = None
    """Random windows come from a kind of motion (`data/kinds.py`) by its time to this power; with 0 all kinds
    are equally likely. Without it kinds do not matter."""
    source_shares: dict[str, Share] = field(default_factory=dict)
    """Share of the random windows by source, a pattern as of file names (`cmu_*`), of which the first that
    fits decides; sources that none fits have the rest. The other options hold within a share."""
    cameras: Literal["random", "fixed"] = "random"
    """Virtual ones around each window (`augment.camera`); or each clip's own (else the four fixed)."""

    def __post_init__(self) -> None:
        get_protocol(self.val_protocol)
        if (total := sum(self.source_shares.values())) > 1 + 1e-6:
            raise ConfigError(f"data.source_shares sum to {total:.4g}; they are parts of all draws, 1 in all")
        for name in ("windows", "keypoints"):
            if getattr(self, name) in ("chunks", "own") and self.cameras != "fixed":
                raise ConfigError(
                    f"data.{name}={getattr(self, name)} goes by the cameras of the recordings; set "
                    "data.cameras=fixed"
                )
        if self.windows == "chunks" and self.rate_range != (1.0, 1.0):
            raise ConfigError(
                "data.windows=chunks takes clips at one frame rate; leave data.rate_range at [1, 1]"
            )


@options("optim")
class OptimConfig:
    """Optimiser and schedule."""

    train: Literal["all", "uncertainty"] = "all"
    """Everything; or the uncertainty head alone, on trained weights whose poses stay as they are. Then the
    other options of the model, and the input, are those of the weights."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """AdamW for all parameters, as the authors have it; or Muon for the blocks' matrices."""
    muon_lr: Positive = 0.02
    """Learning rate of the matrices under Muon; follows the same schedule."""
    lr: Positive = 4e-5
    weight_decay: NotNegative = 0.1
    betas: tuple[BelowOne, BelowOne] = (0.9, 0.999)
    warmup_steps: Steps = 0
    schedule: Literal["cosine", "stable", "exponential"] = "exponential"
    """Cosine to zero at the last step; constant, then linear to zero over the last `cooldown_steps`; or a
    factor `decay` after each `decay_every` steps, or each epoch. A `stable` run may be resumed with other
    `steps`."""
    cooldown_steps: Steps = 0
    decay: Positive = 0.99
    decay_every: Every = 1000
    clip_norm: NotNegative = 0.0
    """Largest gradient norm; 0 does not clip."""
    ema: BelowOne = 0.0
    """Decay of the running mean of the weights, which is what is evaluated and saved; 0 keeps the weights."""

    def __post_init__(self) -> None:
        if self.train == "uncertainty" and self.optimizer != "adamw":
            raise ConfigError(
                "optim.train=uncertainty trains a head, which is AdamW's; set optim.optimizer=adamw"
            )


@options()
class TrainConfig:
    """Everything that a run is made of; the defaults are the paper's, on windows of motion capture."""

    name: str = "rtpca"
    """Of the recipe."""
    stage: str = ""
    """Which one of the recipe's stages this is; empty where it has none."""
    seed: Steps = 0
    steps: Count | None = None
    """Updates; 10,000 where neither they nor `epochs` are given."""
    epochs: Count | None = None
    """Passes over the chunks, instead of `steps`."""
    batch: Count = 4
    """Windows per update and device; the last batch of an epoch may be smaller."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed", "32-bf16-matmul"] = "32-true"
    """As Lightning Fabric names them, and `32-bf16-matmul`: float32 with matrix products in bfloat16; `auto`
    is `bf16-mixed` where the processor or GPU has bfloat16 units, else `32-true`."""
    compile: bool = False
    """Compile the network with torch.compile."""
    log_every: Count = 50
    val_every: Every = 1000
    checkpoint_every: Count = 500
    select: Literal["last", "best"] = "last"
    """Which weights are saved in the end: the last, or those with the lowest MPJPE of all validations."""
    model: AnyModelConfig = field(default_factory=RTPCAConfig)
    """Any architecture: `arch` names it, and the other keys are its options."""
    input: InputSpec = field(default_factory=InputSpec)
    data: DataConfig = field(default_factory=DataConfig)
    augment: OrNone[AugmentConfig] = field(default_factory=AugmentConfig.none)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)

    def __post_init__(self) -> None:
        if self.steps is None and self.epochs is None:
            object.__setattr__(self, "steps", DEFAULT_STEPS)
        if self.steps is not None and self.epochs is not None:
            raise ConfigError(
                f"steps={self.steps} and epochs={self.epochs} are both given; leave one out or make it null"
            )
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
        elif self.augment.flip_probability not in (0.0, 0.5):
            raise ConfigError(
                f"augment.flip_probability={self.augment.flip_probability}: chunks are shown mirrored "
                "as often as plain (0.5) or never (0)"
            )
        object.__setattr__(self, "model", self.model.for_skeleton(self.input.skeleton))
        self._check_what_is_trained()

    def _check_what_is_trained(self) -> None:
        loss, head = self.loss, self.model.predicts_scale
        if head and loss.likelihood == 0:
            raise ConfigError(
                "loss.likelihood is 0, so nothing trains the uncertainty head of model.uncertainty=true"
            )
        if self.optim.train == "uncertainty":
            if not head:
                raise ConfigError("optim.train=uncertainty trains a head: set model.uncertainty=true too")
        elif loss.position == loss.velocity == 0 and (loss.likelihood_detached or not head):
            raise ConfigError(
                "loss.position and loss.velocity are both 0, so nothing compares with the truth"
            )

    @property
    def chooses_on_test(self) -> bool:
        """Whether the saved weights are chosen on the test split, as the authors do."""
        return self.select == "best" and self.data.val_split == "test"

    def to_dict(self) -> dict[str, Any]:
        """All values as plain lists, dictionaries and scalars."""
        return to_plain(self)


def flat_values(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values under dotted names, as they are overridden."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= (
            flat_values(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
        )
    return flat
