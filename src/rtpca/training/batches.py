"""Batches on the device: windows, augmented, projected and normalised, a new one for every step.

The randomness of a step comes from the seed, the step and the rank alone. So a resumed run sees what an
uninterrupted one would have seen, and no generator state has to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rtpca.data.store import Dataset
from rtpca.data.windows import MotionBank
from rtpca.errors import TrainingError
from rtpca.geometry import flip_points
from rtpca.geometry.network_input import middle, network_input
from rtpca.skeletons import get_skeleton
from rtpca.training.config import TrainConfig
from rtpca.training.sampling import sampler_of


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step sees.

    Attributes:
        features: (B, F, J, C) input of the network.
        target: (B, P, J, 3) root-relative poses in the axes of the prediction, metres: the P frames in the
            middle that the network predicts.
    """

    features: Tensor
    target: Tensor


def check_joints(config: TrainConfig, dataset: Dataset) -> None:
    """Check that a model takes the joints of the data.

    Raises:
        TrainingError: If it takes others.
    """
    joints = dataset.skeleton.num_joints
    if joints != config.model.joints or dataset.skeleton.name != config.input.skeleton:
        raise TrainingError(
            f"the data hold {dataset.skeleton.name} with {joints} joints, the model takes "
            f"{config.input.skeleton} with {config.model.joints}; set model.joints and input.skeleton"
        )


class Batches:
    """Makes the batch of any step.

    Attributes:
        epoch_steps: Steps of a pass over all chunks; 0 for random windows.
    """

    def __init__(
        self, dataset: Dataset, config: TrainConfig, device: torch.device, rank: int = 0, processes: int = 1
    ) -> None:
        """Load the training split onto the device.

        Raises:
            TrainingError: If the data do not fit the model.
            ConfigError: If the input needs a frame rate and has none, or augmentations do not fit.
        """
        check_joints(config, dataset)
        # Random windows are interpolated one by one; chunks are runs of frames of the clips.
        fps = config.input.fps if config.data.windows == "chunks" else None
        bank = MotionBank.load(
            dataset, config.data.train_split, device, keypoints=config.data.keypoints, fps=fps
        )
        self._sampler = sampler_of(bank, config, rank, processes)
        self.epoch_steps = self._sampler.epoch_steps
        self._config = config
        self._rank = rank
        self._generator = torch.Generator(device)
        self._skeleton = get_skeleton(config.input.skeleton)

    def frames_before(self, step: int) -> int:
        """Frames that all processes have trained on in the steps before one: those that are predicted."""
        return self._sampler.windows_before(step) * self._config.model.out_frames

    def __call__(self, step: int) -> Batch:
        """The batch of a step; seeds PyTorch's own generator too, for stochastic depth."""
        config, generator = self._config, self._generator
        seeds = np.random.SeedSequence([config.seed, step, self._rank]).generate_state(2, np.uint64)
        generator.manual_seed(int(seeds[0] >> np.uint64(1)))
        torch.manual_seed(int(seeds[1] >> np.uint64(1)))
        seen = self._sampler(step, generator)
        prepared = network_input(
            seen.keypoints_px,
            seen.scores,
            seen.camera.intrinsics,
            normalisation=config.input.normalisation,
            with_scores=config.model.in_channels == 3,
        )
        poses = seen.joints_cam - seen.joints_cam[:, :, self._skeleton.root, None]
        target = prepared.from_camera(middle(poses, config.model.out_frames))
        return Batch(self._flip(prepared.features, seen.flipped), self._flip(target, seen.flipped))

    def _flip(self, points: Tensor, chosen: Tensor) -> Tensor:
        return torch.where(chosen[:, None, None, None], flip_points(points, self._skeleton.mirror), points)
