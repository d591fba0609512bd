"""The length unit of a body that does not say it: bones tell how tall a person is, and people are alike."""

from __future__ import annotations

import numpy as np

from rtpca.arrays import AnyFloatArray
from rtpca.skeletons import Skeleton

_STATURE_OF_BONES = 1.1
"""Stature over the way along the bones from ankle to head: soles and crown lie beyond."""

_UNITS: tuple[tuple[str, float, tuple[float, float]], ...] = (
    ("metres", 1.0, (0.8, 2.5)),
    ("centimetres", 0.01, (0.8, 2.5)),
    ("millimetres", 0.001, (0.8, 2.5)),
    ("inches", 0.0254, (1.2, 2.3)),
    ("CMU's units of (1/0.45) inch", 0.0254 / 0.45, (1.2, 2.3)),
    ("decimetres", 0.1, (1.2, 2.3)),
    ("feet", 0.3048, (1.2, 2.3)),
)
"""Name, metres, and the heights of bodies for which it is believed. The first that fits is taken, so that a
child in centimetres is nobody in inches."""


def body_height(positions: AnyFloatArray, skeleton: Skeleton) -> float:
    """Height of a person in the unit of the positions, from the lengths of bones: in whatever position.

    Args:
        positions: `(F, J, 3)`.
        skeleton: their joints: hips to ankles, pelvis, thorax or neck, head.

    Returns:
        The median over the frames; good to a tenth.
    """

    def length(start: str, end: str) -> float:
        way = positions[:, skeleton.index(end)] - positions[:, skeleton.index(start)]
        return float(np.median(np.linalg.norm(way, axis=-1)))

    legs = [
        length(f"{side}_hip", f"{side}_knee") + length(f"{side}_knee", f"{side}_ankle")
        for side in ("left", "right")
    ]
    trunk = [name for name in ("pelvis", "thorax", "neck", "head") if name in skeleton.joints]
    return _STATURE_OF_BONES * (sum(legs) / 2 + sum(map(length, trunk, trunk[1:])))


def likely_unit(height: float) -> tuple[str, float] | None:
    """The length unit in which a body of this height is a person.

    Args:
        height: in that unit.

    Returns:
        Its name and its metres; None where no unit fits.

    Example:
        >>> likely_unit(172.0)
        ('centimetres', 0.01)
    """
    return next(((name, m) for name, m, (low, high) in _UNITS if low <= height * m <= high), None)
