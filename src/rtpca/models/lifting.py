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
    keep_root: bool = False,
) -> Tensor:
    """Lift windows.

    Args:
        network: Maps features (B, F, J, C) to poses (B, P, J, 3) of the P frames in the middle.
        spec: How keypoints are prepared for it.
        keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
        scores: (B, F, J) in [0, 1].
        with_scores: Whether the network reads the scores.
        size_wh: (2,) or (B, 2) image size, pixels.
        focal_px: (2,) or (B, 2) focal length, pixels.
        principal_px: (2,) or (B, 2) principal point, pixels.
        flip: Average with the lifted mirror image, mirrored back.
        keep_root: Leave the root where the network puts it, instead of moving each pose to the origin.

    Returns:
        (B, P, J, 3) camera axes, metres, root at the origin; the P frames that the network predicts.
    """
    skeleton = get_skeleton(spec.skeleton)
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
        mirrored = network(flip_points(prepared.features, skeleton.mirror))
        poses = (poses + flip_points(mirrored, skeleton.mirror)) / 2
    if not keep_root:
        poses = poses - poses[:, :, skeleton.root, None]
    return prepared.to_camera(poses)
