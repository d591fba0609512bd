"""Predictions for whole sequences and their errors, each frame counted exactly once.

A sequence is brought to the network's frame rate, seen by its own cameras or by the four fixed ones, cut into
consecutive windows, lifted, and put together again. Averaging is left to `report.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rtpca import metrics
from rtpca.data.augment import gaussian_noise
from rtpca.data.store import Recording
from rtpca.data.windows import cover, fixed_cameras
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera
from rtpca.models import InputSpec, LiftingNetwork
from rtpca.models.lifting import lift_windows


@dataclass(frozen=True)
class EvalConfig:
    """How predictions are made.

    Attributes:
        noise_px: Standard deviation of Gaussian noise on the 2D keypoints, in pixels.
        flip: Average each prediction with that of the mirrored input, mirrored back.
        seed: Of the noise.
        batch: Windows that are lifted together.
        all_cameras: Every camera of a sequence; else one, taking turns from sequence to sequence.
    """

    noise_px: float = 0.0
    flip: bool = False
    seed: int = 0
    batch: int = 64
    all_cameras: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.noise_px < math.inf:
            raise ConfigError(f"noise of {self.noise_px} px: the standard deviation must be 0 or more")


@dataclass(frozen=True, eq=False)
class SequenceErrors:
    """Errors of one sequence seen by one camera; one value per frame, per frame pair, or per three frames.

    Attributes:
        name: Of the sequence.
        subject: The person.
        action: What is done.
        source: Where it comes from.
        camera: Index of the camera.
        fps: Frame rate that it was evaluated at.
        mpjpe_m: (F,) metres.
        p_mpjpe_m: (F,) metres.
        velocity_m: (F - 1,) metres per frame.
        acceleration_m: (F - 2,) metres per frame squared.
    """

    name: str
    subject: str
    action: str
    source: str
    camera: int
    fps: float
    mpjpe_m: Tensor
    p_mpjpe_m: Tensor
    velocity_m: Tensor
    acceleration_m: Tensor


def at_frame_rate(recording: Recording, fps: float | None) -> Recording:
    """The recording at another frame rate, positions interpolated linearly; None leaves it as it is."""
    if fps is None or fps == recording.fps:
        return recording
    joints = torch.from_numpy(recording.positions3d)
    count = max(1, int((len(joints) - 1) / recording.fps * fps + 1e-6) + 1)
    place = torch.arange(count, dtype=torch.float64) * (recording.fps / fps)
    before = place.floor().long().clamp(max=len(joints) - 1)
    after = (before + 1).clamp(max=len(joints) - 1)
    share = (place - before).float()[:, None, None]
    resampled = torch.lerp(joints[before], joints[after], share)
    return replace(recording, positions3d=resampled.numpy(), fps=fps)


@torch.no_grad()
def evaluate(
    model: LiftingNetwork, spec: InputSpec, recordings: Iterable[Recording], config: EvalConfig
) -> Iterator[SequenceErrors]:
    """Errors of every sequence seen by every camera.

    Args:
        model: In evaluation mode, on any device.
        spec: How keypoints are prepared for it.
        recordings: World-space motion on `spec.skeleton`.
        config: Noise, mirroring, cameras.

    Yields:
        One `SequenceErrors` per sequence and camera.

    Raises:
        InputError: If the joints do not fit the model.
    """
    device = next(model.parameters()).device
    # Noise is drawn on the CPU, so that every device sees the same.
    generator = torch.Generator().manual_seed(config.seed)
    for number, original in enumerate(recordings):
        _check_joints(original, model)
        recording = at_frame_rate(original, spec.fps)
        joints = torch.from_numpy(recording.positions3d)
        cameras = fixed_cameras(recording)
        chosen = list(range(cameras.batch_shape[0]))
        if not config.all_cameras:
            chosen = [number % len(chosen)]
        cameras = cameras[torch.tensor(chosen)]
        joints_cam = cameras.world_to_camera(joints.expand(len(chosen), *joints.shape))
        keypoints = gaussian_noise(cameras.project(joints_cam), config.noise_px, generator)
        predicted = predict(model, spec, keypoints.to(device), cameras.to(device), config).cpu()
        if not predicted.isfinite().all():
            raise InputError(f"{original.name}: the predictions are not finite: the weights are damaged")
        truth = joints_cam - joints_cam[:, :, :1]
        for index, camera in enumerate(chosen):
            yield _errors(recording, camera, predicted[index].double(), truth[index].double())


def predict(
    model: LiftingNetwork, spec: InputSpec, keypoints_px: Tensor, cameras: Camera, config: EvalConfig
) -> Tensor:
    """Root-relative poses in camera axes.

    Args:
        model: The network.
        spec: How keypoints are prepared for it.
        keypoints_px: (V, F, J, 2) keypoints of one sequence in V cameras; NaN where missing.
        cameras: Batch axis V.
        config: Mirroring and batch size.

    Returns:
        (V, F, J, 3) metres.
    """
    frames = model.config.frames
    index, owned = cover(keypoints_px.shape[1], frames)
    windows = keypoints_px[:, index.to(keypoints_px.device)].flatten(0, 1)  # (V * W, F, J, 2)
    view = torch.arange(len(keypoints_px), device=windows.device).repeat_interleave(len(index))
    parts = [
        _lift(model, spec, windows[batch], cameras[view[batch]], config.flip)
        for batch in torch.arange(len(windows), device=windows.device).split(config.batch)
    ]
    poses = torch.cat(parts).unflatten(0, (len(keypoints_px), len(index)))  # (V, W, F, J, 3)
    return poses[:, owned.to(poses.device)]


def _lift(model: LiftingNetwork, spec: InputSpec, keypoints: Tensor, camera: Camera, flip: bool) -> Tensor:
    return lift_windows(
        model,
        spec,
        keypoints,
        keypoints.isfinite().all(-1).to(keypoints.dtype),
        with_scores=model.config.in_channels == 3,
        size_wh=camera.size_wh,
        focal_px=camera.focal_px,
        principal_px=camera.principal_px,
        flip=flip,
    )


def _errors(recording: Recording, camera: int, predicted: Tensor, truth: Tensor) -> SequenceErrors:
    return SequenceErrors(
        recording.name,
        recording.subject,
        recording.action,
        recording.source,
        camera,
        recording.fps,
        metrics.mpjpe(predicted, truth),
        metrics.p_mpjpe(predicted, truth),
        metrics.mpjve(predicted, truth) if len(truth) > 1 else truth.new_empty(0),
        metrics.acceleration_error(predicted, truth) if len(truth) > 2 else truth.new_empty(0),
    )


def _check_joints(recording: Recording, model: LiftingNetwork) -> None:
    joints = recording.positions3d.shape[1]
    if joints != model.config.joints:
        raise InputError(
            f"{recording.name} has {joints} joints, the model {model.config.joints}; use data of the "
            "same skeleton"
        )
