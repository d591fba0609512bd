"""Motion in h36m17 with the joints of other sets put onto it: faces, feet, hands, more of the trunk.

What a detector of that set would mark, for checks of what is recognised; not for training, since nobody's
face lies exactly there.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import AnyFloatArray, DoubleArray
from rtpca.checks import check_axes
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.skeletons.adult import side_and_point, standing_adult

_H36M17 = get_skeleton("h36m17")
_CHIN_M = (0.0, 1.57, 0.05)
"""Where Human3.6M's `neck` lies on the standing adult."""
_HIPS_M, _SHOULDERS_M = 0.90, 1.39
_ON_FOOT = {"heel", "foot", "big_toe", "foot_index", "small_toe"}
_ON_HAND = {"hand", "thumb", "index", "pinky", "hand_tip"}
_LIMBS = {"shoulder", "elbow", "wrist", "hip", "knee", "ankle"}
_LOWEST_OF_HEAD_M = 1.505


def with_joints_of(positions3d: AnyFloatArray, skeleton: Skeleton) -> DoubleArray:
    """The joints of a set for images on moving people.

    Args:
        positions3d: (F, 17, 3) h36m17 joints, metres, y up.
        skeleton: One of `rtpca.skeletons.image_skeletons()`.

    Returns:
        (F, J, 3) metres; NaN for single points of the face and of the hands.

    Raises:
        ShapeError: the positions have another shape.
    """
    check_axes("positions3d", positions3d, "F", 17, 3)
    body = {joint: positions3d[:, i].astype(np.float64) for i, joint in enumerate(_H36M17.joints)}
    if skeleton.name == _H36M17.name:
        return np.stack(list(body.values()), axis=1)
    adult = standing_adult(skeleton)
    return np.stack(
        [_place(joint, adult[index], body) for index, joint in enumerate(skeleton.joints)], axis=1
    )


def _place(joint: str, adult_m: DoubleArray, body: dict[str, DoubleArray]) -> DoubleArray:
    """(F, 3) places of one joint that lies at (3,) on the standing adult."""
    side, point = side_and_point(joint)
    if point in _LIMBS:
        return body[joint]
    middle_of_hips = (body["left_hip"] + body["right_hip"]) / 2
    middle_of_shoulders = (body["left_shoulder"] + body["right_shoulder"]) / 2
    if point in _ON_FOOT:
        down = _unit(body[f"{side}_ankle"] - body[f"{side}_knee"])
        across = _unit(body["left_hip"] - body["right_hip"])
        ahead = _unit(np.cross(across, -down))
        x, y, z = adult_m - (0.1 if side == "left" else -0.1, 0.09, 0.0)
        return body[f"{side}_ankle"] + x * across - y * down + z * ahead
    if point in _ON_HAND:
        along = _unit(body[f"{side}_wrist"] - body[f"{side}_elbow"])
        across = _unit(np.cross(along, (0.3, 1.0, 0.2)))
        return body[f"{side}_wrist"] + (0.86 - adult_m[1]) * along + (adult_m[2] - 0.03) * across
    up = _unit(body["head"] - body["thorax"])
    across = body["left_shoulder"] - body["right_shoulder"]
    across = _unit(across - (across * up).sum(axis=1, keepdims=True) * up)
    if adult_m[1] > _LOWEST_OF_HEAD_M:
        x, y, z = adult_m - _CHIN_M
        return body["neck"] + x * across + y * up + z * np.cross(across, up)
    if adult_m[1] > _SHOULDERS_M:
        return middle_of_shoulders + (adult_m[1] - _SHOULDERS_M) * up
    share = (adult_m[1] - _HIPS_M) / (_SHOULDERS_M - _HIPS_M)
    trunk = middle_of_hips + share * (middle_of_shoulders - middle_of_hips)
    return trunk + adult_m[0] * across


def _unit(vectors: DoubleArray) -> DoubleArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
