"""MediaPipe Pose's 33 landmarks (BlazePose).

MediaPipe gives image coordinates in 0 to 1: multiply by width and height first; take `visibility` as the
score.

To h36m17: trunk and head as `trunk_and_head` says, limbs by name.
"""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination
from rtpca.skeletons.trunk_and_head import trunk_and_head

SKELETON = Skeleton.from_parents(
    "mediapipe33",
    {
        "nose": None,
        "left_eye_inner": "nose",
        "left_eye": "left_eye_inner",
        "left_eye_outer": "left_eye",
        "right_eye_inner": "nose",
        "right_eye": "right_eye_inner",
        "right_eye_outer": "right_eye",
        "left_ear": "left_eye_outer",
        "right_ear": "right_eye_outer",
        "left_mouth": "nose",
        "right_mouth": "nose",
        "left_shoulder": "nose",
        "right_shoulder": "nose",
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_pinky": "left_wrist",
        "right_pinky": "right_wrist",
        "left_index": "left_wrist",
        "right_index": "right_wrist",
        "left_thumb": "left_wrist",
        "right_thumb": "right_wrist",
        "left_hip": "left_shoulder",
        "right_hip": "right_shoulder",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
        "left_heel": "left_ankle",
        "right_heel": "right_ankle",
        "left_foot_index": "left_heel",
        "right_foot_index": "right_heel",
    },
    "MediaPipe Pose, 33 landmarks",
)

TO_H36M17: Combination = trunk_and_head()
