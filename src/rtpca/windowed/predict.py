"""One batch of windows through a network: keypoints in pixels in, poses in camera axes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rtpca.geometry import Intrinsics, flip_points
from rtpca.geometry.network_input import network_input
from rtpca.models import InputSpec, LiftingNetwork
from rtpca.skeletons import get_skeleton


@dataclass(frozen=True, eq=False)
class Lifted:
    """What a network says of windows, or of the frames that they are put together to.

    Attributes:
        poses: (..., J, 3) metres, camera axes.
        mirror_m: (..., J) metres between what it says of the keypoints and of their mirror image, whose mean
            the poses are; None without mirroring.
        scale_m: (..., J) metres, what its uncertainty head says of the joints; None where it has none.
    """

    poses: Tensor
    mirror_m: Tensor | None = None
    scale_m: Tensor | None = None

    def parts(self) -> dict[str, Tensor]:
        """Those of the three that are there, by name."""
        return {name: values for name, values in vars(self).items() if values is not None}

    def each(self, change: Callable[[Tensor], Tensor]) -> Lifted:
        """The same done to all parts: another device, some windows."""
        return Lifted(**{name: change(values) for name, values in self.parts().items()})


def lift_windows(
    model: LiftingNetwork,
    spec: InputSpec,
    keypoints_px: Tensor,
    scores: Tensor,
    intrinsics: Intrinsics,
    *,
    flip: bool = False,
    keep_root: bool = False,
) -> Lifted:
    """Lift windows.

    Args:
        model: In evaluation mode, on the device of the keypoints.
        spec: How keypoints are prepared for it.
        keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
        scores: (B, F, J) in [0, 1].
        intrinsics: Of the camera; one, or one for each window.
        flip: Average with the lifted mirror image, mirrored back.
        keep_root: Leave the root where the network puts it, instead of moving each pose to the origin.

    Returns:
        (B, P, J, ...) of the P frames in the middle that the network predicts.
    """
    skeleton = get_skeleton(spec.skeleton)
    prepared = network_input(
        keypoints_px,
        scores,
        intrinsics,
        normalisation=spec.normalisation,
        with_scores=model.config.in_channels == 3,
    )
    shift = None if keep_root else skeleton.root
    if flip:
        lifted = _averaged(model, prepared.features, skeleton.mirror, shift)
    else:
        lifted = _said(model, prepared.features, shift)
    return replace(lifted, poses=prepared.to_camera(lifted.poses))


def _said(model: LiftingNetwork, features: Tensor, root: int | None) -> Lifted:
    """What the network says, in the axes of the prediction; a joint that is named moves to the origin."""
    scale_m = None
    if model.config.predicts_scale:
        poses, scale_m = model.forward_with_scale(features)
    else:
        poses = model(features)
    return Lifted(poses if root is None else poses - poses[:, :, root, None], scale_m=scale_m)


def _averaged(model: LiftingNetwork, features: Tensor, mirror: tuple[int, ...], root: int | None) -> Lifted:
    """The mean of what the network says of windows and of their mirror images, mirrored back.

    The mean pose is never further off than its parts are on average, so the mean scale is a safe one.
    """
    count = len(features)
    both = _said(model, torch.cat([features, flip_points(features, mirror)]), root)
    own, other = both.each(lambda values: values[:count]), both.each(lambda values: values[count:])
    back = flip_points(other.poses, mirror)
    scale_m = own.scale_m
    if scale_m is not None and other.scale_m is not None:
        scale_m = (scale_m + other.scale_m[..., list(mirror)]) / 2
    return Lifted((own.poses + back) / 2, (own.poses - back).norm(dim=-1), scale_m)
