"""Figure 1: what the networks are, how they are trained for it, and how long they take.

The paper's figure marks MPJPE on the projected truth against latency at batch 1 for several window lengths F.
Its text gives neither the latencies nor the sizes of the marks' networks; Table 1 prints errors. Two things
are measured beside its latency of one pass: the time per predicted frame, since networks that predict only
the middle frame of a window need a pass for every frame of video, and throughput at a large batch.
VideoPose3D is convolutional: over a long window it shares the work between frames, and is timed so for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rtpca.errors import ConfigError, InputError
from rtpca.files import make_folder
from rtpca.models import build
from rtpca.models.cost import PassTime, count_parameters, measure_in_turn
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.datafile import NO_DATA, DataFile
from rtpca.reproduce.evaluations import measure_all, values
from rtpca.reproduce.experiment import plan
from rtpca.reproduce.made import hardware, how_made
from rtpca.reproduce.page import Column, Grid, Line, Page
from rtpca.reproduce.paper import FIGURES, TABLES, NamedRun, named_run
from rtpca.reproduce.setup import Setup
from rtpca.reproduce.train import train_all
from rtpca.viz.error_latency import SpeedMark, error_latency_figure, speed_figure
from rtpca.viz.files import save_figure

MODELS = {"rtpca": 243, "ste": 243, "videopose3d": 243, "poseformer": 81, "mhformer": 351}
"""Networks, and the window of the error that Table 1 prints of them: for the last three their own papers'."""
FRAMES = {"small": (27, 81), "paper": (27, 81, 243)}
LONG_WINDOW = 243
"""Frames that VideoPose3D predicts in one pass where the time of a frame of video is measured."""
_BATCH_FRAMES = {"cpu": 1024, "cuda": 16384}
_COLUMNS = (
    Column("model", "network", terminal=False),
    Column("frames", "F", terminal=False),
    Column("params_m", "parameters (M)"),
    Column("out_frames", "frames per pass", terminal=False),
    Column("pass_ms", "pass (ms)"),
    Column("pass_lower_ms", "lower quartile (ms)", terminal=False),
    Column("pass_upper_ms", "upper quartile (ms)", terminal=False),
    Column("frame_ms", "per predicted frame (ms)", 4),
    Column("batch", "large batch (windows)", terminal=False),
    Column("frames_per_second", "predicted frames per s", 0),
    Column("mpjpe_mm", "MPJPE (mm)", seeds=True),
    Column("printed_mm", "printed MPJPE (mm)", 1),
)


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


def figure_1(
    setup: Setup,
    *,
    latency_only: bool = False,
    models: Sequence[str] = (),
    frames: Sequence[int] = (),
    rounds: int = 20,
    batch_frames: int | None = None,
    progress: Progress = in_silence,
) -> Page:
    """Train or take the runs, evaluate, time, draw.

    Args:
        setup: With which data, at which scale.
        latency_only: Without errors; then no data are needed.
        models: Which networks; empty takes all.
        frames: Window lengths; empty takes those of the scale.
        rounds: Timed passes.
        batch_frames: Input frames of the large batch; None: 1024 on a CPU, 16384 on a GPU.
        progress: Told how far it is.

    Raises:
        InputError: There are no data.
        ConfigError: A name is unknown, or nothing is left.
        TrainingError: Runs could not be trained.
    """
    if not setup.data and not latency_only:
        raise InputError(
            "this figure needs data: give a file (`data`), or time networks alone (`latency_only`)"
        )
    found = contenders(setup, models, frames)
    experiments = () if latency_only else plan(setup, [each.run for each in found])
    train_all(experiments, setup, progress)
    finished = [each for each in experiments if each.finished]
    evaluations = measure_all(finished, [setup.evaluation()], setup, progress)
    batch_frames = batch_frames or _BATCH_FRAMES[setup.device]
    marks: list[SpeedMark] = []
    lines: list[Line] = []
    timed = measure_speed(found, rounds, batch_frames, setup.device, progress)
    for each, (single, video, large) in zip(found, timed, strict=True):
        mark = SpeedMark(
            each.model,
            each.frames,
            1000 * single.median_s,
            1000 * video.seconds_per_predicted_frame,
            large.predicted_frames_per_second,
            values(evaluations, each.run.name, "mpjpe_mm"),
            # At another size than the paper's, latency would not belong to the printed error.
            _printed_mm(each.model) if (setup.scale, MODELS[each.model]) == ("paper", each.frames) else None,
        )
        marks.append(mark)
        more = {
            "params_m": count_parameters(each.config) / 1e6,
            "out_frames": single.out_frames,
            "pass_lower_ms": 1000 * single.lower_s,
            "pass_upper_ms": 1000 * single.upper_s,
            "batch": large.batch,
        }
        lines.append(Line(each.label, each.run.name, asdict(mark) | more))
    printed = ", ".join(f"{name} {_printed_mm(name)} mm at F={length}" for name, length in MODELS.items())
    make_folder(setup.out)
    files = list(save_figure(speed_figure(marks), setup.out / "figure1-latency"))
    if any(mark.mpjpe_mm or mark.printed_mm is not None for mark in marks):
        files = [*save_figure(error_latency_figure(marks), setup.out / "figure1"), *files]
    return Page(
        name="figure1-latency" if latency_only else "figure1",
        title=f"Figure 1: {FIGURES[1].title}",
        grids=(Grid("", _COLUMNS, tuple(lines)),),
        text=[
            text.format(printed=printed)
            for key, text in FIGURES[1].text.items()
            if key in ("latency", setup.scale, "latency" if latency_only else "error")
        ],
        files=files,
        made=[
            *how_made(setup, experiments),
            f"Timing: float32, random weights and input, {rounds} rounds in turn after 2 that do not count, "
            "medians.",
            hardware(setup.device),
        ],
        unfinished=[each.standing for each in experiments if each not in finished],
    )


