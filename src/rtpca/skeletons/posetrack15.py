"""PoseTrack's 15 keypoints in the order of 2017.

`head_bottom` is the upper end of the neck. To h36m17, on a standing adult: trunk as `trunk_and_head` says;
`neck` (chin or nose height) is half way from the nose to the middle of the head; `head` is 85 % of the way
from the bottom of the head to its top.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "posetrack15",
    {
        "right_ankle": "right_knee",
        "right_knee": "right_hip",
        "right_hip": "head_bottom",
        "left_hip": "head_bottom",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "right_wrist": "right_elbow",
        "right_elbow": "right_shoulder",
        "right_shoulder": "head_bottom",
        "left_shoulder": "head_bottom",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "head_bottom": None,
        "nose": "head_bottom",
        "head_top": "head_bottom",
    },
    "PoseTrack 2017, 15 keypoints",
)

TO_H36M17: Combination = {
    **trunk_and_head(),
    "neck": (
        {"nose": 0.5, "head_bottom": 0.25, "head_top": 0.25},
        {"nose": 1.0},
        {"head_bottom": 0.75, "head_top": 0.25},
    ),
    "head": {"head_bottom": 0.15, "head_top": 0.85},
}
