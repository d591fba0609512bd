"""The 26 points of FreeMoCap's Blender rig, as exported to BVH (the ReActIdle recordings).

A bone name stands for the bone's own origin (`shin.L` is the left knee), `<bone>_End` for its end site
(`forearm.L_End` is the wrist).

To h36m17: markerless capture puts the trunk's proportions elsewhere than markers do (trunk/leg up to 0.9
against 0.65). The face bone points to the nose but has no anatomical length (1.5-4 cm), hence the large
weights of `neck`.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "freemocap",
    {
        "pelvis": None,
        "spine": "pelvis",
        "spine.001": "spine",
        "neck": "spine.001",
        "face": "neck",
        "face_End": "face",
        "shoulder.L": "spine.001",
        "upper_arm.L": "shoulder.L",
        "forearm.L": "upper_arm.L",
        "forearm.L_End": "forearm.L",
        "shoulder.R": "spine.001",
        "upper_arm.R": "shoulder.R",
        "forearm.R": "upper_arm.R",
        "forearm.R_End": "forearm.R",
        "pelvis.L": "pelvis",
        "pelvis.L_End": "pelvis.L",
        "pelvis.R": "pelvis",
        "pelvis.R_End": "pelvis.R",
        "thigh.L": "pelvis",
        "shin.L": "thigh.L",
        "foot.L": "shin.L",
        "foot.L_End": "foot.L",
        "thigh.R": "pelvis",
        "shin.R": "thigh.R",
        "foot.R": "shin.R",
        "foot.R_End": "foot.R",
    },
    "FreeMoCap Blender rig, BVH: 26 points with end sites",
)

TO_H36M17: Combination = {
    "pelvis": {"thigh.L": 0.5, "thigh.R": 0.5},
    "right_hip": {"thigh.R": 1.0},
    "right_knee": {"shin.R": 1.0},
    "right_ankle": {"foot.R": 1.0},
    "left_hip": {"thigh.L": 1.0},
    "left_knee": {"shin.L": 1.0},
    "left_ankle": {"foot.L": 1.0},
    "spine": {"spine.001": 1.0},
    "thorax": {"neck": 0.75, "face": 0.25},
    "neck": {"neck": 0.2, "face": -1.2, "face_End": 2.0},
    "head": {"face": 1.3, "neck": -0.3},
    "left_shoulder": {"upper_arm.L": 1.0},
    "left_elbow": {"forearm.L": 1.0},
    "left_wrist": {"forearm.L_End": 1.0},
    "right_shoulder": {"upper_arm.R": 1.0},
    "right_elbow": {"forearm.R": 1.0},
    "right_wrist": {"forearm.R_End": 1.0},
}
