"""VideoPose3D's 2D files: `positions_2d` by subject, clip and camera, in one of several joint layouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.data.formats.archives import (
    METADATA_ARRAY,
    Archive,
    find_archives,
    named_entries,
    pixels,
    points_of,
    read_archive,
)
from rtpca.errors import InputError
from rtpca.skeletons import get_skeleton
from rtpca.skeletons.convert import convert_keypoints

_LAYOUTS = {
    "h36m": "h36m17",
    "coco": "coco17",
    "mpii": "mpii16",
    "humaneva15": "humaneva15",
}
# The left joints of each layout, which the metadata state even where they do not name the layout.
_LEFT = {
    "h36m17": [4, 5, 6, 11, 12, 13],
    "coco17": [1, 3, 5, 7, 9, 11, 13, 15],
    "mpii16": [3, 4, 5, 13, 14, 15],
    "humaneva15": [2, 3, 4, 8, 9, 10],
}


@dataclass
class Keypoints2D:
    """The content of a 2D file.

    Attributes:
        archive: the file.
        subjects: subject -> clip -> arrays by camera, as the file has them.
        skeleton: the skeleton of its keypoints.
        cut: by how many frames arrays were longer than the motion capture.
    """

    archive: Archive
    subjects: dict[str, Any]
    skeleton: str
    cut: list[int] = field(default_factory=lambda: [])

    def views(
        self, subject: str, clip: str, cameras: tuple[str, ...], frames: int, target: str
    ) -> dict[str, FloatArray]:
        """The keypoints of one clip, cut to the length of its motion capture; each is handed out once.

        Args:
            subject: first key.
            clip: second key.
            cameras: camera names in the order of the file.
            frames: frames F of the motion capture.
            target: skeleton wanted; other joints are converted by name.

        Returns:
            (F, J, 2) pixels, or (F, J, 3) with scores where the file has them, float32, by camera.

        Raises:
            InputError: the clip is missing or does not fit.
        """
        label = f"{self.archive.path}: {subject}/{clip}"
        clips = named_entries(self.subjects.get(subject, {}), f"{self.archive.path}: {subject}")
        if clip not in clips:
            raise InputError(
                f"{self.archive.path}: has no 2D keypoints of {subject}/{clip}; give the 2D file that "
                "belongs to this 3D file, or leave such clips out with `skip_damaged`"
            )
        arrays = clips.pop(clip)
        if not isinstance(arrays, list | tuple | np.ndarray) or len(arrays) != len(cameras):
            count = len(arrays) if isinstance(arrays, list | tuple | np.ndarray) else "no list of"
            raise InputError(f"{label}: {count} cameras, needed are {len(cameras)} ({', '.join(cameras)})")
        joints = (get_skeleton(self.skeleton).num_joints,)
        return {
            camera: self._view(
                points_of(array, (2, 3), joints, f"{label}, 2D of {camera}"), frames, target, label
            )
            for camera, array in zip(cameras, arrays, strict=True)
        }

    def _view(self, points: np.ndarray, frames: int, target: str, label: str) -> FloatArray:
        if len(points) < frames:
            raise InputError(
                f"{label}: {len(points)} frames of 2D keypoints but {frames} of motion capture; the files do "
                "not belong together"
            )
        if len(points) > frames:
            self.cut.append(len(points) - frames)
        points = pixels(points[:frames])
        if self.skeleton == target:
            return points
        scores = points[..., 2] if points.shape[-1] == 3 else np.ones(points.shape[:2], dtype=np.float32)
        converted, sure = convert_keypoints(points[..., :2], scores, self.skeleton, target)
        if points.shape[-1] == 2:
            return converted.astype(np.float32)
        return np.concatenate([converted, sure[..., None]], axis=-1).astype(np.float32)

    def what_was_cut(self) -> str | None:
        """One line about all clips, None where nothing was cut."""
        if not self.cut:
            return None
        return (
            f"{self.archive.path.name}: {len(self.cut)} arrays longer than the motion capture, by up to "
            f"{max(self.cut)} frames; cut to its length"
        )


def find_pair(sources: Sequence[Path], dataset: str, title: str) -> tuple[Archive, Archive | None]:
    """The 3D file of a data set, and the 2D file where there is one.

    Args:
        sources: files, or folders that hold them.
        dataset: which one.
        title: how messages name its 3D file.

    Raises:
        InputError: there is not one 3D file, or more than one 2D file, or a file that was named is foreign.
    """
    found = find_archives(sources, dataset)
    positions = [archive for archive in found if archive.array == "positions_3d"]
    keypoints = [archive for archive in found if archive.array == "positions_2d"]
    if len(positions) != 1:
        raise InputError(f"{_named(positions, sources)}: needed is one 3D file of {title}")
    if len(keypoints) > 1:
        raise InputError(
            f"{_named(keypoints, sources)}: {len(keypoints)} files of 2D input, but a data file holds one: "
            "name the one that you want, and make two data files for two inputs"
        )
    return positions[0], keypoints[0] if keypoints else None


def _named(archives: list[Archive], sources: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in ([archive.path for archive in archives] or sources))


def read_keypoints2d(archive: Archive, layouts: tuple[str, ...]) -> Keypoints2D:
    """Read a 2D file.

    Args:
        archive: the file.
        layouts: skeletons that can be used.

    Raises:
        InputError: it is damaged or hostile, or its joints are unknown or of no use.
    """
    contents = read_archive(archive)
    metadata = contents.get(METADATA_ARRAY)
    skeleton = _skeleton_of(metadata if isinstance(metadata, dict) else {})
    if skeleton is None:
        raise InputError(
            f"{archive.path}: its metadata do not say which joints it holds; known are layout_name "
            f"{', '.join(_LAYOUTS)}, and their lists of left and right joints"
        )
    if skeleton not in layouts:
        raise InputError(
            f"{archive.path}: holds the joints of {skeleton}, which cannot be turned into those of the "
            f"3D file; needed is {' or '.join(layouts)}"
        )
    return Keypoints2D(archive, contents[archive.array], skeleton)


def _skeleton_of(metadata: dict[Any, Any]) -> str | None:
    layout = metadata.get("layout_name")
    if isinstance(layout, str):
        return _LAYOUTS.get(layout)
    try:
        left = [int(joint) for joint in metadata["keypoints_symmetry"][0]]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return next((name for name, joints in _LEFT.items() if joints == left), None)
