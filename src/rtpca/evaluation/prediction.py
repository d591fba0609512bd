"""What a network predicts for whole sequences, beside the truth.

A sequence is brought to the network's frame rate, seen by its own cameras or by the four fixed ones, cut into
consecutive windows, lifted, and put together again. Errors, tables and pictures are made from this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import torch
from torch import Tensor

from rtpca.checks import LARGEST_SIDE_PX
from rtpca.data.augment import gaussian_noise
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.data.recording import Recording
from rtpca.data.views import KeypointOrigin, at_frame_rate, fixed_cameras, own_keypoints, with_missing
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation.protocols import STANDARD, Protocol
from rtpca.geometry import Camera
from rtpca.geometry.network_input import middle
from rtpca.models import InputSpec, LiftingNetwork
from rtpca.skeletons import get_skeleton
from rtpca.windowed import cover, lift_consecutive, reference_cover


@dataclass(frozen=True)
class EvalConfig:
    """How predictions are made.

    Attributes:
        noise_px: Standard deviation of Gaussian noise on the 2D keypoints, in pixels.
        flip: Average each prediction with that of the mirrored input, mirrored back; a protocol may ask for
            it too.
        seed: Of the noise.
        batch: Windows that are lifted together.
        all_cameras: Every camera of a sequence; else one, taking turns from sequence to sequence.
        keypoints: The dataset's own 2D keypoints where there are some, or the projected joints (without lens
            distortion).
        protocol: What is compared.
        detector_noise: Errors like a detector's on the projected joints: heavy tails, exchanged sides, joints
            missing, scores that tell (`rtpca.data.noise`). Where the network takes no scores none is missing.
    """

    noise_px: float = 0.0
    flip: bool = False
    seed: int = 0
    batch: int = 64
    all_cameras: bool = True
    keypoints: KeypointOrigin = "own"
    protocol: Protocol = STANDARD
    detector_noise: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.noise_px <= LARGEST_SIDE_PX:
            raise ConfigError(
                f"`noise_px` is {self.noise_px}: the standard deviation must be 0 or more, and at most "
                f"{LARGEST_SIDE_PX:,}"
            )
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"`seed` is {self.seed}: give a whole number from 0 to 2^63 - 1")
        if self.keypoints not in get_args(KeypointOrigin):
            known = ", ".join(get_args(KeypointOrigin))
            raise ConfigError(f"keypoints={self.keypoints!r} must be one of {known}")


@dataclass(frozen=True, eq=False)
class Prediction:
    """One sequence seen by one camera, as a network read and lifted it.

    The F frames are those of `recording`; where a protocol's windows are chunks, some are there twice.

    Attributes:
        recording: What was seen, at the frame rate of the network.
        camera: Index of the camera.
        view: The camera itself.
        frames: (F,) their numbers in the recording.
        keypoints_px: (F, J, 2) what was lifted, pixels; NaN where missing.
        scores: (F, J) in [0, 1]; 0 where missing.
        poses_m: (F, J, 3) metres, camera axes, the root where the protocol puts it.
        truth_m: (F, J, 3) metres, camera axes, root at the origin.
        counted: (F,) which frames count; None: all.
        scale_m: (F, J) metres, what an uncertainty head said of the joints; None without one.
    """

    recording: Recording
    camera: int
    view: Camera
    frames: Tensor
    keypoints_px: Tensor
    scores: Tensor
    poses_m: Tensor
    truth_m: Tensor
    counted: Tensor | None
    scale_m: Tensor | None


@torch.no_grad()
def predictions(
    model: LiftingNetwork, spec: InputSpec, recordings: Iterable[Recording], config: EvalConfig
) -> Iterator[Prediction]:
    """Lift every sequence as every camera sees it.

    Args:
        model: In evaluation mode, on any device.
        spec: How keypoints are prepared for it.
        recordings: World-space motion on `spec.skeleton`; those that the protocol leaves out are passed over.
        config: Noise, mirroring, cameras, protocol.

    Yields:
        One `Prediction` per sequence and camera, on the CPU.

    Raises:
        InputError: If the joints do not fit the model, or its weights are damaged.
    """
    device = next(model.parameters()).device
    root = get_skeleton(spec.skeleton).root
    # Noise is drawn on the CPU, so that every device sees the same.
    generator = torch.Generator().manual_seed(config.seed)
    kept = (recording for recording in recordings if config.protocol.left_out(recording) is None)
    for number, original in enumerate(kept):
        _check_joints(original, model)
        recording = at_frame_rate(original, spec.fps)
        joints = torch.from_numpy(recording.positions3d)
        cameras = fixed_cameras(recording)
        chosen = list(range(cameras.batch_shape[0]))
        if not config.all_cameras:
            chosen = [number % len(chosen)]
        cameras = cameras[torch.tensor(chosen)]
        joints_cam = cameras.world_to_camera(joints.expand(len(chosen), *joints.shape))
        seen = _seen(recording, chosen, cameras, joints_cam, config, generator, model.config.in_channels == 3)
        index, owned = _windows(len(joints), model, config.protocol)
        lifted = lift_consecutive(
            model,
            spec,
            seen[..., :2].to(device),
            seen[..., 2].to(device),
            cameras.intrinsics.to(device),
            (index, owned),
            flip=config.flip or config.protocol.flip,
            keep_root=config.protocol.root != "subtracted",
            batch=config.batch,
        ).each(Tensor.cpu)
        if not lifted.poses.isfinite().all():
            raise InputError(f"{original.name}: the predictions are not finite: the weights are damaged")
        if config.protocol.root == "zeroed":
            lifted.poses[:, :, root] = 0
        frames = middle(index, owned.shape[1])[owned]
        truth_m = joints_cam - joints_cam[:, :, root, None]
        counted = None if recording.valid is None else torch.from_numpy(recording.valid)[frames]
        for view, camera in enumerate(chosen):
            yield Prediction(
                recording,
                camera,
                cameras[view],
                frames,
                seen[view, frames, :, :2],
                seen[view, frames, :, 2],
                lifted.poses[view],
                truth_m[view, frames],
                counted,
                None if lifted.scale_m is None else lifted.scale_m[view],
            )


def _seen(
    recording: Recording,
    chosen: Sequence[int],
    cameras: Camera,
    joints_cam: Tensor,
    config: EvalConfig,
    generator: torch.Generator,
    with_scores: bool,
) -> Tensor:
    """(V, F, J, 3) keypoints and scores in the chosen cameras."""
    seen = with_missing(cameras.project(joints_cam), torch.ones(joints_cam.shape[:-1]))
    if config.detector_noise:
        seen = _as_detected(seen[..., :2], cameras.intrinsics.image_size, generator, with_scores)
    elif config.keypoints == "own":
        for view, camera in enumerate(chosen):
            own = own_keypoints(recording, camera)
            seen[view] = seen[view] if own is None else own
    noisy = gaussian_noise(seen[..., :2], config.noise_px, generator)
    return torch.cat((noisy, seen[..., 2:]), dim=-1)


def _as_detected(
    keypoints_px: Tensor, image_size: Tensor, generator: torch.Generator, with_scores: bool
) -> Tensor:
    """(V, F, J, 3) keypoints and scores as a detector might find (V, F, J, 2)."""
    noise = DetectorNoise(clean_share=0.0)
    if not with_scores:
        noise = replace(noise, drop_share=0.0, outside_drop_share=0.0)
    found, scores = detector_noise_of_clips(keypoints_px, noise, generator, image_size)
    return torch.cat((found, scores[..., None]), dim=-1)


def _windows(length: int, model: LiftingNetwork, protocol: Protocol) -> tuple[Tensor, Tensor]:
    """Frames that windows see (W, F), and which of the predicted ones count (W, P)."""
    frames, predicted = model.config.frames, model.config.out_frames
    if protocol.windows == "chunks" and frames == predicted:
        return reference_cover(length, frames)
    return cover(length, frames, predicted)


def _check_joints(recording: Recording, model: LiftingNetwork) -> None:
    joints = recording.positions3d.shape[1]
    if joints != model.config.joints:
        raise InputError(
            f"{recording.name} has {joints} joints, the model {model.config.joints}; use data of the "
            "same skeleton"
        )
