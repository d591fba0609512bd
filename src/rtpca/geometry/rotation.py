"""Rotation matrices from quaternions, axis and angle, and a look-at direction."""

from __future__ import annotations

import torch
from torch import Tensor


def rotation_from_quaternion(wxyz: Tensor) -> Tensor:
    """Rotation matrices of quaternions.

    Args:
        wxyz: (..., 4) quaternions, real part first; they are normalised here.

    Returns:
        (..., 3, 3) matrices R with `R @ p` the rotated column vector p.
    """
    w, x, y, z = (wxyz / wxyz.norm(dim=-1, keepdim=True)).unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    ]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def rotation_about(axis: Tensor, angle_rad: Tensor) -> Tensor:
    """Right-handed rotations about axes.

    Args:
        axis: (..., 3) directions, any length above 0.
        angle_rad: (...) angles; broadcast against the leading axes of `axis`.

    Returns:
        (..., 3, 3) rotation matrices.
    """
    half = angle_rad / 2
    unit = axis / axis.norm(dim=-1, keepdim=True)
    imaginary = unit * half.sin().unsqueeze(-1)
    real = half.cos().unsqueeze(-1).expand(*imaginary.shape[:-1], 1)
    return rotation_from_quaternion(torch.cat([real, imaginary], dim=-1))


def look_at(center_world: Tensor, target_world: Tensor, up_world: Tensor | None = None) -> Tensor:
    """`R_cam_from_world` of cameras that look at a point, with the horizon level.

    Args:
        center_world: (..., 3) camera centres.
        target_world: (..., 3) points that shall lie on the optical axis.
        up_world: (..., 3) the world's up; default y, as everywhere in rtpca.

    Returns:
        (..., 3, 3) rotations into camera axes (x right, y down, z forward). Looking straight up or down
        leaves the roll undefined; then some level x axis is taken.
    """
    up = center_world.new_tensor([0.0, 1.0, 0.0]) if up_world is None else up_world
    center_world, target_world, up = torch.broadcast_tensors(center_world, target_world, up)
    forward = torch.nn.functional.normalize(target_world - center_world, dim=-1)
    right = torch.linalg.cross(forward, up, dim=-1)
    # Straight up or down, that product vanishes: a fixed axis across the line of sight stands in for up.
    x_axis, z_axis = center_world.new_tensor([1.0, 0.0, 0.0]), center_world.new_tensor([0.0, 0.0, 1.0])
    across = torch.where(forward[..., :1].abs() < 0.9, x_axis, z_axis)
    spare = torch.linalg.cross(forward, across, dim=-1)
    vertical = right.norm(dim=-1, keepdim=True) < 1e-6
    right = torch.nn.functional.normalize(torch.where(vertical, spare, right), dim=-1)
    down = torch.linalg.cross(forward, right, dim=-1)
    return torch.stack([right, down, forward], dim=-2)
