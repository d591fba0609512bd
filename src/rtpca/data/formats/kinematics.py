"""Forward kinematics over all frames at once: rotations built axis by axis.

A rotation of every frame is an array `(3, 3, F)`: `rotation[k]` is the k-th *column* (the k-th rotated basis
vector), with the frames last so that each operation runs over contiguous memory.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import DoubleArray


def identity_rotation(frames: int) -> DoubleArray:
    """The identity for every frame, as columns `(3, 3, F)`."""
    return np.repeat(np.eye(3)[:, :, None], frames, axis=2)


def turn(rotation: DoubleArray, axis: int, angle_rad: DoubleArray) -> DoubleArray:
    """`rotation @ R_axis(angle)`: turn about the rotated axis itself.

    Multiplying by an elementary rotation from the right only mixes two columns, far cheaper than a product.

    Args:
        rotation: columns `(3, 3, F)`; not changed.
        axis: 0, 1 or 2 for x, y or z.
        angle_rad: `(F,)`, counter-clockwise about the axis.

    Returns:
        The new columns `(3, 3, F)`.
    """
    first, second = (axis + 1) % 3, (axis + 2) % 3
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    turned = rotation.copy()
    turned[first] = cosine * rotation[first] + sine * rotation[second]
    turned[second] = cosine * rotation[second] - sine * rotation[first]
    return turned


def multiply_constant(rotation: DoubleArray, matrix: DoubleArray) -> DoubleArray:
    """`rotation @ matrix` for one `(3, 3)` matrix, shared by all frames."""
    return np.einsum("kif,kj->jif", rotation, matrix)


def rotate(rotation: DoubleArray, vector: DoubleArray) -> DoubleArray:
    """`rotation @ vector`, `(3, F)`, for a vector shared by all frames, `(3,)`, or one each, `(3, F)`."""
    return rotation[0] * vector[0] + rotation[1] * vector[1] + rotation[2] * vector[2]


def euler_matrix(angles_rad: DoubleArray, axes: str) -> DoubleArray:
    """The `(3, 3)` matrix of rotations about fixed axes, the first letter of `axes` applied first."""
    rotation = identity_rotation(1)
    for letter, angle in reversed(list(zip(axes, angles_rad, strict=True))):
        rotation = turn(rotation, "XYZ".index(letter), np.array([angle]))
    return np.ascontiguousarray(rotation[:, :, 0].T)
