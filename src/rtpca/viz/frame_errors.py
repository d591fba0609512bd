"""Error per frame over a clip: the mean of several takes, and the band of their range (Figure 4)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rtpca.arrays import DoubleArray
from rtpca.errors import ShapeError
from rtpca.viz.colors import MIDDLE
from rtpca.viz.model_styles import model_style


def frame_error_figure(errors_mm: Mapping[str, DoubleArray], fps: float) -> Figure:
    """Draw the curves of several networks over the same frames.

    Args:
        errors_mm: (S, F) error of S samples in each frame, by network; NaN where the truth does not hold.
        fps: Frames per second, for the axis in seconds above.

    Returns:
        A figure that belongs to no window.

    Raises:
        ShapeError: If the arrays are not all of one shape (S, F).
    """
    shapes = {values.shape for values in errors_mm.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ShapeError(f"errors must share one shape (S, F), got {sorted(shapes)}")
    figure = Figure(figsize=(9.6, 4.4), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.075, 0.19, 0.905, 0.68))
    for index, (name, values) in enumerate(errors_mm.items()):
        style = model_style(name, index)
        frames = np.arange(values.shape[1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a frame that counts in no take stays empty
            low, mean, high = np.nanmin(values, 0), np.nanmean(values, 0), np.nanmax(values, 0)
        axes.fill_between(frames, low, high, color=style.color, alpha=0.14, linewidth=0)
        for edge in (low, high):
            axes.plot(frames, edge, color=style.color, linewidth=0.5, alpha=0.6)
        axes.plot(frames, mean, color=style.color, linewidth=1.6, label=f"{style.label}, mean of the takes")
    axes.set_xlim(0, max(1, next(iter(shapes))[1] - 1))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("frame")
    axes.set_ylabel("MPJPE (mm)")
    seconds = axes.secondary_xaxis(
        "top", functions=(partial(np.multiply, 1 / fps), partial(np.multiply, fps))
    )
    seconds.set_xlabel("time (s)", fontsize=9)
    seconds.tick_params(labelsize=8.5)
    axes.tick_params(labelsize=9)
    axes.grid(True, color="#e3e7ea", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines["right"].set_visible(False)
    band = Patch(color=MIDDLE, alpha=0.2, linewidth=0, label="band: least to largest take")
    lines = axes.get_legend_handles_labels()[0]
    figure.legend(handles=[*lines, band], loc="lower center", ncols=len(lines) + 1, fontsize=9, frameon=False)
    return figure
