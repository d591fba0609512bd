"""Lifting: 2D keypoints in, 3D poses over time out."""

from __future__ import annotations

from rtpca.inference.ground import Ground, camera_world, estimate_ground, world_notes
from rtpca.inference.lifter import Lifter
from rtpca.inference.result import LiftResult
from rtpca.inference.smoothing import OneEuro, smooth_result
from rtpca.inference.stream import StreamLifter, StreamPose

__all__ = [
    "Ground",
    "LiftResult",
    "Lifter",
    "OneEuro",
    "StreamLifter",
    "StreamPose",
    "camera_world",
    "estimate_ground",
    "smooth_result",
    "world_notes",
]
