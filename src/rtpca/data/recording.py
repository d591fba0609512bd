"""One sequence of motion with everything that is known about it: what prepared files are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.checks import check_frame_rate
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton

if TYPE_CHECKING:
    from rtpca.geometry import Camera


@dataclass(frozen=True, eq=False)
class Recording:
    """One sequence of one person.

    Attributes:
        name: unique in its file.
        positions3d: `(F, J, 3)` float32, world axes (y up), metres.
        fps: frames per second.
        subject: the person; the same name in every source.
        action: what is done.
        split: `"train"`, `"val"`, `"test"`, or `"none"` for sequences that no list of splits names.
        source: key of the source in the attributions of the file.
        licence: terms of the source, one line.
        keypoints2d: the dataset's own 2D keypoints by camera name, `(F, J, 2)` pixels or `(F, J, 3)` with
            score; None where it has none.
        cameras: the dataset's own cameras, one per entry of `camera_names`; None where it has none.
        camera_names: one name per camera.
        valid: `(F,)` which frames count in an evaluation, where a dataset says that its truth does not hold
            for some; None where all do. Positions are finite in all frames.
    """

    name: str
    positions3d: FloatArray
    fps: float
    subject: str
    action: str
    split: str
    source: str
    licence: str
    keypoints2d: dict[str, FloatArray] | None = None
    cameras: tuple[Camera, ...] | None = None
    camera_names: tuple[str, ...] = field(default=())
    valid: BoolArray | None = None

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.positions3d)

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return len(self.positions3d) / self.fps


@dataclass(frozen=True)
class RecordingInfo:
    """What a file says about a sequence without reading its arrays; the fields are those of `Recording`."""

    name: str
    num_frames: int
    fps: float
    subject: str
    action: str
    split: str
    source: str
    licence: str

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.num_frames / self.fps


def check_recording(recording: Recording, skeleton: Skeleton) -> None:
    """Check that a recording is complete and fits a skeleton.

    Raises:
        InputError: it does not; the message names the recording and what is wrong with it.
    """
    where = f"sequence {recording.name!r}"
    shape, joints = recording.positions3d.shape, skeleton.num_joints
    if len(shape) != 3 or shape[0] < 1 or shape[1:] != (joints, 3):
        raise InputError(f"{where}: positions3d has shape {shape}, needed is (F, J={joints}, 3) with F >= 1")
    if not np.isfinite(recording.positions3d).all():
        raise InputError(f"{where}: positions3d holds numbers that are not finite; leave such frames out")
    check_frame_rate(f"{where}: the frame rate", recording.fps)
    valid = recording.valid
    if valid is not None and (valid.dtype != np.bool_ or valid.shape != shape[:1]):
        raise InputError(
            f"{where}: valid is {valid.dtype} of shape {valid.shape}, needed is bool (F={shape[0]},)"
        )
    names = recording.camera_names
    if len(set(names)) != len(names) or any(not name or "/" in name or name == "." for name in names):
        raise InputError(f"{where}: camera names {names} must differ, not be empty, and have no '/'")
    if recording.cameras is not None and len(recording.cameras) != len(names):
        raise InputError(f"{where}: {len(recording.cameras)} cameras but {len(names)} camera names")
    for camera, keypoints_px in (recording.keypoints2d or {}).items():
        if camera not in names:
            raise InputError(f"{where}: keypoints2d of {camera!r}, but the cameras are {names}")
        if keypoints_px.shape[:-1] != shape[:-1] or keypoints_px.shape[-1] not in (2, 3):
            raise InputError(
                f"{where}: keypoints2d of {camera!r} has shape {keypoints_px.shape}, "
                f"needed is (F={shape[0]}, J={joints}, 2 or 3)"
            )
