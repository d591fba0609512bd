"""SMPL's 24 joints, projected into the image.

`neck` is the base of the neck, `head` the base of the skull; feet are the balls of the feet.

To h36m17, on a standing adult: `pelvis` is the middle of the hips, `thorax` SMPL's neck, `neck` (chin or nose
height) its head, and `head` as far again above it.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import HIPS

SKELETON = Skeleton.from_parents(
    "smpl24",
    {
        "pelvis": None,
        "left_hip": "pelvis",
        "right_hip": "pelvis",
        "spine_1": "pelvis",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "spine_2": "spine_1",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "spine_3": "spine_2",
        "left_foot": "left_ankle",
        "right_foot": "right_ankle",
        "neck": "spine_3",
        "left_collar": "spine_3",
        "right_collar": "spine_3",
        "head": "neck",
        "left_shoulder": "left_collar",
        "right_shoulder": "right_collar",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hand": "left_wrist",
        "right_hand": "right_wrist",
    },
    "SMPL, 24 joints",
)

TO_H36M17: Combination = {
    "pelvis": (HIPS, {"pelvis": 1.0}),
    "spine": {"pelvis": 0.52, "neck": 0.48},
    "thorax": {"neck": 1.0},
    "neck": {"head": 1.0},
    "head": {"head": 2.0, "neck": -1.0},
}
