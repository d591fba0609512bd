"""MPII's 16 keypoints.

To h36m17, on a standing adult:
- `thorax` is MPII's thorax, the middle of the shoulders, raised by 10 % of the trunk, about 5 cm.
- `spine` is 48 % of the way from the pelvis to `thorax`.
- `neck` (Human3.6M's chin or nose height) is a quarter of the way from MPII's upper neck to the top of the
  head. MPII has no point on the face, so it lies on the neck's axis, 3-6 cm behind Human3.6M's.
- `head`: Human3.6M's lies at 96-98 % of stature, below the crown; so 85 % of the way from upper neck to head
  top.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "mpii16",
    {
        "right_ankle": "right_knee",
        "right_knee": "right_hip",
        "right_hip": "pelvis",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "pelvis": None,
        "thorax": "pelvis",
        "upper_neck": "thorax",
        "head_top": "upper_neck",
        "right_wrist": "right_elbow",
        "right_elbow": "right_shoulder",
        "right_shoulder": "thorax",
        "left_shoulder": "thorax",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
    },
    "MPII, 16 keypoints: stacked hourglass networks",
)

TO_H36M17: Combination = {
    "spine": {"pelvis": 0.472, "thorax": 0.528},
    "thorax": {"thorax": 1.1, "pelvis": -0.1},
    "neck": {"upper_neck": 0.75, "head_top": 0.25},
    "head": {"upper_neck": 0.15, "head_top": 0.85},
}
