"""Attention maps as pictures: one row per network, one column per map, each scaled to [0, 1] (Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray
from rtpca.errors import ShapeError
from rtpca.viz.model_styles import model_style

_CELL_IN = 2.1


def unit_range(weights: ArrayLike) -> DoubleArray:
    """Scale each map (..., F, K) so that its least value is 0 and its largest 1; a constant map becomes 0."""
    values = np.asarray(weights, dtype=np.float64)
    low, high = values.min((-2, -1), keepdims=True), values.max((-2, -1), keepdims=True)
    span = high - low
    return np.divide(values - low, span, out=np.zeros_like(values), where=span > 0)


def attention_figure(maps: Mapping[str, ArrayLike], columns: Sequence[str]) -> Figure:
    """Draw maps: rows of a map are queries, top to bottom; its columns are keys, left to right.

    Args:
        maps: (N, F, K) weights of each network.
        columns: N headings.

    Raises:
        ShapeError: A network has not one map for each heading.
    """
    shown = {name: np.asarray(values, dtype=np.float64) for name, values in maps.items()}
    for name, values in shown.items():
        if values.ndim != 3 or len(values) != len(columns):
            raise ShapeError(f"maps of {name} must be (N={len(columns)}, F, K), got {values.shape}")
    size_in = (1.6 + _CELL_IN * len(columns), 1.0 + _CELL_IN * len(shown))
    figure = Figure(figsize=size_in, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(shown), len(columns), squeeze=False)
    for row, (name, values) in enumerate(shown.items()):
        for column, (axes, one) in enumerate(zip(panels[row], unit_range(values), strict=True)):
            axes.imshow(one, cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
            axes.tick_params(
                labelsize=8, length=2.5, labelbottom=row + 1 == len(shown), labelleft=column == 0
            )
            if row == 0:
                axes.set_title(columns[column], fontsize=9.5)
            if row + 1 == len(shown):
                axes.set_xlabel("key frame", fontsize=9)
            if column == 0:
                axes.set_ylabel(f"{model_style(name, row).label}\nquery frame", fontsize=9.5)
    bar = figure.colorbar(ScalarMappable(cmap="viridis"), ax=panels, aspect=40, pad=0.01)
    bar.ax.tick_params(labelsize=8)
    bar.ax.set_title("scaled", fontsize=8)
    return figure
