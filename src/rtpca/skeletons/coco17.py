"""COCO's 17 keypoints: what most 2D detectors return.

To h36m17: trunk and head as `trunk_and_head` says, limbs by name.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "coco17",
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
    },
    "COCO, 17 keypoints: MMPose, RTMPose, ViTPose, YOLO, Detectron2, AlphaPose",
)

TO_H36M17: Combination = trunk_and_head()
