"""The 57 points of CMU's motion capture in the cgspeed "DAZ-friendly" BVH release.

A joint name stands for the joint's own origin (`lShin` is the left knee), `<joint>_End` for its end site. All
performers were retargeted to one body, so bone lengths carry no identity.

To h36m17: the end of the chain is extrapolated from head, eyes and chest, since the file has no top of the
head.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "cmu_bvh",
    {
        "hip": None,
        "abdomen": "hip",
        "chest": "abdomen",
        "neck": "chest",
        "head": "neck",
        "leftEye": "head",
        "leftEye_End": "leftEye",
        "rightEye": "head",
        "rightEye_End": "rightEye",
        "rCollar": "chest",
        "rShldr": "rCollar",
        "rForeArm": "rShldr",
        "rHand": "rForeArm",
        "rThumb1": "rHand",
        "rThumb2": "rThumb1",
        "rThumb2_End": "rThumb2",
        "rIndex1": "rHand",
        "rIndex2": "rIndex1",
        "rIndex2_End": "rIndex2",
        "rMid1": "rHand",
        "rMid2": "rMid1",
        "rMid2_End": "rMid2",
        "rRing1": "rHand",
        "rRing2": "rRing1",
        "rRing2_End": "rRing2",
        "rPinky1": "rHand",
        "rPinky2": "rPinky1",
        "rPinky2_End": "rPinky2",
        "lCollar": "chest",
        "lShldr": "lCollar",
        "lForeArm": "lShldr",
        "lHand": "lForeArm",
        "lThumb1": "lHand",
        "lThumb2": "lThumb1",
        "lThumb2_End": "lThumb2",
        "lIndex1": "lHand",
        "lIndex2": "lIndex1",
        "lIndex2_End": "lIndex2",
        "lMid1": "lHand",
        "lMid2": "lMid1",
        "lMid2_End": "lMid2",
        "lRing1": "lHand",
        "lRing2": "lRing1",
        "lRing2_End": "lRing2",
        "lPinky1": "lHand",
        "lPinky2": "lPinky1",
        "lPinky2_End": "lPinky2",
        "rButtock": "hip",
        "rThigh": "rButtock",
        "rShin": "rThigh",
        "rFoot": "rShin",
        "rFoot_End": "rFoot",
        "lButtock": "hip",
        "lThigh": "lButtock",
        "lShin": "lThigh",
        "lFoot": "lShin",
        "lFoot_End": "lFoot",
    },
    "CMU motion capture, cgspeed BVH with DAZ-friendly names: 57 points with end sites",
)

TO_H36M17: Combination = {
    "pelvis": {"lThigh": 0.5, "rThigh": 0.5},
    "right_hip": {"rThigh": 1.0},
    "right_knee": {"rShin": 1.0},
    "right_ankle": {"rFoot": 1.0},
    "left_hip": {"lThigh": 1.0},
    "left_knee": {"lShin": 1.0},
    "left_ankle": {"lFoot": 1.0},
    "spine": {"abdomen": 0.4, "chest": 0.6},
    "thorax": {"neck": 1.0},
    "neck": {"head": 0.5, "leftEye": 0.25, "rightEye": 0.25},
    "head": {"head": 0.9, "leftEye": 0.25, "rightEye": 0.25, "chest": -0.4},
    "left_shoulder": {"lShldr": 1.0},
    "left_elbow": {"lForeArm": 1.0},
    "left_wrist": {"lHand": 1.0},
    "right_shoulder": {"rShldr": 1.0},
    "right_elbow": {"rForeArm": 1.0},
    "right_wrist": {"rHand": 1.0},
}
