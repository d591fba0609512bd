"""Joint angles over time: a panel for each, the person's left and right beside each other."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rtpca.arrays import DoubleArray
from rtpca.inference.angles import JointAngles
from rtpca.viz.colors import LEFT, MIDDLE, RIGHT

PANELS = (
    ("pelvis_tilt", "back"),
    ("pelvis_list", "right side down"),
    ("pelvis_rotation", "to the left"),
    ("neck_flexion", "back"),
    ("lumbar_extension", "back"),
    ("lumbar_bending", "to the right"),
    ("lumbar_rotation", "to the left"),
    ("neck_bending", "to the right"),
    ("hip_flexion", "forward"),
    ("hip_adduction", "inward"),
    ("hip_rotation", "inward"),
    ("knee_angle", "bent"),
    ("arm_flex", "forward"),
    ("arm_add", "inward"),
    ("arm_rot", "inward"),
    ("elbow_flex", "bent"),
)
"""Angle without its side, and which way it counts."""
SIDES = (("_r", RIGHT, "right"), ("_l", LEFT, "left"), ("", MIDDLE, "trunk and head"))
"""Ending of an angle's name, its colour, and what that is called."""

_COLUMNS = 4
_LEAST_SPAN_DEG = 30.0


def angles_figure(angles: JointAngles, title: str) -> Figure:
    """Curves of all angles that 17 joints can tell.

    Args:
        angles: Of one person. Frames in which an angle is not determined leave a gap.
        title: What stands above.

    Returns:
        The figure; bands show the interval where there is one.
    """
    figure = Figure(figsize=(13, 9.2), facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(PANELS) // _COLUMNS, _COLUMNS, sharex=True)
    for axes, (stem, way) in zip(grid.ravel(), PANELS, strict=True):
        drawn: list[DoubleArray] = []
        for ending, color, _ in SIDES:
            if stem + ending in angles.names:
                values_deg = angles.degrees(stem + ending)
                known = angles.half_width_rad is not None
                width_deg = angles.half_width_degrees(stem + ending) if known else None
                draw_curve(axes, angles.times_s, values_deg, width_deg, color)
                drawn.append(values_deg)
        dress_panel(axes, stem, way, np.concatenate(drawn))
    for axes in grid[-1]:
        axes.set_xlabel("seconds", fontsize=9, color=MIDDLE)
    grid[0, 0].set_xlim(0, max(float(angles.times_s[-1]), 1 / angles.fps))
    band = "" if angles.half_width_rad is None else f"; bands hold {100 * angles.level:.0f} % of true angles"
    figure.suptitle(f"{title}: joint angles in degrees{band}", x=0.01, ha="left", fontsize=12, color=MIDDLE)
    legend_of_sides(figure)
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    return figure


def draw_curve(
    axes: Axes, at: DoubleArray, values_deg: DoubleArray, width_deg: DoubleArray | None, color: str
) -> None:
    """A curve with its band; gaps where it is NaN."""
    if width_deg is not None:
        axes.fill_between(at, values_deg - width_deg, values_deg + width_deg, color=color, alpha=0.13, lw=0)
    alone = len(at) < 2
    axes.plot(at, values_deg, color=color, linewidth=1.4, marker="o" if alone else None, markersize=4)


def dress_panel(axes: Axes, stem: str, way: str, values_deg: DoubleArray) -> None:
    """Name, direction and limits of a panel; the limits are those of the curves, not of their bands."""
    axes.set_title(stem, loc="left", fontsize=10, color=MIDDLE)
    axes.set_title(f"+ {way}", loc="right", fontsize=8, color="#7a858e")
    known = values_deg[np.isfinite(values_deg)]
    if len(known):
        low, high = float(known.min()), float(known.max())
        margin = max(0.15 * (high - low), (_LEAST_SPAN_DEG - (high - low)) / 2, 5.0)
        axes.set_ylim(low - margin, high + margin)
    else:
        axes.set_ylim(-_LEAST_SPAN_DEG, _LEAST_SPAN_DEG)
        axes.text(0.5, 0.5, "not determined", transform=axes.transAxes, ha="center", color="#7a858e")
    axes.axhline(0, color="#c3cad0", linewidth=0.8, zorder=0)
    axes.grid(color="#eceff1", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=MIDDLE, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def legend_of_sides(figure: Figure) -> None:
    """Which colour is which side, at the upper right."""
    lines = [Line2D([], [], color=color, linewidth=2) for _, color, _ in SIDES]
    names = [f"person's {name}" if ending else name for ending, _, name in SIDES]
    figure.legend(lines, names, loc="upper right", ncols=3, frameon=False, fontsize=9, labelcolor=MIDDLE)
