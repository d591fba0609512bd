"""Kinect v2's 25 joints, which NTU RGB+D has.

`spine_shoulder` is the base of the neck, at the height of the shoulders; `head` the middle of the head. Names
are ours; Kinect writes `ShoulderLeft`.

To h36m17, on a standing adult: `thorax` is half way from the base of the neck to Kinect's neck, `neck` (chin
or nose height) 90 % of the way from Kinect's neck to its head, and `head` 40 % of that distance above it.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import HIPS

SKELETON = Skeleton.from_parents(
    "kinect25",
    {
        "spine_base": None,
        "spine_mid": "spine_base",
        "neck": "spine_shoulder",
        "head": "neck",
        "left_shoulder": "spine_shoulder",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "left_hand": "left_wrist",
        "right_shoulder": "spine_shoulder",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "right_hand": "right_wrist",
        "left_hip": "spine_base",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "left_foot": "left_ankle",
        "right_hip": "spine_base",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "right_foot": "right_ankle",
        "spine_shoulder": "spine_mid",
        "left_hand_tip": "left_hand",
        "left_thumb": "left_wrist",
        "right_hand_tip": "right_hand",
        "right_thumb": "right_wrist",
    },
    "Kinect v2, 25 joints: NTU RGB+D",
)

TO_H36M17: Combination = {
    "pelvis": (HIPS, {"spine_base": 1.0}),
    "spine": {"spine_mid": 1.0},
    "thorax": {"spine_shoulder": 0.5, "neck": 0.5},
    "neck": {"head": 0.9, "neck": 0.1},
    "head": {"head": 1.4, "neck": -0.4},
}
