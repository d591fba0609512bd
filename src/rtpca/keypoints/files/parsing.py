"""Values as files hold them: JSON, keypoints, frame numbers, identities, sizes; types are checked here, once.

Each parser says in one line what is wrong and where.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.checks import LARGEST_SIDE_PX
from rtpca.errors import InputError
from rtpca.files.damage import reason
from rtpca.files.reading import read_whole
from rtpca.keypoints.recognise import sets_of_as_many_joints

_LARGEST_NUMBER = 10**19
"""Frame numbers beyond this (time stamps in nanoseconds reach 2e18) are an accident."""
_MOST_DIGITS = 40
_MOST_IDENTITIES = 100
_SIDES = (
    *(("image_width", "image_height"), ("imageWidth", "imageHeight"), ("canvas_width", "canvas_height")),
    *(("frame_width", "frame_height"), ("img_width", "img_height"), ("width", "height")),
)
SCORE_NAMES = (
    *("score", "confidence", "visibility", "likelihood", "visible", "presence", "conf", "prob"),
    *("c", "v"),
)


def read_json(path: Path) -> Any:
    """The content of a JSON file; of several documents, one a line, the list of them.

    Raises:
        InputError: it is missing, truncated, or not JSON.
    """
    content = read_whole(path)
    try:
        return json.loads(content, parse_int=_whole_number)
    except (ValueError, RecursionError) as error:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.strip().startswith((b"{", b"[")) for line in lines):
            try:
                return [json.loads(line, parse_int=_whole_number) for line in lines]
            except (ValueError, RecursionError):
                pass
        raise InputError(f"{path}: not JSON, or truncated ({reason(error)})") from error


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits, which no program counts to")
    return int(digits)


def joints_of(points: Any, where: str, scores: Any = None) -> FloatArray:
    """(J, 3) coordinates and score of one person, as the file has them; NaN for a missing number.

    Args:
        points: A flat list [x1, y1, s1, x2, ...] or [x1, y1, x2, ...]; a list of [x, y] or [x, y, s]; or a
            list of {"x", "y"}, with a score under one of its usual names or without.
        where: What to call the person in messages.
        scores: A list of scores beside points of two numbers, or None: all seen.

    Raises:
        InputError: it is none of these, or points and scores differ in length.
    """
    if isinstance(points, list) and points and all(isinstance(point, dict) for point in points):
        return np.array([_record(point, where) for point in points], dtype=np.float32)
    values = _numbers(points, where)
    if values.ndim == 1:
        width = _width(values.size) if scores is None else 2
        if values.size == 0 or values.size % width:
            raise InputError(
                f"{where}: keypoints are a list of x, y, score or of x, y for each joint; given are "
                f"{values.size} numbers, which is a multiple of neither 3 nor 2"
            )
        values = values.reshape(-1, width)
    if values.ndim != 2 or values.shape[1] not in (2, 3) or not len(values):
        raise InputError(f"{where}: keypoints have the shape {values.shape}, needed is (J, 2)")
    if scores is None:
        seen = values[:, 2] if values.shape[1] == 3 else np.ones(len(values), np.float32)
    else:
        if values.shape[1] == 3:
            raise InputError(
                f"{where}: keypoints of three coordinates beside their scores: these are 3D poses, and 2D "
                "keypoints in the image are lifted"
            )
        seen = _numbers(scores, where).reshape(-1)
        if seen.shape != (len(values),):
            raise InputError(f"{where}: {len(values)} keypoints, but scores of shape {seen.shape}")
    return np.column_stack([values[:, :2], seen]).astype(np.float32)


def _width(numbers: int) -> int:
    """How many numbers of a flat list belong to a joint: three with scores, two without."""
    if numbers % 3:
        return 2
    if numbers % 2 == 0 and not sets_of_as_many_joints(numbers // 3) and sets_of_as_many_joints(numbers // 2):
        return 2
    return 3


def _record(point: Mapping[str, Any], where: str) -> tuple[float, float, float]:
    """x, y and score of a point with names."""
    place: Any = point.get("position", point)
    if not isinstance(place, dict) or "x" not in place or "y" not in place:
        raise InputError(f"{where}: a keypoint without x and y")
    score = next((point[name] for name in SCORE_NAMES if name in point), 1.0)
    x, y, seen = _numbers([place["x"], place["y"], score], where).reshape(-1).tolist()
    return x, y, seen


def _numbers(values: Any, where: str) -> FloatArray:
    try:
        with np.errstate(all="ignore"):
            # A missing number is null in JSON, which becomes NaN.
            return np.array(values, dtype=np.float32)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{where}: keypoints are not numbers") from error


def frame_number(value: Any) -> float | None:
    """A number that says when: a whole one, or a time stamp; None where it is no such number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return None
    if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER:
        return value
    if isinstance(value, float) and math.isfinite(value) and abs(value) <= _LARGEST_NUMBER:
        return int(value) if value.is_integer() else value
    return None


