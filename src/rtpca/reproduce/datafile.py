"""What a prepared data file is to a table: its data set, its 2D input, and the identity of its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.data.views import own_keypoints
from rtpca.skeletons import get_skeleton

DATASETS = {"h36m": "Human3.6M", "humaneva": "HumanEva-I", "mpi-inf-3dhp": "MPI-INF-3DHP"}
MOCAP = "open motion capture"
_TRUE_2D_PX = 1.0  # stored keypoints nearer to the projected truth than this are no detections


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A prepared file as tables need to know it; the defaults stand for Human3.6M where nothing is read.

    Attributes:
        path: Where it is.
        sha256: Of its content.
        dataset: One of `DATASETS`, or "mocap" for everything else.
        own_2d: Whether it brings 2D keypoints of its own.
        detected: Whether these are not the projected truth.
        skeleton: Name of its skeleton.
        splits: Number of sequences by split.
        train_frames: Frames of the training split.
        subjects: Of the test split.
    """

    path: Path = Path()
    sha256: str = ""
    dataset: str = "h36m"
    own_2d: bool = False
    detected: bool = False
    skeleton: str = "h36m17"
    splits: dict[str, int] = field(default_factory=dict[str, int])
    train_frames: int = 0
    subjects: tuple[str, ...] = ()

    @property
    def joints(self) -> int:
        """Number of joints."""
        return get_skeleton(self.skeleton).num_joints

    @property
    def title(self) -> str:
        """The name of its data set for people."""
        return DATASETS.get(self.dataset, MOCAP)

    @property
    def tag(self) -> str:
        """What folders of runs carry, so that runs on different data sets never share one."""
        dataset = self.dataset if self.dataset in ("humaneva", "mpi-inf-3dhp") else ""
        return "".join(f"-{part}" for part in (dataset, "detected" if self.detected else "") if part)


NO_DATA = DataFile()
"""Human3.6M on true 2D keypoints, where only the size or the speed of networks is asked for."""


def read_data_file(path: str | Path) -> DataFile:
    """Look at a prepared file.

    Raises:
        InputError: It is no prepared file, or damaged.
    """
    with open_dataset(path) as dataset:
        infos = [dataset.info(name) for name in dataset.names()]
        sources = {info.source for info in infos}
        source = sources.pop() if len(sources) == 1 else "mocap"
        recordings = (dataset.read(info.name) for info in infos if source in DATASETS)
        with_2d = next((each for each in recordings if each.keypoints2d and each.cameras), None)
        return DataFile(
            path=Path(path),
            sha256=content_hash(Path(path)),
            dataset=source if source in DATASETS else "mocap",
            own_2d=with_2d is not None,
            detected=with_2d is not None and _distance_px(with_2d) > _TRUE_2D_PX,
            skeleton=dataset.skeleton.name,
            splits=dataset.splits(),
            train_frames=sum(info.num_frames for info in infos if info.split == "train"),
            subjects=tuple(sorted({info.subject for info in infos if info.split == "test"})),
        )


def content_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _distance_px(recording: Recording) -> float:
    """Median distance of stored keypoints from the projected truth, over all cameras."""
    joints_world = torch.from_numpy(recording.positions3d).double()
    distances: list[np.ndarray] = []
    for index, camera in enumerate(recording.cameras or ()):
        stored = own_keypoints(recording, index)
        if stored is not None:
            camera = camera.to(dtype=torch.float64)  # with its lens distortion
            truth_px = camera.project(camera.world_to_camera(joints_world))
            distances.append((stored[..., :2] - truth_px).norm(dim=-1).flatten().numpy())
    return float(np.nanmedian(np.concatenate(distances))) if distances else 0.0
