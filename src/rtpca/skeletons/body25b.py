"""OpenPose's BODY_25B: COCO's 17 keypoints, the ends of the head, and six points on the feet.

To h36m17 in the way of `coco17`; where nothing of the face is seen, `upper_neck` and `head_top` (MPII's) give
neck and head as in `mpii16`.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination, alternatives
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "body25b",
    {
        "nose": "upper_neck",
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "left_eye",
        "right_ear": "right_eye",
        "left_shoulder": "upper_neck",
        "right_shoulder": "upper_neck",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "upper_neck",
        "right_hip": "upper_neck",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "upper_neck": None,
        "head_top": "upper_neck",
        "left_big_toe": "left_ankle",
        "left_small_toe": "left_ankle",
        "left_heel": "left_ankle",
        "right_big_toe": "right_ankle",
        "right_small_toe": "right_ankle",
        "right_heel": "right_ankle",
    },
    "OpenPose BODY_25B, 25 keypoints",
)

_AS_COCO = trunk_and_head()

TO_H36M17: Combination = {
    **_AS_COCO,
    "neck": (*alternatives(_AS_COCO, "neck"), {"upper_neck": 0.75, "head_top": 0.25}),
    "head": (*alternatives(_AS_COCO, "head"), {"upper_neck": 0.15, "head_top": 0.85}),
}
