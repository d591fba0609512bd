"""Chosen moments in rows; the 2D input, the truth and each network's pose in columns (Figure 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
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

    Raises:
        InputError: There is no row, or the rows name different networks.
        ShapeError: An array does not fit the skeleton.
    """
    names = _checked(rows, skeleton)
    width_in = _LEFT_IN + (2 + len(names)) * _CELL_IN
    height_in = _TOP_IN + len(rows) * _CELL_IN + _BOTTOM_IN
    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    FigureCanvasAgg(figure)
    cells = figure.add_gridspec(
        len(rows),
        2 + len(names),
        left=_LEFT_IN / width_in,
        right=1,
        bottom=_BOTTOM_IN / height_in,
        top=1 - _TOP_IN / height_in,
        wspace=0,
        hspace=0,
    )
    scale = _common_scale(rows)
    for index, row in enumerate(rows):
        flat = figure.add_subplot(cells[index, 0])
        cell = flat.get_position()
        flat.set_position(cell.shrunk(0.82, 0.82).anchored("C", cell))
        draw_skeleton_2d(flat, row.keypoints_px, skeleton)
        low, high = visible_box(row.keypoints_px)
        (x, y), half = (low + high) / 2, 0.6 * float((high - low).max())
        flat.set(xlim=(x - half, x + half), ylim=(y + half, y - half))
        at = flat.transAxes
        flat.text(-0.25, 0.5, row.label, transform=at, rotation=90, ha="center", va="center", fontsize=9)
        truth_m = on_floor(row.truth_m)
        x, y, _ = pose_bounds(truth_m).center_m
        bounds = Bounds(center_m=(x, y, 0.0), width_m=scale[0], height_m=scale[1])
        axes = figure.add_subplot(cells[index, 1], projection="3d")
        draw_skeleton_3d(axes, truth_m, skeleton, bounds)
        for column, pose_m in enumerate(row.poses_m.values(), start=2):
            axes = figure.add_subplot(cells[index, column], projection="3d")
            draw_skeleton_3d(axes, truth_m, skeleton, bounds, TRUTH, line_width=1.8, order=2)
            draw_skeleton_3d(axes, on_floor(pose_m, row.truth_m), skeleton, bounds)
            error_mm = 1000 * float(np.linalg.norm(pose_m - row.truth_m, axis=-1).mean())
            said, at = f"{error_mm:.0f} mm", axes.transAxes
            axes.text2D(0.5, 0.96, said, transform=at, ha="center", va="top", fontsize=10, color=MIDDLE)
    heads = ["2D input", "ground truth", *(model_style(name, i).label for i, name in enumerate(names))]
    for column, head in enumerate(heads):
        x = (_LEFT_IN + (column + 0.5) * _CELL_IN) / width_in
        figure.text(x, 1 - 0.13 / height_in, head, ha="center", va="center", fontsize=11, weight="bold")
    entries = {**SIDE_COLORS, "ground truth, behind the prediction": TRUTH}
    lines = [Line2D([], [], color=color, linewidth=2.5, label=label) for label, color in entries.items()]
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=9, frameon=False)
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
        bounds = pose_bounds(truth_m, *(on_floor(pose_m, row.truth_m) for pose_m in row.poses_m.values()))
        off = max(abs(a - b) for a, b in zip(own.center_m[:2], bounds.center_m[:2], strict=True))
        width, height = max(width, bounds.width_m + 2 * off), max(height, bounds.height_m)
    return width, height
