"""COCO_25: COCO's 17 keypoints, the middles of shoulders and hips among them, and six points on the feet.

To h36m17 in the way of `coco17`; where a shoulder or hip is not seen, the middle stands for both.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import with_middles

SKELETON = Skeleton.from_parents(
    "coco25",
    {
        "nose": "neck",
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "left_eye",
        "right_ear": "right_eye",
        "neck": "mid_hip",
        "left_shoulder": "neck",
        "right_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "mid_hip",
        "right_hip": "mid_hip",
        "mid_hip": None,
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "left_big_toe": "left_ankle",
        "left_small_toe": "left_ankle",
        "left_heel": "left_ankle",
        "right_big_toe": "right_ankle",
        "right_small_toe": "right_ankle",
        "right_heel": "right_ankle",
    },
    "COCO_25, 25 keypoints: easy_ViTPose",
)

TO_H36M17: Combination = with_middles(shoulders="neck", hips="mid_hip")
