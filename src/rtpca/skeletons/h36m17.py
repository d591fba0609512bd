"""Human3.6M's 17 joints in the order that the lifting literature uses: the skeleton that rtpca predicts.

`thorax` is the base of the neck, 5-8 cm above the line between the shoulders; `neck` lies at chin or nose
height, between the neck's axis and the face; `head` is the upper end of the head, 16-20 cm above `thorax`.
The hips lie a little higher and wider than the hip points of detectors. The shoulders hang from the thorax.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton

SKELETON = Skeleton.from_parents(
    "h36m17",
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
        "neck": "thorax",
        "head": "neck",
        "left_shoulder": "thorax",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_shoulder": "thorax",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
    },
    "Human3.6M, 17 joints: what rtpca predicts",
)
