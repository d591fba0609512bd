"""One entrance to all keypoint formats: which reader takes which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError
from rtpca.files.npz import npz_names
from rtpca.files.pickled import read_pickle
from rtpca.keypoints.files import (
    coco,
    deeplabcut,
    drawn,
    folders,
    mmpose,
    openpose,
    tables,
    videopose3d,
    vitpose,
    yolo_labels,
)
from rtpca.keypoints.files.arrays import read_arrays
from rtpca.keypoints.files.hdf5 import read_hdf5
from rtpca.keypoints.files.parsing import read_json
from rtpca.keypoints.files.people_lists import read_people_lists
from rtpca.keypoints.files.trc import read_trc
from rtpca.keypoints.people import People
from rtpca.keypoints.record import Keypoints
from rtpca.skeletons import Skeleton

KEYPOINT_ENDINGS = (
    *(".npz", ".npy", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".trc", ".h5", ".hdf5", ".slp"),
    *(".pkl", ".pickle"),
)
"""Of keypoint files that are read."""
_FORMATS = (
    ".npz or .npy of rtpca, VideoPose3D and Detectron; .json of COCO, AlphaPose, OpenPose, MMPose, "
    "ultralytics, "
    "MediaPipe, easy_ViTPose, PoseTrack, Kinetics, labelme; .csv of MediaPipe and DeepLabCut; .h5 of "
    "DeepLabCut and "
    "SLEAP; .slp; .trc of pixels; .txt of YOLO; a folder of frames; and videos"
)
_DEEPEST = 20


# Numbers too large for 32 bits become infinite, and count as missing.
@np.errstate(over="ignore", invalid="ignore")
def open_keypoints(path: str | Path, image_size: tuple[int, int] | None = None) -> People:
    """Read the 2D keypoints of everybody in a file of any of the usual formats.

    Args:
        path: A file, or a folder of frames; docs/lifting.md lists the formats.
        image_size: (width, height) in pixels: needed where the coordinates of a file are parts of the image
            and it does not say how large that is.

    Returns:
        The people, at least one.

    Raises:
        InputError: the file is missing, damaged, of no known format, or shows nobody.
    """
    path = Path(path)
    try:
        return _read(path, image_size)
    except InputError as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


def _read(path: Path, image_size: tuple[int, int] | None) -> People:
    if path.is_dir():
        return folders.read_folder(path, image_size)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        is_foreign = videopose3d.is_videopose3d(npz_names(path))
        return videopose3d.read_videopose3d(path) if is_foreign else read_arrays(path)
    if suffix == ".npy":
        return read_arrays(path)
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _read_json(read_json(path), path, image_size)
    if suffix in (".csv", ".tsv"):
        rows = tables.first_rows(path, 4)
        return (
            deeplabcut.read_csv(path)
            if deeplabcut.is_deeplabcut(rows)
            else tables.read_table(path, image_size)
        )
    if suffix in (".h5", ".hdf5", ".slp"):
        return read_hdf5(path)
    if suffix == ".trc":
        return read_trc(path)
    if suffix == ".txt":
        return yolo_labels.read_labels([path], path, image_size)
    if suffix in (".pkl", ".pickle"):
        return _read_pickle(path, image_size)
    raise InputError(f"{path}: the ending {suffix or '(none)'} is not known; readable are {_FORMATS}")


def read_keypoints(
    path: str | Path,
    skeleton: str | Skeleton = "auto",
    person: int | None = None,
    image_size: tuple[int, int] | None = None,
) -> Keypoints:
    """Read the 2D keypoints of one person from any of the usual formats.

    Args:
        path: See `open_keypoints`.
        skeleton: See `People.person`.
        person: Which person, from 1; None takes the first.
        image_size: See `open_keypoints`.

    Returns:
        The keypoints, with what the file says about image and frame rate.

    Raises:
        InputError: the file is missing, damaged, of no known format or shows nobody, or calls its joints what
            they are not.
        ShapeError: the skeleton has another number of joints.
        ConfigError: there is no such skeleton.
    """
    return open_keypoints(path, image_size).person(person, skeleton)


def _read_json(document: Any, path: Path, image_size: tuple[int, int] | None) -> People:
    if isinstance(document, dict):
        if "images" in document and "annotations" in document:
            return coco.read_annotations(document, path)
        if vitpose.is_vitpose(document):
            return vitpose.read_vitpose(document, path)
        if mmpose.is_predictions(document):
            return mmpose.read_predictions(document, path)
        if drawn.is_drawn(document):
            return drawn.read_drawn({path.name: document}, path)
        if openpose.is_frame(document):
            return openpose.read_frames([document], path)
        if document and all(openpose.is_frame(frame) for frame in document.values()):
            return openpose.read_named_frames(document, path)
    elif isinstance(document, list):
        if not any(document):
            raise InputError(f"{path}: an empty list: no person in it")
        if mmpose.is_predictions(document):
            return mmpose.read_predictions(document, path)
        if all(openpose.is_frame(frame) for frame in document):
            return openpose.read_frames(document, path)
        if coco.is_results(document):
            return coco.read_results(document, path)
    people = read_people_lists(document, path, image_size)
    if people is None:
        raise InputError(f"{path}: {path.suffix} of no known layout; readable are {_FORMATS}")
    return people


def _read_pickle(path: Path, image_size: tuple[int, int] | None) -> People:
    """A pickle of plain arrays and containers, laid out as a file of another kind is."""
    content = read_pickle(path)
    if isinstance(content, np.ndarray) and not content.dtype.hasobject:
        raise InputError(f"{path}: an array; save it with numpy as `.npy`, or as `keypoints` in an `.npz`")
    return _read_json(_plain(content), path, image_size)


def _plain(value: Any, depth: int = 0) -> Any:
    """Arrays and scalars of numpy as lists and numbers, as JSON has them."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {str(name): _plain(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    return value
