"""Halpe's 26 keypoints: COCO's 17, top of the head, neck, pelvis, and six points on the feet.

To h36m17, on a standing adult:
- `pelvis` and `thorax` are Halpe's pelvis and neck (the base of the neck) themselves.
- `spine` is 48 % of the way from pelvis to neck.
- `neck` (Human3.6M's chin or nose height) is half way between the nose and the middle of the ears, which lies
  4-5 cm in front of the neck's axis. Where one ear is not seen (profile) the other stands for both.
- `head`: Human3.6M's lies at 96-98 % of stature, below the crown; so 80 % of the way from the neck to the top
  of the head.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "halpe26",
    {
        "nose": "neck",
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "left_eye",
        "right_ear": "right_eye",
        "left_shoulder": "neck",
        "right_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_hip": "pelvis",
        "right_hip": "pelvis",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "head_top": "nose",
        "neck": "pelvis",
        "pelvis": None,
        "left_big_toe": "left_ankle",
        "right_big_toe": "right_ankle",
        "left_small_toe": "left_ankle",
        "right_small_toe": "right_ankle",
        "left_heel": "left_ankle",
        "right_heel": "right_ankle",
    },
    "Halpe, 26 keypoints: AlphaPose, RTMPose body with feet",
)

TO_H36M17: Combination = {
    "pelvis": {"pelvis": 1.0},
    "spine": {"pelvis": 0.52, "neck": 0.48},
    "thorax": {"neck": 1.0},
    "neck": (
        {"nose": 0.5, "left_ear": 0.25, "right_ear": 0.25},
        {"nose": 0.5, "left_ear": 0.5},
        {"nose": 0.5, "right_ear": 0.5},
        {"nose": 1.0},
        {"head_top": 0.4, "neck": 0.6},
    ),
    "head": {"head_top": 0.8, "neck": 0.2},
}
