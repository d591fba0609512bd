"""Windows cut from motion at random, for training, and what they are cut from.

All clips of a split live in one tensor on the device; a batch of windows is one gather with linear
interpolation between recorded frames, so clips of any frame rate give windows of the rate that is asked for.
Consecutive windows are in `chunks.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from rtpca.data.kinds import REPEATS, kind_of
from rtpca.data.recording import Recording
from rtpca.data.store import Dataset
from rtpca.data.views import (
    KeypointOrigin,
    at_frame_rate,
    between_keypoints,
    fixed_cameras,
    joined_cameras,
    own_keypoints,
)
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera

_LEAST_SPEED = 0.01
"""Metres per second: somebody who stands still is still looked at now and then."""
_ACTION_POWER = 0.5
"""Within a kind: long actions more often than short ones, but not by as much as they are longer."""
_ROUNDING = 1e-6
"""Shares that are to sum to 1 do so but for this."""


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
        kinds: Kind of motion of each clip (`kinds.py`).
        actions: Action of each clip.
        sources: Source of each clip.
        own: (M, J, 3) own keypoints in pixels with score, all cameras' videos after one another; None where
            joints are to be projected.
    """

    joints: Tensor
    start: Tensor
    length: Tensor
    fps: Tensor
    cameras: Camera
    first_camera: Tensor
    camera_count: Tensor
    kinds: tuple[str, ...]
    actions: tuple[str, ...]
    sources: tuple[str, ...]
    own: Tensor | None = None

    @classmethod
    def load(
        cls,
        dataset: Dataset,
        split: str,
        device: torch.device | str = "cpu",
        *,
        keypoints: KeypointOrigin = "projected",
        fps: float | None = None,
    ) -> MotionBank:
        """Read a split of a prepared file into tensors on a device.

        Args:
            dataset: The file.
            split: Which sequences.
            device: Where to.
            keypoints: With `own`, only cameras that have keypoints of their own are taken.
            fps: Bring all clips to this frame rate; None leaves them as they were recorded.

        Raises:
            InputError: If the split has no sequence, or one has no keypoints of its own that are asked for.
        """
        dataset.require_split(split)
        recordings = [at_frame_rate(recording, fps) for recording in dataset.iterate(split)]
        length = torch.tensor([len(recording.positions3d) for recording in recordings])
        joints = torch.from_numpy(np.concatenate([recording.positions3d for recording in recordings]))
        cameras = [fixed_cameras(recording) for recording in recordings]
        own: Tensor | None = None
        if keypoints == "own":
            videos = [_own_videos(recording) for recording in recordings]
            cameras = [c[torch.tensor(list(v))] for c, v in zip(cameras, videos, strict=True)]
            own = torch.cat([video for found in videos for video in found.values()]).to(device)
        count = torch.tensor([camera.batch_shape[0] for camera in cameras])
        return cls(
            joints.to(device),
            (length.cumsum(0) - length).to(device),
            length.to(device),
            torch.tensor([recording.fps for recording in recordings], dtype=torch.float64).to(device),
            joined_cameras(cameras, torch.cat).to(device),
            (count.cumsum(0) - count).to(device),
            count.to(device),
            tuple(kind_of(recording.action, recording.name) for recording in recordings),
            tuple(recording.action for recording in recordings),
            tuple(recording.source for recording in recordings),
            own,
        )

    @property
    def duration_s(self) -> Tensor:
        """(clips,) duration in seconds."""
        return self.length / self.fps

    @property
    def speed(self) -> Tensor:
        """(clips,) mean speed of the joints relative to the root, m/s."""
        relative = self.joints - self.joints[:, :1]
        step = F.pad((relative[1:] - relative[:-1]).norm(dim=-1).mean(-1), (0, 1))  # (N,)
        step[self.start + self.length - 1] = 0.0  # from one clip to the next
        total = torch.zeros_like(self.duration_s)
        clip = torch.arange(len(self.length), device=step.device).repeat_interleave(self.length)
        return total.index_add_(0, clip, step.double()) / self.duration_s

    @property
    def clip_of_camera(self) -> Tensor:
        """(cameras,) clip that each camera sees."""
        clips = torch.arange(len(self.length), device=self.length.device)
        return clips.repeat_interleave(self.camera_count)

    @property
    def first_own(self) -> Tensor:
        """(cameras,) first row of each camera's video in `own`."""
        length = self.length[self.clip_of_camera]
        return length.cumsum(0) - length

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
        before, after, share = self._frames_at(clip, start_s, frames, fps)
        first = self.start[clip][:, None]
        return torch.lerp(self.joints[first + before], self.joints[first + after], share)

    def keypoints(self, camera: Tensor, start_s: Tensor, frames: int, fps: Tensor) -> Tensor:
        """Cut windows of own keypoints, as `windows` does for joints.

        Args:
            camera: (B,) camera of each window, an index into all clips' cameras.
            start_s: (B,) time of its first frame from the start of the clip.
            frames: Frames F of a window.
            fps: (B,) frame rate of the window.

        Returns:
            (B, F, J, 3) pixels and score; NaN with score 0 where one of the two frames has no keypoint.
        """
        assert self.own is not None
        before, after, share = self._frames_at(self.clip_of_camera[camera], start_s, frames, fps)
        first = self.first_own[camera][:, None]
        return between_keypoints(self.own[first + before], self.own[first + after], share)

    def _frames_at(
        self, clip: Tensor, start_s: Tensor, frames: int, fps: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The frames (B, F) before and after each moment, and how far it is between them (B, F, 1, 1)."""
        time_s = start_s[:, None] + torch.arange(frames, device=clip.device) / fps[:, None]
        last = (self.length[clip] - 1)[:, None]
        place = (time_s * self.fps[clip][:, None]).clamp(min=0).minimum(last.to(time_s.dtype))
        before = place.floor().long()
        share = (place - before).to(self.joints.dtype)[..., None, None]
        return before, (before + 1).minimum(last), share


def _own_videos(recording: Recording) -> dict[int, Tensor]:
    """The keypoints of each camera that has some, by its index."""
    cameras = range(len(recording.cameras or ()))
    found = {camera: own for camera in cameras if (own := own_keypoints(recording, camera)) is not None}
    if not found:
        raise InputError(
            f"sequence {recording.name!r} has no 2D keypoints of its own; give the 2D file to "
            "`rtpca prepare`, or set data.keypoints=projected"
        )
    return found


@dataclass(frozen=True, eq=False)
class Moments:
    """Where windows were drawn.

    Attributes:
        clip: (B,) clip.
        start_s: (B,) first frame, from the start of the clip; before it by the context of the model.
        fps: (B,) frame rate.
    """

    clip: Tensor
    start_s: Tensor
    fps: Tensor


def _totals(weights: Tensor, groups: Sequence[Hashable]) -> Tensor:
    """What all clips of the group of each clip weigh together."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    index = torch.tensor([numbers[group] for group in groups], device=weights.device)
    return torch.zeros_like(weights).index_add_(0, index, weights)[index]


@dataclass(frozen=True)
class RandomWindows:
    """Endless random windows: a clip by its kind, duration and motion, a start, a frame rate.

    Attributes:
        bank: The clips.
        frames: Frames F of a window.
        fps: Nominal frame rate.
        rate_range: Each window's rate is `fps` times a log-uniform factor from this range.
        out_frames: Frames in its middle that are predicted; they lie inside the clip, the others may lie
            beyond its ends. None: all.
        motion_weight: Clips are drawn by their duration times their mean speed to this power; with 0 every
            moment of the recorded time is equally likely.
        kind_power: Kinds of motion are drawn by what their clips weigh together to this power, and the
            actions of a kind by the square root of what theirs weigh; with 0 all kinds are equally likely.
            None: kinds do not matter.
        source_shares: Share of the draws by source, a pattern as of file names (`snu_*`), of which the first
            that fits decides; the sources of a share, and those of no pattern together, are drawn from as the
            other options say.

    Raises:
        ConfigError: On the first draw, if the clips and `source_shares` do not go together.
    """

    bank: MotionBank
    frames: int
    fps: float
    rate_range: tuple[float, float] = (1.0, 1.0)
    out_frames: int | None = None
    motion_weight: float = 0.0
    kind_power: float | None = None
    source_shares: Mapping[str, float] = field(default_factory=dict)

    def draw(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Windows (B, F, J, 3) and their clips (B,)."""
        at = self.draw_moments(batch, generator)
        return self.bank.windows(at.clip, at.start_s, self.frames, at.fps), at.clip

    def draw_moments(self, batch: int, generator: torch.Generator) -> Moments:
        """Where the windows of a batch lie."""
        bank, device = self.bank, self.bank.joints.device
        predicted = self.frames if self.out_frames is None else self.out_frames
        clip = torch.multinomial(self._weights, batch, replacement=True, generator=generator)
        low, high = self.rate_range
        uniform = torch.rand(2, batch, generator=generator, device=device, dtype=torch.float64)
        fps = self.fps * low * (high / low) ** uniform[0]
        room_s = (bank.duration_s[clip] - (predicted - 1) / fps).clamp(min=0)
        context_s = (self.frames - predicted) // 2 / fps
        return Moments(clip, uniform[1] * room_s - context_s, fps)

    @cached_property
    def _weights(self) -> Tensor:
        bank, shares = self.bank, self.source_shares
        if not shares:
            return self._weights_of(range(len(bank.sources)))
        pattern_of = {
            source: next((pattern for pattern in shares if fnmatchcase(source, pattern)), None)
            for source in bank.sources
        }
        given = {**shares, None: max(0.0, 1.0 - sum(shares.values()))}
        weights = torch.zeros_like(bank.duration_s)
        for pattern, share in given.items():
            clips = [clip for clip, source in enumerate(bank.sources) if pattern_of[source] == pattern]
            if clips:
                drawn = self._weights_of(clips)
                weights[clips] = share * drawn / drawn.sum()
            elif share > _ROUNDING:
                what = f"no pattern but {pattern}" if pattern else "none of its patterns"
                raise ConfigError(
                    f"data.source_shares: no sequence to train on is of a source that fits {what}, and "
                    f"{share:.3g} of the draws are to be; the sources are {', '.join(pattern_of)}"
                )
        return weights

    def _weights_of(self, clips: Sequence[int]) -> Tensor:
        """What some clips weigh among themselves, (clips,)."""
        bank, index = self.bank, list(clips)
        weights = (bank.duration_s * bank.speed.clamp(min=_LEAST_SPEED) ** self.motion_weight)[index]
        if self.kind_power is None:
            return weights
        kinds = [bank.kinds[clip] for clip in clips]
        repeats = torch.tensor([REPEATS.get(kind, 1) for kind in kinds], device=weights.device)
        by_kind = (_totals(weights, kinds) / repeats) ** self.kind_power
        movements = [(bank.kinds[clip], bank.actions[clip]) for clip in clips]
        weights = weights * _totals(weights, movements) ** (_ACTION_POWER - 1)
        return by_kind * weights / _totals(weights, kinds)

    def draw_camera_indices(self, clip: Tensor, generator: torch.Generator) -> Tensor:
        """One of its fixed cameras for each clip (B,), as an index into all clips' cameras."""
        bank = self.bank
        chosen = torch.rand(len(clip), generator=generator, device=clip.device) * bank.camera_count[clip]
        return bank.first_camera[clip] + chosen.long()

    def draw_cameras(self, clip: Tensor, generator: torch.Generator) -> Camera:
        """One of its fixed cameras for each clip (B,), batch axis B."""
        return self.bank.cameras[self.draw_camera_indices(clip, generator)]
