"""From windows of pixels to what the network reads, and from what it says back to camera axes.

One small class per normalisation of docs/conventions.md; which one applies is stored in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.geometry import flip_points, normalise_screen, person_view
from rtpca.models import Checkpoint
from rtpca.skeletons import get_skeleton

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
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


class WindowLifter:
    """Lifts batches of windows with one checkpoint, for one camera."""

    def __init__(self, checkpoint: Checkpoint, camera: Camera2D, flip: bool) -> None:
        """Bind a checkpoint to a camera.

        Args:
            checkpoint: Network and how its input is prepared; its device is used.
            camera: The clip's camera, on the same device.
            flip: Average with the lifted mirror image, mirrored back.
        """
        self._network: Network = checkpoint.model
        self._with_scores = checkpoint.config.in_channels == 3
        self._to_axes = (
            _PersonAxes(camera) if checkpoint.input.normalisation == "person" else _ScreenAxes(camera)
        )
        self._flip = flip
        self._mirror = list(get_skeleton(checkpoint.input.skeleton).mirror)

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> Tensor:
        """Root-relative poses in camera axes.

        Args:
            keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
            scores: (B, F, J) in [0, 1].

        Returns:
            (B, F, J, 3) metres, pelvis at the origin.
        """
        points_norm, R_cam_from_view = self._to_axes(keypoints_px, scores)
        pose = self._lift(points_norm, scores)
        if self._flip:
            mirrored = self._lift(flip_points(points_norm, self._mirror), scores[..., self._mirror])
            pose = (pose + flip_points(mirrored, self._mirror)) / 2
        pose = pose - pose[..., :1, :]
        if R_cam_from_view is None:
            return pose
        return torch.einsum("bfij,bfnj->bfni", R_cam_from_view, pose)

    def _lift(self, points_norm: Tensor, scores: Tensor) -> Tensor:
        if self._with_scores:
            return self._network(torch.cat([points_norm, scores[..., None]], dim=-1))
        return self._network(points_norm)


class _PersonAxes:
    """Person normalisation: each frame is seen along the ray through the middle of the torso."""

    def __init__(self, camera: Camera2D) -> None:
        self._camera = camera

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> tuple[Tensor, Tensor | None]:
        view = person_view(keypoints_px, scores, self._camera.focal_px, self._camera.principal_px)
        return view.points_norm, view.R_cam_from_view


class _ScreenAxes:
    """Screen normalisation: the whole image from -1 to 1, poses directly in camera axes."""

    def __init__(self, camera: Camera2D) -> None:
        self._camera = camera

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> tuple[Tensor, Tensor | None]:
        points_norm = normalise_screen(keypoints_px, self._camera.size_wh)
        return torch.where(scores[..., None] > 0, points_norm, 0.0), None
