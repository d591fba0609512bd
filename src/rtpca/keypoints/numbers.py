"""What the numbers of keypoints are: missing or there, scores or depth, pixels of which image.

Readers, the lifters of clips and live frames ask here, so that the same numbers mean the same everywhere.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.errors import InputError

_MARKS_OF_MISSING = ((0.0, 0.0), (-1.0, -1.0))
"""What tools write for a joint that they did not find, with any score."""
_FEW, _SLIGHTLY = 0.25, 0.25
"""Scores may be a little below 0 for a few joints, in parts of what they reach: a map is not exact."""
_NOT_FOUND = -1.0
"""Some tools' score of a joint that they did not find."""
_HIGHEST_SCORE = 300.0
"""Per cent end at 100, maps of bytes at 255: third numbers that are usually higher are lengths."""
_HIGHEST_OF_A_SOFTMAX = 0.12
"""Probabilities that are spread over a map of the picture hardly reach this where a joint is seen well."""
_LARGEST_PART = 2.0
"""Most coordinates that are parts of a picture lie below this: legs reach out of it, but not all joints."""
_SMALLEST_BODY, _NEAR_ORIGIN = 4.0, 4.0
_SMALLEST_BODY_ANYWHERE, _IN_A_ROOM = 2.5, 20.0
"""A body of so few units, no farther from the origin than that, is not given in pixels."""
_PER_CENT = 100.0
_OUTSIDE, _FITTING, _MOSTLY = 0.1, 0.02, 0.5
_ROUND_ZERO = 0.4
_MARGIN = 0.05
_CROP_PX, _CROP_OF_IMAGE, _CROP_START = 300, 0.4, 0.2
"""Pictures that networks see are at most so large; keypoints that fill one lie in a corner of the image."""
_REACH = (1.0, 99.0)
_LOOKED_AT = 2000


def missing_joints(points: FloatArray, scores: FloatArray) -> BoolArray:
    """Which joints are not there, whatever their score says.

    Not finite, without a score, or at (0, 0) or (-1, -1) while the rest of the body is elsewhere. Where the
    rest lies around such a point (coordinates from the pelvis on), it is a place like others; where all
    joints are there, nobody was seen.

    Args:
        points: (F, J, 2) coordinates.
        scores: (F, J).

    Returns:
        (F, J).
    """
    with np.errstate(invalid="ignore"):
        there = np.isfinite(points).all(axis=2) & (scores > 0)
        for mark in _MARKS_OF_MISSING:
            marked = there & (points == np.array(mark, dtype=points.dtype)).all(axis=2)
            frames = np.flatnonzero(marked.any(axis=1))
            if not len(frames):
                continue
            rest = np.where((there & ~marked)[frames, :, None], points[frames], np.nan)
            low = np.where(np.isnan(rest), np.inf, rest).min(axis=1)
            high = np.where(np.isnan(rest), -np.inf, rest).max(axis=1)
            elsewhere = ~((low < mark) & (high > mark)).all(axis=1)
            there[frames] &= ~(marked[frames] & elsewhere[:, None])
    return ~there


def reach_below_zero(values: FloatArray) -> bool:
    """Whether numbers go so far below 0 that they can be no scores: depth, or logits.

    Args:
        values: Numbers of any shape; those that are not finite do not count.
    """
    given = values[np.isfinite(values) & (values != _NOT_FOUND)]
    below = given < 0
    if not below.any():
        return False
    return bool(below.mean() > _FEW or given.min() < -_SLIGHTLY * max(float(np.percentile(given, 95)), 0.0))


def are_lengths(values: FloatArray) -> bool:
    """Whether numbers beside x and y are too large for scores of any usual scale, and so a third coordinate.

    Args:
        values: Numbers of any shape; those that are not finite do not count.
    """
    given = values[np.isfinite(values)]
    return given.size > 0 and float(np.median(given)) > _HIGHEST_SCORE


def on_a_scale(scores: FloatArray) -> tuple[FloatArray, str]:
    """Scores that hardly reach 0.1 are probabilities spread over a map: as scores, with a note; others stay.

    Args:
        scores: Any shape, 0 where missing.
    """
    seen = scores[scores > 0]
    high = float(np.percentile(seen, 95)) if seen.size else 1.0
    if high >= _HIGHEST_OF_A_SOFTMAX:
        return scores, ""
    return spread_scores(scores, float(np.median(seen))), (
        f"scores reach {high:.2g}: taken for probabilities spread over a map of the picture, as "
        "Detectron's are, and read relative to that"
    )


