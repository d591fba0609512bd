"""Batches on the device: random windows, augmented, projected and normalised, a new one for every step.

The randomness of a step comes from the seed, the step and the rank alone. So a resumed run sees what an
uninterrupted one would have seen, and no generator state has to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rtpca.data.augment import augment
from rtpca.data.store import Dataset
from rtpca.data.windows import MotionBank, RandomWindows
from rtpca.errors import ConfigError, TrainingError
from rtpca.geometry.network_input import network_input
from rtpca.training.config import TrainConfig


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step sees.

    Attributes:
        features: (B, F, J, C) input of the network.
        target: (B, F, J, 3) root-relative poses in the axes of the prediction, metres.
    """

    features: Tensor
    target: Tensor


class BatchSource:
    """Makes the batch of any step."""

    def __init__(self, dataset: Dataset, config: TrainConfig, device: torch.device, rank: int = 0) -> None:
        """Load the training split onto the device.

        Raises:
            TrainingError: If the data do not fit the model.
            ConfigError: If the input needs a frame rate and has none.
        """
        joints = dataset.skeleton.num_joints
        if joints != config.model.joints or dataset.skeleton.name != config.input.skeleton:
            raise TrainingError(
                f"the data hold {dataset.skeleton.name} with {joints} joints, the model takes "
                f"{config.input.skeleton} with {config.model.joints}; set model.joints and input.skeleton"
            )
        if config.input.fps is None:
            raise ConfigError(
                "input.fps is not set: windows of clips recorded at different rates need one, e.g. "
                "--set input.fps=50"
            )
        bank = MotionBank.load(dataset, config.data.train_split, device)
        self._windows = RandomWindows(bank, config.model.frames, config.input.fps, config.data.rate_range)
        self._config = config
        self._rank = rank
        self._generator = torch.Generator(device)

    def __call__(self, step: int) -> Batch:
        """The batch of a step; seeds PyTorch's own generator too, for stochastic depth."""
        config, generator = self._config, self._generator
        seeds = np.random.SeedSequence([config.seed, step, self._rank]).generate_state(2, np.uint64)
        generator.manual_seed(int(seeds[0] >> np.uint64(1)))
        torch.manual_seed(int(seeds[1] >> np.uint64(1)))
        windows, clip = self._windows.draw(config.batch, generator)
        fixed = config.data.cameras == "fixed"
        camera = self._windows.draw_cameras(clip, generator) if fixed else None
        seen = augment(windows, config.augment, generator, camera)
        prepared = network_input(
            seen.keypoints_px,
            seen.scores,
            normalisation=config.input.normalisation,
            with_scores=config.model.in_channels == 3,
            size_wh=seen.camera.size_wh,
            focal_px=seen.camera.focal_px,
            principal_px=seen.camera.principal_px,
        )
        return Batch(prepared.features, prepared.from_camera(seen.poses3d))
