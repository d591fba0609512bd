"""How well the joints of a set fit a body in the image, in any view and posture.

Some pairs of joints keep their distance: bones, and what lies on the same head, trunk, hand or foot. In an
image they look shorter when they point towards the camera, and never longer. So in the right joint set, the
distances in the image are all the same scale times those of a standing adult, or less. In a wrong one some
are many times too long, and no scale is right for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from rtpca.arrays import DoubleArray, FloatArray, IntArray
from rtpca.skeletons import Skeleton
from rtpca.skeletons.adult import side_and_point, standing_adult

_NECK = {"neck", "upper_neck", "head_bottom"}
_HEAD = {"nose", "eye", "eye_inner", "eye_outer", "ear", "mouth", "head", "head_top"} | _NECK
_SPINE = {"chest", "belly", "spine", "spine_mid", "spine_navel", "spine_chest", "spine_shoulder", "thorax"}
_LOWER_SPINE = {"spine_1", "spine_2", "spine_3", "spine_base", "pelvis", "mid_hip"}
_TRUNK = {"shoulder", "clavicle", "collar", "hip"} | _SPINE | _LOWER_SPINE | _NECK
# Joints of a limb by how far out they are.
_LIMBS = (
    {"shoulder": 0, "elbow": 1, "wrist": 2, "hand": 3, "thumb": 3, "index": 3, "pinky": 3, "hand_tip": 3},
    {"hip": 0, "knee": 1, "ankle": 2, "heel": 3, "foot": 3, "big_toe": 3, "foot_index": 3, "small_toe": 3},
)
_HEAD_TO_TRUNK, _ACROSS_A_JOINT = 0.6, 0.4
_NOISE_M = 0.03
"""Keypoints stray by so much; closer points tell no distance."""
_SCALES = (0.35, 0.5, 0.65, 0.8, 0.92)
"""The scale is looked for at these quantiles of the ratios."""
_TOO_LONG, _TOO_SHORT, _WORST = 3.0, 1.0, 3.0
_INDIFFERENT = 0.8
"""Misfit of a pair that speaks neither for a set nor against it."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """What the pairs of joints of one set say about a body.

    Attributes:
        first, second: (P,) joints of each pair.
        gain: (P,) how much each pair speaks for the set, mean over frames; below 0 against it.
        weight: (P,) how much it counts, mean over frames; 0 where it is not seen.
    """

    first: IntArray
    second: IntArray
    gain: DoubleArray
    weight: DoubleArray

    @property
    def misfit(self) -> float:
        """How unevenly the distances are scaled: about 0.3 for the right set; infinite if nothing is seen."""
        total = self.weight.sum()
        return float(_INDIFFERENT - self.gain.sum() / total) if total > 0 else float("inf")

    def lead(self, other: Likeness, alike: np.ndarray) -> float:
        """How much more a set gains than another does, by weight of the pairs that they read differently.

        Args:
            other: The other set's.
            alike: (J,) joints that both sets take for the same.
        """
        own, others = (one.weight[~(alike[one.first] & alike[one.second])].sum() for one in (self, other))
        return float((self.gain.sum() - other.gain.sum()) / max(own, others, 1e-9))


def likeness(points: FloatArray, skeleton: Skeleton) -> Likeness:
    """Compare a body in the image with a joint set.

    Args:
        points: (F, J, 2) pixels; NaN where missing.
        skeleton: One of `rtpca.skeletons.image_skeletons()`.

    Returns:
        What each pair of joints says.
    """
    first, second, lengths_m, importance = _pairs(skeleton)
    ratios = np.linalg.norm(points[:, first] - points[:, second], axis=2) / lengths_m  # (F, P)
    seen = np.isfinite(ratios)
    count = seen.sum(axis=1)
    weight = np.where(seen & (count >= 3)[:, None], importance * np.sqrt(np.minimum(lengths_m, 0.5)), 0.0)
    ordered = np.sort(ratios, axis=1)  # NaN last
    ratios = np.where(seen, ratios, 1.0)
    frames = np.arange(len(points))
    best = np.full(len(points), np.inf)
    misfits = np.zeros_like(ratios)
    for quantile in _SCALES:
        scale = ordered[frames, (quantile * np.maximum(count - 1, 0)).astype(int)]
        scale = np.where(np.isfinite(scale), np.maximum(scale, 1e-9), 1.0)[:, None]
        log = np.log(np.hypot(ratios / scale, _NOISE_M / lengths_m))
        misfit = np.minimum(np.where(log > 0, _TOO_LONG * log, -_TOO_SHORT * log), _WORST)
        total = (misfit * weight).sum(axis=1)
        better = total < best
        best[better], misfits[better] = total[better], misfit[better]
    return Likeness(first, second, (weight * (_INDIFFERENT - misfits)).mean(axis=0), weight.mean(axis=0))


@cache
def _pairs(skeleton: Skeleton) -> tuple[IntArray, IntArray, DoubleArray, DoubleArray]:
    """(P,) joints one and two, their distance in metres, and how much it is to be kept."""
    places = standing_adult(skeleton)
    found = [
        (a, b, float(np.linalg.norm(places[a] - places[b])), importance)
        for a in range(skeleton.num_joints)
        for b in range(a + 1, skeleton.num_joints)
        if np.isfinite(places[[a, b]]).all()
        and (importance := _importance(skeleton.joints[a], skeleton.joints[b])) > 0
    ]
    first, second, lengths_m, importance = (np.array(column) for column in zip(*found, strict=True))
    return first, second, np.maximum(lengths_m, _NOISE_M), importance


def _importance(one: str, other: str) -> float:
    (side, point), (other_side, other_point) = side_and_point(one), side_and_point(other)
    points = {point, other_point}
    if points <= _HEAD or points <= _TRUNK:
        return 1.0
    if points <= _HEAD | _TRUNK:
        return _HEAD_TO_TRUNK
    if side == other_side:
        for limb in _LIMBS:
            if points <= limb.keys():
                return 1.0 if abs(limb[point] - limb[other_point]) <= 1 else _ACROSS_A_JOINT
    return 0.0
