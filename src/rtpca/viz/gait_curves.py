"""A gait as a picture: when which foot touches the floor, and what the joints do in a cycle."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rtpca.motion.gait import CYCLE_ANGLES, CYCLE_POINTS, SIDES, Gait, Side, mean_and_spread
from rtpca.viz.angle_curves import PANELS, draw_curve, dress_panel, legend_of_sides
from rtpca.viz.angle_curves import SIDES as SHOWN
from rtpca.viz.colors import LEFT, MIDDLE, RIGHT

_COLOR: dict[Side, str] = {"right": RIGHT, "left": LEFT}
_WAYS = dict(PANELS)
_COLUMNS = 4


def gait_figure(gait: Gait, title: str) -> Figure:
    """Feet over time, and mean and spread of the angles over a cycle.

    Args:
        gait: Of one person.
        title: What stands above.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(13, 9), facecolor="white")
    FigureCanvasAgg(figure)
    rows = -(-len(CYCLE_ANGLES) // _COLUMNS)
    grid = figure.add_gridspec(rows + 1, _COLUMNS, height_ratios=[1.1] + [1.0] * rows)
    _draw_feet(figure.add_subplot(grid[0, :]), gait)
    per_cent = np.linspace(0, 100, CYCLE_POINTS)
    for number, stem in enumerate(CYCLE_ANGLES):
        axes = figure.add_subplot(grid[1 + number // _COLUMNS, number % _COLUMNS])
        drawn = [np.full(CYCLE_POINTS, np.nan)]
        for ending, color, _ in SHOWN:
            if stem + ending in gait.curves_deg:
                mean, spread = mean_and_spread(gait.curves_deg[stem + ending])
                draw_curve(axes, per_cent, mean, spread, color)
                drawn.append(mean)
        dress_panel(axes, stem, _WAYS[stem], np.concatenate(drawn))
        axes.set_xlim(0, 100)
        if number // _COLUMNS == rows - 1:
            axes.set_xlabel("% of the cycle, from touch to touch", fontsize=9, color=MIDDLE)
    told = f"{gait.steps_per_min:.0f} steps/min, {gait.speed_m_per_s:.2f} m/s"
    figure.suptitle(
        f"{title}: {told}; degrees, bands: spread of cycles", x=0.01, ha="left", fontsize=12, color=MIDDLE
    )
    legend_of_sides(figure)
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    return figure


def _draw_feet(axes: Axes, gait: Gait) -> None:
    """Ankles ahead of the pelvis, with the moments at which the feet touch and leave the floor."""
    time_s = np.arange(len(gait.ahead_m["right"])) / gait.fps
    for side in SIDES:
        color, ahead_cm = _COLOR[side], 100 * gait.ahead_m[side]
        axes.plot(time_s, ahead_cm, color=color, linewidth=1.4)
        for moments_s, marker, name in (
            (gait.strikes_s[side], "v", "touches"),
            (gait.offs_s[side], "^", "leaves"),
        ):
            at = np.interp(moments_s, time_s, ahead_cm)
            axes.plot(moments_s, at, marker, color=color, markersize=8, label=f"{side} foot {name} the floor")
    axes.set_title("ankle ahead of the pelvis, cm", loc="left", fontsize=10, color=MIDDLE)
    axes.legend(loc="upper right", ncols=4, frameon=False, fontsize=8, labelcolor=MIDDLE)
    axes.set_xlabel("seconds", fontsize=9, color=MIDDLE)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))
    axes.set_xlim(0, max(float(time_s[-1]), 1 / gait.fps))
    axes.axhline(0, color="#c3cad0", linewidth=0.8, zorder=0)
    axes.grid(color="#eceff1", linewidth=0.7)
    axes.tick_params(labelsize=8, colors=MIDDLE, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
