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

    @property
    def mean_mm(self) -> float:
        """Mean of the measured errors; NaN where there are none."""
        return sum(self.error_mm) / len(self.error_mm) if self.error_mm else math.nan


def error_latency_figure(marks: Sequence[SpeedMark]) -> Figure:
    """MPJPE against the time of a pass (left), and against the time of a frame of video (right).

    Filled markers are measured errors (mean of the seeds, bar from the least to the largest); hollow ones are
    printed errors at the latency that was measured here.

    Raises:
        InputError: No mark has an error.
    """
    shown = [mark for mark in marks if mark.error_mm or mark.printed_mm is not None]
    if not shown:
        raise InputError("no errors to draw against latency: measure them, or draw latency alone")
    figure = Figure(figsize=(9.6, 4.4), facecolor="white")
    FigureCanvasAgg(figure)
    panels: dict[str, Axes] = dict(
        zip(("pass_ms", "frame_ms"), figure.subplots(1, 2, sharey=True), strict=True)
    )
    for attribute, axes in panels.items():
        for its_marks, style in _by_model(shown):
            measured = [mark for mark in its_marks if mark.error_mm]
            axes.errorbar(
                [getattr(mark, attribute) for mark in measured],
                [mark.mean_mm for mark in measured],
                yerr=[
                    [mark.mean_mm - min(mark.error_mm) for mark in measured],
                    [max(mark.error_mm) - mark.mean_mm for mark in measured],
                ],
                color=style.color,
                marker=style.marker,
                markersize=6,
                linewidth=1.4,
                capsize=2,
            )
            printed = {getattr(mark, attribute): mark.printed_mm for mark in its_marks if mark.printed_mm}
            axes.plot(
                list(printed),
                list(printed.values()),
                linestyle="none",
                marker=style.marker,
                markersize=8,
                markerfacecolor="none",
                markeredgecolor=style.color,
                markeredgewidth=1.5,
            )
        axes.set_xscale("log")
        _plain_ticks(axes.xaxis)
        axes.margins(x=0.12, y=0.14)
        axes.set_xlabel(_TITLES[attribute])
        _grid(axes)
    panels["pass_ms"].set_ylabel("MPJPE (mm)")
    figure.canvas.draw()  # places of labels depend on the final scales
    for attribute, axes in panels.items():
        _label_frames(figure, axes, shown, attribute)
    _legend(figure, shown)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.96, bottom=0.24, wspace=0.06)
    return figure


def speed_figure(marks: Sequence[SpeedMark]) -> Figure:
    """Latency of a pass, latency of a frame and throughput against the window length."""
    figure = Figure(figsize=(11.0, 3.9), facecolor="white")
    FigureCanvasAgg(figure)
    for axes, (attribute, title) in zip(figure.subplots(1, 3), _TITLES.items(), strict=True):
        for its_marks, style in _by_model(marks):
            axes.plot(
                [mark.frames for mark in its_marks],
                [getattr(mark, attribute) for mark in its_marks],
                color=style.color,
                marker=style.marker,
                markersize=6,
                linewidth=1.4,
            )
        axes.set(xscale="log", yscale="log", xlabel="window length F (frames)")
        frames = sorted({mark.frames for mark in marks})
        axes.set_xticks(frames, [str(count) for count in frames])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", which="minor", bottom=False)
        _plain_ticks(axes.yaxis)
        axes.margins(0.08)
        low, high = axes.get_ylim()
        if high < _LEAST_SPAN * low:  # small differences shall look small
            middle, half = math.sqrt(low * high), math.sqrt(_LEAST_SPAN)
            axes.set_ylim(middle / half, middle * half)
        axes.set_title(title, fontsize=9.5, color=MIDDLE)
        _grid(axes)
    _legend(figure, marks)
    figure.subplots_adjust(left=0.055, right=0.99, top=0.91, bottom=0.24, wspace=0.22)
    return figure


def _by_model(marks: Sequence[SpeedMark]) -> list[tuple[list[SpeedMark], ModelStyle]]:
    return [
        (
            sorted((mark for mark in marks if mark.model == name), key=lambda mark: mark.frames),
            model_style(name, index),
        )
        for index, name in enumerate(dict.fromkeys(mark.model for mark in marks))
    ]


def _label_frames(figure: Figure, axes: Axes, marks: Sequence[SpeedMark], attribute: str) -> None:
    """Write "F=27" beside each marker, at the place that covers the least of what is there."""
    point = figure.dpi / 72  # in pixels of the picture
    markers = [
        (mark.frames, style, (getattr(mark, attribute), height))
        for its_marks, style in _by_model(marks)
        for mark in its_marks
        for height in (mark.mean_mm, mark.printed_mm)
        if height is not None and math.isfinite(height)
    ]
    places: list[tuple[float, float]] = [tuple(axes.transData.transform(place)) for _, _, place in markers]
    labels: list[tuple[float, float]] = []
    for (frames, style, place), (x, y) in zip(markers, places, strict=True):
        candidates = [(x + dx * point, y + dy * point) for dx, dy in _LABEL_PLACES]
        others = [other for other in places if other != (x, y)]
        crowds = [
            _touched(each, others, 17 * point, 9 * point) + _touched(each, labels, 29 * point, 10 * point)
            for each in candidates
        ]
        best = crowds.index(min(crowds))
        labels.append(candidates[best])
        axes.annotate(
            f"F={frames}",
            place,
            xytext=_LABEL_PLACES[best],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=8,
            color=style.color,
        )


def _touched(
    place: tuple[float, float], others: Sequence[tuple[float, float]], width: float, height: float
) -> int:
    """How many of the others lie within a box around a place."""
    return sum(abs(place[0] - x) < width and abs(place[1] - y) < height for x, y in others)


def _plain_ticks(axis: Any) -> None:
    """Ticks at 1, 2, 5 times powers of ten, written as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _grid(axes: Axes) -> None:
    axes.grid(True, which="major", color="#e3e7ea", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure, marks: Sequence[SpeedMark]) -> None:
    lines = [
        Line2D([], [], color=style.color, marker=style.marker, linewidth=1.4, label=style.label)
        for _, style in _by_model(marks)
    ]
    if any(mark.printed_mm is not None for mark in marks):
        hollow = Line2D([], [], color=MIDDLE, marker="o", linestyle="none", label="hollow: printed error")
        hollow.set_markerfacecolor("none")
        lines.append(hollow)
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=9, frameon=False)
