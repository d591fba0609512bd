"""From what a user hands over to h36m17 keypoints to lift: converted, repaired, bridged, with notes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rtpca.checks import check_positive
from rtpca.errors import InputError, ShapeError
from rtpca.inference.checked_keypoints import FloatArray, split_scores
from rtpca.inference.gaps import MIN_VISIBLE_JOINTS, bridge_gaps, relative_scores
from rtpca.inference.plausibility import implausible
from rtpca.inference.recognise import resolve_skeleton
from rtpca.inference.repair import repair_keypoints
from rtpca.skeletons import Skeleton, convert_keypoints, unknown_joints

ASSUMED_FPS = 30.0
_LOWEST_FPS, _HIGHEST_FPS = 0.1, 10_000.0
_CHUNK = 1 << 15
_FAR_OUTSIDE = 1.0


@dataclass(frozen=True)
class PreparedClip:
    """One person's keypoints, ready to be lifted.

    Attributes:
        keypoints_px: (F, 17, 2) h36m17 joints in pixels, short gaps bridged; NaN where missing.
        scores: (F, 17) in [0, 1], 0 where missing.
        valid: (F,) frames in which the person is there.
        image_size: (width, height) in pixels.
        fps: Frames per second.
        notes: What was recognised, assumed and found missing.
    """

    keypoints_px: FloatArray
    scores: FloatArray
    valid: npt.NDArray[np.bool_]
    image_size: tuple[int, int]
    fps: float
    notes: tuple[str, ...]


def prepare_clip(
    keypoints: npt.ArrayLike,
    *,
    scores: npt.ArrayLike | None,
    image_size: tuple[int, int] | None,
    fps: float | None,
    skeleton: str | Skeleton,
    min_score: float,
    max_gap_s: float,
    needs_image_size: bool,
    repair: bool = True,
) -> PreparedClip:
    """Check, convert, repair and bridge one person's keypoints.

    Args:
        keypoints: (F, J, 2) pixels, or (F, J, 3) with scores.
        scores: (F, J), or None.
        image_size: (width, height) in pixels, or None.
        fps: Frames per second, or None.
        skeleton: Name, "auto", or a skeleton.
        min_score: See `relative_scores`.
        max_gap_s: Longest gap in seconds that is bridged.
        needs_image_size: Whether an unknown image size is an error.
        repair: Undo exchanged sides and drop joints that jump; see `rtpca.inference.repair`.

    Returns:
        The clip; the user's arrays are left as they are.

    Raises:
        ShapeError: an array has the wrong shape.
        InputError: nothing can be lifted from these keypoints.
        ConfigError: the skeleton is unknown.
    """
    points, raw_scores, notes = split_scores(keypoints, scores)
    source, note = resolve_skeleton(skeleton, points, raw_scores)
    notes += [note] if note else []
    if points.shape[1] != source.num_joints:
        raise ShapeError(
            f"keypoints have {points.shape[1]} joints, skeleton {source.name} has {source.num_joints}: "
            "give the skeleton that they belong to, or 'auto'"
        )
    doubt = implausible(points, raw_scores, source)
    notes += [doubt] if doubt else []
    size, size_note = _image_size(image_size, points, needs_image_size)
    notes += [size_note] if size_note else []
    if fps is None:
        notes.append(f"frame rate not given: {ASSUMED_FPS:g} frames per second assumed")
    rate = _frame_rate(fps)

    h36m_points, h36m_scores = _convert(points, relative_scores(raw_scores, min_score), source)
    never = unknown_joints(source)
    if never:
        notes.append(f"{source.name} does not have {', '.join(never)}: the network guesses them")
    if repair:
        notes += repair_keypoints(h36m_points, h36m_scores, rate).notes()
    bridged = bridge_gaps(h36m_points, h36m_scores, max_gap=math.floor(max_gap_s * rate + 1e-6))
    if not bridged.valid.any():
        raise InputError(
            f"no frame shows enough of a person: at least {MIN_VISIBLE_JOINTS} joints with a score are "
            f"needed in one of the {len(points)} frames; check the keypoints and their scores"
        )
    notes += _gap_notes(bridged.bridged, bridged.valid, bridged.scores, never)
    return PreparedClip(bridged.keypoints_px, bridged.scores, bridged.valid, size, rate, tuple(notes))


def _frame_rate(fps: float | None) -> float:
    try:
        rate = float(ASSUMED_FPS if fps is None else fps)
    except (TypeError, ValueError) as error:
        raise InputError(f"fps is {fps!r}: give frames per second as a number") from error
    check_positive("fps", rate, "frames per second")
    if not _LOWEST_FPS <= rate <= _HIGHEST_FPS:
        raise InputError(
            f"fps is {rate:g}: give frames per second between {_LOWEST_FPS:g} and {_HIGHEST_FPS:g}"
        )
    return rate


def _image_size(
    given: tuple[int, int] | None, points: FloatArray, needed: bool
) -> tuple[tuple[int, int], str]:
    corner = np.nanmax(points.reshape(-1, 2), axis=0)
    if given is None:
        if needed:
            raise InputError(
                "the image size is not known, and these weights need it: give the width and height of the "
                "video in pixels (--image-size W H)"
            )
        size = (max(1, math.ceil(float(corner[0]))), max(1, math.ceil(float(corner[1]))))
        return size, (
            f"image size not given: {size[0]} x {size[1]} px assumed, the extent of the keypoints; "
            "directions and distances are better with --image-size W H"
        )
    try:
        sides = np.asarray(given, dtype=np.float64).reshape(2).tolist()
    except (TypeError, ValueError) as error:
        raise InputError(f"image size is {given}: give width and height in pixels") from error
    width, height = (round(check_positive("image size", side, "pixels")) for side in sides)
    low = np.nanmin(points.reshape(-1, 2), axis=0)
    outside = max(corner[0] / width - 1, corner[1] / height - 1, -low[0] / width, -low[1] / height)
    if outside > _FAR_OUTSIDE:
        return (width, height), (
            f"keypoints reach ({corner[0]:.0f}, {corner[1]:.0f}), far outside of the image of {width} x "
            f"{height} px: is the image size right?"
        )
    return (width, height), ""


def _convert(points: FloatArray, scores: FloatArray, source: Skeleton) -> tuple[FloatArray, FloatArray]:
    """(F, 17, 2) and (F, 17) in h36m17; in pieces to save memory."""
    converted = np.empty((len(points), 17, 2), dtype=np.float32)
    converted_scores = np.empty((len(points), 17), dtype=np.float32)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        converted[part], converted_scores[part] = convert_keypoints(points[part], scores[part], source)
    return converted, converted_scores


def _gap_notes(
    bridged: int, valid: npt.NDArray[np.bool_], scores: FloatArray, never: tuple[str, ...]
) -> list[str]:
    notes: list[str] = []
    if bridged:
        notes.append(f"{bridged} joint positions in short gaps bridged")
    lost = int((~valid).sum())
    if lost:
        notes.append(f"{lost} of {len(valid)} frames show nobody for too long: filled, valid is false there")
    missing = int((scores[valid] <= 0).sum()) - len(never) * int(valid.sum())
    if missing > 0:
        notes.append(f"{missing} missing or doubtful joint positions in the other frames: guessed")
    return notes
