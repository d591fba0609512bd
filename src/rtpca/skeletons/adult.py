"""Where joints of the sets for images lie on a standing adult, so that a body can be compared with a set.

Typical distances of an adult of 1.75 m, to 2 or 3 cm: enough to tell an elbow from an ear, not to measure
anybody. Axes are x to the person's left, y up from the floor, z forward, in metres.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.skeletons.base import Skeleton

_IN_THE_MIDDLE = {
    "nose": (1.56, 0.11),
    "head_top": (1.73, 0.0),
    "head": (1.60, 0.03),
    "upper_neck": (1.50, 0.0),
    "head_bottom": (1.50, 0.0),
    "neck": (1.43, 0.0),
    "thorax": (1.44, 0.0),
    "spine_shoulder": (1.40, 0.0),
    "spine_chest": (1.27, 0.0),
    "spine_3": (1.27, 0.0),
    "spine_2": (1.20, 0.0),
    "spine": (1.17, 0.0),
    "spine_mid": (1.16, 0.0),
    "chest": (1.15, 0.0),
    "spine_navel": (1.08, 0.0),
    "spine_1": (1.07, 0.0),
    "belly": (1.02, 0.0),
    "spine_base": (0.93, 0.0),
    "pelvis": (0.92, 0.0),
    "mid_hip": (0.91, 0.0),
}
_ON_THE_LEFT = {
    "eye": (0.033, 1.595, 0.09),
    "eye_inner": (0.018, 1.595, 0.095),
    "eye_outer": (0.045, 1.595, 0.085),
    "ear": (0.075, 1.575, 0.0),
    "mouth": (0.025, 1.51, 0.095),
    "clavicle": (0.04, 1.38, 0.0),
    "collar": (0.04, 1.38, 0.0),
    "shoulder": (0.18, 1.39, 0.0),
    "elbow": (0.24, 1.11, 0.0),
    "wrist": (0.26, 0.86, 0.03),
    "hand": (0.265, 0.78, 0.04),
    "thumb": (0.25, 0.80, 0.08),
    "index": (0.27, 0.77, 0.06),
    "pinky": (0.29, 0.77, 0.03),
    "hand_tip": (0.27, 0.69, 0.05),
    "hip": (0.10, 0.90, 0.0),
    "knee": (0.10, 0.49, 0.01),
    "ankle": (0.10, 0.09, 0.0),
    "heel": (0.10, 0.03, -0.05),
    "foot": (0.10, 0.03, 0.12),
    "big_toe": (0.10, 0.02, 0.17),
    "foot_index": (0.10, 0.02, 0.17),
    "small_toe": (0.15, 0.02, 0.14),
}
# What a set calls by a name that means another place elsewhere.
_IN_SET = {
    "h36m17": {"thorax": (1.45, 0.0), "neck": (1.57, 0.05), "head": (1.68, 0.0)},
    "h36m16": {"thorax": (1.45, 0.0), "head": (1.68, 0.0)},
    "mpi_inf_3dhp17": {"head": (1.57, 0.05), "head_top": (1.69, 0.0)},
    "humaneva15": {"head": (1.72, 0.0)},
    "kinect25": {"neck": (1.48, 0.0)},
    "azure_kinect32": {"head": (1.57, 0.0)},
    "smpl24": {"head": (1.57, 0.02)},
}


@cache
def standing_adult(skeleton: Skeleton) -> DoubleArray:
    """Places of a skeleton's joints on a standing adult.

    Args:
        skeleton: One of `image_skeletons()`.

    Returns:
        (J, 3) metres; NaN for single points of the face and of the hands.
    """
    places = np.full((skeleton.num_joints, 3), np.nan)
    for index, joint in enumerate(skeleton.joints):
        middle = _IN_SET.get(skeleton.name, {}).get(joint, _IN_THE_MIDDLE.get(joint))
        side, point = side_and_point(joint)
        if middle is not None:
            places[index] = (0.0, *middle)
        elif side and point in _ON_THE_LEFT:
            across, up, ahead = _ON_THE_LEFT[point]
            places[index] = (across if side == "left" else -across, up, ahead)
    return places


def side_and_point(joint: str) -> tuple[str, str]:
    """`left_knee` as ("left", "knee"); a joint in the middle has the side ""."""
    side, _, point = joint.partition("_")
    return (side, point) if side in ("left", "right") else ("", joint)
