"""Figure 1: what the networks are, how they are trained for it, and how long they take.

The paper's figure marks MPJPE on the projected truth against latency at batch 1 for several window lengths F.
Its text gives neither the latencies nor the sizes of the marks' networks; `PRINTED_MM` holds the errors that
Table 1 prints. Two things are measured beside its latency of one pass: the time per predicted frame, since
networks that predict only the middle frame of a window need a pass for every frame of video, and throughput
at a large batch. VideoPose3D is convolutional: over a long window it shares the work between frames, and is
timed so for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from rtpca.errors import ConfigError
from rtpca.models import build, preset_names
from rtpca.models.cost import Timing, measure_in_turn
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.figures.lifted import Update, in_silence
from rtpca.reproduce.rows import NamedRun, named_run
from rtpca.reproduce.scales import recipe

MODELS = ("rtpca", "ste", "videopose3d", "poseformer", "mhformer")
FRAMES: Mapping[str, tuple[int, ...]] = {"small": (27, 81), "paper": (27, 81, 243)}
LONG_WINDOW = 243
"""Frames that VideoPose3D predicts in one pass where the time of a frame of video is measured."""

PRINTED_MM: Mapping[tuple[str, int], float] = {
    ("videopose3d", 243): 37.8,
    ("poseformer", 81): 31.3,
    ("mhformer", 351): 30.5,
    ("ste", 243): 21.6,
    ("rtpca", 243): 19.5,
}
"""MPJPE on ground-truth 2D in Table 1; window lengths of the first three are those of their own papers."""


@dataclass(frozen=True)
class Contender:
    """One network at one window length.

    Attributes:
        model: Name of the network.
        frames: Window length F: the frames behind each prediction.
        run: How it is trained.
        config: Of the network, as it is timed at batch 1; predicts one pass of F frames.
    """

    model: str
    frames: int
    run: NamedRun
    config: Any

    @property
    def label(self) -> str:
        """Name and window length."""
        return f"{self.model} F={self.frames}"


@dataclass(frozen=True)
class Speed:
    """How long a contender takes.

    Attributes:
        contender: Which.
        parameters: Number of parameters.
        single: One pass at batch 1.
        video: One pass at batch 1 over a long window where the network shares work between frames; else
            `single`.
        large: A large batch.
    """

    contender: Contender
    parameters: int
    single: Timing
    video: Timing
    large: Timing


def no_data() -> DataFile:
    """What stands for data where only speed is measured: Human3.6M's skeleton."""
    return DataFile(Path(), "", "h36m", False, False, "h36m17", 17, {}, 0, ())


def contenders(
    scale: str,
    data: DataFile,
    models: Sequence[str] = (),
    frames: Sequence[int] = (),
    overrides: Sequence[str] = (),
) -> list[Contender]:
    """The networks of Figure 1.

    Args:
        scale: "small" or "paper".
        data: Decides the joints.
        models: Which; empty takes all that this library has.
        frames: Window lengths; empty takes those of the scale, and at the scale of the paper MHFormer's 351.
            Lengths that a network cannot have are left out for it.
        overrides: `key=value` for all recipes.

    Raises:
        ConfigError: If a name is unknown, or nothing is left.
    """
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise ConfigError(f"--models {','.join(unknown)}: the models of Figure 1 are {', '.join(MODELS)}")
    chosen = [name for name in models or MODELS if name in preset_names()]
    found: list[Contender] = []
    for name in chosen:
        lengths = list(frames or FRAMES[scale])
        if name == "mhformer" and scale == "paper" and not frames:
            lengths.append(351)
        found += [
            _contender(scale, data, name, length, overrides) for length in lengths if _can_have(name, length)
        ]
    if not found:
        raise ConfigError(
            f"no network of Figure 1 takes windows of {', '.join(map(str, frames))} frames; try 27,81"
        )
    return found


def measure_speed(
    found: Sequence[Contender],
    *,
    rounds: int,
    batch_frames: int,
    device: str = "cpu",
    update: Update = in_silence,
) -> list[Speed]:
    """Time all contenders in turn: first at batch 1, then at a large batch.

    Args:
        found: From `contenders`.
        rounds: Timed passes of each at batch 1; a third as many at the large batch.
        batch_frames: Input frames of the large batch, the same for all window lengths.
        device: Where.
        update: Told how far it is.
    """
    networks = {contender.label: build(contender.config) for contender in found}
    long = {
        contender.label: build(replace(contender.config, frames=contender.frames - 1 + LONG_WINDOW))
        for contender in found
        if contender.model == "videopose3d"
    }
    single = measure_in_turn(
        {**networks, **{f"{label}, long": network for label, network in long.items()}},
        rounds=rounds,
        device=device,
        progress=lambda done, total, note="": update(done, total, "one window"),
    )
    of_batch = {label: long.get(label, network) for label, network in networks.items()}
    sizes = {label: _windows(network, batch_frames) for label, network in of_batch.items()}
    large = measure_in_turn(
        of_batch,
        batch=sizes,
        rounds=max(1, rounds // 3),
        device=device,
        progress=lambda done, total, note="": update(done, total, "large batch"),
    )
    return [
        Speed(
            contender,
            sum(parameter.numel() for parameter in networks[contender.label].parameters()),
            single[contender.label],
            single.get(f"{contender.label}, long", single[contender.label]),
            large[contender.label],
        )
        for contender in found
    ]


def _contender(scale: str, data: DataFile, name: str, frames: int, overrides: Sequence[str]) -> Contender:
    """The run of the tables where it has this window length; else one like it, with steps as large."""
    run = named_run(name)
    own = recipe(scale, run, data, 0, overrides)
    config: Any = own.model
    if _window(config) != frames:
        window = config.frames - _window(config) + frames
        changed = [f"model.frames={window}", f"batch={max(1, round(own.batch * config.frames / window))}"]
        if name == "videopose3d":
            changed.append(f"model.filter_widths={[3] * _power_of_three(frames)}")
        reading = f"{run.reading} Windows of {frames} frames, about as many frames in a step."
        run = replace(run, name=f"{name}-f{frames}", overrides=(*run.overrides, *changed), reading=reading)
        config = recipe(scale, run, data, 0, overrides).model
    return Contender(name, frames, run, replace(config, frames=frames))


def _window(config: Any) -> int:
    """Frames behind a prediction: those of the input, or VideoPose3D's receptive field."""
    return getattr(config, "receptive_field", config.frames)


def _can_have(name: str, frames: int) -> bool:
    if name == "videopose3d":
        return 3 ** _power_of_three(frames) == frames
    return frames % 9 == 0 if name == "mhformer" else True


def _power_of_three(frames: int) -> int:
    power = 1
    while 3 ** (power + 1) <= frames:
        power += 1
    return power


def _windows(network: nn.Module, batch_frames: int) -> int:
    config: Any = network.config
    return max(1, batch_frames // config.frames)
