"""The 2D files of VideoPose3D's family: `data_2d_*.npz`, and the Detectron output they are made from.

Both hold pickled object arrays; they are read by `rtpca.files`, which runs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError, ShapeError
from rtpca.files.npz import read_npz
from rtpca.keypoints.checked import split_scores
from rtpca.keypoints.files.parsing import detection, people_of, size_of
from rtpca.keypoints.people import People
from rtpca.keypoints.record import Keypoints
from rtpca.keypoints.tracks import Detection


def is_videopose3d(names: list[str]) -> bool:
    """Whether an `.npz` with arrays of these names is one of these files."""
    return "positions_2d" in names or {"boxes", "keypoints"} <= set(names)


def read_videopose3d(path: Path) -> People:
    """Either kind of file; keypoints per subject, action and camera in the first, per person in the second.

    Raises:
        InputError: the file is damaged, holds more than arrays and containers, or not these data.
    """
    arrays = read_npz(path)
    metadata = _item(arrays.get("metadata"))
    metadata = metadata if isinstance(metadata, dict) else {}
    if "positions_2d" in arrays:
        return _read_data_2d(_item(arrays["positions_2d"]), metadata, path)
    return _read_detectron(arrays, metadata, path)


def _read_data_2d(subjects: Any, metadata: dict[Any, Any], path: Path) -> People:
    size = _video_size(metadata.get("video_metadata"))
    each: list[Keypoints | InputError] = []
    if not isinstance(subjects, dict):
        raise InputError(
            f"{path}: 'positions_2d' must hold subjects, then actions, then one array per camera"
        )
    for subject, actions in subjects.items():
        for action, cameras in actions.items() if isinstance(actions, dict) else ():
            views = [cameras] if isinstance(cameras, np.ndarray) and cameras.ndim == 3 else cameras
            for index, view in enumerate(views if isinstance(views, list | tuple | np.ndarray) else ()):
                label = f"{subject} / {action} / camera {index}"
                try:
                    points, scores, _ = split_scores(view, None)
                except ShapeError as error:
                    raise ShapeError(f"{path}, {label}: {error}") from error
                except InputError as error:
                    each.append(InputError(f"{label}: {error}"))
                    continue
                who = f"{label}, {len(points)} frames"
                each.append(Keypoints(points, scores, image_size=size, who=who))
    if not each:
        raise InputError(f"{path}: 'positions_2d' holds no keypoints")
    layout = metadata.get("layout_name")
    declared = layout if isinstance(layout, str) else None
    return People(path, "VideoPose3D 2D keypoints", tuple(each), declared)


def _read_detectron(arrays: dict[str, np.ndarray], metadata: dict[Any, Any], path: Path) -> People:
    """Per frame and class a (people, 4, J) array: x, y, logit and probability of each joint."""
    found: list[Detection] = []
    frames = arrays["keypoints"]
    for frame, classes in enumerate(frames):
        people = classes[-1] if isinstance(classes, list | tuple) or _holds_objects(classes) else classes
        for person in np.asarray(people, dtype=np.float32) if len(people) else ():
            if person.ndim != 2 or person.shape[0] < 3:
                raise InputError(
                    f"{path}, frame {frame}: keypoints of shape {person.shape}; needed is (4, J), as "
                    "Detectron writes"
                )
            joints = np.stack([person[0], person[1], person[-1]], axis=1)
            found.append(detection(frame, joints))
    size = size_of(metadata.get("w"), metadata.get("h"))
    return people_of(path, "Detectron keypoints", found, len(frames), declared="coco17", image_size=size)


def _holds_objects(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.hasobject


def _item(array: np.ndarray | None) -> Any:
    return array.item() if array is not None and array.ndim == 0 else array


def _video_size(videos: Any) -> tuple[int, int] | None:
    """The size that all videos of the file share, if they do."""
    if not isinstance(videos, dict):
        return None
    sizes = {size_of(video.get("w"), video.get("h")) for video in videos.values() if isinstance(video, dict)}
    return sizes.pop() if len(sizes) == 1 else None
