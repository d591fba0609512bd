"""HumanEva-I's 15 joints, as the lifting literature takes them from the official body model.

Thorax is the mean of the torso's upper and the head's lower end; `head` the far end of the head; elbows and
knees are means of the two segments' ends.

To h36m17: `spine` is 48 % of the way from pelvis to thorax. `neck` (chin or nose height) is 55 % of the way
from thorax to head; there is no point on the face, so it lies on the neck's axis.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "humaneva15",
    {
        "pelvis": None,
        "thorax": "pelvis",
        "left_shoulder": "thorax",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_shoulder": "thorax",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "right_hip": "pelvis",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "head": "thorax",
    },
    "HumanEva-I, 15 joints",
)

TO_H36M17: Combination = {
    "spine": {"pelvis": 0.52, "thorax": 0.48},
    "neck": {"thorax": 0.45, "head": 0.55},
}
