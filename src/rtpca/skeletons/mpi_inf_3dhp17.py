"""MPI-INF-3DHP's 17 joints, in the order of its test files.

Both `head` and `head_top` hang from `neck`, as in the official joint set.

To h36m17: `thorax` is 3DHP's neck (the base of the neck), `neck` (chin or nose height) its head joint, `head`
its head top.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "mpi_inf_3dhp17",
    {
        "head_top": "neck",
        "neck": "spine",
        "right_shoulder": "neck",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_hip": "pelvis",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "pelvis": None,
        "spine": "pelvis",
        "head": "neck",
    },
    "MPI-INF-3DHP, 17 joints",
)

TO_H36M17: Combination = {
    "thorax": {"neck": 1.0},
    "neck": {"head": 1.0},
    "head": {"head_top": 1.0},
}
