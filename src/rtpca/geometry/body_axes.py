"""Axes of a part of the body from two of its directions."""

from __future__ import annotations

import numpy as np

from rtpca.arrays import DoubleArray

_TINY = 1e-9


def cross_axes(
    x_direction: DoubleArray, y_hint: DoubleArray, spare_y: DoubleArray | None = None
) -> DoubleArray:
    """Right-handed axes with x along one direction and y as near as possible to another.

    Args:
        x_direction: (F, 3) any length.
        y_hint: (F, 3) any length; only what lies across `x_direction` counts.
        spare_y: (3,) direction that stands in where `y_hint` vanishes or lies along x.

    Returns:
        (F, 3, 3) rotations whose columns are the axes. Where nothing fixes them, some axes are taken.
    """
    x = _unit(x_direction, np.array([1.0, 0.0, 0.0]))
    spare = np.array([0.0, 1.0, 0.0]) if spare_y is None else spare_y
    y = y_hint - (y_hint * x).sum(axis=-1, keepdims=True) * x
    hidden = np.linalg.norm(y, axis=-1, keepdims=True) < 1e-6
    fallback = spare - (spare * x).sum(axis=-1, keepdims=True) * x
    across = np.cross(x, np.where(np.abs(x[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]))
    fallback = np.where(np.linalg.norm(fallback, axis=-1, keepdims=True) < 1e-6, across, fallback)
    y = _unit(np.where(hidden, fallback, y), np.array([0.0, 1.0, 0.0]))
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _unit(vectors: DoubleArray, spare: DoubleArray) -> DoubleArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > _TINY, vectors / np.maximum(length, _TINY), spare)
