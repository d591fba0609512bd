"""Lifting: keypoints from files or arrays in, 3D poses over time out."""

from __future__ import annotations

from rtpca.inference.ground import Ground, estimate_ground
from rtpca.inference.keypoint_files import KeypointFile, KeypointPeople, open_keypoints, read_keypoints
from rtpca.inference.lifter import Lifter
from rtpca.inference.people import lift_each, lift_file
from rtpca.inference.result import LiftResult
from rtpca.inference.smoothing import OneEuro, smooth_result
from rtpca.inference.stream import StreamLifter, StreamPose

__all__ = [
    "Ground",
    "KeypointFile",
    "KeypointPeople",
    "LiftResult",
    "Lifter",
    "OneEuro",
    "StreamLifter",
    "StreamPose",
    "estimate_ground",
    "lift_each",
    "lift_file",
    "open_keypoints",
    "read_keypoints",
    "smooth_result",
]
