"""A recording as cameras see it: its fixed cameras, its own 2D keypoints, and both at another frame rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.geometry import Camera, Intrinsics

KeypointOrigin = Literal["own", "projected"]
"""Where 2D keypoints come from: the dataset's own, or the projected joints."""

_AT_A_FRAME = 1e-4  # Nearer than this share of a frame, a moment is that frame: times are rounded.


def fixed_cameras(recording: Recording) -> Camera:
    """A recording's own cameras, or else the four for evaluation; batch axis over the cameras.

    Own lens distortion is left out: keypoints are projected, and lifted, without it.
    """
    if not recording.cameras:
        return evaluation_cameras(torch.from_numpy(recording.positions3d))
    # Files keep cameras in double precision, positions in single.
    return joined_cameras(recording.cameras, torch.stack).to(dtype=torch.float32)


def joined_cameras(cameras: Sequence[Camera], join: Callable[[list[Tensor]], Tensor]) -> Camera:
    """Several cameras as one batch, put together by `torch.stack` or `torch.cat`; without distortion."""
    lenses = [camera.intrinsics for camera in cameras]
    intrinsics = Intrinsics(
        join([lens.focal_px for lens in lenses]),
        join([lens.principal_px for lens in lenses]),
        join([lens.image_size for lens in lenses]),
    )
    rotation = join([camera.R_cam_from_world for camera in cameras])
    return Camera(intrinsics, rotation, join([camera.center_world for camera in cameras]))


def own_keypoints(recording: Recording, camera: int) -> Tensor | None:
    """The dataset's own keypoints of one of its own cameras.

    Args:
        recording: The sequence.
        camera: Index into `recording.cameras`.

    Returns:
        (F, J, 3) x and y in pixels and score; NaN with score 0 where missing. None where there are none.
    """
    if not recording.cameras or recording.keypoints2d is None:
        return None
    found = recording.keypoints2d.get(recording.camera_names[camera])
    if found is None:
        return None
    values = torch.from_numpy(found)
    score = values[..., 2] if values.shape[-1] == 3 else torch.ones(values.shape[:-1])
    return with_missing(values[..., :2], score)


def with_missing(points_px: Tensor, scores: Tensor) -> Tensor:
    """Keypoints and scores side by side, (..., 3): NaN with score 0 where either says missing."""
    seen = points_px.isfinite().all(-1) & (scores > 0)
    points_px = torch.where(seen[..., None], points_px, torch.nan)
    return torch.cat((points_px, torch.where(seen, scores, 0.0)[..., None]), -1)


def between_keypoints(before: Tensor, after: Tensor, share: Tensor) -> Tensor:
    """Keypoints between two frames, linearly; missing where one of the two is.

    Args:
        before: (..., J, 3) x, y, score.
        after: The same, one frame later.
        share: (..., 1, 1) of the way from the one to the other.

    Returns:
        (..., J, 3).
    """
    mixed = torch.lerp(before, after, share)
    mixed = torch.where(share < _AT_A_FRAME, before, torch.where(share > 1 - _AT_A_FRAME, after, mixed))
    return with_missing(mixed[..., :2], mixed[..., 2])


def frames_at(count: int, fps: float, wanted_fps: float | None) -> int:
    """How many frames `at_frame_rate` makes of `count`."""
    if wanted_fps is None or wanted_fps == fps:
        return count
    return max(1, int((count - 1) / fps * wanted_fps + 1e-6) + 1)


def at_frame_rate(recording: Recording, fps: float | None) -> Recording:
    """The recording at another frame rate; None leaves it as it is.

    Positions and own keypoints are interpolated linearly. A frame counts where the recorded frames on both
    sides of it do.
    """
    if fps is None or fps == recording.fps:
        return recording
    joints = torch.from_numpy(recording.positions3d)
    count = frames_at(len(joints), recording.fps, fps)
    place = torch.arange(count, dtype=torch.float64) * (recording.fps / fps)
    before = place.floor().long().clamp(max=len(joints) - 1)
    after = (before + 1).clamp(max=len(joints) - 1)
    share = (place - before).float()[:, None, None]
    changed = replace(
        recording, positions3d=torch.lerp(joints[before], joints[after], share).numpy(), fps=fps
    )
    if recording.keypoints2d is not None and recording.cameras:
        keypoints2d = {}
        for index, name in enumerate(recording.camera_names):
            own = own_keypoints(recording, index)
            if own is not None:
                keypoints2d[name] = between_keypoints(own[before], own[after], share).numpy()
        changed = replace(changed, keypoints2d=keypoints2d)
    if recording.valid is not None:
        valid, share = torch.from_numpy(recording.valid), share[:, 0, 0]
        counts = (valid[before] | (share > 1 - _AT_A_FRAME)) & (valid[after] | (share < _AT_A_FRAME))
        changed = replace(changed, valid=counts.numpy())
    return changed
