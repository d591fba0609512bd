"""Batches of windows through the network: pixels in, root-relative poses in camera axes out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.errors import ConfigError
from rtpca.geometry import Intrinsics, flip_points
from rtpca.models import Checkpoint
from rtpca.models.lifting import lift_windows, mean_scale, predictor
from rtpca.skeletons import get_skeleton

_STACKED_WINDOWS = 4
"""So few windows go through the network together with their mirror images: calls cost more than sums."""


@dataclass(frozen=True, eq=False)
class LiftedWindows:
    """What the network said of a batch of windows.

    Attributes:
        poses: (B, F, J, 3) metres, camera axes, pelvis at the origin.
        mirror_m: (B, F, J) metres between the poses of the windows and of their mirror images; None without
            mirroring.
        scale_m: (B, F, J) what its uncertainty head said, metres; None where it has none.
    """

    poses: Tensor
    mirror_m: Tensor | None
    scale_m: Tensor | None


class WindowLifter:
    """Lifts batches of windows with one checkpoint, for one camera."""

    def __init__(self, checkpoint: Checkpoint, intrinsics: Intrinsics, flip: bool) -> None:
        """Bind a checkpoint to a camera.

        Args:
            checkpoint: Network and how its input is prepared; its device is used.
            intrinsics: Of the clip's camera, on the same device.
            flip: Average with the lifted mirror image, mirrored back.
        """
        self._checkpoint = checkpoint
        self._network = predictor(checkpoint.model)
        self._skeleton = get_skeleton(checkpoint.input.skeleton)
        self._intrinsics = intrinsics
        self._flip = flip

    def __call__(self, keypoints_px: Tensor, scores: Tensor) -> LiftedWindows:
        """Root-relative poses in camera axes, how far the mirror image disagrees, and the scales.

        Args:
            keypoints_px: (B, F, J, 2) pixels; anything where the score is 0.
            scores: (B, F, J) in [0, 1].
        """
        apart: list[Tensor] = []

        def network(features: Tensor) -> tuple[Tensor, Tensor | None]:
            if not self._flip:
                return self._network(features)
            (own, own_scale), (mirrored, mirrored_scale) = self._both(features)
            mirrored = flip_points(mirrored, self._skeleton.mirror)
            own, mirrored = own - own[:, :, :1], mirrored - mirrored[:, :, :1]
            apart.append((own - mirrored).norm(dim=-1))
            return (own + mirrored) / 2, mean_scale(own_scale, mirrored_scale, self._skeleton)

        poses, scale_m = lift_windows(
            network,
            self._checkpoint.input,
            keypoints_px,
            scores,
            self._intrinsics,
            with_scores=self._checkpoint.config.in_channels == 3,
        )
        return LiftedWindows(poses, apart[0] if apart else None, scale_m)

    def _both(self, features: Tensor) -> tuple[tuple[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]:
        """What the network says of the windows and of their mirror images, the latter still mirrored."""
        flipped = flip_points(features, self._skeleton.mirror)
        if len(features) > _STACKED_WINDOWS:
            return self._network(features), self._network(flipped)
        poses, scales = self._network(torch.cat([features, flipped]))
        (own, mirrored), parts = poses.chunk(2), (None, None) if scales is None else scales.chunk(2)
        return (own, parts[0]), (mirrored, parts[1])


def check_liftable(checkpoint: Checkpoint) -> None:
    """Refuse weights that the lifters cannot use.

    Raises:
        ConfigError: they lift another skeleton than h36m17, or predict fewer frames than they see.
    """
    if checkpoint.input.skeleton != "h36m17":
        raise ConfigError(
            f"weights {checkpoint.name!r} lift the skeleton {checkpoint.input.skeleton!r}; the lifter "
            "needs weights for h36m17"
        )
    config = checkpoint.config
    if config.out_frames != config.frames:
        raise ConfigError(
            f"weights {checkpoint.name!r} ({config.arch}) predict {config.out_frames} of the "
            f"{config.frames} frames of a window; the lifter needs weights that predict all of them"
        )
