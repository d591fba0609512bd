"""Shape and range checks that say what was expected and what was given.

They work on anything with a `shape` (numpy, torch) and import neither, so every floor of the package may use
them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from rtpca.errors import ConfigError, InputError, ShapeError

T = TypeVar("T")

LOWEST_FPS, HIGHEST_FPS = 0.1, 10_000.0
LARGEST_SIDE_PX = 1_000_000
"""No image is wider or higher."""
LONGEST_FOCAL_PX = 10_000_000
"""A telescope of 40 m before pixels of 4 micrometres."""

Axis = str | int | tuple[str, int]
"""An axis letter (any length), a length, or both: `"F"`, `3`, `("J", 17)`."""


def shape_text(shape: Sequence[int]) -> str:
    """The shape as it is printed in messages, `(243, 17, 2)`."""
    return "(" + ", ".join(str(int(n)) for n in shape) + ("," if len(shape) == 1 else "") + ")"


def axes_text(axes: Sequence[Axis], leading: bool = False) -> str:
    """The expected axes as they are printed in messages, `(F, J=17, 2)`."""
    parts = ["..."] if leading else []
    parts += [f"{axis[0]}={axis[1]}" if isinstance(axis, tuple) else str(axis) for axis in axes]
    return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"


def check_axes(name: str, array: Any, *axes: Axis, leading: bool = False, hint: str = "") -> None:
    """Check the shape of an array against axis letters and lengths.

    Args:
        name: what the array is called in the message.
        array: anything with a `shape`.
        axes: expected axes; `"F"` any length, `2` exactly 2, `("J", 17)` exactly 17 and called J.
        leading: allow any number of further axes in front.
        hint: a sentence that says what to do next.

    Raises:
        ShapeError: the shapes differ; the message shows both.

    Example:
        >>> import numpy as np
        >>> check_axes("keypoints", np.zeros((10, 17, 2)), "F", ("J", 17), 2)
    """
    shape = tuple(int(n) for n in array.shape)
    fits = len(shape) >= len(axes) if leading else len(shape) == len(axes)
    if fits:
        for given, axis in zip(shape[len(shape) - len(axes) :], axes, strict=True):
            wanted = axis[1] if isinstance(axis, tuple) else axis
            if isinstance(wanted, int) and given != wanted:
                fits = False
    if not fits:
        message = f"{name} has shape {shape_text(shape)}, needed is {axes_text(axes, leading)}"
        raise ShapeError(f"{message}: {hint}" if hint else message)


def check_same_shape(name_a: str, a: Any, name_b: str, b: Any) -> None:
    """Check that two arrays have the same shape.

    Raises:
        ShapeError: they differ; the message shows both shapes.
    """
    if tuple(a.shape) != tuple(b.shape):
        raise ShapeError(
            f"{name_a} has shape {shape_text(a.shape)} but {name_b} has {shape_text(b.shape)}: "
            "both must be the same"
        )


def check_scores(scores: Any, keypoints: Any) -> None:
    """Check that there is one score per keypoint: (..., F, J) for keypoints (..., F, J, C).

    Raises:
        ShapeError: the shapes do not fit; the message shows both.
    """
    if tuple(scores.shape) != tuple(keypoints.shape[:-1]):
        raise ShapeError(
            f"scores have shape {shape_text(scores.shape)}, keypoints {shape_text(keypoints.shape)}: "
            "give one score per keypoint, (..., F, J)"
        )


def check_positive(name: str, value: float, unit: str = "") -> float:
    """Check that a number is finite and above zero, and hand it back.

    Raises:
        InputError: it is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} is {value}: give a number above zero{' in ' + unit if unit else ''}")
    return value


def check_frame_rate(name: str, fps: float) -> float:
    """Check that a number can be a frame rate, and hand it back: one in 10 s to 10,000 in one.

    Raises:
        InputError: it is not.
    """
    check_positive(name, fps, "frames per second")
    if not LOWEST_FPS <= fps <= HIGHEST_FPS:
        raise InputError(
            f"{name} is {fps:g}: give frames per second between {LOWEST_FPS:g} and {HIGHEST_FPS:g}"
        )
    return fps


def check_pixels(name: str, value: float) -> float:
    """Check that a number can be a side of an image in pixels, and hand it back: from 1 to a million.

    Raises:
        InputError: it is not.
    """
    check_positive(name, value, "pixels")
    if not 1 <= value <= LARGEST_SIDE_PX:
        raise InputError(f"{name} is {value:g}: give pixels between 1 and {LARGEST_SIDE_PX:,}")
    return value


def check_focal(name: str, focal_px: float) -> float:
    """Check that a number can be a focal length in pixels, and hand it back: from 1 to ten million.

    Raises:
        InputError: it is not.
    """
    check_positive(name, focal_px, "pixels")
    if not 1 <= focal_px <= LONGEST_FOCAL_PX:
        raise InputError(f"{name} is {focal_px:g}: give pixels between 1 and {LONGEST_FOCAL_PX:,}")
    return focal_px


def check_choice(name: str, value: T, choices: Collection[T]) -> T:
    """Check that a value is one of the known ones, and hand it back.

    Raises:
        ConfigError: it is not; the message lists the known ones.
    """
    if value not in choices:
        raise ConfigError(f"{name} is {value!r}: choose one of {', '.join(str(c) for c in choices)}")
    return value
