"""Files of calibrated cameras: those of OpenCV, Pose2Sim, caliscope, anipose and Qualisys, and our own."""

from __future__ import annotations

from rtpca.geometry.camera_files.own import write_cameras
from rtpca.geometry.camera_files.reader import Unit, read_camera

__all__ = ["Unit", "read_camera", "write_cameras"]
