"""Batches of windows through the network: pixels in, root-relative poses in camera axes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.geometry import flip_points
from rtpca.geometry.network_input import network_input
from rtpca.models import Checkpoint
from rtpca.skeletons import get_skeleton


@dataclass(frozen=True, eq=False)
class Camera2D:
    """What is known of the camera: enough to turn pixels into viewing rays.

    Attributes:
        size_wh: (2,) image width and height in pixels.
        focal_px: (2,) focal length in pixels.
        principal_px: (2,) where the optical axis meets the image, in pixels.
    """

    size_wh: Tensor
    focal_px: Tensor
    principal_px: Tensor

    def to(self, device: torch.device) -> Camera2D:
        """The same camera on another device."""
        return Camera2D(self.size_wh.to(device), self.focal_px.to(device), self.principal_px.to(device))


class WindowLifter:
    """Lifts batches of windows with one checkpoint, for one camera."""

    def __init__(self, checkpoint: Checkpoint, camera: Camera2D, flip: bool) -> None:
        """Bind a checkpoint to a camera.

        Args:
            checkpoint: Network and how its input is prepared; its device is used.
            camera: The clip's camera, on the same device.
            flip: Average with the lifted mirror image, mirrored back.
        """
        self._network: Callable[[Tensor], Tensor] = checkpoint.model
        self._with_scores = checkpoint.config.in_channels == 3
        self._normalisation = checkpoint.input.normalisation
        self._mirror = get_skeleton(checkpoint.input.skeleton).mirror if flip else None
        self._camera = camera

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> Tensor:
        """Root-relative poses in camera axes.

        Args:
            keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
            scores: (B, F, J) in [0, 1].

        Returns:
            (B, F, J, 3) metres, pelvis at the origin.
        """
        prepared = network_input(
            keypoints_px,
            scores,
            normalisation=self._normalisation,
            with_scores=self._with_scores,
            size_wh=self._camera.size_wh,
            focal_px=self._camera.focal_px,
            principal_px=self._camera.principal_px,
        )
        poses = self._network(prepared.features)
        if self._mirror is not None:
            mirrored = self._network(flip_points(prepared.features, self._mirror))
            poses = (poses + flip_points(mirrored, self._mirror)) / 2
        return prepared.to_camera(poses - poses[..., :1, :])
