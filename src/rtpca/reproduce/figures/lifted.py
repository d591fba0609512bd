"""Takes of a split lifted by several networks: what Figures 3 and 4 look at.

A take is one recording seen by one camera. The 2D input is the recording's own where it has some at the
networks' frame rate, otherwise the projected truth; sequences are brought to that rate, as in every
evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from rtpca import metrics
from rtpca.data.recording import Recording, RecordingInfo
from rtpca.data.store import Dataset
from rtpca.data.views import fixed_cameras
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, at_frame_rate, predict
from rtpca.geometry import Camera
from rtpca.models import Checkpoint

MILLIMETRES = 1000.0


class Update(Protocol):
    """Told how far work is: done, of how many, and what is being worked on."""

    def __call__(self, done: int, total: int, note: str = "", /) -> None:
        """Say it."""
        ...


def in_silence(done: int, total: int, note: str = "") -> None:
    """An `Update` that says nothing."""


@dataclass(frozen=True, eq=False)
class LiftedRecording:
    """One recording in some of its cameras.

    Attributes:
        name: Of the recording.
        subject: The person.
        action: What is done.
        fps: Frame rate of the arrays.
        cameras: (V,) index of each camera among those of the recording.
        R_level_from_cam: (V, 3, 3) turns camera axes so that down is the world's down; the camera's heading
            stays.
        keypoints_px: (V, F, J, 2) the input.
        truth_m: (V, F, J, 3) root-relative, camera axes.
        poses_m: The same by network, as predicted.
        errors_mm: (V, F) MPJPE of each network; NaN in frames that do not count.
    """

    name: str
    subject: str
    action: str
    fps: float
    cameras: tuple[int, ...]
    R_level_from_cam: Tensor
    keypoints_px: Tensor
    truth_m: Tensor
    poses_m: Mapping[str, Tensor]
    errors_mm: Mapping[str, Tensor]


def common_rate(networks: Mapping[str, Checkpoint]) -> float | None:
    """The frame rate that all networks were trained at; None where they take any.

    Raises:
        InputError: If they differ, so that their frames could not be compared one by one.
    """
    rates = {name: checkpoint.input.fps for name, checkpoint in networks.items()}
    if len(set(rates.values())) > 1:
        listed = ", ".join(f"{name} {'any' if fps is None else f'{fps:g}'}" for name, fps in rates.items())
        raise InputError(
            f"the networks were trained at different frame rates ({listed}), so their frames cannot be "
            "compared one by one; give weights of one frame rate"
        )
    return next(iter(rates.values()))


def check_data(dataset: Dataset, networks: Mapping[str, Checkpoint], split: str) -> None:
    """Check that a file has the split, and the joints that the networks lift.

    Raises:
        InputError: If not.
    """
    dataset.require_split(split)
    for name, checkpoint in networks.items():
        if checkpoint.input.skeleton != dataset.skeleton.name:
            raise InputError(
                f"the data hold {dataset.skeleton.name}, {name} lifts {checkpoint.input.skeleton}; use "
                "data of the same skeleton"
            )


def length_at(info: RecordingInfo, fps: float | None) -> int:
    """Frames of a recording at a frame rate, as `at_frame_rate` gives them."""
    if fps is None or fps == info.fps:
        return info.num_frames
    return max(1, int((info.num_frames - 1) / info.fps * fps + 1e-6) + 1)


@torch.no_grad()
def lift_recording(
    networks: Mapping[str, Checkpoint], original: Recording, camera: int | None = None
) -> LiftedRecording:
    """Lift one recording with every network.

    Args:
        networks: By name; all of one frame rate.
        original: World-space motion on their skeleton.
        camera: Which camera, counted round and round; None takes all.
    """
    recording = at_frame_rate(original, common_rate(networks))
    cameras = fixed_cameras(recording)
    count = cameras.batch_shape[0]
    chosen = list(range(count)) if camera is None else [camera % count]
    cameras = cameras[torch.tensor(chosen)]
    joints = torch.from_numpy(recording.positions3d)
    joints_cam = cameras.world_to_camera(joints.expand(len(chosen), *joints.shape))  # (V, F, J, 3)
    keypoints_px = cameras.project(joints_cam)
    for view, index in enumerate(chosen):
        own_px = _own_keypoints(recording, index)
        keypoints_px[view] = keypoints_px[view] if own_px is None else own_px
    truth_m = joints_cam - joints_cam[:, :, :1]
    poses_m: dict[str, Tensor] = {}
    for name, checkpoint in networks.items():
        device = next(checkpoint.model.parameters()).device
        poses_m[name] = predict(
            checkpoint.model, checkpoint.input, keypoints_px.to(device), cameras.to(device), EvalConfig()
        ).poses.cpu()
    errors_mm = {
        name: _without_invalid(metrics.mpjpe(poses, truth_m) * MILLIMETRES, recording)
        for name, poses in poses_m.items()
    }
    return LiftedRecording(
        recording.name,
        recording.subject,
        recording.action,
        recording.fps,
        tuple(chosen),
        _level(cameras),
        keypoints_px,
        truth_m,
        poses_m,
        errors_mm,
    )


def at_rate(recording: Recording, fps: float | None) -> Recording:
    """The recording at a frame rate; None leaves it as it is."""
    return at_frame_rate(recording, fps)


def camera_count(recording: Recording) -> int:
    """How many cameras see a recording."""
    return fixed_cameras(recording).batch_shape[0]


def input_of(recording: Recording, camera: int) -> tuple[Camera, Tensor]:
    """One camera of a recording, and the 2D input (F, J, 2) there."""
    view = fixed_cameras(recording)[camera]
    own_px = _own_keypoints(recording, camera)
    if own_px is not None:
        return view, own_px
    return view, view.project(view.world_to_camera(torch.from_numpy(recording.positions3d)))


def lift_each(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    names: Sequence[str],
    visit: Callable[[LiftedRecording], Any],
    *,
    in_turns: bool = False,
    update: Update = in_silence,
) -> None:
    """Lift recordings one after another, so that only one is in memory.

    Args:
        networks: By name.
        dataset: The data.
        names: Of the recordings.
        visit: Called with each.
        in_turns: One camera of each recording, the next one for the next recording; else all cameras.
        update: Told how far it is.
    """
    for done, name in enumerate(names):
        update(done, len(names), name)
        visit(lift_recording(networks, dataset.read(name), done if in_turns else None))
    update(len(names), len(names))


def _without_invalid(errors_mm: Tensor, recording: Recording) -> Tensor:
    if recording.valid is None or len(recording.valid) != errors_mm.shape[-1]:
        return errors_mm
    return errors_mm.masked_fill(~torch.from_numpy(recording.valid), torch.nan)


def _own_keypoints(recording: Recording, camera: int) -> Tensor | None:
    """The recording's own 2D keypoints (F, J, 2) of a camera, where they are there for its frames."""
    if not recording.keypoints2d or not recording.camera_names:
        return None
    stored = recording.keypoints2d.get(recording.camera_names[camera])
    if stored is None or len(stored) != len(recording.positions3d):
        return None
    return torch.from_numpy(stored[..., :2])


def _level(cameras: Camera) -> Tensor:
    """Rotations (V, 3, 3) from camera axes to axes with the world's down and the camera's heading."""
    down = -cameras.R_cam_from_world[..., :, 1]  # the world's y points up
    forward = torch.zeros_like(down)
    forward[..., 2] = 1.0
    forward = forward - (forward * down).sum(-1, keepdim=True) * down
    # A camera that looks straight down has no heading; any will do.
    forward = torch.nn.functional.normalize(forward, dim=-1)
    return torch.stack((torch.linalg.cross(down, forward), down, forward), dim=-2)
