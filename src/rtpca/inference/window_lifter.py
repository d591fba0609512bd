"""Batches of windows through the network: pixels in, root-relative poses in camera axes out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.models import Checkpoint
from rtpca.models.lifting import lift_windows


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
        self._checkpoint = checkpoint
        self._camera = camera
        self._flip = flip

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> Tensor:
        """Root-relative poses in camera axes.

        Args:
            keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
            scores: (B, F, J) in [0, 1].

        Returns:
            (B, F, J, 3) metres, pelvis at the origin.
        """
        return lift_windows(
            self._checkpoint.model,
            self._checkpoint.input,
            keypoints_px,
            scores,
            with_scores=self._checkpoint.config.in_channels == 3,
            size_wh=self._camera.size_wh,
            focal_px=self._camera.focal_px,
            principal_px=self._camera.principal_px,
            flip=self._flip,
        )
