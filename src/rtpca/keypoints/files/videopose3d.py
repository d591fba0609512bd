"""The 2D files of VideoPose3D's family: `data_2d_*.npz`, and the Detectron output they are made from.

Both hold pickled object arrays; they are read by `rtpca.files`, which runs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError, ShapeError, counted
from rtpca.files.npz import read_npz
from rtpca.keypoints.checked import split_scores
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames
from rtpca.keypoints.files.parsing import size_of
from rtpca.keypoints.numbers import spread_scores
from rtpca.keypoints.people import People
from rtpca.keypoints.record import Keypoints

_HIGHEST_SPREAD = 0.5
"""A softmax over a map that reaches this is none: these are scores of another program."""


_NAMES = ("positions_2d", "keypoints", "metadata")


def is_videopose3d(names: list[str]) -> bool:
    """Whether an `.npz` with arrays of these names is one of these files."""
    return "positions_2d" in names or {"boxes", "keypoints"} <= set(names)


def read_videopose3d(path: Path) -> People:
    """Either kind of file; keypoints per subject, action and camera in the first, per person in the second.

    Raises:
        InputError: the file is damaged, holds more than arrays and containers, or not these data.
    """
    arrays = read_npz(path, _NAMES)
    metadata = _item(arrays.get("metadata"))
    metadata = metadata if isinstance(metadata, dict) else {}
    if "positions_2d" in arrays:
        return _read_data_2d(_item(arrays["positions_2d"]), metadata, path)
    return _read_detectron(arrays, metadata, path)


def _read_data_2d(subjects: Any, metadata: dict[Any, Any], path: Path) -> People:
    each: list[Keypoints | InputError] = []
    if not isinstance(subjects, dict):
        raise InputError(
            f"{path}: 'positions_2d' must hold subjects, then actions, then one array per camera"
        )
    for subject, actions in subjects.items():
        size = _video_size(metadata.get("video_metadata"), subject)
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
                who = f"{label}, {counted(len(points), 'frame')}"
                each.append(Keypoints(points, scores, image_size=size, who=who))
    if not each:
        raise InputError(f"{path}: 'positions_2d' holds no keypoints")
    layout = metadata.get("layout_name")
    declared = layout if isinstance(layout, str) else None
    return People(path, "VideoPose3D 2D keypoints", tuple(each), declared)


def _read_detectron(arrays: dict[str, np.ndarray], metadata: dict[Any, Any], path: Path) -> People:
    """Per frame and class a (people, 4, J) array: x, y, logit and probability of each joint.

    The probability is spread over the map of the box by a softmax, so that a joint that is seen well has
    0.01: it is read relative to what the file reaches. Where a program wrote no probabilities, the logits are
    the scores.
    """
    seen: list[tuple[int, FloatArray]] = []
    frames = arrays["keypoints"]
    if frames.ndim == 0:
        raise InputError(f"{path}: 'keypoints' must hold one entry per frame, as Detectron writes it")
    for frame, classes in enumerate(frames):
        people = classes[-1] if isinstance(classes, list | tuple) or _holds_objects(classes) else classes
        for person in _people_of_class(people, f"{path}, frame {frame}"):
            seen.append((frame, person))
    rows = np.concatenate([person for _, person in seen], axis=1) if seen else np.zeros((4, 0))  # (4, N x J)
    probabilities = rows[-1][np.isfinite(rows[-1])]
    if probabilities.size and 0 < probabilities.max() <= 1 and probabilities.min() >= 0:
        spread = float(np.percentile(probabilities[probabilities > 0], 95)) < _HIGHEST_SPREAD
        usual = float(np.median(probabilities[probabilities > 0]))
        scores = [spread_scores(one[3], usual) if spread else one[3] for _, one in seen]
    else:
        scores = [one[2] for _, one in seen]
    found = [
        Found(frame, np.stack([*person[:2], score], axis=1))
        for (frame, person), score in zip(seen, scores, strict=True)
    ]
    clip = ClipFrames({}, len(frames))
    size = size_of(metadata.get("w"), metadata.get("h"))
    return people_of(path, "Detectron keypoints", found, [clip], declared="coco17", image_size=size)


def _people_of_class(people: Any, where: str) -> FloatArray:
    """(people, 4, J) of one frame; of three rows the last one counts twice."""
    try:
        rows = np.asarray(people if people is not None else [], dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{where}: keypoints are not numbers; needed is (people, 4, J)") from error
    if rows.size == 0:
        return np.zeros((0, 4, 1), dtype=np.float32)
    if rows.ndim != 3 or rows.shape[1] not in (3, 4):
        raise InputError(
            f"{where}: keypoints of shape {rows.shape}; needed is (people, 4, J), as Detectron writes"
        )
    return rows if rows.shape[1] == 4 else np.concatenate([rows, rows[:, 2:]], axis=1)


def _holds_objects(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.hasobject and len(value) > 0


def _item(array: np.ndarray | None) -> Any:
    return array.item() if array is not None and array.ndim == 0 else array


def _video_size(videos: Any, name: Any) -> tuple[int, int] | None:
    """The size of a video that the metadata list by its name; of all videos, where they share one."""
    if not isinstance(videos, dict):
        return None
    sizes = {
        key: size_of(video.get("w"), video.get("h"))
        for key, video in videos.items()
        if isinstance(video, dict)
    }
    if name in sizes:
        return sizes[name]
    return next(iter(sizes.values())) if len(set(sizes.values())) == 1 else None
