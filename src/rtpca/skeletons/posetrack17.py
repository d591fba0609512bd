"""PoseTrack's 17 keypoints in the order of 2018: COCO's, with the ends of the head for the eyes.

The ears are in the list, but seldom annotated. To h36m17 in the way of `posetrack15`.
"""

from __future__ import annotations

from rtpca.skeletons import posetrack15
from rtpca.skeletons.base import Skeleton

SKELETON = Skeleton.from_parents(
    "posetrack17",
    {
        "nose": "head_bottom",
        "head_bottom": None,
        "head_top": "head_bottom",
        "left_ear": "nose",
        "right_ear": "nose",
        "left_shoulder": "head_bottom",
        "right_shoulder": "head_bottom",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "head_bottom",
        "right_hip": "head_bottom",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
    },
    "PoseTrack 2018, 17 keypoints",
)

TO_H36M17 = posetrack15.TO_H36M17
