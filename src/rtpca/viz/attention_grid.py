"""Attention maps as pictures: one row per network, one column per map, each scaled to [0, 1] (Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray
from rtpca.errors import ShapeError
from rtpca.viz.model_styles import model_style

_CELL_IN = 2.0


def unit_range(weights: ArrayLike) -> DoubleArray:
    """Scale each map so that its least value is 0 and its largest 1; a constant map becomes 0.

    Args:
        weights: (..., F, K).

    Returns:
        (..., F, K).
    """
    values = np.asarray(weights, dtype=np.float64)
    low, high = values.min((-2, -1), keepdims=True), values.max((-2, -1), keepdims=True)
    span = high - low
    return np.divide(values - low, span, out=np.zeros_like(values), where=span > 0)


def attention_figure(maps: Mapping[str, ArrayLike], columns: Sequence[str]) -> Figure:
    """Draw maps: rows of a map are queries, top to bottom; its columns are keys, left to right.

    Args:
        maps: (N, F, K) weights of each network.
        columns: N headings.

    Returns:
        A figure that belongs to no window.

    Raises:
        ShapeError: If a network has not one map for each heading.
    """
    shown = {name: np.asarray(values, dtype=np.float64) for name, values in maps.items()}
    for name, values in shown.items():
        if values.ndim != 3 or len(values) != len(columns):
            raise ShapeError(f"maps of {name} must be (N={len(columns)}, F, K), got {values.shape}")
    left_in, right_in, bottom_in, top_in = 0.85, 0.75, 0.5, 0.6
    gap_in = 0.14
    size_in = (
        left_in + len(columns) * (_CELL_IN + gap_in) + right_in,
        top_in + len(shown) * (_CELL_IN + gap_in) + bottom_in,
    )
    figure = Figure(figsize=size_in, facecolor="white")
    FigureCanvasAgg(figure)
    image: Any = None
    for row, (name, values) in enumerate(shown.items()):
        bottom = size_in[1] - top_in - (row + 1) * (_CELL_IN + gap_in) + gap_in
        for column, one in enumerate(unit_range(values)):
            left = left_in + column * (_CELL_IN + gap_in)
            axes = figure.add_axes(
                (left / size_in[0], bottom / size_in[1], _CELL_IN / size_in[0], _CELL_IN / size_in[1])
            )
            image = axes.imshow(one, cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axes.tick_params(labelsize=8, length=2.5)
            if row == 0:
                axes.set_title(columns[column], fontsize=9.5)
            if row + 1 < len(shown):
                axes.set_xticklabels([])
            else:
                axes.set_xlabel("key frame", fontsize=9)
            if column == 0:
                axes.set_ylabel(f"{model_style(name, row).label}\nquery frame", fontsize=9.5)
            else:
                axes.set_yticklabels([])
    bar = figure.add_axes(
        (
            1 - (right_in - 0.12) / size_in[0],
            bottom_in / size_in[1],
            0.13 / size_in[0],
            1 - (top_in + bottom_in + gap_in) / size_in[1],
        )
    )
    figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=8)
    bar.set_title("scaled", fontsize=8)
    return figure
