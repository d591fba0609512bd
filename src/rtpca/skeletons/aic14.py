"""AI Challenger's 14 keypoints.

To h36m17, on a standing adult: `thorax` and `spine` as `trunk_and_head` says; `neck` (chin or nose height) is
40 % of the way from the neck to the top of the head, on the neck's axis; `head` 80 %.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import NECK_AND_HEAD_TOP, trunk_and_head

SKELETON = Skeleton.from_parents(
    "aic14",
    {
        "right_shoulder": "neck",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_hip": "neck",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "left_hip": "neck",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "head_top": "neck",
        "neck": None,
    },
    "AI Challenger, 14 keypoints",
)

TO_H36M17: Combination = {**trunk_and_head(), **NECK_AND_HEAD_TOP}
