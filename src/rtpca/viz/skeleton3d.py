"""One 3D skeleton in one matplotlib 3D axes: up is up, all axes have the same scale, a grid marks the floor.

Poses come in camera axes (x right, y down, z forward). The drawing's axes are x right, y away from the
camera, z up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from mpl_toolkits.mplot3d.art3d import Line3DCollection
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray
from rtpca.checks import check_axes
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton
from rtpca.viz.colors import FLOOR, bone_colors, joint_colors

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D

_FLOOR_TILE_M = 0.25
_FILL = 0.9  # part of the axes that the drawing takes, in matplotlib's measure
_FLOOR_ORDER = 1


@dataclass(frozen=True)
class Bounds:
    """The upright box that a drawing shows, in the drawing's axes; the floor is its bottom.

    Attributes:
        center_m: (3,) middle of the floor.
        width_m: Edge of the square floor.
        height_m: Height of the box.
    """

    center_m: tuple[float, float, float]
    width_m: float
    height_m: float


def to_plot_axes(joints_m: ArrayLike) -> DoubleArray:
    """Camera axes (x right, y down, z forward) to the drawing's (x right, y away, z up).

    Args:
        joints_m: (..., 3) in camera axes.

    Returns:
        (..., 3) in the drawing's axes: (x, z, -y).
    """
    points = np.asarray(joints_m, dtype=np.float64)
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def on_floor(poses_m: ArrayLike, reference_m: ArrayLike | None = None) -> DoubleArray:
    """Move every frame of a root-relative sequence up or down, so that its lowest joint stands at height 0.

    Root-relative poses hang from the pelvis: without this a squat is drawn as feet that rise. A jump is drawn
    standing. It only serves to draw; the camera is taken to be level.

    Args:
        poses_m: (..., J, 3) in camera axes.
        reference_m: (..., J, 3) the poses whose lowest joints touch the floor; by default `poses_m` itself.

    Returns:
        (..., J, 3) in camera axes.
    """
    poses = np.asarray(poses_m, dtype=np.float64).copy()
    reference = poses if reference_m is None else np.asarray(reference_m, dtype=np.float64)
    down = np.where(
        np.isfinite(reference[..., 1]), reference[..., 1], -np.inf
    )  # (..., J), camera y points down
    lowest = down.max(axis=-1, keepdims=True)  # (..., 1)
    poses[..., 1] -= np.where(np.isfinite(lowest), lowest, 0.0)
    return poses


def pose_bounds(*poses_m: ArrayLike, margin_m: float = 0.05) -> Bounds:
    """The smallest box around all given poses, so that several drawings share one scale.

    Args:
        poses_m: Arrays (..., J, 3) in camera axes; NaN is ignored.
        margin_m: Air at the sides and above.

    Returns:
        The box; its floor is at the height of the lowest joint.

    Raises:
        InputError: There is no finite point.
    """
    points = np.concatenate([to_plot_axes(poses).reshape(-1, 3) for poses in poses_m])
    points = points[np.isfinite(points).all(axis=-1)]
    if len(points) == 0:
        raise InputError("there is no pose to draw: every joint is NaN")
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    span = high - low
    return Bounds(
        center_m=(float(middle[0]), float(middle[1]), float(low[2])),
        width_m=float(span[:2].max()) + 2 * margin_m,
        height_m=float(span[2]) + margin_m,
    )


def draw_skeleton_3d(
    axes: Axes3D,
    joints_m: ArrayLike,
    skeleton: Skeleton,
    bounds: Bounds | None = None,
    color: str | None = None,
    line_width: float = 2.2,
    azimuth_deg: float = -125.0,
    elevation_deg: float = 12.0,
    order: int = 3,
) -> None:
    """Draw one pose with equal axes over a floor grid.

    Draw a second pose into the same axes with the same `bounds` to lay it over the first one.

    Args:
        axes: A matplotlib axes made with `projection="3d"`.
        joints_m: (J, 3) in camera axes; bones with a NaN end are left out.
        skeleton: The joints' names, bones and sides.
        bounds: The box to show; by default that around this pose.
        color: One colour for the whole skeleton instead of one for each side of the person.
        line_width: Width of the bones in points.
        azimuth_deg: Where the viewer stands; -90 is the camera's own side.
        elevation_deg: How far above the viewer's eye is.
        order: What is drawn over what: the higher order in front.

    Raises:
        ShapeError: `joints_m` is not (J, 3) for the skeleton's J.
        InputError: No joint is finite.
    """
    joints = np.asarray(joints_m, dtype=np.float64)
    check_axes("joints_m", joints, ("J", skeleton.num_joints), 3)
    if bounds is None:
        bounds = pose_bounds(joints)
    points = to_plot_axes(joints)
    segments, colors = [], []
    for (parent, child), side_color in zip(skeleton.bones, bone_colors(skeleton), strict=True):
        segment = points[[parent, child]]  # (2, 3)
        if np.isfinite(segment).all():
            segments.append(segment)
            colors.append(color or side_color)
    # Without this matplotlib orders whole collections by distance, and draws the floor over the feet.
    axes.computed_zorder = False
    bones = Line3DCollection(segments, colors=colors, linewidths=line_width, capstyle="round", zorder=order)
    axes.add_collection3d(bones)
    seen = np.isfinite(points).all(axis=-1)
    size: Any = 3.5 * line_width  # matplotlib's annotation says int
    joint_color = color or np.asarray(joint_colors(skeleton))[seen]
    axes.scatter(*points[seen].T, s=size, c=joint_color, depthshade=False, linewidths=0, zorder=order)
    axes.view_init(elev=elevation_deg, azim=azimuth_deg)
    _frame(axes, bounds, np.radians(azimuth_deg), np.radians(elevation_deg))


def _frame(axes: Axes3D, bounds: Bounds, azimuth_rad: float, elevation_rad: float) -> None:
    """One scale for all axes, no box around, and the floor grid."""
    half = bounds.width_m / 2
    x, y, floor = bounds.center_m
    axes.set_xlim(x - half, x + half)
    axes.set_ylim(y - half, y + half)
    axes.set_zlim(floor, floor + bounds.height_m)
    # What the viewer sees of the box: the floor's extent seen askew, and the height with the floor's depth.
    seen_width = bounds.width_m * (abs(np.cos(azimuth_rad)) + abs(np.sin(azimuth_rad)))
    seen_height = bounds.height_m * np.cos(elevation_rad) + seen_width * np.sin(elevation_rad)
    sides = (bounds.width_m, bounds.width_m, bounds.height_m)
    # Matplotlib scales the box by its diagonal; we want it as large as the axes allow.
    zoom: Any = _FILL * np.linalg.norm(sides) / max(seen_width, seen_height)  # annotated as int
    axes.set_box_aspect(sides, zoom=zoom)
    axes.set_axis_off()
    ticks = np.linspace(-half, half, max(1, round(bounds.width_m / _FLOOR_TILE_M)) + 1)
    lines = [[(x + t, y - half, floor), (x + t, y + half, floor)] for t in ticks]
    lines += [[(x - half, y + t, floor), (x + half, y + t, floor)] for t in ticks]
    axes.add_collection3d(Line3DCollection(lines, colors=FLOOR, linewidths=0.6, zorder=_FLOOR_ORDER))
