"""New motions from recorded ones: parts of the body of several windows put together, and joints turned.

Open motion capture has few kinds of motion, and a lifter fails on poses that it never saw. Exchanging parts
between bodies and bending joints makes many more (S. Li et al., "Cascaded deep monocular 3D human pose
estimation with evolutionary training data", CVPR 2020, do so with single poses). Here it is done to windows:
what is exchanged keeps its own motion, and what is turned is turned by an angle that changes slowly.
"""

from __future__ import annotations

from math import pi
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from rtpca.data.body import bones_of, put_together, trunk_axes
from rtpca.errors import ShapeError
from rtpca.geometry.rotation import rotation_about
from rtpca.options import Share, options

_JOINTS = 17
# Bones by the joint at their end; bone j - 1 ends at joint j.
_SPINE = (7,)
_ABOVE_SPINE = (8, 9, 10, 11, 12, 13, 14, 15, 16)
_LEGS = ((2, 3), (5, 6))
_ARMS = ((15, 16), (12, 13))
_RIGHT_HIP, _LEFT_HIP = 1, 4
_FLAT = 0.3
"""Hips that are steeper than this (horizontal part of their unit axis) have no heading to go by."""


Degrees = Annotated[float, Field(ge=0, le=90)]


@options("augment.mixing")
class MotionMixing:
    """How often windows are mixed, and how far joints are turned.

    Shares are probabilities per window, angles standard deviations in degrees.
    """

    upper_share: Share = 0.25
    """Windows whose trunk, head and arms come from another window, headings of the hips aligned."""
    arms_share: Share = 0.25
    """Windows whose arms come from another window, trunks aligned."""
    turn_share: Share = 0.4
    """Windows whose trunk, arms and legs are turned at hips and shoulders."""
    bend_deg: Degrees = 30.0
    """Trunk forwards or backwards."""
    bend_mean_deg: Annotated[float, Field(ge=-90, le=90)] = 12.0
    """People bend forwards further and more often than backwards."""
    lean_deg: Degrees = 12.0
    """Trunk to the sides."""
    twist_deg: Degrees = 15.0
    """Trunk about itself."""
    arms_deg: Degrees = 35.0
    """Each arm at its shoulder, about each axis."""
    legs_deg: Degrees = 15.0
    """Each leg at its hip, about each axis."""
    tilt_share: Share = 0.1
    """Windows whose whole body is tilted, as in falls, on the floor and upside down."""
    tilt_deg: Degrees = 40.0
    """Whole body, about a level axis."""
    change: Share = 0.4
    """Part of each angle that comes and goes within the window, at up to one cycle; the rest is constant."""

    @classmethod
    def none(cls) -> MotionMixing:
        """Every motion stays as it was recorded."""
        return cls(upper_share=0.0, arms_share=0.0, turn_share=0.0, tilt_share=0.0)


@torch.no_grad()
def mix_motions(joints_world: Tensor, config: MotionMixing, generator: torch.Generator) -> Tensor:
    """Make new motions out of the windows of a batch.

    Args:
        joints_world: Windows of h36m17 joints, (B, F, 17, 3), world axes (y up), metres, finite.
        config: What to do and how often.
        generator: Source of randomness, on the device of `joints_world`.

    Returns:
        New windows, (B, F, 17, 3): the path of the pelvis is kept, feet may leave the floor.

    Raises:
        ShapeError: If `joints_world` is not (B, F, 17, 3).
    """
    if joints_world.ndim != 4 or joints_world.shape[2:] != (_JOINTS, 3):
        raise ShapeError(
            f"joints_world has shape {tuple(joints_world.shape)}; mix_motions needs (B, F, 17, 3) in h36m17 "
            "order: convert the skeleton first"
        )
    if config == MotionMixing.none():
        return joints_world
    joints = _exchange_upper_bodies(joints_world, config.upper_share, generator)
    joints = _exchange_arms(joints, config.arms_share, generator)
    joints = _turn_parts(joints, config, generator)
    return _tilt(joints, config, generator)