def contenders(setup: Setup, models: Sequence[str] = (), frames: Sequence[int] = ()) -> list[Contender]:
    """The networks of Figure 1.

    Args:
        setup: Decides sizes and joints.
        models: Which; empty takes all.
        frames: Window lengths; empty takes those of the scale, and at the scale of the paper MHFormer's 351.
            Lengths that a network cannot have are left out for it.

    Raises:
        ConfigError: A name is unknown, or nothing is left.
    """
    if unknown := [name for name in models if name not in MODELS]:
        raise ConfigError(f"`models` {unknown[0]}: the models of Figure 1 are {', '.join(MODELS)}")
    found: list[Contender] = []
    for name in models or MODELS:
        lengths = list(frames or FRAMES[setup.scale])
        lengths += [MODELS[name]] * (name == "mhformer" and setup.scale == "paper" and not frames)
        found += [_contender(setup, name, length) for length in lengths if _can_have(name, length)]
    if not found:
        lengths = ", ".join(map(str, frames))
        raise ConfigError(f"no network of Figure 1 takes windows of {lengths} frames (`frames`); try 27,81")
    return found


def measure_speed(
    found: Sequence[Contender],
    rounds: int = 20,
    batch_frames: int = 1024,
    device: str = "cpu",
    progress: Progress = in_silence,
) -> list[tuple[PassTime, PassTime, PassTime]]:
    """Time all contenders in turn: first at batch 1, then at a large batch.

    Args:
        found: From `contenders`.
        rounds: Timed passes of each at batch 1; a third as many at the large batch.
        batch_frames: Input frames of the large batch, the same for all window lengths.
        device: Where.
        progress: Told how far it is.

    Returns:
        Of each one pass at batch 1; the same over a long window where the network shares work between frames;
        a large batch.
    """
    networks = {each.label: build(each.config) for each in found}
    long = {
        each.label: build(replace(each.config, frames=each.frames - 1 + LONG_WINDOW))
        for each in found
        if each.model == "videopose3d"
    }
    single = measure_in_turn(
        {**networks, **{f"{label}, long": network for label, network in long.items()}},
        rounds=rounds,
        device=device,
        progress=lambda done, total, note="": progress(done, total, "one window"),
    )
    of_batch = networks | long
    large = measure_in_turn(
        of_batch,
        batch={label: max(1, batch_frames // each.config.frames) for label, each in of_batch.items()},
        rounds=max(1, rounds // 3),
        device=device,
        progress=lambda done, total, note="": progress(done, total, "large batch"),
    )
    return [
        (single[each.label], single.get(f"{each.label}, long", single[each.label]), large[each.label])
        for each in found
    ]


def _contender(setup: Setup, name: str, frames: int) -> Contender:
    """The run of the tables where it has this window length; else one like it, with steps as large."""
    data: DataFile = setup.data[0] if setup.data else NO_DATA
    run = named_run(name)
    own = setup.recipe(run, data)
    config: Any = own.model
    if _window(config) != frames:
        window = config.frames - _window(config) + frames
        changed = [f"model.frames={window}", f"batch={max(1, round(own.batch * config.frames / window))}"]
        if name == "videopose3d":
            changed.append(f"model.filter_widths={[3] * _power_of_three(frames)}")
        reading = f"{run.reading} Windows of {frames} frames, about as many frames in a step."
        run = replace(run, name=f"{name}-f{frames}", overrides=(*run.overrides, *changed), reading=reading)
        config = setup.recipe(run, data).model
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


def _printed_mm(model: str) -> float | None:
    """What Table 1 prints on ground-truth 2D, for the window length of `MODELS`."""
    label = next(label for label, run in TABLES[1].runs.items() if run == model)
    return TABLES[1].blocks[2].value(label, "Avg.")
