"""From checked keypoints to h36m17 to lift: recognised, converted, repaired, bridged, with notes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.errors import InputError, counted
from rtpca.keypoints.gaps import MIN_VISIBLE_JOINTS, bridge_gaps, drop_points, relative_scores, visible_frames
from rtpca.keypoints.numbers import doubts_about_image
from rtpca.keypoints.plausibility import implausible
from rtpca.keypoints.recognise import recognise_skeleton
from rtpca.keypoints.record import ASSUMED_FPS, Keypoints
from rtpca.keypoints.repair import repair_keypoints
from rtpca.keypoints.verdict import Judge
from rtpca.skeletons import Skeleton, convert_keypoints, get_skeleton, unknown_joints

_CHUNK = 1 << 15
_POINTS = "frame whose joints all lie in one point counts", "frames whose joints all lie in one point count"


def prepare(
    keypoints: Keypoints,
    *,
    min_score: float,
    max_gap_s: float,
    needs_image_size: bool,
    judge: Callable[[tuple[int, int], float], Judge] | None = None,
    straight: Callable[[Keypoints], Keypoints] | None = None,
) -> tuple[Keypoints, FloatArray]:
    """Recognise, convert, repair and bridge one person's keypoints.

    Args:
        keypoints: The person, as `checked_keypoints` gives them.
        min_score: See `relative_scores`.
        max_gap_s: Longest gap in seconds that is bridged.
        needs_image_size: Whether an unknown image size is an error.
        judge: For an image size and a frame rate, who decides about exchanged sides, which are put right
            then, and joints that jump dropped; see `rtpca.keypoints.repair`. Without it both stay.
        straight: Takes the lens of a known camera out of the picture.

    Returns:
        The person in h36m17 with scores in [0, 1]; joints, frame rate and image size are known. And (F, 17)
        how likely it is that left and right are exchanged.

    Raises:
        InputError: the joint set is not recognised, or nothing can be lifted from these keypoints.
    """
    keypoints = described(keypoints, needs_image_size)
    if straight is not None:
        keypoints = straight(keypoints)
    points, scores, source, fps = keypoints.keypoints_px, keypoints.scores, keypoints.skeleton, keypoints.fps
    size = keypoints.image_size
    assert source is not None
    assert fps is not None
    assert size is not None
    notes = list(keypoints.notes)
    h36m_points, h36m_scores = _convert(points, relative_scores(scores, min_score), source)
    point = drop_points(h36m_points, h36m_scores)
    if point.any() and not (h36m_scores > 0).any():
        raise InputError(
            "all joints lie in one point, within a pixel, wherever they are seen: this is no body; check the "
            "keypoints and their unit"
        )
    if point.any():
        notes.append(f"{counted(int(point.sum()), *_POINTS)} as not seen")
    never = unknown_joints(source)
    if never:
        notes.append(f"{source.name} does not have {', '.join(never)}: the network guesses them")
    doubt_of_sides = np.zeros(h36m_scores.shape, dtype=np.float32)
    if judge is not None:
        repair = repair_keypoints(h36m_points, h36m_scores, fps, judge(size, fps))
        notes += repair.notes()
        doubt_of_sides = repair.doubt
    bridged = bridge_gaps(h36m_points, h36m_scores, max_gap=math.floor(max_gap_s * fps + 1e-6))
    visible = visible_frames(h36m_scores)
    if not visible.any():
        raise InputError(
            f"no frame shows enough of a person: at least {MIN_VISIBLE_JOINTS} joints with a score are "
            f"needed in one of {counted(len(points), 'frame')}; check the keypoints and their scores"
        )
    notes += _gap_notes(bridged, visible, h36m_scores, never)
    ready = replace(
        keypoints,
        keypoints_px=h36m_points,
        scores=h36m_scores,
        skeleton=get_skeleton("h36m17"),
        notes=tuple(notes),
    )
    return ready, doubt_of_sides


def described(keypoints: Keypoints, needs_image_size: bool) -> Keypoints:
    """One person's keypoints with joint set, image size and frame rate, recognised or assumed if nobody said.

    Args:
        keypoints: The person, as `checked_keypoints` gives them.
        needs_image_size: Whether an unknown image size is an error.

    Returns:
        The same keypoints, with notes of what was assumed and of what is doubtful.

    Raises:
        InputError: the joint set is not recognised, or the image size not known.
    """
    points, scores = keypoints.keypoints_px, keypoints.scores
    notes = list(keypoints.notes)
    source = keypoints.skeleton
    if source is None:
        source, note = recognise_skeleton(points, scores)
        notes.append(note)
    doubts = (implausible(points, scores, source), doubts_about_image(points, keypoints.image_size))
    notes += [doubt for doubt in doubts if doubt]
    size, size_note = _image_size(keypoints.image_size, points, needs_image_size)
    notes += [size_note] if size_note else []
    if keypoints.fps is None:
        notes.append(f"frame rate not given: {ASSUMED_FPS:g} frames per second assumed")
    fps = keypoints.fps or ASSUMED_FPS
    return replace(keypoints, skeleton=source, fps=fps, image_size=size, notes=tuple(notes))


def _image_size(
    known: tuple[int, int] | None, points: FloatArray, needed: bool
) -> tuple[tuple[int, int], str]:
    """The image's size, assumed where it is not known and not needed, and a note."""
    if known is not None:
        return known, ""
    if needed:
        raise InputError(
            "the image size is not known, and these weights need it: give the width and height of the "
            "video in pixels, `image_size`"
        )
    high = np.nanmax(points.reshape(-1, 2), axis=0)
    size = (max(1, math.ceil(float(high[0]))), max(1, math.ceil(float(high[1]))))
    return size, (
        f"image size not given: {size[0]} x {size[1]} px assumed, the extent of the keypoints; "
        "directions and distances are better with `image_size`"
    )


def _convert(points: FloatArray, scores: FloatArray, source: Skeleton) -> tuple[FloatArray, FloatArray]:
    """(F, 17, 2) and (F, 17) in h36m17; in pieces to save memory."""
    converted = np.empty((len(points), 17, 2), dtype=np.float32)
    converted_scores = np.empty((len(points), 17), dtype=np.float32)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        converted[part], converted_scores[part] = convert_keypoints(points[part], scores[part], source)
    return converted, converted_scores


def _gap_notes(bridged: int, valid: BoolArray, scores: FloatArray, never: tuple[str, ...]) -> list[str]:
    notes: list[str] = []
    if bridged:
        notes.append(f"{counted(bridged, 'joint position')} in short gaps bridged")
    lost = int((~valid).sum())
    if lost:
        notes.append(
            f"{lost} of {counted(len(valid), 'frame')} {'shows' if lost == 1 else 'show'} nobody for too "
            "long: filled, valid is false there"
        )
    missing = int((scores[valid] <= 0).sum()) - len(never) * int(valid.sum())
    if missing > 0:
        notes.append(f"{counted(missing, 'missing or doubtful joint position')} in the other frames: guessed")
    return notes
