"""2D keypoints from files of the usual detectors; one module per format behind `open_keypoints`."""

from __future__ import annotations

from rtpca.keypoints.files.reader import KEYPOINT_ENDINGS, open_keypoints, read_keypoints

__all__ = ["KEYPOINT_ENDINGS", "open_keypoints", "read_keypoints"]
