"""Keypoints as users hand them over: shape, numbers and units checked, missing joints marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rtpca.arrays import BoolArray, FloatArray
from rtpca.checks import check_frame_rate, check_pixels
from rtpca.errors import InputError, ShapeError, counted
from rtpca.keypoints.numbers import are_lengths, check_units, missing_joints, on_a_scale, reach_below_zero
from rtpca.keypoints.recognise import skeleton_of
from rtpca.keypoints.record import Keypoints, marked
from rtpca.skeletons import Skeleton

LARGEST_PX = 1_000_000
"""Beyond this a coordinate is an accident: no image is as large."""


def checked_keypoints(
    keypoints: Keypoints | npt.ArrayLike,
    *,
    scores: npt.ArrayLike | None = None,
    skeleton: str | Skeleton = "auto",
    fps: float | None = None,
    image_size: tuple[int, int] | None = None,
) -> Keypoints:
    """What a user hands over, checked.

    Args:
        keypoints: (F, J, 2) pixels, or (F, J, 3) with scores; or the record of a file or video, of which
            every other argument that is given replaces a part.
        scores: (F, J), or None.
        skeleton: Name, "auto", or a skeleton.
        fps: Frames per second, or None.
        image_size: (width, height) in pixels, or None.

    Returns:
        The record, with notes; the user's arrays are left as they are.

    Raises:
        ShapeError: an array has the wrong shape.
        InputError: there are no frames, no numbers, or they are out of range.
        ConfigError: the skeleton is unknown.
    """
    if isinstance(keypoints, Keypoints):
        known = keypoints
        if scores is None:
            points, values, notes = _split(known.keypoints_px, known.scores)  # on a scale since it was read
        else:
            points, values, notes = split_scores(known.keypoints_px, scores)
    else:
        points, values, notes = split_scores(keypoints, scores)
        known = Keypoints(points, values)
    joint_set = skeleton_of(skeleton) or known.skeleton
    if joint_set is not None and joint_set.num_joints != points.shape[1]:
        raise ShapeError(
            f"keypoints have {points.shape[1]} joints, skeleton {joint_set.name} has {joint_set.num_joints}: "
            "give the skeleton that they belong to, or 'auto'"
        )
    return replace(
        known,
        keypoints_px=points,
        scores=values,
        skeleton=joint_set,
        fps=_frame_rate(known.fps if fps is None else fps),
        image_size=_image_size(known.image_size if image_size is None else image_size),
        notes=(*known.notes, *notes),
    )


def split_scores(
    keypoints: npt.ArrayLike, scores: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Coordinates and scores as separate float32 arrays.

    Missing joints (`rtpca.keypoints.numbers.missing_joints`) become NaN with score 0. A third number that is
    no score, but depth, is left out, with a warning; probabilities that are spread over a map of the picture
    become scores (`rtpca.keypoints.numbers.on_a_scale`). The arrays that are handed over stay as they are,
    and are what comes back where nothing is to be changed: long clips are not held twice.

    Args:
        keypoints: (F, J, 2) pixels, or (F, J, 3) with scores.
        scores: (F, J), or None.

    Returns:
        (F, J, 2) pixels, (F, J) scores on the detector's scale, and notes.

    Raises:
        ShapeError: the shapes are none of these.
        InputError: there are no frames, no numbers, or the coordinates are not pixels.
    """
    points, values, notes = _split(keypoints, scores)
    values, note = on_a_scale(values)
    return points, values, [*notes, *([note] if note else [])]


def _split(
    keypoints: npt.ArrayLike, scores: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, list[str]]:
    """The same, with scores as they are."""
    try:
        array = np.asarray(keypoints, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(
            "keypoints are not an array of numbers: give (F, J, 2) pixels or (F, J, 3) with scores"
        ) from error
    if array.ndim != 3 or array.shape[2] not in (2, 3) or array.shape[1] == 0:
        raise ShapeError(
            f"keypoints have the shape {array.shape}, needed is (F, J, 2) pixels or (F, J, 3) with scores, "
            "of one person" + (", without z" if array.ndim == 3 and array.shape[2] == 4 else "")
        )
    if len(array) == 0:
        raise InputError("keypoints hold no frames: at least one is needed")
    notes: list[str] = []
    points = np.ascontiguousarray(array[..., :2])
    if scores is not None:
        try:
            values = np.asarray(scores, dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise InputError("scores are not an array of numbers: give (F, J)") from error
        if values.shape != points.shape[:2]:
            raise ShapeError(
                f"scores have the shape {values.shape}, needed is (F, J) = {points.shape[:2]}, as the "
                "keypoints have"
            )
        if reach_below_zero(values):
            raise InputError(
                f"scores reach from {np.nanmin(values):.3g} to {np.nanmax(values):.3g}, and scores are never "
                "negative: leave depth out, and turn logits into probabilities"
            )
    else:
        values = np.ones(points.shape[:2], dtype=np.float32)
        if array.shape[2] == 3:
            values, note = _third_number(array[..., 2])
            notes += [note] if note else []
    del array
    with np.errstate(invalid="ignore"):
        beyond = (np.abs(points) > LARGEST_PX).any(axis=2)
    far: BoolArray = np.asarray(beyond & np.isfinite(points).all(axis=2))
    if far.any():
        notes.append(_each(int(far.sum()), f"beyond {LARGEST_PX:,} pixels"))
        points = np.where(far[..., None], np.float32(np.nan), points)
    missing = missing_joints(points, values)
    at_mark = missing & np.isfinite(points).all(axis=2) & (values > 0)
    if missing.all():
        raise InputError("keypoints hold no visible joint: all are NaN or have score 0")
    if at_mark.any():
        notes.append(_each(int(at_mark.sum()), "at exactly (0, 0)"))
    points, values = marked(points, values, missing)
    check_units(points)
    return points, values, notes


def _each(number: int, where: str) -> str:
    return f"{counted(number, f'keypoint {where} counts', f'keypoints {where} count')} as missing"


def _third_number(values: FloatArray) -> tuple[FloatArray, str]:
    """(F, J) scores out of what stands beside x and y, and a note where these are none."""
    if not (reach_below_zero(values) or are_lengths(values)):
        return values.copy(), ""
    return np.ones_like(values), (
        f"warning: the third numbers reach from {np.nanmin(values):.3g} to {np.nanmax(values):.3g}: they are "
        "no scores, but depth; they are left out, and all joints count as seen (`scores` gives scores apart)"
    )


def _frame_rate(fps: float | None) -> float | None:
    if fps is None:
        return None
    try:
        rate = float(fps)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"fps is {fps!r}: give frames per second as a number") from error
    return check_frame_rate("fps", rate)


def _image_size(given: tuple[int, int] | None) -> tuple[int, int] | None:
    if given is None:
        return None
    try:
        sides = np.asarray(given, dtype=np.float64).reshape(2).tolist()
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"image size is {given}: give width and height in pixels") from error
    width, height = (round(check_pixels("image size", side)) for side in sides)
    return width, height
