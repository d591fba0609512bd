"""JHMDB's 15 joints.

`head` is the face's middle, `belly` the lower trunk. To h36m17, on a standing adult: trunk as
`trunk_and_head` says; `neck` (chin or nose height) is the face's middle, `head` goes half as far again from
the neck.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "jhmdb15",
    {
        "neck": "belly",
        "belly": None,
        "head": "neck",
        "right_shoulder": "neck",
        "left_shoulder": "neck",
        "right_hip": "belly",
        "left_hip": "belly",
        "right_elbow": "right_shoulder",
        "left_elbow": "left_shoulder",
        "right_knee": "right_hip",
        "left_knee": "left_hip",
        "right_wrist": "right_elbow",
        "left_wrist": "left_elbow",
        "right_ankle": "right_knee",
        "left_ankle": "left_knee",
    },
    "JHMDB, 15 joints",
)

TO_H36M17: Combination = {
    **trunk_and_head(),
    "neck": {"head": 1.0},
    "head": {"head": 1.5, "neck": -0.5},
}
