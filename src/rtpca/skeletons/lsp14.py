"""Leeds Sports Pose's 14 keypoints.

To h36m17 in the way of `aic14`, which has the same points in another order.
"""

from __future__ import annotations

from rtpca.skeletons import aic14
from rtpca.skeletons.base import Skeleton

SKELETON = Skeleton.from_parents(
    "lsp14",
    {
        "right_ankle": "right_knee",
        "right_knee": "right_hip",
        "right_hip": "neck",
        "left_hip": "neck",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "right_wrist": "right_elbow",
        "right_elbow": "right_shoulder",
        "right_shoulder": "neck",
        "left_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "neck": None,
        "head_top": "neck",
    },
    "Leeds Sports Pose, 14 keypoints",
)

TO_H36M17 = aic14.TO_H36M17
