"""Error against latency, one line per network through its window lengths (Figure 1), and latency alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from rtpca.errors import InputError
from rtpca.viz.colors import MIDDLE
from rtpca.viz.model_styles import ModelStyle, model_style

_LEAST_SPAN = 4.0
# Where a label may stand from its marker, in points; the first that is free is taken.
_LABEL_PLACES = (
    (0, 11),
    (0, -12),
    (22, 0),
    (-22, 0),
    (20, 11),
    (-20, 11),
    (20, -11),
    (-20, -11),
    (0, 22),
    (0, -23),
)


@dataclass(frozen=True)
class SpeedMark:
    """One network at one window length.

    Attributes:
        model: Name of the network.
        frames: Window length F.
        pass_ms: Time of one pass at batch 1, milliseconds.
        frame_ms: The same over the frames that a pass predicts.
        frames_per_second: Predicted frames per second at a large batch.
        error_mm: MPJPE of each seed; empty where it was not measured.
        printed_mm: MPJPE that a publication prints for this network at this window length.
    """

    model: str
    frames: int
    pass_ms: float
    frame_ms: float
    frames_per_second: float
    error_mm: tuple[float, ...] = ()
    printed_mm: float | None = None


def error_latency_figure(marks: Sequence[SpeedMark], title: str | None = None) -> Figure:
    """MPJPE against the time of a pass (left), and against the time of a frame of video (right).

    Filled markers are measured errors (mean of the seeds, bar from the least to the largest); hollow ones are
    printed errors at the latency that was measured here.

    Args:
        marks: At least one of them with an error.
        title: Title of the whole picture.

    Returns:
        A figure that belongs to no window.

    Raises:
        InputError: If no mark has an error.
    """
    shown = [mark for mark in marks if mark.error_mm or mark.printed_mm is not None]
    if not shown:
        raise InputError("no errors to draw against latency: measure them, or draw latency alone")
    figure = Figure(figsize=(9.6, 4.4), facecolor="white")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, attribute, label in (
        (left, "pass_ms", "latency of one pass, batch 1 (ms)"),
        (right, "frame_ms", "latency per predicted frame, batch 1 (ms)"),
    ):
        for its_marks, style in _by_model(shown):
            measured = [mark for mark in its_marks if mark.error_mm]
            x = [getattr(mark, attribute) for mark in measured]
            y = [_height(mark) for mark in measured]
            spread = [
                [mean - min(mark.error_mm) for mark, mean in zip(measured, y, strict=True)],
                [max(mark.error_mm) - mean for mark, mean in zip(measured, y, strict=True)],
            ]
            axes.errorbar(
                x,
                y,
                yerr=spread,
                color=style.color,
                marker=style.marker,
                markersize=6,
                linewidth=1.4,
                capsize=2,
            )
            printed = [mark for mark in its_marks if mark.printed_mm is not None]
            axes.plot(
                [getattr(mark, attribute) for mark in printed],
                [mark.printed_mm for mark in printed],
                linestyle="none",
                marker=style.marker,
                markersize=8,
                markerfacecolor="none",
                markeredgecolor=style.color,
                markeredgewidth=1.5,
            )
        _log_axis(axes.xaxis)
        axes.set_xscale("log")
        _log_axis(axes.xaxis)
        axes.margins(x=0.12, y=0.14)
        axes.set_xlabel(label)
        _grid(axes)
    left.set_ylabel("MPJPE (mm)")
    for axes, attribute in ((left, "pass_ms"), (right, "frame_ms")):
        _label_frames(figure, axes, shown, attribute)
    _legend(figure, shown)
    if title:
        figure.suptitle(title, fontsize=11, y=0.985)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.9 if title else 0.96, bottom=0.24, wspace=0.06)
    return figure


def speed_figure(marks: Sequence[SpeedMark], title: str | None = None) -> Figure:
    """Latency of a pass, latency of a frame and throughput against the window length.

    Args:
        marks: Networks and window lengths.
        title: Title of the whole picture.

    Returns:
        A figure that belongs to no window.
    """
    figure = Figure(figsize=(11.0, 3.9), facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 3)
    for axes, attribute, label in zip(
        panels,
        ("pass_ms", "frame_ms", "frames_per_second"),
        (
            "latency of one pass, batch 1 (ms)",
            "latency per predicted frame, batch 1 (ms)",
            "predicted frames per second, large batch",
        ),
        strict=True,
    ):
        for its_marks, style in _by_model(marks):
            axes.plot(
                [mark.frames for mark in its_marks],
                [getattr(mark, attribute) for mark in its_marks],
                color=style.color,
                marker=style.marker,
                markersize=6,
                linewidth=1.4,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        frames = sorted({mark.frames for mark in marks})
        axes.set_xticks(frames, [str(count) for count in frames])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", which="minor", bottom=False)
        _log_axis(axes.yaxis)
        axes.margins(0.08)
        low, high = axes.get_ylim()
        if high < _LEAST_SPAN * low:  # small differences shall look small
            middle, half = math.sqrt(low * high), math.sqrt(_LEAST_SPAN)
            axes.set_ylim(middle / half, middle * half)
        axes.set_title(label, fontsize=9.5, color=MIDDLE)
        axes.set_xlabel("window length F (frames)")
        _grid(axes)
    _legend(figure, marks)
    if title:
        figure.suptitle(title, fontsize=11, y=0.985)
    figure.subplots_adjust(left=0.055, right=0.99, top=0.84 if title else 0.91, bottom=0.24, wspace=0.22)
    return figure


def _by_model(marks: Sequence[SpeedMark]) -> list[tuple[list[SpeedMark], ModelStyle]]:
    names = list(dict.fromkeys(mark.model for mark in marks))
    return [
        (
            sorted((mark for mark in marks if mark.model == name), key=lambda mark: mark.frames),
            model_style(name, index),
        )
        for index, name in enumerate(names)
    ]


def _label_frames(figure: Figure, axes: Axes, marks: Sequence[SpeedMark], attribute: str) -> None:
    """Write "F=27" beside each marker, at the place that covers the least of what is there."""
    figure.canvas.draw()
    point = figure.dpi / 72  # in pixels of the picture
    heights = {
        (mark, printed): height
        for mark in marks
        for printed, height in ((False, _height(mark)), (True, mark.printed_mm))
        if height is not None and (printed or mark.error_mm)
    }
    markers = {key: _on_paper(axes, getattr(key[0], attribute), height) for key, height in heights.items()}
    labels: list[tuple[float, float]] = []
    for its_marks, style in _by_model(marks):
        for key, height in heights.items():
            if key[0] not in its_marks:
                continue
            x, y = markers[key]
            others = [place for other, place in markers.items() if other != key]
            crowds = [
                _touched((x + dx * point, y + dy * point), others, 17 * point, 9 * point)
                + _touched((x + dx * point, y + dy * point), labels, 29 * point, 10 * point)
                for dx, dy in _LABEL_PLACES
            ]
            dx, dy = _LABEL_PLACES[crowds.index(min(crowds))]
            labels.append((x + dx * point, y + dy * point))
            axes.annotate(
                f"F={key[0].frames}",
                (getattr(key[0], attribute), height),
                xytext=(dx, dy),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=8,
                color=style.color,
            )


def _height(mark: SpeedMark) -> float:
    """Mean of the measured errors; NaN where there are none."""
    return sum(mark.error_mm) / len(mark.error_mm) if mark.error_mm else math.nan


def _on_paper(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """A point of the axes in pixels of the picture."""
    across, up = axes.transData.transform((x, y))
    return float(across), float(up)


def _touched(
    place: tuple[float, float], others: Sequence[tuple[float, float]], width: float, height: float
) -> int:
    """How many of the others lie within a box around a place."""
    return sum(abs(place[0] - x) < width and abs(place[1] - y) < height for x, y in others)


def _log_axis(axis: Any) -> None:
    """Ticks at 1, 2, 5 times powers of ten, written as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(_plain))
    axis.set_minor_formatter(NullFormatter())


def _plain(value: float, position: int | None = None) -> str:
    del position
    return f"{value:g}"


def _grid(axes: Axes) -> None:
    axes.grid(True, which="major", color="#e3e7ea", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _legend(figure: Figure, marks: Sequence[SpeedMark]) -> None:
    lines = [
        Line2D([], [], color=style.color, marker=style.marker, linewidth=1.4, label=style.label)
        for _, style in _by_model(marks)
    ]
    if any(mark.printed_mm is not None for mark in marks):
        lines.append(
            Line2D(
                [],
                [],
                color=MIDDLE,
                marker="o",
                markerfacecolor="none",
                linestyle="none",
                label="hollow: printed error",
            )
        )
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=9, frameon=False)
