"""Rotations, camera, screen and person normalisation, alignment, mirroring: torch, any leading axes."""

from __future__ import annotations

from rtpca.geometry.align import rigid_align, similarity_align
from rtpca.geometry.camera import Camera
from rtpca.geometry.camera_files import read_camera, write_cameras
from rtpca.geometry.flip import flip_points
from rtpca.geometry.intrinsics import Intrinsics, assumed_focal_px
from rtpca.geometry.root import root_trajectory
from rtpca.geometry.rotation import look_at, rotation_about, rotation_from_quaternion
from rtpca.geometry.screen import denormalise_screen, normalise_screen
from rtpca.geometry.view import TORSO_JOINTS, PersonView, person_view

__all__ = [
    "TORSO_JOINTS",
    "Camera",
    "Intrinsics",
    "PersonView",
    "assumed_focal_px",
    "denormalise_screen",
    "flip_points",
    "look_at",
    "normalise_screen",
    "person_view",
    "read_camera",
    "rigid_align",
    "root_trajectory",
    "rotation_about",
    "rotation_from_quaternion",
    "similarity_align",
    "write_cameras",
]
