"""Human3.6M's joints without `neck`: the 16 of lifters that leave out the chin.

To h36m17: `neck` (chin or nose height) is 55 % of the way from thorax to head, on the neck's axis.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "h36m16",
    {
        "pelvis": None,
        "right_hip": "pelvis",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "spine": "pelvis",
        "thorax": "spine",
        "head": "thorax",
        "left_shoulder": "thorax",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_shoulder": "thorax",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
    },
    "Human3.6M, 16 joints: without the chin",
)

TO_H36M17: Combination = {"neck": {"thorax": 0.45, "head": 0.55}}
