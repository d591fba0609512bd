"""From pixels to what a network reads, and from what it says back to camera axes.

Training, evaluation and lifting prepare keypoints here and nowhere else, so what a network has learnt is what
it sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.geometry.batch_axes import rotate
from rtpca.geometry.intrinsics import Intrinsics
from rtpca.geometry.screen import normalise_screen
from rtpca.geometry.view import person_view


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """Features of a batch of windows, and the axes that poses are predicted in.

    Attributes:
        features: (B, F, J, 2) normalised keypoints, or (B, F, J, 3) with score.
        R_cam_from_view: (B, F, 3, 3) from the axes of the prediction into camera axes; None where they are
            the camera's own.
    """

    features: Tensor
    R_cam_from_view: Tensor | None

    def to_camera(self, poses: Tensor) -> Tensor:
        """Predicted poses (B, P, J, 3) in camera axes; their P frames are the middle of the window."""
        if self.R_cam_from_view is None:
            return poses
        return rotate(middle(self.R_cam_from_view, poses.shape[1]), poses)

    def from_camera(self, poses: Tensor) -> Tensor:
        """Poses in camera axes (B, P, J, 3), of the middle, in the axes of the prediction: the target."""
        if self.R_cam_from_view is None:
            return poses
        return rotate(middle(self.R_cam_from_view, poses.shape[1]).mT, poses)


def middle(values: Tensor, frames: int) -> Tensor:
    """The `frames` in the middle of windows (B, F, ...): those that a model predicts; (B, frames, ...)."""
    first = (values.shape[1] - frames) // 2
    return values[:, first : first + frames]


def network_input(
    keypoints_px: Tensor,
    scores: Tensor,
    intrinsics: Intrinsics,
    *,
    normalisation: str,
    with_scores: bool,
) -> NetworkInput:
    """Prepare windows of keypoints.

    Args:
        keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
        scores: (B, F, J) in [0, 1], 0 where missing.
        intrinsics: Of the camera, known or assumed; one, or one for each window.
        normalisation: "person" or "screen" (docs/conventions.md, "Network input").
        with_scores: Append the scores as a third channel.

    Returns:
        The features, 0 in place of missing keypoints, and the axes of the prediction.
    """
    if normalisation == "person":
        view = person_view(keypoints_px, scores, intrinsics)
        points, R_cam_from_view = view.points_norm, view.R_cam_from_view
    else:
        points = normalise_screen(keypoints_px, intrinsics.image_size)
        points = torch.where(scores[..., None] > 0, points, 0.0)
        R_cam_from_view = None
    if with_scores:
        points = torch.cat((points, scores[..., None]), dim=-1)
    return NetworkInput(points, R_cam_from_view)
