"""What all lifting networks have in common: one call signature, whatever is inside."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from rtpca.errors import ConfigError, ShapeError
from rtpca.models.config import ModelConfig


class LiftingNetwork(nn.Module, ABC):
    """Base of all architectures: windows of 2D keypoints in, 3D poses of their middle frames out.

    A network takes windows of `config.frames` frames and predicts the `config.out_frames` in their middle,
    the first of them at `config.first_out_frame`.

    Attributes:
        config: Sizes and options.
    """

    config: ModelConfig

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift.

        Args:
            keypoints: Normalised 2D keypoints (B, F, J, 2), or with score (B, F, J, 3).

        Returns:
            Root-relative poses (B, F_out, J, 3) in metres.

        Raises:
            ShapeError: If the shape is not the configuration's.
        """

    def forward_with_scale(self, keypoints: Tensor, detached: bool = False) -> tuple[Tensor, Tensor]:
        """Lift, and say how far each joint may be off.

        Args:
            keypoints: As for `forward`.
            detached: The scale's gradient stops at its head: whatever it learns leaves the poses alone.

        Returns:
            Poses (B, F_out, J, 3) as `forward` gives them, and scales (B, F_out, J) in metres; what a scale
            means is the matter of a `ScaleCalibration`.

        Raises:
            ConfigError: If the network has no head for it.
            ShapeError: If the shape is not the configuration's.
        """
        raise ConfigError(
            f"this {self.config.arch} has no uncertainty head; training with configs/uncertainty.yaml adds "
            "one to weights of rtpca"
        )

    def transformer_blocks(self) -> list[nn.Module]:
        """The transformer blocks in the order in which they run; none for a convolutional network."""
        return []

    def check_input(self, keypoints: Tensor) -> None:
        """Refuse keypoints of another shape than the configuration's.

        Raises:
            ShapeError: With both shapes.
        """
        config = self.config
        expected = (config.frames, config.joints, config.in_channels)
        if keypoints.dim() != 4 or tuple(keypoints.shape[1:]) != expected:
            raise ShapeError(
                f"the model takes (B, F, J, C) = (B, {', '.join(map(str, expected))}), got "
                f"{tuple(keypoints.shape)}; rtpca.Lifter cuts clips of any length into windows"
            )
