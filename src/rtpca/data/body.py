"""Random body proportions: the motion of one person shown on many bodies.

Bone lengths change per window, symmetrically; bone directions, and so the motion, are kept.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

import torch
from pydantic import Field

from rtpca.errors import ShapeError
from rtpca.options import options

# h36m17: the bone that ends at each joint after the pelvis, by its parent and by the group that shares a
# length factor.
_PARENTS = (0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
_GROUPS = (
    "hips",
    "thigh",
    "shin",
    "lower_trunk",
    "upper_trunk",
    "neck",
    "head",
    "shoulders",
    "upper_arm",
    "forearm",
)
_GROUP_OF_BONE = (0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9)
_REGION_OF_GROUP = (-1, 0, 0, 1, 1, -1, -1, -1, 2, 2)  # legs, trunk, arms; the others vary on their own
_DEPTHS = (
    (1, 4, 7),
    (2, 5, 8),
    (3, 6, 9, 11, 14),
    (10, 12, 15),
    (13, 16),
)  # joints by distance from the pelvis
_JOINTS = 17
_CLIP = 2.5  # standard deviations


Spread = Annotated[float, Field(ge=0, le=0.5)]
"""A standard deviation of the logarithm of a length."""


@options("augment.body")
class BodyProportions:
    """Spread of body proportions: standard deviations of log length factors, cut off at 2.5 of them.

    The factor of a bone is the product of the size of the whole body, of its region (legs, trunk, arms) and
    its own, so correlated lengths stay plausible together. Left and right always agree.
    """

    size: Spread = 0.07
    """Whole body; people's statures spread by 0.04 to 0.05, children are smaller."""
    legs: Spread = 0.06
    trunk: Spread = 0.06
    arms: Spread = 0.05
    hips: Spread = 0.18
    """Half width of the hips on its own; data sets place the hip joints very differently."""
    hips_mean: float = 0.10
    """Mean of the logarithm for the hips: mocap hips (0.09 m) are narrower than Human3.6M's (0.13 m)."""
    thigh: Spread = 0.04
    shin: Spread = 0.04
    lower_trunk: Spread = 0.06
    upper_trunk: Spread = 0.06
    neck: Spread = 0.12
    head: Spread = 0.12
    shoulders: Spread = 0.08
    upper_arm: Spread = 0.04
    forearm: Spread = 0.05

    @classmethod
    def none(cls) -> BodyProportions:
        """Every body stays as it was recorded."""
        return cls(**{field.name: 0.0 for field in fields(BodyProportions())})


@torch.no_grad()
def random_body(joints_m: torch.Tensor, config: BodyProportions, generator: torch.Generator) -> torch.Tensor:
    """Change the body proportions of every window.

    All bones are scaled along their own direction and put together again from the pelvis outwards. The path
    of the pelvis is scaled about its mean by the factor of the legs, so that feet on the floor do not begin
    to slide.

    Args:
        joints_m: Windows of h36m17 joints, (B, F, 17, 3), metres, any axes.
        config: Spread of the proportions.
        generator: Source of randomness, on the device of `joints_m`.

    Returns:
        New joints, (B, F, 17, 3).

    Raises:
        ShapeError: If `joints_m` is not (B, F, 17, 3).
    """
    if joints_m.ndim != 4 or joints_m.shape[2:] != (_JOINTS, 3):
        raise ShapeError(
            f"joints_m has shape {tuple(joints_m.shape)}; random_body needs (B, F, 17, 3) in h36m17 order: "
            "convert the skeleton first"
        )
    if config == BodyProportions.none():
        return joints_m.clone()
    factors, legs = _length_factors(joints_m, config, generator)
    return _rebuild(joints_m, factors, legs)


def _length_factors(
    like: torch.Tensor, config: BodyProportions, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Factors of the 16 bones (B, 16), and of the whole leg (B,)."""
    batch, dtype, device = like.shape[0], like.dtype, like.device
    regions = (config.legs, config.trunk, config.arms)
    own = [getattr(config, name) for name in _GROUPS]
    spread = torch.tensor([config.size, *regions, *own], dtype=dtype, device=device)
    draw = torch.randn(batch, spread.numel(), generator=generator, dtype=dtype, device=device)
    draw = draw.clamp(-_CLIP, _CLIP) * spread
    size, region, group = draw[:, :1], draw[:, 1:4], draw[:, 4:]
    log = torch.cat([size, region, group], -1)
    mix = torch.zeros(log.shape[-1], len(_GROUPS), dtype=dtype, device=device)
    mix[0] = 1.0
    for column, part in enumerate(_REGION_OF_GROUP):
        mix[4 + column, column] = 1.0
        if part >= 0:
            mix[1 + part, column] = 1.0
    by_group = log @ mix  # (B, 10)
    by_group[:, 0] += config.hips_mean
    by_group = by_group.exp()
    return by_group[:, list(_GROUP_OF_BONE)], by_group[:, 1:3].mean(-1)


def _rebuild(joints: torch.Tensor, factors: torch.Tensor, path_factor: torch.Tensor) -> torch.Tensor:
    """Scale the bones of (B, F, 17, 3) by (B, 16), the path of the pelvis by (B,), and put them together."""
    pelvis = joints[:, :, :1]
    mean = pelvis.mean(1, keepdim=True)
    path = mean + (pelvis - mean) * path_factor[:, None, None, None]
    return put_together(path, bones_of(joints) * factors[:, None, :, None])


def bones_of(joints: torch.Tensor) -> torch.Tensor:
    """Bones (B, F, 16, 3) of h36m17 joints (B, F, 17, 3); bone j - 1 leads from its parent to joint j."""
    return joints[:, :, 1:] - joints.index_select(2, torch.tensor(_PARENTS, device=joints.device))


def put_together(pelvis: torch.Tensor, bones: torch.Tensor) -> torch.Tensor:
    """Joints (B, F, 17, 3) from the pelvis (B, F, 1, 3) and bones (B, F, 16, 3)."""
    out = torch.empty_like(torch.cat([pelvis, bones], 2))
    out[:, :, :1] = pelvis
    for level in _DEPTHS:
        ends = torch.tensor(level, device=bones.device)
        starts = torch.tensor([_PARENTS[joint - 1] for joint in level], device=bones.device)
        out.index_copy_(2, ends, out.index_select(2, starts) + bones.index_select(2, ends - 1))
    return out


def trunk_axes(joints: torch.Tensor) -> torch.Tensor:
    """Axes of the trunk of h36m17 joints as rows, (B, F, 3, 3): to the left, upwards, forwards."""
    left = (joints[:, :, 4] - joints[:, :, 1]) + (joints[:, :, 11] - joints[:, :, 14])
    up = torch.nn.functional.normalize(joints[:, :, 8] - joints[:, :, 0], dim=-1)
    forward = torch.nn.functional.normalize(torch.linalg.cross(left, up), dim=-1)
    return torch.stack([torch.linalg.cross(up, forward), up, forward], -2)
