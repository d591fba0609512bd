"""Where the windows of a step come from: drawn at random, or the authors' chunks, epoch by epoch.

A sampler is asked for a step and answers with windows seen by a camera. It keeps nothing that depends on the
steps before, so a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from rtpca.data.augment import AugmentConfig, augment
from rtpca.data.chunks import training_starts, windows_around
from rtpca.data.views import with_missing
from rtpca.data.windows import MotionBank, RandomWindows
from rtpca.errors import ConfigError
from rtpca.geometry import Camera
from rtpca.training.config import TrainConfig


@dataclass(frozen=True, eq=False)
class Seen:
    """Windows as a camera sees them.

    Attributes:
        joints_cam: (B, F, J, 3) camera axes, absolute, metres.
        keypoints_px: (B, F, J, 2) pixels, NaN where missing.
        scores: (B, F, J), 0 where missing.
        camera: Batch axis B.
        flipped: (B,) windows that are yet to be mirrored, once their keypoints are normalised.
    """

    joints_cam: Tensor
    keypoints_px: Tensor
    scores: Tensor
    camera: Camera
    flipped: Tensor


def rate_of_windows(config: TrainConfig) -> float:
    """Frames per second of random windows.

    Raises:
        ConfigError: If the recipe does not say.
    """
    if config.input.fps is None:
        raise ConfigError(
            "input.fps is not set: windows of clips recorded at different rates need one, e.g. input.fps=50"
        )
    return config.input.fps


class RandomSampler:
    """Endless random windows; it has no epochs."""

    epoch_steps = 0

    def __init__(self, bank: MotionBank, config: TrainConfig, processes: int) -> None:
        model = config.model
        self._windows = RandomWindows(
            bank,
            model.frames,
            rate_of_windows(config),
            config.data.rate_range,
            model.out_frames,
            config.data.motion_weight,
            config.data.kind_power,
            config.data.source_shares,
        )
        self._config, self._processes = config, processes

    def windows_before(self, step: int) -> int:
        """Windows of all processes in the steps before one."""
        return step * self._config.batch * self._processes

    def __call__(self, step: int, generator: torch.Generator) -> Seen:
        """The windows of a step; `generator` is already the step's own."""
        config, draw = self._config, self._windows
        at = draw.draw_moments(config.batch, generator)
        joints = draw.bank.windows(at.clip, at.start_s, draw.frames, at.fps)
        if config.data.cameras == "random":
            return _augmented(joints, config.augment, generator, None)
        index = draw.draw_camera_indices(at.clip, generator)
        camera = draw.bank.cameras[index]
        if draw.bank.own is None and config.input.skeleton == "h36m17":
            return _augmented(joints, config.augment, generator, camera)
        chosen = torch.rand(len(joints), generator=generator, device=joints.device)
        flipped = chosen < config.augment.flip_probability
        own = None
        if draw.bank.own is not None:
            own = draw.bank.keypoints(index, at.start_s, draw.frames, at.fps)
        return _plain(joints, camera, own, flipped)


