"""OpenPose's MPI model: MPII's limbs, head and neck, and a chest.

To h36m17, on a standing adult: `thorax` and `spine` as `trunk_and_head` says; `neck` (chin or nose height) is
35 % of the way from OpenPose's neck to its head, which is the top of the head; `head` 80 %.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "mpi15",
    {
        "head_top": "neck",
        "neck": "chest",
        "right_shoulder": "neck",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_shoulder": "neck",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_hip": "chest",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "left_hip": "chest",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "chest": None,
    },
    "OpenPose MPI, 15 keypoints",
)

TO_H36M17: Combination = {
    **trunk_and_head(),
    "neck": {"neck": 0.65, "head_top": 0.35},
    "head": {"neck": 0.2, "head_top": 0.8},
}