def _exchange_upper_bodies(joints: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Everything above the hips from another window, turned about the vertical to the same heading."""
    batch = len(joints)
    donor = joints[torch.randperm(batch, generator=generator, device=joints.device)]
    own_hips, donor_hips = (j[:, :, _LEFT_HIP] - j[:, :, _RIGHT_HIP] for j in (joints, donor))
    heading, donor_heading = (torch.complex(hips[..., 0], hips[..., 2]) for hips in (own_hips, donor_hips))
    flat = torch.minimum(
        heading.abs() / own_hips.norm(dim=-1), donor_heading.abs() / donor_hips.norm(dim=-1)
    ).amin(1)  # (B,)
    chosen = (torch.rand(batch, generator=generator, device=joints.device) < share) & (flat > _FLAT)
    turn = heading * donor_heading.conj()
    turn = (turn / turn.abs().clamp(min=1e-9))[..., None]  # (B, F, 1) unit complex
    bones, new = bones_of(joints), bones_of(donor)
    level = torch.complex(new[..., 0], new[..., 2]) * turn
    turned = torch.stack([level.real, new[..., 1], level.imag], -1)
    return _with_bones(joints, bones, turned, _SPINE + _ABOVE_SPINE, chosen)


def _exchange_arms(joints: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Arms below the shoulders from another window, turned with the trunk."""
    batch = len(joints)
    donor = joints[torch.randperm(batch, generator=generator, device=joints.device)]
    chosen = torch.rand(batch, generator=generator, device=joints.device) < share
    turn = trunk_axes(donor).transpose(-1, -2) @ trunk_axes(joints)  # rows: donor's axes to own
    arms = _ARMS[0] + _ARMS[1]
    return _with_bones(joints, bones_of(joints), bones_of(donor) @ turn, arms, chosen)


def _turn_parts(joints: Tensor, config: MotionMixing, generator: torch.Generator) -> Tensor:
    """Trunk turned at the hips, half of it already in the lower spine; arms and legs at their roots."""
    batch, frames = joints.shape[:2]
    chosen = torch.rand(batch, generator=generator, device=joints.device) < config.turn_share
    spread = (
        [config.bend_deg, config.twist_deg, config.lean_deg] + 6 * [config.arms_deg] + 6 * [config.legs_deg]
    )
    angles = _slow_angles(spread, batch, frames, config.change, joints, generator)  # (B, F, 15)
    axes = trunk_axes(joints)  # left: bend, up: twist, forwards: lean
    bend = angles[..., 0] + config.bend_mean_deg * pi / 180
    about_trunk = torch.stack([bend, angles[..., 1], angles[..., 2]], -1)
    bones = bones_of(joints)
    new = bones.clone()
    half, whole = (_rotation(share * about_trunk, axes) for share in (0.5, 1.0))
    _turn_bones(new, _SPINE, half)
    _turn_bones(new, _ABOVE_SPINE, whole)
    limbs = (*_ARMS, *_LEGS)
    for place, limb in enumerate(limbs):
        _turn_bones(new, limb, _rotation(angles[..., 3 + 3 * place : 6 + 3 * place], axes))
    every = tuple(range(1, _JOINTS))
    return _with_bones(joints, bones, new, every, chosen)


def _tilt(joints: Tensor, config: MotionMixing, generator: torch.Generator) -> Tensor:
    """The whole body turned about a level axis through the pelvis."""
    batch, frames = joints.shape[:2]
    chosen = torch.rand(batch, generator=generator, device=joints.device) < config.tilt_share
    angle = _slow_angles([config.tilt_deg, config.tilt_deg], batch, frames, config.change, joints, generator)
    vector = F.pad(angle, (0, 1))[..., [0, 2, 1]]  # about x and z
    axes = torch.eye(3, dtype=joints.dtype, device=joints.device)
    turned = bones_of(joints) @ _rotation(vector, axes).transpose(-1, -2)
    return _with_bones(joints, bones_of(joints), turned, tuple(range(1, _JOINTS)), chosen)


def _slow_angles(
    spread_deg: list[float], batch: int, frames: int, change: float, like: Tensor, generator: torch.Generator
) -> Tensor:
    """Angles (B, F, N) in radians: constant over the window, plus a part that swings slowly."""
    draw = torch.randn(
        2, batch, 1, len(spread_deg), generator=generator, dtype=like.dtype, device=like.device
    )
    phase, cycles = torch.rand(
        2, batch, 1, len(spread_deg), generator=generator, dtype=like.dtype, device=like.device
    )
    time = torch.linspace(0.0, 1.0, frames, dtype=like.dtype, device=like.device)[:, None]
    swing = 2**0.5 * torch.sin(2 * pi * (cycles * time + phase))
    shape = (1 - change) ** 0.5 * draw[0] + change**0.5 * draw[1] * swing
    return shape * (pi / 180) * torch.tensor(spread_deg, dtype=like.dtype, device=like.device)


def _rotation(vector: Tensor, axes: Tensor) -> Tensor:
    """Rotations (..., 3, 3) about vectors (..., 3) that are given in `axes` (..., 3, 3), as rows."""
    vector = (vector.unsqueeze(-2) @ axes).squeeze(-2)
    angle = vector.norm(dim=-1)
    axis = torch.where(angle[..., None] > 0, vector, 1.0)
    return rotation_about(axis, angle)


def _turn_bones(bones: Tensor, joints: tuple[int, ...], rotation: Tensor) -> None:
    """Turn the bones (B, F, 16, 3) that end at some joints, in place."""
    index = [joint - 1 for joint in joints]
    bones[:, :, index] = bones[:, :, index] @ rotation.transpose(-1, -2)


def _with_bones(joints: Tensor, bones: Tensor, new: Tensor, ends: tuple[int, ...], chosen: Tensor) -> Tensor:
    """Windows with the `new` bones that end at `ends`, where `chosen` (B,)."""
    mixed = bones.clone()
    index = [joint - 1 for joint in ends]
    mixed[:, :, index] = new[:, :, index]
    rebuilt = put_together(joints[:, :, :1], mixed)
    return torch.where(chosen[:, None, None, None], rebuilt, joints)
