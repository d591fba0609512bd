"""Azure Kinect's 32 joints.

`neck` is the base of the neck, `head` the base of the skull. Names are ours; Azure Kinect writes
`SHOULDER_LEFT`.

To h36m17: `thorax` is Azure Kinect's neck, `spine` 48 % of the way to it; `neck` and `head` as
`trunk_and_head` says.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import HIPS, trunk_and_head

SKELETON = Skeleton.from_parents(
    "azure_kinect32",
    {
        "pelvis": None,
        "spine_navel": "pelvis",
        "spine_chest": "spine_navel",
        "neck": "spine_chest",
        "left_clavicle": "spine_chest",
        "left_shoulder": "left_clavicle",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "left_hand": "left_wrist",
        "left_hand_tip": "left_hand",
        "left_thumb": "left_wrist",
        "right_clavicle": "spine_chest",
        "right_shoulder": "right_clavicle",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "right_hand": "right_wrist",
        "right_hand_tip": "right_hand",
        "right_thumb": "right_wrist",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "left_foot": "left_ankle",
        "right_hip": "pelvis",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
        "right_foot": "right_ankle",
        "head": "neck",
        "nose": "head",
        "left_eye": "head",
        "left_ear": "head",
        "right_eye": "head",
        "right_ear": "head",
    },
    "Azure Kinect, 32 joints",
)

TO_H36M17: Combination = {
    **trunk_and_head(),
    "pelvis": (HIPS, {"pelvis": 1.0}),
    "spine": {"pelvis": 0.52, "neck": 0.48},
    "thorax": {"neck": 1.0},
}
