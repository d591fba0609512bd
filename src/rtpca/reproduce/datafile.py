"""What a prepared data file is to a table: its dataset, its 2D input, and the identity of its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rtpca.data.store import Dataset, Recording, open_dataset

BENCHMARKS = ("h36m", "humaneva", "mpi-inf-3dhp")
_TRUE_2D_PX = 1.0  # stored keypoints nearer to the projected truth than this are no detections


@dataclass(frozen=True)
class DataFile:
    """A prepared file as tables need to know it.

    Attributes:
        path: Where it is.
        sha256: Of its content.
        dataset: One of `BENCHMARKS`, or "mocap" for everything else.
        own_2d: Whether it brings 2D keypoints of its own.
        detected: Whether these are not the projected truth.
        skeleton: Name of its skeleton.
        joints: Number of joints.
        splits: Number of sequences by split.
        train_frames: Frames of the training split.
        subjects: Of the test split.
    """

    path: Path
    sha256: str
    dataset: str
    own_2d: bool
    detected: bool
    skeleton: str
    joints: int
    splits: dict[str, int]
    train_frames: int
    subjects: tuple[str, ...]

    @property
    def tag(self) -> str:
        """What names of runs carry, so that runs on different benchmarks never share a folder."""
        parts = [self.dataset] if self.dataset in BENCHMARKS[1:] else []
        return "-".join([*parts, "detected"] if self.detected else parts)


def read_data_file(path: str | Path) -> DataFile:
    """Look at a prepared file.

    Raises:
        InputError: It is no prepared file, or damaged.
    """
    with open_dataset(path) as dataset:
        infos = [dataset.info(name) for name in dataset.names()]
        sources = {info.source for info in infos}
        (source,) = sources if len(sources) == 1 else ("mocap",)
        with_2d = _first_with_2d(dataset) if source in BENCHMARKS else None
        return DataFile(
            path=Path(path),
            sha256=content_hash(Path(path)),
            dataset=source if source in BENCHMARKS else "mocap",
            own_2d=with_2d is not None,
            detected=with_2d is not None and _distance_px(with_2d) > _TRUE_2D_PX,
            skeleton=dataset.skeleton.name,
            joints=dataset.skeleton.num_joints,
            splits=dataset.splits(),
            train_frames=sum(info.num_frames for info in infos if info.split == "train"),
            subjects=tuple(sorted({info.subject for info in infos if info.split == "test"})),
        )


def content_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_with_2d(dataset: Dataset) -> Recording | None:
    """The first sequence that has 2D keypoints of its own."""
    recordings = (dataset.read(name) for name in dataset.names())
    return next((each for each in recordings if each.keypoints2d and each.cameras is not None), None)


def _distance_px(recording: Recording) -> float:
    """Median distance of stored keypoints from the projected truth, over all cameras."""
    joints_world = torch.from_numpy(recording.positions3d).double()
    distances: list[np.ndarray] = []
    for name, camera in zip(recording.camera_names, recording.cameras or (), strict=True):
        stored = (recording.keypoints2d or {}).get(name)
        if stored is not None:
            camera = camera.to(dtype=torch.float64)
            truth_px = camera.project(camera.world_to_camera(joints_world)).numpy()
            distances.append(np.linalg.norm(stored[..., :2] - truth_px, axis=-1).ravel())
    return float(np.nanmedian(np.concatenate(distances))) if distances else 0.0
