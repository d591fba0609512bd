"""How tall a person is, from the lengths of bones: in whatever position."""

from __future__ import annotations

import numpy as np

from rtpca.arrays import AnyFloatArray
from rtpca.checks import check_positive
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton, get_skeleton

STATURE_OF_BONES = 1.06
"""Stature over the way along the bones from ankle to head: soles and crown lie beyond.

Over 82 people and bodies of the motion capture, the way is 0.940 of their stature with a spread of 0.014,
where that is the height of the head above the ankles, upright, over 0.93; and 0.959 with a spread of 0.013 of
the statures of the nine people of UI-PRMD, which follow from a marker on the neck.
"""
SMALLEST_M, TALLEST_M = 0.4, 2.6

_H36M17 = get_skeleton("h36m17")


def stature_m(poses: AnyFloatArray, skeleton: Skeleton = _H36M17) -> float:
    """Stature, in the unit of the positions.

    It is 1.06 times the median lengths, over the frames, of thigh and shin (mean of both sides) and of the
    way from pelvis over thorax and neck to head.

    Args:
        poses: (F, J, 3) positions, at least one frame.
        skeleton: Their joints: hips to ankles, pelvis, thorax or neck, head.

    Returns:
        The stature; good to about 2 % (see `STATURE_OF_BONES`) of somebody whose bones are known.
    """

    def length(start: str, end: str) -> float:
        way = poses[:, skeleton.index(end)] - poses[:, skeleton.index(start)]
        return float(np.median(np.linalg.norm(way, axis=-1)))

    legs = [
        length(f"{side}_hip", f"{side}_knee") + length(f"{side}_knee", f"{side}_ankle")
        for side in ("left", "right")
    ]
    trunk = [name for name in ("pelvis", "thorax", "neck", "head") if name in skeleton.joints]
    return STATURE_OF_BONES * (sum(legs) / 2 + sum(map(length, trunk, trunk[1:])))


def check_stature(name: str, height_m: float) -> float:
    """Check that a number can be somebody's stature in metres, and hand it back.

    Raises:
        InputError: it is not.
    """
    check_positive(name, height_m, "metres")
    if not SMALLEST_M <= height_m <= TALLEST_M:
        hint = f", e.g. {height_m / 100:g}" if SMALLEST_M <= height_m / 100 <= TALLEST_M else ""
        raise InputError(f"{name} is {height_m:g}: give metres between {SMALLEST_M} and {TALLEST_M}{hint}")
    return height_m
