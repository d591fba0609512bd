"""The 38 points of CMU's takes in the exponential-map files of the motion prediction literature.

Joint positions under BVH names, with the end points that the file format drops put back. All takes have the
body of CMU's subject 02.

To h36m17: as for `cmu_asf31`, whose points these are; the wrist is `LeftFingerBase` (`LeftHand` is two thirds
down the forearm).
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "cmu38",
    {
        "Hips": None,
        "LHipJoint": "Hips",
        "LeftUpLeg": "LHipJoint",
        "LeftLeg": "LeftUpLeg",
        "LeftFoot": "LeftLeg",
        "LeftToeBase": "LeftFoot",
        "LeftToeBase_End": "LeftToeBase",
        "RHipJoint": "Hips",
        "RightUpLeg": "RHipJoint",
        "RightLeg": "RightUpLeg",
        "RightFoot": "RightLeg",
        "RightToeBase": "RightFoot",
        "RightToeBase_End": "RightToeBase",
        "LowerBack": "Hips",
        "Spine": "LowerBack",
        "Spine1": "Spine",
        "Neck": "Spine1",
        "Neck1": "Neck",
        "Head": "Neck1",
        "Head_End": "Head",
        "LeftShoulder": "Spine1",
        "LeftArm": "LeftShoulder",
        "LeftForeArm": "LeftArm",
        "LeftHand": "LeftForeArm",
        "LeftFingerBase": "LeftHand",
        "LeftHandIndex1": "LeftFingerBase",
        "LeftHandIndex1_End": "LeftHandIndex1",
        "LThumb": "LeftHand",
        "LThumb_End": "LThumb",
        "RightShoulder": "Spine1",
        "RightArm": "RightShoulder",
        "RightForeArm": "RightArm",
        "RightHand": "RightForeArm",
        "RightFingerBase": "RightHand",
        "RightHandIndex1": "RightFingerBase",
        "RightHandIndex1_End": "RightHandIndex1",
        "RThumb": "RightHand",
        "RThumb_End": "RThumb",
    },
    "CMU motion capture, 38 joint positions under BVH names",
)

TO_H36M17: Combination = {
    "pelvis": {"LeftUpLeg": 0.5, "RightUpLeg": 0.5},
    "right_hip": {"RightUpLeg": 1.0},
    "right_knee": {"RightLeg": 1.0},
    "right_ankle": {"RightFoot": 1.0},
    "left_hip": {"LeftUpLeg": 1.0},
    "left_knee": {"LeftLeg": 1.0},
    "left_ankle": {"LeftFoot": 1.0},
    "spine": {"Spine": 0.65, "Spine1": 0.35},
    "thorax": {"LeftArm": 0.7, "RightArm": 0.7, "Neck": -0.4},
    "neck": {"Head": 1.0},
    "head": {"Head_End": 1.0},
    "left_shoulder": {"LeftArm": 1.0},
    "left_elbow": {"LeftForeArm": 1.0},
    "left_wrist": {"LeftFingerBase": 1.0},
    "right_shoulder": {"RightArm": 1.0},
    "right_elbow": {"RightForeArm": 1.0},
    "right_wrist": {"RightFingerBase": 1.0},
}
