"""From the scene's axes onto a flat panel: parallel rays, one scale, a camera that never moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray

AZIMUTHS_DEG = (-115.0, -65.0)
"""Where the viewer may stand: to the left or to the right of the camera."""
ELEVATION_DEG = 12.0
_OUTLIERS = 0.2  # per cent of points at each end that may lie outside of the panel
_MARGIN_M = 0.25


@dataclass(frozen=True, eq=False)
class Rect:
    """A part of a picture, in pixels; y points down."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height


@dataclass(frozen=True, eq=False)
class ParallelView:
    """A parallel projection: lengths keep their ratio wherever they are.

    Attributes:
        right: (3,) scene direction that points right in the picture.
        up: (3,) scene direction that points up.
        toward: (3,) scene direction that points at the viewer.
        center_m: (3,) scene point in the middle of the panel.
        middle_px: (2,) middle of the panel.
        px_per_m: Scale.
    """

    right: DoubleArray
    up: DoubleArray
    toward: DoubleArray
    center_m: DoubleArray
    middle_px: DoubleArray
    px_per_m: float

    def to_px(self, points_m: ArrayLike) -> DoubleArray:
        """Scene points (..., 3) in metres to picture points (..., 2) in pixels, y down."""
        offset = np.asarray(points_m, dtype=np.float64) - self.center_m
        across, upward = offset @ self.right, offset @ self.up
        return self.middle_px + self.px_per_m * np.stack([across, -upward], axis=-1)

    def nearness_m(self, points_m: ArrayLike) -> DoubleArray:
        """How near to the viewer scene points (..., 3) are, (...): what is larger hides what is smaller."""
        return np.asarray(points_m, dtype=np.float64) @ self.toward


def parallel_view(points_m: ArrayLike, panel: Rect, azimuth_deg: float, elevation_deg: float) -> ParallelView:
    """The view that shows points of the scene as large as a panel allows.

    A few far outliers do not count.

    Args:
        points_m: (N, 3) in scene axes (x right, y away, z up).
        panel: Where to draw, in pixels.
        azimuth_deg: Where the viewer stands; -90 is the camera's own side, -180 the left of it.
        elevation_deg: How far above.

    Returns:
        The view.
    """
    points = np.asarray(points_m, dtype=np.float64)
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    toward = np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )
    up = np.cross(toward, right)
    limits = (_OUTLIERS, 100 - _OUTLIERS)
    left_m, right_m = np.percentile(points @ right, limits) + (-_MARGIN_M, _MARGIN_M)
    bottom_m, top_m = np.percentile(points @ up, limits) + (-_MARGIN_M, _MARGIN_M)
    scale = min(panel.width / (right_m - left_m), panel.height / (top_m - bottom_m))
    return ParallelView(
        right=right,
        up=up,
        toward=toward,
        center_m=(left_m + right_m) / 2 * right + (bottom_m + top_m) / 2 * up,
        middle_px=np.array([panel.left + panel.width / 2, panel.top + panel.height / 2]),
        px_per_m=float(scale),
    )


def best_azimuth_deg(points_m: ArrayLike, panel: Rect) -> float:
    """Of the places where the viewer may stand, the one from which a panel shows points largest.

    Args:
        points_m: (N, 3) in scene axes.
        panel: Where to draw, in pixels.

    Returns:
        One of `AZIMUTHS_DEG`.
    """
    return max(
        AZIMUTHS_DEG,
        key=lambda azimuth: parallel_view(points_m, panel, azimuth, ELEVATION_DEG).px_per_m,
    )


def floor_lines(low_m: ArrayLike, high_m: ArrayLike, tile_m: float = 0.5) -> DoubleArray:
    """The lines of a square grid on the floor z = 0 that covers a box.

    Args:
        low_m: (3,) corner of the box.
        high_m: (3,) the opposite corner.
        tile_m: Edge of a tile.

    Returns:
        (lines, 2, 3) end points in scene axes; the grid goes through x = 0 and y = 0.
    """
    first = np.floor(np.asarray(low_m)[:2] / tile_m) * tile_m
    last = np.ceil(np.asarray(high_m)[:2] / tile_m) * tile_m
    xs, ys = (np.arange(a, b + tile_m / 2, tile_m) for a, b in zip(first, last, strict=True))
    lines = [[(x, first[1], 0.0), (x, last[1], 0.0)] for x in xs]
    lines += [[(first[0], y, 0.0), (last[0], y, 0.0)] for y in ys]
    return np.array(lines)
