"""COCO's 17 keypoints and six on the feet: the body of COCO-WholeBody, without face and hands.

To h36m17 in the way of `coco17`; the feet are not used.
"""

from __future__ import annotations

from rtpca.skeletons import coco17
from rtpca.skeletons.base import Skeleton

SKELETON = Skeleton.from_parents(
    "coco23",
    {
        "nose": None,
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "left_eye",
        "right_ear": "right_eye",
        "left_shoulder": "nose",
        "right_shoulder": "nose",
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
        "left_big_toe": "left_ankle",
        "left_small_toe": "left_ankle",
        "left_heel": "left_ankle",
        "right_big_toe": "right_ankle",
        "right_small_toe": "right_ankle",
        "right_heel": "right_ankle",
    },
    "COCO with feet, 23 keypoints",
)

TO_H36M17 = coco17.TO_H36M17
