"""A moving picture of a result: the 2D input on the left, the lifted pose on the right."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from rtpca.checks import check_axes, check_positive
from rtpca.files import written_whole
from rtpca.skeletons import Skeleton
from rtpca.viz.colors import TRUTH
from rtpca.viz.skeleton2d import draw_skeleton_2d, visible_box
from rtpca.viz.skeleton3d import draw_skeleton_3d, on_floor, pose_bounds

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D

_SMALLEST_DELAY_MS = 20  # browsers play faster GIFs at 10 frames per second


def save_gif(
    path: str | os.PathLike[str],
    keypoints_px: ArrayLike,
    poses_m: ArrayLike,
    skeleton: Skeleton,
    fps: float,
    truth_m: ArrayLike | None = None,
    gif_fps: float = 12.5,
    on_frame: Callable[[int, int], None] | None = None,
) -> Path:
    """Write an endless GIF in the motion's own speed, whole or not at all.

    Frames are dropped, never slowed down: the GIF shows the frame nearest in time.

    Args:
        path: Where to; an existing file is replaced.
        keypoints_px: (F, J, 2) the input, in pixels.
        poses_m: (F, J, 3) the result, root-relative, camera axes.
        skeleton: Joints of the arrays.
        fps: Frames per second of the arrays.
        truth_m: (F, J, 3) drawn in grey behind the result.
        gif_fps: Pictures per second, at most 50.
        on_frame: Called with (pictures done, pictures in all) after each picture.

    Returns:
        The path written.

    Raises:
        ShapeError: The arrays do not fit each other or the skeleton.
        InputError: A frame rate is not above zero.
    """
    keypoints = np.asarray(keypoints_px, dtype=np.float64)
    poses = np.asarray(poses_m, dtype=np.float64)
    check_axes("poses_m", poses, "F", ("J", skeleton.num_joints), 3)
    check_axes("keypoints_px", keypoints, ("F", len(poses)), ("J", skeleton.num_joints), 2)
    truth = None if truth_m is None else np.asarray(truth_m, dtype=np.float64)
    if truth is not None:
        check_axes("truth_m", truth, ("F", len(poses)), ("J", skeleton.num_joints), 3)
    check_positive("fps", fps, "frames per second")
    # GIF delays are whole hundredths of a second.
    delay_ms = max(_SMALLEST_DELAY_MS, 10 * round(100 / check_positive("gif_fps", min(gif_fps, fps))))
    count = max(1, round(1000 * len(poses) / fps / delay_ms))
    picked = [min(len(poses) - 1, round(i * delay_ms * fps / 1000)) for i in range(count)]

    figure = Figure(figsize=(6.4, 3.4), dpi=80, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    flat = figure.add_axes((0.02, 0.04, 0.46, 0.92))
    solid = cast("Axes3D", figure.add_axes((0.5, 0.0, 0.5, 1.0), projection="3d"))
    lifted_m = on_floor(poses, truth)
    truth_on_floor_m = None if truth is None else on_floor(truth)
    bounds = pose_bounds(lifted_m, *([] if truth_on_floor_m is None else [truth_on_floor_m]))
    left_top, right_bottom = _image_part(keypoints)
    pictures: list[Image.Image] = []
    for done, frame in enumerate(picked, start=1):
        flat.clear()
        solid.clear()
        draw_skeleton_2d(flat, keypoints[frame], skeleton)
        flat.set_xlim(left_top[0], right_bottom[0])
        flat.set_ylim(right_bottom[1], left_top[1])
        if truth_on_floor_m is not None:
            draw_skeleton_3d(solid, truth_on_floor_m[frame], skeleton, bounds, TRUTH, line_width=1.6, order=2)
        draw_skeleton_3d(solid, lifted_m[frame], skeleton, bounds)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        # One palette for all pictures, so that colours do not flicker.
        pictures.append(picture.quantize(colors=64, palette=pictures[0] if pictures else None))
        if on_frame is not None:
            on_frame(done, count)
    with written_whole(path) as scratch:
        pictures[0].save(
            scratch, save_all=True, append_images=pictures[1:], duration=delay_ms, loop=0, optimize=False
        )
    return Path(path)


def _image_part(keypoints_px: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left-top and right-bottom (2,) of the image part that holds the person at all times, in pixels."""
    low, high = visible_box(keypoints_px)
    margin = 0.08 * float((high - low).max())
    return low - margin, high + margin
