"""Figure 1 from a request to files; apart from the others, because it has many runs and a latency part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rtpca.devices import resolve_device
from rtpca.models import preset_names
from rtpca.reproduce.ablations import measurements
from rtpca.reproduce.datafile import DataFile, read_data_file
from rtpca.reproduce.evaluations import measure_runs
from rtpca.reproduce.figures.error_latency import (
    MODELS,
    PRINTED_MM,
    Contender,
    Speed,
    contenders,
    measure_speed,
    no_data,
)
from rtpca.reproduce.figures.lifted import Update
from rtpca.reproduce.figures.output import Caption, Cell, hardware, write_caption, write_csv
from rtpca.reproduce.figures.request import FigureRequest, finished_runs
from rtpca.reproduce.runs import plan_runs
from rtpca.viz.error_latency import SpeedMark, error_latency_figure, speed_figure
from rtpca.viz.files import save_figure

_BATCH_FRAMES = {"cpu": 1024, "cuda": 16384}
_HEADER = (
    "network",
    "F",
    "parameters (M)",
    "frames per pass",
    "pass (ms)",
    "quartiles (ms)",
    "per predicted frame (ms)",
    "large batch (windows)",
    "predicted frames per s",
    "MPJPE (mm)",
    "seeds",
    "printed MPJPE (mm)",
)
_NARROW = (0, 1, 2, 4, 6, 8, 9, 11)


def make_error_latency(request: FigureRequest, update: Update) -> tuple[Caption, list[Path]]:
    """Train or take the runs, evaluate, time, draw, write."""
    device = resolve_device(request.device)
    data = no_data() if request.data is None and request.latency_only else read_data_file(request.data_path)
    found = contenders(request.scale, data, request.models, request.frames, request.overrides)
    errors, missing = ({}, []) if request.latency_only else _errors(request, data, found, device, update)
    speeds = measure_speed(
        found,
        rounds=request.rounds,
        batch_frames=request.batch_frames or _BATCH_FRAMES[device],
        device=device,
        update=update,
    )
    marks = [_mark(speed, errors.get(speed.contender.run.name, ()), request.scale) for speed in speeds]
    table = [_row(speed, mark) for speed, mark in zip(speeds, marks, strict=True)]
    facts = {"command": f"`{request.command}`", "scale": request.scale}
    if not request.latency_only:
        facts |= {"seeds": str(request.seeds), "data": f"{request.data_path.name}, split test"}
    facts |= {
        "timing": f"float32, random weights and input, {request.rounds} rounds in turn after 2 that do not "
        "count, medians",
        "hardware": hardware(device),
    }
    caption = Caption(
        "Figure 1: error against latency", _text(request, missing), _HEADER, table, _NARROW, facts
    )
    folder = request.out
    stem = "figure1-latency" if request.latency_only else "figure1"
    pictures = list(save_figure(speed_figure(marks), folder / "figure1-latency"))
    if any(mark.error_mm or mark.printed_mm is not None for mark in marks):
        pictures = [
            *save_figure(error_latency_figure(marks), folder / stem.replace("-latency", "")),
            *pictures,
        ]
    files = [*pictures, write_csv(folder / f"{stem}.csv", _HEADER, table)]
    shown = [path for path in pictures if path.suffix == ".png"]
    return caption, [*files, write_caption(folder / f"{stem}.md", caption, shown)]


def _errors(
    request: FigureRequest, data: DataFile, found: Sequence[Contender], device: str, update: Update
) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """MPJPE of each seed by name of the run, and the runs that are not finished."""
    rows = [contender.run for contender in found]
    runs = plan_runs(request.scale, rows, request.seeds, data, request.out, request.overrides)
    finished = finished_runs(request, runs, data, update)
    how = measurements(1, request.scale)
    measured = measure_runs(finished, data, how, jobs=request.jobs, device=device, report=update)
    errors: dict[str, tuple[float, ...]] = {}
    for (name, _, _), evaluation in measured.items():
        errors[name] = (*errors.get(name, ()), float(evaluation.average["mpjpe_mm"]))
    return errors, [run.folder.name for run in runs if run not in finished]


def _mark(speed: Speed, errors_mm: tuple[float, ...], scale: str) -> SpeedMark:
    contender = speed.contender
    # Printed errors are those of the paper's sizes: at another size their latency would not belong to them.
    printed = PRINTED_MM.get((contender.model, contender.frames)) if scale == "paper" else None
    return SpeedMark(
        contender.model,
        contender.frames,
        1000 * speed.single.median_s,
        1000 * speed.video.seconds_per_predicted_frame,
        speed.large.predicted_frames_per_second,
        errors_mm,
        printed,
    )


def _row(speed: Speed, mark: SpeedMark) -> list[Cell]:
    single = speed.single
    return [
        mark.model,
        mark.frames,
        speed.parameters / 1e6,
        single.out_frames,
        mark.pass_ms,
        f"{1000 * single.lower_s:.2f} to {1000 * single.upper_s:.2f}",
        round(mark.frame_ms, 4),
        speed.large.batch,
        round(mark.frames_per_second),
        sum(mark.error_mm) / len(mark.error_mm) if mark.error_mm else None,
        len(mark.error_mm) or None,
        mark.printed_mm,
    ]


def _text(request: FigureRequest, missing: Sequence[str]) -> list[str]:
    text = [
        "Latency is that of one forward pass of one window at batch 1. Networks that predict one frame of "
        "a window (VideoPose3D, PoseFormer) need a pass for each frame of video, which the time per "
        "predicted frame counts; VideoPose3D is convolutional and is timed for it, and for throughput, "
        "over windows in which 243 frames share their work. Large batches have about the same number of "
        "input frames for all. On a machine that does other work all times are too long; networks take "
        "turns, so that they suffer alike.",
    ]
    if not request.latency_only:
        text.append(
            "MPJPE: plain mean over the actions of the test split, then over seeds (bar: least to "
            "largest). All networks are trained with one recipe, with about the same number of input "
            "frames in a step at all window lengths; PoseFormer has more windows in a step, since it "
            "learns from one frame of each."
        )
    if request.scale == "paper":
        text.append(
            "Hollow markers are the errors that the paper's Table 1 prints (Human3.6M, ground-truth 2D), "
            "drawn at the latency that was measured here for the same network and window length: the paper "
            "gives the latencies of its figure only as a drawing."
        )
    else:
        text.append(
            "The paper's Table 1 prints, on Human3.6M with ground-truth 2D and at the paper's sizes: "
            + ", ".join(f"{name} {error} mm at F={frames}" for (name, frames), error in PRINTED_MM.items())
            + ". The networks here are smaller and the data others, so these have no place in this picture."
        )
    left_out = [name for name in MODELS if name not in preset_names()]
    if left_out:
        text.append(f"Not in this version of the library: {', '.join(left_out)}.")
    if missing:
        text.append(f"Not finished, and left out: {', '.join(missing)}. The same command goes on there.")
    return text
