"""Intrinsics of a camera from points that are known in its axes and in its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import AnyFloatArray
from rtpca.errors import InputError

_MIN_POINTS = 8
_MIN_DEPTH_M = 0.1
_OUTLIER = 4.0  # of the median distance


@dataclass(frozen=True)
class Pinhole:
    """A fitted pinhole.

    Attributes:
        focal_px: focal length in x and y, pixels.
        principal_px: principal point, pixels.
        rms_px: root mean square distance of the points from their projections, pixels.
    """

    focal_px: tuple[float, float]
    principal_px: tuple[float, float]
    rms_px: float


def fit_pinhole(points_cam: AnyFloatArray, points_px: AnyFloatArray, label: str) -> Pinhole:
    """Fit focal lengths and principal point by linear least squares, u = fx x/z + cx, v = fy y/z + cy.

    Points that are not finite or not in front of the camera are left out. The fit is repeated without the
    points that are more than four times the median distance off, so that a detector's wild points do not
    bend it.

    Args:
        points_cam: (..., 3) camera axes, metres.
        points_px: (..., 2) pixels.
        label: how the message names the camera.

    Raises:
        InputError: too few points, or points that no camera sees like that.
    """
    points_cam = points_cam.reshape(-1, 3).astype(np.float64)
    points_px = points_px.reshape(-1, 2).astype(np.float64)
    used = np.isfinite(points_px).all(axis=1) & np.isfinite(points_cam).all(axis=1)
    used &= points_cam[:, 2] > _MIN_DEPTH_M
    rays, points_px = points_cam[used, :2] / points_cam[used, 2:], points_px[used]
    if len(rays) < _MIN_POINTS or 2 * len(rays) < len(used):
        raise InputError(
            f"{label}: only {len(rays)} of {len(used)} points are in front of the camera and seen in 2D; "
            "are 2D and 3D of the same recording, and is the 3D in camera coordinates?"
        )
    kept = np.ones(len(rays), dtype=bool)
    lines = np.zeros((2, 2))
    off_px = np.zeros(len(rays))
    for _ in range(2):
        for axis in range(2):
            design = np.stack([rays[kept, axis], np.ones(kept.sum())], axis=1)
            lines[axis] = np.linalg.lstsq(design, points_px[kept, axis], rcond=None)[0]
        off_px = np.linalg.norm(rays * lines[:, 0] + lines[:, 1] - points_px, axis=1)
        kept = off_px <= _OUTLIER * np.median(off_px) + 1e-6
    if not (lines[:, 0] > 1).all():
        raise InputError(
            f"{label}: the 2D and 3D points fit no camera (focal lengths {lines[0, 0]:.1f} and "
            f"{lines[1, 0]:.1f} px); are both of the same recording, in the same order of joints?"
        )
    return Pinhole(
        focal_px=(float(lines[0, 0]), float(lines[1, 0])),
        principal_px=(float(lines[0, 1]), float(lines[1, 1])),
        rms_px=float(np.sqrt(np.mean(off_px[kept] ** 2))),
    )


def fit_summary(rms_px: Mapping[str, float], of_each: str) -> str:
    """One line about how well pinholes fitted.

    Args:
        rms_px: what `fit_pinhole` gave, by what it was fitted to.
        of_each: what that is.
    """
    worst = max(rms_px, key=lambda name: rms_px[name])
    middle = float(np.median(list(rms_px.values())))
    return (
        f"intrinsics fitted to 2D and 3D of each {of_each}: {middle:.2f} px off (rms, median), "
        f"{rms_px[worst]:.2f} px in {worst}"
    )
