"""Chosen moments in rows; the 2D input, the truth and each network's pose in columns (Figure 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rtpca.arrays import DoubleArray
from rtpca.checks import check_axes
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton
from rtpca.viz.colors import MIDDLE, SIDE_COLORS, TRUTH
from rtpca.viz.model_styles import model_style
from rtpca.viz.skeleton2d import draw_skeleton_2d, visible_box
from rtpca.viz.skeleton3d import Bounds, draw_skeleton_3d, on_floor, pose_bounds

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D

_CELL_IN = 2.15
_LEFT_IN, _TOP_IN, _BOTTOM_IN = 0.75, 0.35, 0.4


@dataclass(frozen=True, eq=False)
class PoseRow:
    """One moment.

    Attributes:
        label: Written beside the row; may have several lines.
        keypoints_px: (J, 2) the input, in pixels.
        truth_m: (J, 3) the truth, root-relative, camera axes.
        poses_m: (J, 3) of each network by name, root-relative, camera axes.
    """

    label: str
    keypoints_px: DoubleArray
    truth_m: DoubleArray
    poses_m: Mapping[str, DoubleArray]


def pose_grid(rows: Sequence[PoseRow], skeleton: Skeleton) -> Figure:
    """Draw moments side by side: one view and scale for all 3D drawings, the truth grey behind each pose.

    Each pose is headed by its mean joint error in millimetres.

    Args:
        rows: The moments, all with the same networks.
        skeleton: Joints of all arrays.

    Returns:
        A figure that belongs to no window.

    Raises:
        InputError: If there is no row, or the rows name different networks.
        ShapeError: If an array does not fit the skeleton.
    """
    names = _checked(rows, skeleton)
    columns = 2 + len(names)
    size_in = (_LEFT_IN + columns * _CELL_IN, _TOP_IN + len(rows) * _CELL_IN + _BOTTOM_IN)
    figure = Figure(figsize=size_in, facecolor="white")
    FigureCanvasAgg(figure)

    def cell(row: int, column: int, pad: float = 0.0) -> tuple[float, float, float, float]:
        left = _LEFT_IN + (column + pad) * _CELL_IN
        bottom = size_in[1] - _TOP_IN - (row + 1 - pad) * _CELL_IN
        side = (1 - 2 * pad) * _CELL_IN
        return left / size_in[0], bottom / size_in[1], side / size_in[0], side / size_in[1]

    scale = _common_scale(rows)
    for index, row in enumerate(rows):
        flat = figure.add_axes(cell(index, 0, pad=0.09))
        _draw_input(flat, row.keypoints_px, skeleton)
        truth_m = on_floor(row.truth_m)
        bounds = _around(truth_m, scale)
        axes = cast("Axes3D", figure.add_axes(cell(index, 1), projection="3d"))
        draw_skeleton_3d(axes, truth_m, skeleton, bounds)
        for column, name in enumerate(names, start=2):
            pose_m = row.poses_m[name]
            axes = cast("Axes3D", figure.add_axes(cell(index, column), projection="3d"))
            draw_skeleton_3d(axes, truth_m, skeleton, bounds, TRUTH, line_width=1.8, order=2)
            draw_skeleton_3d(axes, on_floor(pose_m, row.truth_m), skeleton, bounds)
            error_mm = 1000 * float(np.linalg.norm(pose_m - row.truth_m, axis=-1).mean())
            left, bottom, width, height = cell(index, column)
            figure.text(
                left + 0.5 * width,
                bottom + 0.96 * height,
                f"{error_mm:.0f} mm",
                ha="center",
                va="top",
                fontsize=10,
                color=MIDDLE,
            )
        _, bottom, _, height = cell(index, 0)
        figure.text(
            0.32 / size_in[0],
            bottom + height / 2,
            row.label,
            rotation=90,
            ha="center",
            va="center",
            fontsize=9,
            linespacing=1.3,
        )
    heads = ["2D input", "ground truth", *(model_style(name, i).label for i, name in enumerate(names))]
    for column, head in enumerate(heads):
        left, _, width, _ = cell(0, column)
        figure.text(
            left + width / 2,
            1 - (_TOP_IN - 0.22) / size_in[1],
            head,
            ha="center",
            va="center",
            fontsize=11,
            weight="bold",
        )
    _legend(figure)
    return figure


def _checked(rows: Sequence[PoseRow], skeleton: Skeleton) -> list[str]:
    """The networks of all rows."""
    if not rows:
        raise InputError("no moment to draw: give at least one")
    names = list(rows[0].poses_m)
    for row in rows:
        if list(row.poses_m) != names:
            raise InputError(f"rows show different networks: {names} and {list(row.poses_m)}")
        check_axes("keypoints_px", row.keypoints_px, ("J", skeleton.num_joints), 2)
        for name, pose_m in {"truth": row.truth_m, **row.poses_m}.items():
            check_axes(f"{name} pose", pose_m, ("J", skeleton.num_joints), 3)
    return names


def _common_scale(rows: Sequence[PoseRow]) -> tuple[float, float]:
    """Width and height in metres of a box that holds every pose around its own truth's middle."""
    width = height = 0.0
    for row in rows:
        truth_m = on_floor(row.truth_m)
        own = pose_bounds(truth_m)
        everything = [truth_m, *(on_floor(pose_m, row.truth_m) for pose_m in row.poses_m.values())]
        bounds = pose_bounds(*everything)
        off = max(abs(a - b) for a, b in zip(own.center_m[:2], bounds.center_m[:2], strict=True))
        width = max(width, bounds.width_m + 2 * off)
        height = max(height, bounds.height_m)
    return width, height


def _around(truth_m: DoubleArray, scale: tuple[float, float]) -> Bounds:
    x, y, _ = pose_bounds(truth_m).center_m
    return Bounds(center_m=(x, y, 0.0), width_m=scale[0], height_m=scale[1])


def _draw_input(flat: Axes, keypoints_px: DoubleArray, skeleton: Skeleton) -> None:
    draw_skeleton_2d(flat, keypoints_px, skeleton)
    low, high = visible_box(keypoints_px)
    x, y = (low + high) / 2
    half = 0.6 * float((high - low).max())
    flat.set_xlim(x - half, x + half)
    flat.set_ylim(y + half, y - half)


def _legend(figure: Figure) -> None:
    entries = {**SIDE_COLORS, "ground truth, behind the prediction": TRUTH}
    lines = [Line2D([], [], color=color, linewidth=2.5, label=label) for label, color in entries.items()]
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=9, frameon=False)
