"""Which axis of a file points up, and how its world is turned so that y does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from rtpca.arrays import DoubleArray
from rtpca.data.datasets.options import UP_AXES

T = TypeVar("T", bound=np.floating)

_ROWS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "y": ((0, 1), (1, 1), (2, 1)),
    "z": ((0, 1), (2, 1), (1, -1)),
    "x": ((1, -1), (0, 1), (2, 1)),
    "-y": ((0, 1), (1, -1), (2, -1)),
    "-z": ((0, 1), (2, -1), (1, 1)),
    "-x": ((1, 1), (0, -1), (2, 1)),
}
"""By the axis that points up: which axis of the file becomes x, y and z, with which sign. All are turns."""

AXES: Mapping[str, DoubleArray] = {
    name: (-1.0 if name.startswith("-") else 1.0) * np.eye(3)["xyz".index(name[-1])] for name in UP_AXES
}
"""Unit vectors by name."""


def y_up_from(points: npt.NDArray[T], up_axis: str) -> npt.NDArray[T]:
    """Points of a file in a world with y up, turned and not mirrored.

    Args:
        points: `(..., 3)`.
        up_axis: one of `UP_AXES`.

    Returns:
        `(..., 3)`; the points themselves for `"y"`.
    """
    if up_axis == "y":
        return points
    turned = [points[..., axis] if sign > 0 else -points[..., axis] for axis, sign in _ROWS[up_axis]]
    return np.stack(turned, axis=-1)


def file_axis(axis: str, up_axis: str) -> str:
    """The axis of a file, by name, that became an axis of the world with y up."""
    old, sign = _ROWS[up_axis]["xyz".index(axis[-1])]
    return ("" if (sign > 0) != axis.startswith("-") else "-") + "xyz"[old]
