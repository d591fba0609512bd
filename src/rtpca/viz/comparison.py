"""The picture that shows a result at a glance: 2D input, lifted pose and truth, at several frames."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray
from rtpca.checks import check_axes
from rtpca.errors import InputError
from rtpca.files import written_whole
from rtpca.skeletons import Skeleton
from rtpca.viz.colors import MIDDLE, SIDE_COLORS, TRUTH
from rtpca.viz.skeleton2d import draw_skeleton_2d, visible_box
from rtpca.viz.skeleton3d import draw_skeleton_3d, on_floor, pose_bounds

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D


def comparison_figure(
    keypoints_px: ArrayLike,
    poses_m: ArrayLike,
    skeleton: Skeleton,
    frames: Sequence[int],
    truth_m: ArrayLike | None = None,
    fps: float | None = None,
    title: str | None = None,
) -> Figure:
    """One column per frame: the 2D input, the lifted pose, and beside it the truth where it is known.

    The truth is also drawn in grey behind the lifted pose, and each lifted pose is headed by its mean joint
    error.

    Args:
        keypoints_px: (F, J, 2) the input, in pixels.
        poses_m: (F, J, 3) the result, root-relative, camera axes.
        skeleton: Joints of all three arrays.
        frames: Which frames to show.
        truth_m: (F, J, 3) the truth, root-relative, camera axes.
        fps: Frames per second, to head the columns with seconds instead of frame numbers.
        title: Title of the whole picture.

    Returns:
        A figure that belongs to no window; hand it to `save_png`.

    Raises:
        ShapeError: The arrays do not fit each other or the skeleton.
        InputError: `frames` is empty or reaches outside of the sequence.
    """
    keypoints = np.asarray(keypoints_px, dtype=np.float64)
    poses = np.asarray(poses_m, dtype=np.float64)
    check_axes("poses_m", poses, "F", ("J", skeleton.num_joints), 3)
    check_axes("keypoints_px", keypoints, ("F", len(poses)), ("J", skeleton.num_joints), 2)
    truth = None if truth_m is None else np.asarray(truth_m, dtype=np.float64)
    if truth is not None:
        check_axes("truth_m", truth, ("F", len(poses)), ("J", skeleton.num_joints), 3)
    if not frames or min(frames) < 0 or max(frames) >= len(poses):
        raise InputError(
            f"frames to draw are {list(frames)}: give at least one, each from 0 to {len(poses) - 1}"
        )

    picked = list(frames)
    rows = ["2D input", "lifted 3D"] + ([] if truth is None else ["truth"])
    size = (2.1 * len(picked) + 0.4, 2.3 * len(rows) + (0.85 if title else 0.55))
    figure = Figure(figsize=size, facecolor="white")
    FigureCanvasAgg(figure)
    lifted_m = on_floor(poses, truth)
    truth_on_floor_m = None if truth is None else on_floor(truth)
    bounds = pose_bounds(lifted_m[picked], *([] if truth_on_floor_m is None else [truth_on_floor_m[picked]]))
    window = _image_window(keypoints[picked])
    for column, frame in enumerate(picked):
        cell = _Cell(figure, len(rows), len(picked), column, bool(title))
        flat = figure.add_axes(cell.rect(0, pad=0.06))
        draw_skeleton_2d(flat, keypoints[frame], skeleton)
        low, high = visible_box(keypoints[frame])
        x, y = (low + high) / 2
        flat.set_xlim(x - window / 2, x + window / 2)
        flat.set_ylim(y + window / 2, y - window / 2)
        when = f"frame {frame}" if fps is None else f"{frame / fps:.1f} s"
        flat.set_title(when, fontsize=9, color=MIDDLE)
        lifted = cast("Axes3D", figure.add_axes(cell.rect(1), projection="3d"))
        draw_skeleton_3d(lifted, lifted_m[frame], skeleton, bounds)
        if truth is not None and truth_on_floor_m is not None:
            truth_frame_m = truth_on_floor_m[frame]
            draw_skeleton_3d(lifted, truth_frame_m, skeleton, bounds, TRUTH, line_width=1.6, order=2)
            error_mm = 1000 * float(np.linalg.norm(poses[frame] - truth[frame], axis=-1).mean())
            lifted.set_title(f"{error_mm:.0f} mm", fontsize=9, y=1.0, color=MIDDLE)
            right = cast("Axes3D", figure.add_axes(cell.rect(2), projection="3d"))
            draw_skeleton_3d(right, truth_frame_m, skeleton, bounds)
    _label_rows(figure, rows, bool(title))
    _add_legend(figure, truth is not None)
    if title:
        figure.suptitle(title, fontsize=11, y=0.985)
    return figure


def save_png(figure: Figure, path: str | os.PathLike[str], dpi: int = 110) -> Path:
    """Write a figure as PNG, whole or not at all.

    Args:
        figure: What to write.
        path: Where to; an existing file is replaced.
        dpi: Pixels per inch.

    Returns:
        The path written.
    """
    with written_whole(path) as scratch:
        figure.savefig(scratch, dpi=dpi, format="png")
    return Path(path)


@dataclass(frozen=True)
class _Cell:
    """Places the panels of one column in figure coordinates, below the title and above the legend."""

    figure: Figure
    rows: int
    columns: int
    column: int
    with_title: bool

    def rect(self, row: int, pad: float = 0.0) -> tuple[float, float, float, float]:
        """(left, bottom, width, height) of the panel; `pad` is a part of the panel's size."""
        width_in, height_in = self.figure.get_size_inches()
        left_in, top_in, bottom_in = 0.35, 0.3 + (0.3 if self.with_title else 0.0), 0.25
        cell_w = (width_in - left_in) / self.columns
        cell_h = (height_in - top_in - bottom_in) / self.rows
        left = left_in + self.column * cell_w + pad * cell_w
        bottom = height_in - top_in - (row + 1) * cell_h + pad * cell_h
        size = (1 - 2 * pad) * cell_w, (1 - 2 * pad) * cell_h
        return left / width_in, bottom / height_in, size[0] / width_in, size[1] / height_in


def _image_window(keypoints_px: DoubleArray) -> float:
    """Side of the square image part that holds the person at each of the frames, in pixels."""
    boxes = [visible_box(frame) for frame in keypoints_px]
    return 1.25 * max(float((high - low).max()) for low, high in boxes)


def _label_rows(figure: Figure, rows: list[str], with_title: bool) -> None:
    cell = _Cell(figure, len(rows), 1, 0, with_title)
    for row, label in enumerate(rows):
        _, bottom, _, height = cell.rect(row)
        figure.text(0.012, bottom + height / 2, label, rotation=90, va="center", ha="left", fontsize=10)


def _add_legend(figure: Figure, with_truth: bool) -> None:
    entries = {**SIDE_COLORS, **({"truth, behind the lifted pose": TRUTH} if with_truth else {})}
    lines = [Line2D([], [], color=color, linewidth=2.5, label=label) for label, color in entries.items()]
    figure.legend(handles=lines, loc="lower center", ncols=len(lines), fontsize=8.5, frameon=False)
