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
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from rtpca.errors import InputError
from rtpca.viz.colors import MIDDLE
from rtpca.viz.model_styles import ModelStyle, model_style

_LEAST_SPAN = 4.0
_TITLES = {
    "pass_ms": "latency of one pass, batch 1 (ms)",
    "frame_ms": "latency per predicted frame, batch 1 (ms)",
    "frames_per_second": "predicted frames per second, large batch",
}
# Where a label may stand from its marker, in points; the first that is free is taken.
_LABEL_PLACES = ((0, 11), (0, -12), (22, 0), (-22, 0), (20, 11), (-20, 11), (20, -11), (-20, -11), (0, 22))


@dataclass(frozen=True)
class SpeedMark:
    """One network at one window length.

    Attributes:
        model: Name of the network.
        frames: Window length F.
        pass_ms: Time of one pass at batch 1, milliseconds.
        frame_ms: The same over the frames that a pass predicts.
        frames_per_second: Predicted frames per second at a large batch.
        mpjpe_mm: MPJPE of each seed; empty where it was not measured.
        printed_mm: MPJPE that a publication prints for this network at this window length.
    """

    model: str
    frames: int
    pass_ms: float
    frame_ms: float
    frames_per_second: float
    mpjpe_mm: tuple[float, ...] = ()
    printed_mm: float | None = None

    @property
    def mean_mm(self) -> float:
        """Mean of the measured errors; NaN where there are none."""
        return sum(self.mpjpe_mm) / len(self.mpjpe_mm) if self.mpjpe_mm else math.nan


def error_latency_figure(marks: Sequence[SpeedMark]) -> Figure:
    """MPJPE against the time of a pass (left), and against the time of a frame of video (right).

    Filled markers are measured errors (mean of the seeds, bar from the least to the largest); hollow ones are
    printed errors at the latency that was measured here.

    Raises:
        InputError: No mark has an error.
    """
    shown = [mark for mark in marks if mark.mpjpe_mm or mark.printed_mm is not None]
    if not shown:
        raise InputError("no errors to draw against latency: measure them, or draw latency alone")
    figure = Figure(figsize=(9.6, 4.4), facecolor="white")
    FigureCanvasAgg(figure)
    panels = dict(zip(("pass_ms", "frame_ms"), figure.subplots(1, 2, sharey=True), strict=True))
    for attribute, axes in panels.items():
        for style, its_marks in _by_model(shown):
            measured = [mark for mark in its_marks if mark.mpjpe_mm]
            mean_mm = [mark.mean_mm for mark in measured]
            below = [mark.mean_mm - min(mark.mpjpe_mm) for mark in measured]
            above = [max(mark.mpjpe_mm) - mark.mean_mm for mark in measured]
            at_ms = [getattr(mark, attribute) for mark in measured]
            axes.errorbar(at_ms, mean_mm, yerr=(below, above), capsize=2, **_line(style))
            printed = {getattr(mark, attribute): mark.printed_mm for mark in its_marks if mark.printed_mm}
            hollow = _line(style) | {"linestyle": "none", "markersize": 8, "markerfacecolor": "none"}
            axes.plot(list(printed), list(printed.values()), markeredgewidth=1.5, **hollow)
        axes.set(xscale="log", xlabel=_TITLES[attribute])
        _plain_ticks(axes.xaxis)
        axes.margins(x=0.12, y=0.14)
    panels["pass_ms"].set_ylabel("MPJPE (mm)")
    figure.subplots_adjust(left=0.07, right=0.985, top=0.96, bottom=0.24, wspace=0.06)
    _finish(figure, shown)
    figure.canvas.draw()  # places of labels depend on the final scales
    for attribute, axes in panels.items():
        _label_frames(figure, axes, shown, attribute)
    return figure


