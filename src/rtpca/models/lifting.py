"""One batch of windows through a network: keypoints in pixels in, poses in camera axes out.

Evaluation and the lifter both go through here.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from rtpca.geometry import Intrinsics, flip_points
from rtpca.geometry.network_input import network_input
from rtpca.models.checkpoint import InputSpec
from rtpca.models.network import LiftingNetwork
from rtpca.skeletons import Skeleton, get_skeleton

Predictor = Callable[[Tensor], tuple[Tensor, Tensor | None]]
"""Features (B, F, J, C) to poses (B, P, J, 3) of the P frames in the middle, and their scales (B, P, J)."""


def predictor(model: LiftingNetwork) -> Predictor:
    """A network's poses and scales; None for the scales where it has no head for them."""
    if model.config.predicts_scale:
        return model.forward_with_scale
    return lambda features: (model(features), None)


def lift_windows(
    network: Predictor,
    spec: InputSpec,
    keypoints_px: Tensor,
    scores: Tensor,
    intrinsics: Intrinsics,
    *,
    with_scores: bool,
    flip: bool = False,
    keep_root: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Lift windows.

    Args:
        network: See `predictor`.
        spec: How keypoints are prepared for it.
        keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
        scores: (B, F, J) in [0, 1].
        intrinsics: Of the camera; one, or one for each window.
        with_scores: Whether the network reads the scores.
        flip: Average with the lifted mirror image, mirrored back.
        keep_root: Leave the root where the network puts it, instead of moving each pose to the origin.

    Returns:
        (B, P, J, 3) camera axes, metres, root at the origin; the P frames that the network predicts. And
        their scales (B, P, J), which no change of axes touches; None where the network gives none.
    """
    skeleton = get_skeleton(spec.skeleton)
    prepared = network_input(
        keypoints_px,
        scores,
        intrinsics,
        normalisation=spec.normalisation,
        with_scores=with_scores,
    )
    poses, scales = network(prepared.features)
    if flip:
        mirrored, mirrored_scales = network(flip_points(prepared.features, skeleton.mirror))
        poses = (poses + flip_points(mirrored, skeleton.mirror)) / 2
        scales = mean_scale(scales, mirrored_scales, skeleton)
    if not keep_root:
        poses = poses - poses[:, :, skeleton.root, None]
    return prepared.to_camera(poses), scales


def mean_scale(scales: Tensor | None, mirrored: Tensor | None, skeleton: Skeleton) -> Tensor | None:
    """Scales (B, P, J) of poses that are averaged with those of the mirror image.

    The mean pose is never further off than its parts are on average, so the mean scale is a safe one.
    """
    if scales is None or mirrored is None:
        return None
    return (scales + mirrored[..., list(skeleton.mirror)]) / 2
