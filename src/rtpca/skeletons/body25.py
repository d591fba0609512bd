"""OpenPose's BODY_25 keypoints.

To h36m17: trunk and head as `trunk_and_head` says, with OpenPose's own neck, the middle of the shoulders, and
its middle of the hips; limbs by name.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "body25",
    {
        "nose": "neck",
        "neck": "mid_hip",
        "right_shoulder": "neck",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "mid_hip": None,
        "right_hip": "mid_hip",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "left_hip": "mid_hip",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "right_eye": "nose",
        "left_eye": "nose",
        "right_ear": "right_eye",
        "left_ear": "left_eye",
        "left_big_toe": "left_ankle",
        "left_small_toe": "left_big_toe",
        "left_heel": "left_ankle",
        "right_big_toe": "right_ankle",
        "right_small_toe": "right_big_toe",
        "right_heel": "right_ankle",
    },
    "OpenPose BODY_25, 25 keypoints",
)

TO_H36M17: Combination = trunk_and_head(shoulders={"neck": 1.0}, hips={"mid_hip": 1.0})
