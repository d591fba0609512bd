"""2D keypoints from files of the usual detectors; one module per format behind `read_keypoints`."""

from __future__ import annotations

from rtpca.inference.keypoint_files.reader import KeypointFile, read_keypoints

__all__ = ["KeypointFile", "read_keypoints"]
