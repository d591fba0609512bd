"""Person normalisation: the image turned towards the person, then scaled by the person's size.

What the network sees depends neither on where in the image the person stands nor on the camera. See
docs/conventions.md, "Network input".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.checks import check_axes, check_scores
from rtpca.geometry.batch_axes import rotate
from rtpca.geometry.intrinsics import Intrinsics

TORSO_JOINTS = (0, 1, 4, 7, 8, 11, 14)
"""Pelvis, hips, spine, thorax and shoulders of h36m17: the person's middle, which limbs do not shake."""

_MIN_DEPTH = 0.1
"""Turned rays stay within 84 degrees of the view's axis, where a stray keypoint has finite coordinates."""


@dataclass(frozen=True, eq=False)
class PersonView:
    """Person-normalised keypoints, and the way back.

    Attributes:
        points_norm: (..., F, J, 2) normalised keypoints; 0 where missing.
        R_cam_from_view: (..., F, 3, 3) rotation from the view's axes into camera axes, frame by frame.
        scale: (...) the person's size over the window: `points_norm` times `scale` is x/z, y/z in the view.
    """

    points_norm: Tensor
    R_cam_from_view: Tensor
    scale: Tensor

    def to_camera(self, points_view: Tensor) -> Tensor:
        """Turn (..., F, J, 3) points or poses from the view's axes into camera axes."""
        return rotate(self.R_cam_from_view, points_view)

    def to_view(self, points_cam: Tensor) -> Tensor:
        """Turn (..., F, J, 3) points or poses from camera axes into the view's axes."""
        return rotate(self.R_cam_from_view.transpose(-1, -2), points_cam)


def person_view(
    keypoints_px: Tensor,
    scores: Tensor,
    intrinsics: Intrinsics,
    torso: tuple[int, ...] = TORSO_JOINTS,
) -> PersonView:
    """Turn each frame towards the person and scale by the person's size over the window.

    Per frame, the middle ray is the mean of the unit viewing rays of the torso's visible joints (of all
    visible joints where no torso joint is seen). The smallest rotation that brings it onto the z axis turns
    all rays; their x/z, y/z are then divided by the median over the window's frames of half the larger side
    of the visible joints' box. A joint is visible where its score is above 0 and its coordinates are finite.
    Frames with nothing visible take the rotation of the nearest frame that has something; a window without
    any gets no rotation and scale 1.

    Args:
        keypoints_px: (..., F, J, 2) pixels, without lens distortion; NaN where missing.
        scores: (..., F, J) scores, 0 where missing.
        intrinsics: Known or assumed; one camera, or one per window. Distortion is not looked at.
        torso: indices of the joints that make the middle.

    Returns:
        The normalised keypoints with rotations and scale, in the dtype and on the device of `keypoints_px`.

    Raises:
        ShapeError: the arrays do not fit together.
    """
    check_axes("keypoints_px", keypoints_px, "F", "J", 2, leading=True)
    check_scores(scores, keypoints_px)
    visible = (scores > 0) & keypoints_px.isfinite().all(dim=-1)  # (..., F, J)
    rays = torch.where(visible.unsqueeze(-1), intrinsics.rays(keypoints_px), 0)
    rays = torch.cat([rays, torch.ones_like(rays[..., :1])], dim=-1)  # (..., F, J, 3)

    R_view_from_cam = _rotation_to_forward(_middle_ray(rays, visible, list(torso)))
    turned = rays @ R_view_from_cam.transpose(-1, -2)
    points = turned[..., :2] / turned[..., 2:].clamp(min=_MIN_DEPTH)
    scale = _person_size(points, visible)
    points_norm = torch.where(visible.unsqueeze(-1), points / scale[..., None, None, None], 0)
    return PersonView(points_norm, R_view_from_cam.transpose(-1, -2), scale)


def _middle_ray(rays: Tensor, visible: Tensor, torso: list[int]) -> Tensor:
    """Unit ray (..., F, 3) to the person's middle.

    Frames with nothing visible take the nearest frame's; the z axis where nothing is visible in any.
    """
    unit = rays / rays.norm(dim=-1, keepdim=True)
    in_torso = torch.zeros_like(visible)
    in_torso[..., torso] = visible[..., torso]
    counted = torch.where(in_torso.any(dim=-1, keepdim=True), in_torso, visible)
    middle = (unit * counted.unsqueeze(-1)).sum(dim=-2)
    seen = visible.any(dim=-1)  # (..., F)
    middle = torch.where(seen.unsqueeze(-1), middle, rays.new_tensor([0.0, 0.0, 1.0]))
    middle = middle / middle.norm(dim=-1, keepdim=True)
    nearest = _nearest_seen_frame(seen)
    return middle.gather(-2, nearest.unsqueeze(-1).expand(*nearest.shape, 3))


def _nearest_seen_frame(seen: Tensor) -> Tensor:
    """Index (..., F) of the nearest frame that is `seen` (..., F), the earlier of two; its own if none is."""
    frames = torch.arange(seen.shape[-1], device=seen.device).expand(seen.shape)
    far = 2 * seen.shape[-1]
    before = torch.where(seen, frames, -far).cummax(dim=-1).values
    after = torch.where(seen, frames, far).flip(-1).cummin(dim=-1).values.flip(-1)
    nearest = torch.where(frames - before <= after - frames, before, after)
    return torch.where(seen.any(dim=-1, keepdim=True), nearest, frames)


def _rotation_to_forward(unit_ray: Tensor) -> Tensor:
    """The smallest rotation (..., 3, 3) that turns unit rays (..., 3) with z > 0 onto the z axis."""
    x, y, z = unit_ray.unbind(-1)
    share = 1 / (1 + z)
    rows = [1 - x * x * share, -x * y * share, -x, -x * y * share, 1 - y * y * share, -y, x, y, z]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def _person_size(points: Tensor, visible: Tensor) -> Tensor:
    """Median (...) over frames of half the larger side of the visible joints' box; 1 if there is none."""
    hidden = ~visible.unsqueeze(-1)
    high = points.masked_fill(hidden, -torch.inf).amax(dim=-2)
    low = points.masked_fill(hidden, torch.inf).amin(dim=-2)
    half_side = (high - low).amax(dim=-1) / 2  # (..., F)
    # One visible joint makes no box: such frames do not count, nor do frames without any (-inf). The lower
    # median is read off the sorted sizes, since torch has no deterministic median on a GPU.
    counts = half_side > 0
    ordered = half_side.masked_fill(~counts, torch.inf).sort(dim=-1).values
    middle = ((counts.sum(dim=-1, keepdim=True) - 1) // 2).clamp(min=0)
    size = ordered.gather(-1, middle).squeeze(-1)
    return torch.where(counts.any(dim=-1), size, 1)
