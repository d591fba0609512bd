"""The 31 points of CMU's ASF/AMC files.

A bone name stands for the END of that bone (`lfemur` is the left knee); `root` is the root position. The
order is the ASF file's hierarchy, breadth first. `lradius` ends two thirds down the forearm: the wrist is
`lwrist`.

To h36m17: `thorax` lies 40 % of the distance from ASF's thorax to the shoulders' middle above that middle
(2-6 cm). There is no point in front of the neck's axis, so `neck` is 3-6 cm behind Human3.6M's. The hips are
the femur heads, which lie lower and closer together than Human3.6M's hips.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination

SKELETON = Skeleton.from_parents(
    "cmu_asf31",
    {
        "root": None,
        "lhipjoint": "root",
        "rhipjoint": "root",
        "lowerback": "root",
        "lfemur": "lhipjoint",
        "ltibia": "lfemur",
        "lfoot": "ltibia",
        "ltoes": "lfoot",
        "rfemur": "rhipjoint",
        "rtibia": "rfemur",
        "rfoot": "rtibia",
        "rtoes": "rfoot",
        "upperback": "lowerback",
        "thorax": "upperback",
        "lowerneck": "thorax",
        "lclavicle": "thorax",
        "rclavicle": "thorax",
        "upperneck": "lowerneck",
        "head": "upperneck",
        "lhumerus": "lclavicle",
        "lradius": "lhumerus",
        "lwrist": "lradius",
        "lhand": "lwrist",
        "lthumb": "lwrist",
        "lfingers": "lhand",
        "rhumerus": "rclavicle",
        "rradius": "rhumerus",
        "rwrist": "rradius",
        "rhand": "rwrist",
        "rthumb": "rwrist",
        "rfingers": "rhand",
    },
    "CMU motion capture, ASF/AMC: 31 points, each the end of its bone",
)

TO_H36M17: Combination = {
    "pelvis": {"lhipjoint": 0.5, "rhipjoint": 0.5},
    "right_hip": {"rhipjoint": 1.0},
    "right_knee": {"rfemur": 1.0},
    "right_ankle": {"rtibia": 1.0},
    "left_hip": {"lhipjoint": 1.0},
    "left_knee": {"lfemur": 1.0},
    "left_ankle": {"ltibia": 1.0},
    "spine": {"lowerback": 0.65, "upperback": 0.35},
    "thorax": {"lclavicle": 0.7, "rclavicle": 0.7, "thorax": -0.4},
    "neck": {"upperneck": 1.0},
    "head": {"head": 1.0},
    "left_shoulder": {"lclavicle": 1.0},
    "left_elbow": {"lhumerus": 1.0},
    "left_wrist": {"lwrist": 1.0},
    "right_shoulder": {"rclavicle": 1.0},
    "right_elbow": {"rhumerus": 1.0},
    "right_wrist": {"rwrist": 1.0},
}
