"""One 2D skeleton in one matplotlib axes, as it lies in the image."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray
from rtpca.checks import check_axes
from rtpca.skeletons import Skeleton
from rtpca.viz.colors import PAPER, bone_colors, joint_colors


def draw_skeleton_2d(
    axes: Axes,
    keypoints_px: ArrayLike,
    skeleton: Skeleton,
    image: ArrayLike | None = None,
    image_size: tuple[int, int] | None = None,
    line_width: float = 2.0,
) -> None:
    """Draw one frame's keypoints over the image, or over an empty frame of its size.

    The y axis points down, as in an image. Bones with a missing end are left out.

    Args:
        axes: Where to draw.
        keypoints_px: (J, 2) image points in pixels; NaN where missing.
        skeleton: The joints' names, bones and sides.
        image: (height, width, 3) picture to draw over.
        image_size: Width and height in pixels, to show the whole frame where there is no `image`;
            otherwise the drawing is as large as the person.
        line_width: Width of the bones in points.

    Raises:
        ShapeError: `keypoints_px` is not (J, 2) for the skeleton's J.
    """
    points = np.asarray(keypoints_px, dtype=np.float64)
    check_axes("keypoints_px", points, ("J", skeleton.num_joints), 2)
    if image is not None:
        axes.imshow(np.asarray(image))
    elif image_size is not None:
        axes.set_xlim(0, image_size[0])
        axes.set_ylim(image_size[1], 0)
    segments, colors = [], []
    for (parent, child), color in zip(skeleton.bones, bone_colors(skeleton), strict=True):
        segment = points[[parent, child]]  # (2, 2)
        if np.isfinite(segment).all():
            segments.append(segment)
            colors.append(color)
    axes.add_collection(LineCollection(segments, colors=colors, linewidths=line_width, capstyle="round"))
    seen = np.isfinite(points).all(axis=-1)
    joint_color = np.asarray(joint_colors(skeleton))[seen]
    axes.scatter(*points[seen].T, s=4 * line_width, c=joint_color, zorder=3, linewidths=0)
    axes.set_aspect("equal")
    if image is None and image_size is None:
        axes.autoscale_view()
        axes.invert_yaxis()
    axes.set_facecolor(PAPER)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#c5ccd2")


def visible_box(keypoints_px: ArrayLike) -> tuple[DoubleArray, DoubleArray]:
    """The box around all image points that are there.

    Args:
        keypoints_px: (..., 2) image points; NaN where missing.

    Returns:
        Its (2,) left-top and right-bottom corners; (0, 0) and (1, 1) where no point is there.
    """
    points = np.asarray(keypoints_px, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=-1)]
    if len(points) == 0:
        return np.zeros(2), np.ones(2)
    return points.min(axis=0), points.max(axis=0)
