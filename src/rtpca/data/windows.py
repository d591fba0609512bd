"""Windows cut from motion: random ones for training, and a gapless cover for evaluation.

All clips of a split live in one tensor on the device; a batch of windows is one gather with linear
interpolation between recorded frames, so clips of any frame rate give windows of the rate that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.store import Dataset, Recording
from rtpca.errors import InputError
from rtpca.geometry import Camera


@dataclass(frozen=True, eq=False)
class MotionBank:
    """Clips of one split, end to end.

    Attributes:
        joints: (N, J, 3) world axes, metres, all clips after one another.
        start: (clips,) first frame of each clip.
        length: (clips,) frames of each clip.
        fps: (clips,) frame rate of each clip.
        cameras: All clips' fixed cameras after one another: their own, or else the four for evaluation.
        first_camera: (clips,) first camera of each clip.
        camera_count: (clips,) cameras of each clip.
    """

    joints: Tensor
    start: Tensor
    length: Tensor
    fps: Tensor
    cameras: Camera
    first_camera: Tensor
    camera_count: Tensor

    @classmethod
    def load(cls, dataset: Dataset, split: str, device: torch.device | str = "cpu") -> MotionBank:
        """Read a split of a prepared file into tensors on a device.

        Raises:
            InputError: If the split has no sequence.
        """
        recordings = list(dataset.iterate(split))
        if not recordings:
            found = ", ".join(f"{name} ({count})" for name, count in dataset.splits().items()) or "none"
            raise InputError(f"the data have no split {split!r}; splits and sequences found: {found}")
        length = torch.tensor([len(recording.positions3d) for recording in recordings])
        joints = torch.from_numpy(np.concatenate([recording.positions3d for recording in recordings]))
        cameras = [fixed_cameras(recording) for recording in recordings]
        count = torch.tensor([camera.batch_shape[0] for camera in cameras])
        return cls(
            joints.to(device),
            (length.cumsum(0) - length).to(device),
            length.to(device),
            torch.tensor([recording.fps for recording in recordings], dtype=torch.float64).to(device),
            _joined(cameras, torch.cat).to(device),
            (count.cumsum(0) - count).to(device),
            count.to(device),
        )

    @property
    def duration_s(self) -> Tensor:
        """(clips,) duration in seconds."""
        return self.length / self.fps

    def windows(self, clip: Tensor, start_s: Tensor, frames: int, fps: Tensor) -> Tensor:
        """Cut windows.

        Args:
            clip: (B,) clip of each window.
            start_s: (B,) time of its first frame from the start of the clip.
            frames: Frames F of a window.
            fps: (B,) frame rate of the window.

        Returns:
            (B, F, J, 3) joints; before its first and after its last frame a clip stands still.
        """
        time_s = start_s[:, None] + torch.arange(frames, device=clip.device) / fps[:, None]
        last = (self.length[clip] - 1)[:, None]
        place = (time_s * self.fps[clip][:, None]).clamp(min=0).minimum(last.to(time_s.dtype))
        before = place.floor().long()
        after = (before + 1).minimum(last)
        share = (place - before).to(self.joints.dtype)[..., None, None]
        first = self.start[clip][:, None]
        return torch.lerp(self.joints[first + before], self.joints[first + after], share)


@dataclass(frozen=True)
class RandomWindows:
    """Endless random windows: a clip by its duration, a start, a frame rate.

    Attributes:
        bank: The clips.
        frames: Frames F of a window.
        fps: Nominal frame rate.
        rate_range: Each window's rate is `fps` times a log-uniform factor from this range.
    """

    bank: MotionBank
    frames: int
    fps: float
    rate_range: tuple[float, float] = (1.0, 1.0)

    def draw(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows (B, F, J, 3) and their clips (B,), every moment of the recorded time equally likely."""
        bank, device = self.bank, self.bank.joints.device
        clip = torch.multinomial(bank.duration_s, batch, replacement=True, generator=generator)
        low, high = self.rate_range
        uniform = torch.rand(2, batch, generator=generator, device=device, dtype=torch.float64)
        fps = self.fps * low * (high / low) ** uniform[0]
        room_s = (bank.duration_s[clip] - (self.frames - 1) / fps).clamp(min=0)
        return bank.windows(clip, uniform[1] * room_s, self.frames, fps), clip

    def draw_cameras(self, clip: Tensor, generator: torch.Generator) -> Camera:
        """One of its fixed cameras for each clip (B,), batch axis B."""
        bank = self.bank
        chosen = torch.rand(len(clip), generator=generator, device=clip.device) * bank.camera_count[clip]
        return bank.cameras[bank.first_camera[clip] + chosen.long()]


def fixed_cameras(recording: Recording) -> Camera:
    """A recording's own cameras, or else the four for evaluation; batch axis over the cameras.

    Own lens distortion is left out: keypoints are projected, and lifted, without it.
    """
    if not recording.cameras:
        return evaluation_cameras(torch.from_numpy(recording.positions3d))
    # Files keep cameras in double precision, positions in single.
    return _joined(recording.cameras, torch.stack).to(dtype=torch.float32)


def _joined(cameras: Sequence[Camera], join: Callable[[list[Tensor]], Tensor]) -> Camera:
    names = ("R_cam_from_world", "center_world", "focal_px", "principal_px", "size_wh")
    return Camera(**{name: join([getattr(camera, name) for camera in cameras]) for name in names})


def cover(length: int, frames: int) -> tuple[Tensor, Tensor]:
    """Windows that cover a clip, and who owns which frame.

    Consecutive windows; the last one ends with the clip and owns only what the others have left. A clip
    shorter than a window repeats its last frame, which nobody owns.

    Args:
        length: Frames of the clip, at least 1.
        frames: Frames F of a window.

    Returns:
        Frame indices (W, F), and ownership (W, F): each frame of the clip is owned exactly once.
    """
    count = -(-length // frames)
    start = torch.arange(count) * frames
    start[-1] = max(0, length - frames)
    index = start[:, None] + torch.arange(frames)
    owned = (index >= torch.arange(count)[:, None] * frames) & (index < length)
    return index.clamp(max=length - 1), owned
