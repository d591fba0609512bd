"""What the keypoint readers share: small parsers that say in one line what is wrong with a file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.people import People
from rtpca.keypoints.tracks import Detection, build_tracks

_MOSTLY_EMPTY = 20


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: it is missing, truncated, or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON, or truncated ({error})") from error


def flat_joints(values: Any, where: str) -> FloatArray:
    """(J, 3) pixels and score from the flat list [x1, y1, s1, x2, ...] that most formats use.

    Raises:
        InputError: it is not a list of numbers, or their number is not a multiple of 3.
    """
    numbers = _numbers(values, where)
    if numbers.ndim != 1 or numbers.size == 0 or numbers.size % 3:
        raise InputError(
            f"{where}: keypoints are a list of x, y, score for each joint; given are {numbers.size} "
            "numbers, which is not a multiple of 3"
        )
    return numbers.reshape(-1, 3)


def paired_joints(points: Any, scores: Any, where: str) -> FloatArray:
    """(J, 3) pixels and score from a list of [x, y] and a list of scores (None: all seen).

    Raises:
        InputError: they are not lists of numbers of matching length.
    """
    positions = _numbers(points, where)
    if positions.ndim != 2 or positions.shape[1] not in (2, 3) or not len(positions):
        raise InputError(f"{where}: keypoints have the shape {positions.shape}, needed is (J, 2)")
    if scores is None:
        values = positions[:, 2] if positions.shape[1] == 3 else np.ones(len(positions), np.float32)
    else:
        values = _numbers(scores, where)
    if values.shape != (len(positions),):
        raise InputError(f"{where}: {len(positions)} keypoints, but scores of shape {values.shape}")
    return np.column_stack([positions[:, :2], values]).astype(np.float32)


def _numbers(values: Any, where: str) -> FloatArray:
    try:
        # A missing number is null in JSON, which becomes NaN.
        return np.array(values, dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{where}: keypoints are not numbers") from error


def detection(frame: int, joints: FloatArray, identity: object = None) -> Detection:
    """A detection; identities that stand for "not tracked" (none, negative) become None."""
    if isinstance(identity, list | tuple):
        identity = identity[0] if len(identity) == 1 else str(identity)
    if isinstance(identity, int | float) and (not math.isfinite(identity) or identity < 0):
        identity = None
    seen = (joints[:, 2] > 0) & np.isfinite(joints).all(axis=1)
    joints = np.where(seen[:, None], joints, np.array([np.nan, np.nan, 0], dtype=np.float32))
    return Detection(frame, joints, None if identity is None else str(identity))


def people_of(
    path: Path,
    format: str,
    detections: Sequence[Detection],
    frames: int,
    *,
    declared: str | None = None,
    joint_names: Sequence[str] | None = None,
    image_size: tuple[int, int] | None = None,
    note: str = "",
) -> People:
    """The people that all detections of a file show.

    Args:
        path: The file.
        format: What wrote it, for the user.
        detections: Everybody in every frame, in any order.
        frames: Frames F of the clip.
        declared: What the file calls its joint set, or None.
        joint_names: What it calls each joint, in the order of the detections; or None.
        image_size: (width, height) in pixels, or None.
        note: What the reader assumed; empty for nothing.

    Raises:
        InputError: there is nobody, or they differ in their number of joints.
    """
    detections = [item for item in detections if (item.joints[:, 2] > 0).any()]
    if not detections:
        raise InputError(f"{path}: no person in it: no keypoints were found in {frames} frames")
    counts = sorted({len(item.joints) for item in detections})
    if joint_names is not None and counts != [len(joint_names)]:
        raise InputError(
            f"{path}: the file names {len(joint_names)} joints, but people have {', '.join(map(str, counts))}"
        )
    if len(counts) > 1:
        raise InputError(
            f"{path}: people with different numbers of joints ({', '.join(map(str, counts))}); all must "
            "have the same"
        )
    notes = (note,) if note else ()
    tracks = build_tracks(detections, frames)
    return People(
        path,
        format,
        tuple(replace(one, image_size=image_size, notes=notes) for one in tracks),
        declared,
        joint_names=None if joint_names is None else tuple(joint_names),
    )


def number_in(name: str) -> int | None:
    """The last whole number in a file name, which numbers the frame: 12 in `walk_000012_keypoints.json`."""
    digits = re.findall(r"\d+", name)
    return int(digits[-1]) if digits else None


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Names sorted so that "frame2" comes before "frame10"."""
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> list[tuple[int, str]]:
    parts: list[str] = re.split(r"([0-9]+)", name)
    return [
        (int(part) if number else -1, part)
        for part, number in zip(parts, [False, True] * len(parts), strict=False)
    ]


def frame_places(numbers: Iterable[int], places: Iterable[int] = ()) -> tuple[dict[int, int], int, str]:
    """Where numbered frames lie in the clip.

    Numbers count frames from the lowest one on, so that frames without anybody leave a gap. Where the numbers
    are far apart (image ids of a data set), only their order counts.

    Args:
        numbers: Frame numbers that are used.
        places: Further frame numbers known to exist.

    Returns:
        Number -> index from 0; frames in all; a note (empty where nothing was assumed).
    """
    used = sorted({*numbers, *places})
    if not used:
        return {}, 0, ""
    span = used[-1] - used[0] + 1
    if span > _MOSTLY_EMPTY * len(used):
        note = (
            f"frame numbers from {used[0]} to {used[-1]} for {len(used)} frames: taken in order, without gaps"
        )
        return {number: index for index, number in enumerate(used)}, len(used), note
    return {number: number - used[0] for number in used}, span, ""


def size_of(width: object, height: object) -> tuple[int, int] | None:
    """An image size, or None where the file has none that is usable."""
    if isinstance(width, int | float) and isinstance(height, int | float) and width > 0 and height > 0:
        return round(width), round(height)
    return None
