"""Augmentation of motion windows: mirror, mixed motions, bodies, random camera, detector-like noise.

`augment` is the whole chain from windows in world coordinates to what a training step needs. The parts are
public too: mirroring here, mixed motions in `mixing`, bodies in `body`, cameras in `cameras`, keypoint errors
in `noise`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from rtpca.data.body import BodyProportions, random_body
from rtpca.data.cameras import RandomCameraConfig, random_cameras
from rtpca.data.landmarks import LandmarkOffsets, random_landmarks
from rtpca.data.mixing import MotionMixing, mix_motions
from rtpca.data.noise import DetectorNoise, detector_noise, gaussian_noise
from rtpca.geometry import Camera, flip_points
from rtpca.options import OrNone, Share, options
from rtpca.skeletons import get_skeleton

__all__ = [
    "AugmentConfig",
    "AugmentedBatch",
    "BodyProportions",
    "DetectorNoise",
    "LandmarkOffsets",
    "MotionMixing",
    "augment",
    "detector_noise",
    "gaussian_noise",
    "flip",
    "mix_motions",
    "random_body",
    "random_landmarks",
    "random_flip",
]


@options("augment")
class AugmentConfig:
    """What is done to a window of motion before the network sees it."""

    flip_probability: Share = 0.5
    """Windows that are shown mirrored, left and right exchanged."""
    mixing: OrNone[MotionMixing] = field(default_factory=MotionMixing.none)
    """Off unless a recipe names it, so that older recipes keep their meaning."""
    body: OrNone[BodyProportions] = field(default_factory=BodyProportions)
    landmarks: OrNone[LandmarkOffsets] = field(default_factory=LandmarkOffsets)
    noise: OrNone[DetectorNoise] = field(default_factory=DetectorNoise)
    camera: RandomCameraConfig = field(default_factory=RandomCameraConfig)

    @classmethod
    def none(cls) -> AugmentConfig:
        """Nothing is changed: no mirror, mixing, bodies, landmarks or noise."""
        return cls(
            flip_probability=0.0,
            mixing=MotionMixing.none(),
            body=BodyProportions.none(),
            landmarks=LandmarkOffsets.none(),
            noise=DetectorNoise.none(),
        )


@dataclass(frozen=True)
class AugmentedBatch:
    """Windows as a camera and a detector would see them, with the truth."""

    joints_cam: torch.Tensor
    """Joints in camera axes, absolute, (B, F, 17, 3), metres."""
    keypoints_px: torch.Tensor
    """Keypoints as found, (B, F, 17, 2), pixels, NaN where missing."""
    scores: torch.Tensor
    """Scores, (B, F, 17), 0 where missing."""
    camera: Camera
    """The camera of each window, batch axis B."""

    @property
    def root(self) -> torch.Tensor:
        """Pelvis in camera axes, (B, F, 3), metres."""
        return self.joints_cam[:, :, 0]

    @property
    def poses3d(self) -> torch.Tensor:
        """Root-relative joints in camera axes, (B, F, 17, 3), metres."""
        return self.joints_cam - self.joints_cam[:, :, :1]


@torch.no_grad()
def augment(
    joints_world: torch.Tensor,
    config: AugmentConfig,
    generator: torch.Generator,
    camera: Camera | None = None,
) -> AugmentedBatch:
    """Show windows of motion, varied, to a camera and a detector.

    Args:
        joints_world: Windows of h36m17 joints, (B, F, 17, 3), world axes (y up), metres, finite.
        config: What to vary and how much.
        generator: Source of randomness, on the device of `joints_world`.
        camera: Cameras to use, batch axis B; None draws random ones.

    Returns:
        The windows in camera axes, with keypoints and scores.

    Raises:
        ShapeError: If `joints_world` is not (B, F, 17, 3).
    """
    if camera is None:
        joints = random_flip(joints_world, config.flip_probability, generator)
        joints = mix_motions(joints, config.mixing, generator)
        joints = random_body(joints, config.body, generator)
        camera = random_cameras(joints, config.camera, generator)
        joints_cam = camera.world_to_camera(joints)
    else:
        # A given camera looks at the person where they are, so they are mirrored before it, not in the world.
        joints = mix_motions(joints_world, config.mixing, generator)
        joints_cam = camera.world_to_camera(random_body(joints, config.body, generator))
        joints_cam = random_flip(joints_cam, config.flip_probability, generator)
    true_px = camera.project(random_landmarks(joints_cam, config.landmarks, generator))
    keypoints_px, scores = detector_noise(true_px, config.noise, generator, camera.intrinsics.image_size)
    return AugmentedBatch(joints_cam, keypoints_px, scores, camera)


def flip(joints: torch.Tensor) -> torch.Tensor:
    """Mirror h36m17 joints about x = 0: x changes sign, left and right change places.

    Args:
        joints: Joints, (..., 17, 3) in world or camera axes, or normalised keypoints, (..., 17, 2).

    Returns:
        The mirrored joints; mirrored again they are the original.

    Raises:
        ShapeError: If there are not 17 joints.
    """
    return flip_points(joints, get_skeleton("h36m17").mirror)


@torch.no_grad()
def random_flip(joints: torch.Tensor, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Mirror each window of (B, F, 17, C) with the given probability."""
    chosen = torch.rand(joints.shape[0], generator=generator, device=joints.device) < probability
    return torch.where(chosen[:, None, None, None], flip(joints), joints)
