"""Keypoint arrays as users hand them over: shape, numbers and units checked, missing joints marked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rtpca.errors import InputError, ShapeError

FloatArray = npt.NDArray[np.float32]

LARGEST_PX = 1_000_000
"""Beyond this a coordinate is an accident: no image is as large."""


def split_scores(
    keypoints: npt.ArrayLike, scores: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Coordinates and scores as separate float32 arrays of their own.

    Missing joints (NaN, infinite, score 0 or NaN; without scores also exactly (0, 0), which many tools write
    for missing) become NaN with score 0.

    Args:
        keypoints: (F, J, 2) pixels, or (F, J, 3) with scores.
        scores: (F, J), or None.

    Returns:
        (F, J, 2) pixels, (F, J) scores on their own scale, and notes.

    Raises:
        ShapeError: the shapes are none of these.
        InputError: there are no frames, no numbers, or the coordinates are not pixels.
    """
    try:
        array = np.array(keypoints, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(
            "keypoints are not an array of numbers: give (F, J, 2) pixels or (F, J, 3) with scores"
        ) from error
    if array.ndim != 3 or array.shape[2] not in (2, 3) or array.shape[1] == 0:
        raise ShapeError(
            f"keypoints have the shape {array.shape}, needed is (F, J, 2) pixels or (F, J, 3) with scores, "
            "of one person"
        )
    if len(array) == 0:
        raise InputError("keypoints hold no frames: at least one is needed")
    points = np.ascontiguousarray(array[..., :2])
    if scores is not None:
        try:
            values = np.array(scores, dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise InputError("scores are not an array of numbers: give (F, J)") from error
        if values.shape != points.shape[:2]:
            raise ShapeError(
                f"scores have the shape {values.shape}, needed is (F, J) = {points.shape[:2]}, as the "
                "keypoints have"
            )
    elif array.shape[2] == 3:
        values = array[..., 2].copy()
    else:
        values = np.ones(points.shape[:2], dtype=np.float32)
    del array
    notes: list[str] = []
    with np.errstate(invalid="ignore"):
        far = (np.abs(points) > LARGEST_PX).any(axis=2) & np.isfinite(points).all(axis=2)
    if far.any():
        notes.append(f"{int(far.sum())} keypoints beyond {LARGEST_PX:,} pixels count as missing")
    missing = far | ~np.isfinite(points).all(axis=2) | ~(values > 0)
    if missing.all():
        raise InputError("keypoints hold no visible joint: all are NaN or have score 0")
    at_corner = (points == 0).all(axis=2)
    if at_corner.any() and (values[at_corner] > 0).all() and not at_corner.all():
        notes.append(f"{int(at_corner.sum())} keypoints at exactly (0, 0) count as missing")
        missing |= at_corner
    points[missing] = np.nan
    values[missing] = 0
    _check_pixels(points)
    return points, values, notes


def _check_pixels(points: FloatArray) -> None:
    lowest, highest = np.nanmin(points), np.nanmax(points)
    if max(abs(lowest), abs(highest)) <= 2:
        raise InputError(
            f"keypoints lie between {lowest:.3g} and {highest:.3g}: these are not pixels; multiply "
            "normalised coordinates by image width and height first"
        )
