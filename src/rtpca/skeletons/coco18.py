"""OpenPose's COCO model: COCO's 17 keypoints and a neck, the right side first.

The neck is the middle of the shoulders. To h36m17 in the way of `coco17`; where a shoulder is not seen, the
neck stands for the middle of both.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import with_middles

SKELETON = Skeleton.from_parents(
    "coco18",
    {
        "nose": "neck",
        "neck": None,
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
        "right_eye": "nose",
        "left_eye": "nose",
        "right_ear": "right_eye",
        "left_ear": "left_eye",
    },
    "OpenPose COCO, 18 keypoints: AlphaPose's cmu form, Kinetics-Skeleton",
)

TO_H36M17: Combination = with_middles(shoulders="neck")