def spread_scores(probabilities: FloatArray, usual: float) -> FloatArray:
    """Scores from 0 to 1 from how high the probability of a joint, spread over the picture, is at its peak.

    A normal density in the plane is as high as its variance is small, so its root tells how near the joint
    lies to the peak.

    Args:
        probabilities: Any shape.
        usual: What counts as 1: the median of the file, since half of all joints are seen well.
    """
    return np.sqrt(np.clip(probabilities / np.float32(usual), 0, 1)).astype(np.float32)


def are_parts(points: FloatArray) -> bool:
    """Whether coordinates are parts of a picture, and no pixels: by the middle of them.

    Args:
        points: (..., 2); those that are not finite, or at (0, 0), do not count.
    """
    known = points[np.isfinite(points).all(axis=-1) & (points != 0).any(axis=-1)]
    return bool(len(known)) and float(np.percentile(np.abs(known), 75)) <= _LARGEST_PART


def check_units(points: FloatArray) -> None:
    """Refuse what is no image in pixels, by the middle of the numbers.

    Args:
        points: (F, J, 2); NaN where missing, at least one is not.

    Raises:
        InputError: most bodies are hardly larger than a few units and lie near the origin: normalised
            coordinates, or metres.
    """
    points = _some_frames(points)
    seen = np.isfinite(points).all(axis=2)
    far = float(np.percentile(np.abs(points[seen]), 75))
    boxes = np.nanmax(points, axis=1) - np.nanmin(points, axis=1)  # (F, 2)
    size = float(np.median(boxes.max(axis=1)))
    if (size <= _SMALLEST_BODY and far <= _NEAR_ORIGIN) or (
        size <= _SMALLEST_BODY_ANYWHERE and far <= _IN_A_ROOM
    ):
        low, high = np.percentile(points[seen], _REACH).tolist()
        raise InputError(
            f"keypoints lie between {low:.3g} and {high:.3g}: these are not pixels; multiply normalised "
            "coordinates by image width and height first, and give points in the image instead of metres"
        )


def doubts_about_image(points: FloatArray, size: tuple[int, int] | None) -> str:
    """Where keypoints and the image contradict each other, and why that may be.

    Args:
        points: (F, J, 2) pixels; NaN where missing, at least one is not.
        size: (width, height) of the image in pixels, as somebody said; or None.

    Returns:
        One sentence for the user; empty where nothing is odd.
    """
    points = _some_frames(points)
    seen = points[np.isfinite(points).all(axis=2)]
    low, high = np.percentile(seen, _REACH, axis=0)
    reach = f"warning: keypoints reach from ({low[0]:.0f}, {low[1]:.0f}) to ({high[0]:.0f}, {high[1]:.0f})"
    if float((seen < 0).mean(axis=0).max()) > _ROUND_ZERO:
        return (
            f"{reach}: pixels count from the upper left corner of the image to the right and down, not from "
            "its middle, the person, or the bottom"
        )
    if size is None:
        return ""
    width, height = size
    image = f"the image of {width} x {height} px"
    outside = _share_outside(seen, width, height)
    if outside > _OUTSIDE and width != height and _share_outside(seen, height, width) <= _FITTING:
        return (
            f"{reach}, {outside:.0%} of them outside of {image}, and they would fit into {height} x {width}: "
            "are width and height of `image_size` exchanged, or x and y?"
        )
    if outside > _MOSTLY or float((high / size).max()) > 2:
        return (
            f"{reach}, {outside:.0%} of them outside of {image}: is `image_size` that of another version of "
            "the video?"
        )
    if (high <= _PER_CENT).all() and min(size) >= 4 * _PER_CENT:
        return f"{reach}, in a corner of {image}: are they per cent of it, or pixels of a smaller picture?"
    filled = (high <= _CROP_PX) & (high <= _CROP_OF_IMAGE * np.array(size)) & (low <= _CROP_START * high)
    if filled.all():
        return f"{reach}, in a corner of {image}: are they pixels of a smaller picture, as networks see it?"
    return ""


def _share_outside(points: FloatArray, width: int, height: int) -> float:
    """The part of (N, 2) points that lies outside of an image and its margin."""
    (x, y), margin = points.T, _MARGIN * np.array([width, height])
    inside = (x >= -margin[0]) & (x <= width + margin[0]) & (y >= -margin[1]) & (y <= height + margin[1])
    return 1 - float(inside.mean())


def _some_frames(points: FloatArray) -> FloatArray:
    """At most 2000 of the (F, J, 2) frames that show somebody, evenly spread."""
    frames = np.flatnonzero(np.isfinite(points).all(axis=2).sum(axis=1) > 0)
    return points[frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)]]
