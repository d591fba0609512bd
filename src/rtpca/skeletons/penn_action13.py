"""Penn Action's 13 keypoints.

To h36m17, on a standing adult: trunk as `trunk_and_head` says; `neck` (chin or nose height) is half way from
the middle of the shoulders to the head point, which lies near the top of the head; `head` 90 % of the way.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination, combine
from rtpca.skeletons.trunk_and_head import SHOULDERS, trunk_and_head

_HEAD = {"head_top": 1.0}

SKELETON = Skeleton.from_parents(
    "penn_action13",
    {
        "head_top": None,
        "left_shoulder": "head_top",
        "right_shoulder": "head_top",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "left_shoulder",
        "right_hip": "right_shoulder",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
    },
    "Penn Action, 13 keypoints",
)

TO_H36M17: Combination = {
    **trunk_and_head(),
    "neck": combine((0.5, SHOULDERS), (0.5, _HEAD)),
    "head": combine((0.1, SHOULDERS), (0.9, _HEAD)),
}