def speed_figure(marks: Sequence[SpeedMark]) -> Figure:
    """Latency of a pass, latency of a frame and throughput against the window length."""
    figure = Figure(figsize=(11.0, 3.9), facecolor="white")
    FigureCanvasAgg(figure)
    lengths = sorted({mark.frames for mark in marks})
    for axes, (attribute, title) in zip(figure.subplots(1, 3), _TITLES.items(), strict=True):
        for style, its_marks in _by_model(marks):
            values = [getattr(mark, attribute) for mark in its_marks]
            axes.plot([mark.frames for mark in its_marks], values, **_line(style))
        axes.set(xscale="log", yscale="log", xlabel="window length F (frames)")
        axes.set_xticks(lengths, [str(count) for count in lengths])
        axes.set_xticks([], minor=True)
        _plain_ticks(axes.yaxis)
        axes.margins(0.08)
        low, high = axes.get_ylim()
        if high < _LEAST_SPAN * low:  # small differences shall look small
            middle, half = math.sqrt(low * high), math.sqrt(_LEAST_SPAN)
            axes.set_ylim(middle / half, middle * half)
        axes.set_title(title, fontsize=9.5, color=MIDDLE)
    figure.subplots_adjust(left=0.055, right=0.99, top=0.91, bottom=0.24, wspace=0.22)
    _finish(figure, marks)
    return figure


def _by_model(marks: Sequence[SpeedMark]) -> list[tuple[ModelStyle, list[SpeedMark]]]:
    names = dict.fromkeys(mark.model for mark in marks)
    ordered = sorted(marks, key=lambda mark: mark.frames)
    return [
        (model_style(name, index), [mark for mark in ordered if mark.model == name])
        for index, name in enumerate(names)
    ]


def _line(style: ModelStyle) -> dict[str, Any]:
    return {"color": style.color, "marker": style.marker, "markersize": 6, "linewidth": 1.4}


def _label_frames(figure: Figure, axes: Axes, marks: Sequence[SpeedMark], attribute: str) -> None:
    """Write "F=27" beside each marker, at the place that covers the least of what is there."""
    point = figure.dpi / 72  # in pixels of the picture
    markers = [
        (mark.frames, style, (getattr(mark, attribute), height))
        for style, its_marks in _by_model(marks)
        for mark in its_marks
        for height in (mark.mean_mm, mark.printed_mm)
        if height is not None and math.isfinite(height)
    ]
    places = [tuple(axes.transData.transform(place)) for _, _, place in markers]
    labels: list[tuple[float, float]] = []

    def crowd(x: float, y: float, own: tuple[float, ...]) -> int:
        near = sum(abs(x - a) < 17 * point and abs(y - b) < 9 * point for a, b in places if (a, b) != own)
        return near + sum(abs(x - a) < 29 * point and abs(y - b) < 10 * point for a, b in labels)

    for (frames, style, place), own in zip(markers, places, strict=True):
        options = {(own[0] + dx * point, own[1] + dy * point): (dx, dy) for dx, dy in _LABEL_PLACES}
        best = min(options, key=lambda at, own=own: crowd(*at, own))
        labels.append(best)
        text = axes.annotate(f"F={frames}", place, options[best], textcoords="offset points", fontsize=8)
        text.set(ha="center", va="center", color=style.color)


def _plain_ticks(axis: Any) -> None:
    """Ticks at 1, 2, 5 times powers of ten, written as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _finish(figure: Figure, marks: Sequence[SpeedMark]) -> None:
    """Grids and the legend."""
    for axes in figure.axes:
        axes.grid(True, which="major", color="#e3e7ea", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8.5)
        axes.spines[["top", "right"]].set_visible(False)
    lines = [Line2D([], [], label=style.label, **_line(style)) for style, _ in _by_model(marks)]
    if any(mark.printed_mm is not None for mark in marks):
        lines.append(
            Line2D([], [], color=MIDDLE, marker="o", linestyle="none", label="hollow: printed error")
        )
        lines[-1].set_markerfacecolor("none")
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=9, frameon=False)
