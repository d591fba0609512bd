"""The joints that names of a file's own can be: a body of any of them is put together by `named`.

To h36m17 in the way of `coco17`; where shoulders, hips or a face are missing, the middle of the shoulders,
the pelvis and the top of the head stand for them, the latter as in `halpe26`.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination, alternatives
from rtpca.skeletons.trunk_and_head import with_middles

SKELETON = Skeleton.from_parents(
    "named_body",
    {
        "pelvis": None,
        "mid_shoulder": "pelvis",
        "head_top": "mid_shoulder",
        "nose": "mid_shoulder",
        "left_eye": "nose",
        "right_eye": "nose",
        "left_ear": "nose",
        "right_ear": "nose",
        "left_shoulder": "mid_shoulder",
        "left_elbow": "left_shoulder",
        "left_wrist": "left_elbow",
        "right_shoulder": "mid_shoulder",
        "right_elbow": "right_shoulder",
        "right_wrist": "right_elbow",
        "left_hip": "pelvis",
        "left_knee": "left_hip",
        "left_ankle": "left_knee",
        "right_hip": "pelvis",
        "right_knee": "right_hip",
        "right_ankle": "right_knee",
    },
    "joints that a file names",
)

_FACE_AND_TRUNK = with_middles(shoulders="mid_shoulder", hips="pelvis")

TO_H36M17: Combination = {
    **_FACE_AND_TRUNK,
    "neck": (*alternatives(_FACE_AND_TRUNK, "neck"), {"head_top": 0.4, "mid_shoulder": 0.6}),
    "head": ({"head_top": 0.8, "mid_shoulder": 0.2}, *alternatives(_FACE_AND_TRUNK, "head")),
}