def identities_of(value: Any) -> tuple[str, ...]:
    """What a tracker calls somebody, as text; several where boxes were merged, none where nobody was tracked.

    A number may be written as 1, 1.0 or "1", alone or in lists in lists. Negative numbers stand for nobody.
    """
    found: dict[str, None] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list | tuple):
            waiting = [*item[:_MOST_IDENTITIES], *waiting][:_MOST_IDENTITIES]
        elif isinstance(item, bool) or item is None:
            continue
        elif isinstance(item, str) and frame_number(item) is None:
            found |= {item.strip(): None} if item.strip() else {}
        else:
            number = frame_number(item)
            if number is not None and number >= 0:
                found[str(number)] = None
    return tuple(found)


def size_of(width: Any, height: Any) -> tuple[int, int] | None:
    """An image size, or None where the file has none that is usable.

    Raises:
        InputError: it is far larger than any image.
    """
    sides: list[int] = []
    for side in (width, height):
        if isinstance(side, int | float) and side > LARGEST_SIDE_PX:
            raise InputError(f"an image size of {side:g} pixels, which is none: correct it, or take it out")
        number = frame_number(side)
        if number is None or number < 1:
            return None
        sides.append(round(number))
    return sides[0], sides[1]


def size_in(document: Any, of_person: bool = False) -> tuple[int, int] | None:
    """The image size that a JSON object states under one of the usual names, or None.

    Args:
        document: The object.
        of_person: Whether it describes a person, whose own width and height are no image's.
    """
    if not isinstance(document, dict):
        return None
    for width, height in _SIDES[:-1] if of_person else _SIDES:
        size = size_of(document.get(width), document.get(height))
        if size is not None:
            return size
    for name in (
        "image_size",
        "imageSize",
        "canvas_size",
        "canvas",
        "frame_size",
        "resolution",
        "orig_shape",
    ):
        sides = document.get(name)
        if isinstance(sides, dict):
            return size_in(sides)
        if isinstance(sides, list) and len(sides) in (2, 3):
            # Arrays of pictures have their height first.
            return size_of(sides[1], sides[0]) if name == "orig_shape" else size_of(sides[0], sides[1])
    return None


def fps_in(document: Any) -> float | None:
    """The frame rate that a JSON object states, or None."""
    for name in ("fps", "frame_rate", "frameRate", "framerate") if isinstance(document, dict) else ():
        rate = frame_number(document.get(name))
        if rate is not None and rate > 0:
            return float(rate)
    return None


def names_in(value: Any) -> list[str] | None:
    """Names of joints: a list of them, or an object that numbers them; None where it is neither."""
    if isinstance(value, dict):
        numbered = {frame_number(key): name for key, name in value.items()}
        if None in numbered or sorted(numbered) != list(range(len(numbered))):  # pyright: ignore
            return None
        value = [numbered[index] for index in range(len(numbered))]
    if isinstance(value, list) and value and all(isinstance(name, str) and name for name in value):
        return list(value)
    return None