class ChunkSampler:
    """The authors' chunks of every camera's video, all once per epoch, and once more mirrored.

    The order of an epoch is a permutation of all of them, drawn from the seed and the number of the epoch.
    """

    def __init__(self, bank: MotionBank, config: TrainConfig, rank: int, processes: int) -> None:
        # Only starts are kept: chunks of a model that predicts one frame are as many as there are frames.
        starts = [training_starts(length, config.model.out_frames) for length in bank.length.tolist()]
        per_camera = [starts[clip] for clip in bank.clip_of_camera.tolist()]
        counts = torch.tensor([len(chunks) for chunks in per_camera])
        device = bank.joints.device
        self._starts = torch.cat(per_camera).to(device)  # (chunks,) first predicted frame in the clip
        self._cameras = torch.arange(len(counts)).repeat_interleave(counts).to(device)  # (chunks,)
        self._bank, self._config, self._rank, self._processes = bank, config, rank, processes
        self._copies = 2 if config.augment.flip_probability else 1
        self._per_step = config.batch * processes
        self._order = lru_cache(maxsize=1)(self._draw_order)

    @property
    def epoch_windows(self) -> int:
        """Windows of an epoch: chunks, plain and mirrored."""
        return self._copies * len(self._starts)

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch; the last one takes what is left."""
        return -(-self.epoch_windows // self._per_step)

    def windows_before(self, step: int) -> int:
        """Windows of all processes in the steps before one."""
        epochs, rest = divmod(step, self.epoch_steps)
        return epochs * self.epoch_windows + rest * self._per_step

    def __call__(self, step: int, generator: torch.Generator) -> Seen:
        """The windows of a step; `generator` is already the step's own."""
        epoch, place = divmod(step, self.epoch_steps)
        items = self._order(epoch)[place * self._per_step : (place + 1) * self._per_step]
        mine = items[self._rank :: self._processes]
        # What is left for the last step may be fewer windows than there are processes: they take the first.
        chosen = torch.from_numpy(mine if len(mine) else items[:1]).to(self._starts.device)
        chunk, flipped = chosen % len(self._starts), chosen >= len(self._starts)
        bank, config = self._bank, self._config
        index = self._cameras[chunk]
        clip = bank.clip_of_camera[index]
        frames = windows_around(  # (B, F) in the clip
            self._starts[chunk], bank.length[clip], config.model.frames, config.model.out_frames
        )
        joints, camera = bank.joints[bank.start[clip][:, None] + frames], bank.cameras[index]
        if bank.own is None and config.input.skeleton == "h36m17":
            varied = replace(config.augment, flip_probability=0.0)
            return replace(_augmented(joints, varied, generator, camera), flipped=flipped)
        own = None if bank.own is None else bank.own[bank.first_own[index][:, None] + frames]
        return _plain(joints, camera, own, flipped)

    def _draw_order(self, epoch: int) -> np.ndarray:
        # Four numbers: no step has the same seeds (`batches.py` takes three).
        seeds = np.random.SeedSequence([self._config.seed, epoch, 0, 1])
        return np.random.default_rng(seeds).permutation(self.epoch_windows)


Sampler = RandomSampler | ChunkSampler


def sampler_of(bank: MotionBank, config: TrainConfig, rank: int = 0, processes: int = 1) -> Sampler:
    """The sampler that a recipe asks for.

    Raises:
        ConfigError: If its augmentations do not go with its keypoints or skeleton.
    """
    quiet = replace(AugmentConfig.none(), flip_probability=config.augment.flip_probability)
    varied = replace(config.augment, camera=quiet.camera) != quiet
    if config.data.keypoints == "own" and varied:
        raise ConfigError(
            "augment: keypoints of the dataset's own cannot be varied; set augment.body, .landmarks and "
            ".noise to none, or data.keypoints=projected"
        )
    if config.input.skeleton != "h36m17" and (varied or config.data.cameras == "random"):
        raise ConfigError(
            f"augment: bodies, landmarks, noise and random cameras are made for h36m17, not for "
            f"{config.input.skeleton}; set them to none, and data.cameras=fixed"
        )
    if config.data.windows == "chunks":
        return ChunkSampler(bank, config, rank, processes)
    return RandomSampler(bank, config, processes)


def _augmented(
    joints: Tensor, config: AugmentConfig, generator: torch.Generator, camera: Camera | None
) -> Seen:
    """Windows varied, filmed, and seen by a detector; mirrored already."""
    seen = augment(joints, config, generator, camera)
    done = torch.zeros(len(joints), dtype=torch.bool, device=joints.device)
    return Seen(seen.joints_cam, seen.keypoints_px, seen.scores, seen.camera, done)


def _plain(joints: Tensor, camera: Camera, own: Tensor | None, flipped: Tensor) -> Seen:
    """Windows as they are, with keypoints of the dataset's own (B, F, J, 3) or projected."""
    joints_cam = camera.world_to_camera(joints)
    if own is None:
        own = with_missing(camera.project(joints_cam), torch.ones_like(joints_cam[..., 0]))
    return Seen(joints_cam, own[..., :2], own[..., 2], camera, flipped)
