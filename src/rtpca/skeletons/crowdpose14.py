"""CrowdPose's 14 keypoints.

To h36m17 in the way of `aic14`, which has the same points in another order.
"""

from __future__ import annotations

from rtpca.skeletons import aic14
from rtpca.skeletons.base import Skeleton

SKELETON = Skeleton.from_parents(
    "crowdpose14",
    {
        "left_shoulder": "neck",
        "right_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "neck",
        "right_hip": "neck",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "head_top": "neck",
        "neck": None,
    },
    "CrowdPose, 14 keypoints: MMPose, AlphaPose",
)

TO_H36M17 = aic14.TO_H36M17
