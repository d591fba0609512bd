"""One batch of windows through a network: keypoints in pixels in, poses in camera axes out.

Evaluation and the lifter both go through here.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from rtpca.geometry import flip_points
from rtpca.geometry.network_input import network_input
from rtpca.models.checkpoint import InputSpec
from rtpca.skeletons import get_skeleton


def lift_windows(
    network: Callable[[Tensor], Tensor],
    spec: InputSpec,
    keypoints_px: Tensor,
    scores: Tensor,
    *,
    with_scores: bool,
    size_wh: Tensor,
    focal_px: Tensor,
    principal_px: Tensor,
    flip: bool = False,
) -> Tensor:
    """Lift windows.

    Args:
        network: Maps features (B, F, J, C) to poses (B, F, J, 3).
        spec: How keypoints are prepared for it.
        keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
        scores: (B, F, J) in [0, 1].
        with_scores: Whether the network reads the scores.
        size_wh: (2,) or (B, 2) image size, pixels.
        focal_px: (2,) or (B, 2) focal length, pixels.
        principal_px: (2,) or (B, 2) principal point, pixels.
        flip: Average with the lifted mirror image, mirrored back.

    Returns:
        (B, F, J, 3) camera axes, metres, pelvis at the origin.
    """
    prepared = network_input(
        keypoints_px,
        scores,
        normalisation=spec.normalisation,
        with_scores=with_scores,
        size_wh=size_wh,
        focal_px=focal_px,
        principal_px=principal_px,
    )
    poses = network(prepared.features)
    if flip:
        mirror = get_skeleton(spec.skeleton).mirror
        mirrored = network(flip_points(prepared.features, mirror))
        poses = (poses + flip_points(mirrored, mirror)) / 2
    return prepared.to_camera(poses - poses[:, :, :1])
