"""2D keypoints from files of the usual detectors; one module per format behind `open_keypoints`."""

from __future__ import annotations

from rtpca.inference.keypoint_files.reader import KeypointFile, KeypointPeople, open_keypoints, read_keypoints

__all__ = ["KeypointFile", "KeypointPeople", "open_keypoints", "read_keypoints"]
