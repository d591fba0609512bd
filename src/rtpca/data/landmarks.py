"""Where a detector places its landmarks: constant offsets from the joints that are to be predicted.

Every annotation scheme means something else by a hip, a neck or the top of a head, by centimetres and for a
whole recording. So the joints whose keypoints the network sees are moved a little, and the joints that it has
to predict are not.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from rtpca.data.body import trunk_axes
from rtpca.errors import ShapeError
from rtpca.options import Share, options
from rtpca.skeletons import get_skeleton

_JOINTS = 17
_ON_TRUNK = {
    "pelvis": (0,),
    "hips": (1, 4),
    "spine": (7,),
    "thorax": (8,),
    "neck": (9,),
    "head": (10,),
    "shoulders": (11, 14),
}
# Joints of the limbs and the joint before each; they are moved along the bone between.
_ON_LIMB = (2, 3, 5, 6, 12, 13, 15, 16)
_BEFORE = (1, 2, 4, 5, 11, 12, 14, 15)


Offset = Annotated[float, Field(ge=0, le=0.2)]
"""A standard deviation."""


@options("augment.landmarks")
class LandmarkOffsets:
    """Standard deviations of the offsets: metres per axis on trunk and head, bone lengths on the limbs.

    Offsets are symmetric and constant over a window, in axes that turn with the trunk.
    """

    share: Share = 0.3
    """Windows whose landmarks are moved."""
    pelvis: Offset = 0.015
    hips: Offset = 0.02
    spine: Offset = 0.025
    thorax: Offset = 0.02
    neck: Offset = 0.03
    head: Offset = 0.03
    shoulders: Offset = 0.02
    limbs: Offset = 0.03

    @classmethod
    def none(cls) -> LandmarkOffsets:
        """Keypoints show the very joints."""
        return cls(share=0.0)


@torch.no_grad()
def random_landmarks(
    joints_m: torch.Tensor, config: LandmarkOffsets, generator: torch.Generator
) -> torch.Tensor:
    """Points that a detector would mark instead of the joints.

    Args:
        joints_m: Windows of h36m17 joints, (B, F, 17, 3), metres, any right-handed axes.
        config: Size of the offsets.
        generator: Source of randomness, on the device of `joints_m`.

    Returns:
        Landmarks, (B, F, 17, 3).

    Raises:
        ShapeError: If `joints_m` is not (B, F, 17, 3).
    """
    if joints_m.ndim != 4 or joints_m.shape[2:] != (_JOINTS, 3):
        raise ShapeError(
            f"joints_m has shape {tuple(joints_m.shape)}; random_landmarks needs (B, F, 17, 3) in h36m17 "
            "order: convert the skeleton first"
        )
    if config.share == 0.0:
        return joints_m
    batch, dtype, device = joints_m.shape[0], joints_m.dtype, joints_m.device

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype, device=device)

    moved = torch.rand(batch, generator=generator, dtype=dtype, device=device) < config.share
    by_joint = [0.0] * _JOINTS
    for name, members in _ON_TRUNK.items():
        for joint in members:
            by_joint[joint] = getattr(config, name)
    spread = torch.tensor(by_joint, dtype=dtype, device=device)
    offset = _symmetric(normal(batch, _JOINTS, 3)) * spread[:, None] * moved[:, None, None]
    landmarks = joints_m + offset[:, None] @ trunk_axes(joints_m)

    stretch = (config.limbs * normal(batch, 4) * moved[:, None])[:, [0, 1, 0, 1, 2, 3, 2, 3]]
    limb = torch.tensor(_ON_LIMB, device=device)
    ends = joints_m.index_select(2, limb)
    bones = ends - joints_m.index_select(2, torch.tensor(_BEFORE, device=device))
    return landmarks.index_copy_(2, limb, ends + bones * stretch[:, None, :, None])


def _symmetric(offset: torch.Tensor) -> torch.Tensor:
    """Offsets (B, J, 3) that are their own mirror image; the deviation of what is left is kept."""
    partner = list(get_skeleton("h36m17").mirror)
    mirrored = offset[:, partner] * torch.tensor([-1.0, 1.0, 1.0], dtype=offset.dtype, device=offset.device)
    in_pair = torch.tensor([p != j for j, p in enumerate(partner)], device=offset.device)
    return (offset + mirrored) / torch.where(in_pair, 2**0.5, 2.0)[:, None].to(offset.dtype)
