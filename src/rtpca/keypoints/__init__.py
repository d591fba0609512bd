"""2D keypoints of people over time: read from files, checked, recognised, repaired and made ready to lift."""

from __future__ import annotations

from rtpca.keypoints.files import open_keypoints, read_keypoints
from rtpca.keypoints.people import People
from rtpca.keypoints.record import ASSUMED_FPS, Keypoints

__all__ = ["ASSUMED_FPS", "Keypoints", "People", "open_keypoints", "read_keypoints"]
