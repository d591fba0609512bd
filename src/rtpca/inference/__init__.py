"""Lifting: keypoints from files or arrays in, 3D poses over time out."""

from __future__ import annotations

from rtpca.inference.ground import Ground
from rtpca.inference.keypoint_files import KeypointFile, read_keypoints
from rtpca.inference.lifter import Lifter
from rtpca.inference.result import LiftResult

__all__ = ["Ground", "KeypointFile", "LiftResult", "Lifter", "read_keypoints"]
