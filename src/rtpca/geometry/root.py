"""The absolute path of the pelvis from root-relative poses and their keypoints."""

from __future__ import annotations

import torch
from torch import Tensor

from rtpca.checks import check_axes, check_scores
from rtpca.geometry.intrinsics import Intrinsics


def root_trajectory(poses3d: Tensor, keypoints_px: Tensor, scores: Tensor, intrinsics: Intrinsics) -> Tensor:
    """Where the root must be for the poses to project onto their keypoints.

    With (a, b) = (pixel - principal) / focal, each joint at (X, Y, Z) from a root at (x, y, z) gives two
    equations that are linear in the root: X + x = a (Z + z) and Y + y = b (Z + z). Per frame they are solved
    by least squares, weighted with the scores; x and y are eliminated first, which keeps float32 exact
    enough.

    Args:
        poses3d: (..., F, J, 3) root-relative poses, metres, camera axes.
        keypoints_px: (..., F, J, 2) pixels, without lens distortion; NaN where missing.
        scores: (..., F, J) weights; 0 where missing.
        intrinsics: One camera, or a batch whose axes lead those of the poses. Distortion is not looked at.

    Returns:
        (..., F, 3) root positions, metres, camera axes; NaN for frames whose keypoints do not fix the depth
        (fewer than two usable joints, all in one place, or a root behind the camera).

    Raises:
        ShapeError: the arrays do not fit together.
    """
    check_axes("poses3d", poses3d, "F", "J", 3, leading=True)
    check_axes("keypoints_px", keypoints_px, "F", ("J", poses3d.shape[-2]), 2, leading=True)
    check_scores(scores, keypoints_px)
    usable = (scores > 0) & keypoints_px.isfinite().all(dim=-1) & poses3d.isfinite().all(dim=-1)
    weight = torch.where(usable, scores, 0).unsqueeze(-1)  # (..., F, J, 1)
    rays = torch.where(usable.unsqueeze(-1), intrinsics.rays(keypoints_px), 0)
    poses3d = torch.where(usable.unsqueeze(-1), poses3d, 0)
    offset = rays * poses3d[..., 2:] - poses3d[..., :2]  # root_xy - rays root_z = offset

    total = weight.sum(dim=-2)
    total = torch.where(total > 0, total, torch.nan)
    mean_ray = (weight * rays).sum(dim=-2) / total
    mean_offset = (weight * offset).sum(dim=-2) / total
    spread_ray = rays - mean_ray.unsqueeze(-2)
    spread_offset = offset - mean_offset.unsqueeze(-2)
    variance = (weight * spread_ray.square()).sum(dim=(-2, -1))
    covariance = (weight * spread_ray * spread_offset).sum(dim=(-2, -1))
    depth = -covariance / torch.where(variance > 0, variance, torch.nan)
    depth = torch.where(depth > 0, depth, torch.nan).unsqueeze(-1)
    return torch.cat([mean_offset + mean_ray * depth, depth], dim=-1)
