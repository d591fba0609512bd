"""One entrance to all keypoint formats: which reader takes which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.files.npz import npz_names
from rtpca.keypoints.files import coco, mmpose, openpose, videopose3d
from rtpca.keypoints.files.arrays import read_arrays
from rtpca.keypoints.files.parsing import read_json
from rtpca.keypoints.people import People
from rtpca.keypoints.record import Keypoints
from rtpca.skeletons import Skeleton

KEYPOINT_ENDINGS = (".npz", ".npy", ".json", ".jsonl", ".ndjson")
"""Of keypoint files that are read."""
_FORMATS = (
    "rtpca .npz or .npy, COCO results or annotations, AlphaPose results, MMPose predictions, a folder of "
    "OpenPose frames, VideoPose3D or Detectron .npz"
)


def open_keypoints(path: str | Path, image_size: tuple[int, int] | None = None) -> People:
    """Read the 2D keypoints of everybody in a file of any of the usual formats.

    Args:
        path: An `.npz` or `.npy` of ours, COCO results or annotations, AlphaPose results, MMPose predictions,
            a folder of OpenPose frames, a VideoPose3D or Detectron `.npz`.
        image_size: (width, height) in pixels: needed where the coordinates of a file are parts of the image
            and it does not say how large that is.

    Returns:
        The people, at least one.

    Raises:
        InputError: the file is missing, damaged, of no known format, or shows nobody.
    """
    path = Path(path)
    if path.is_dir():
        return openpose.read_folder(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        is_foreign = videopose3d.is_videopose3d(npz_names(path))
        return videopose3d.read_videopose3d(path) if is_foreign else read_arrays(path)
    if suffix == ".npy":
        return read_arrays(path)
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _read_json(read_json(path), path)
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


def _read_json(document: Any, path: Path) -> People:
    if isinstance(document, dict):
        if "images" in document and "annotations" in document:
            return coco.read_annotations(document, path)
        if "instance_info" in document:
            return mmpose.read_predictions(document, path)
        if openpose.is_frame(document):
            return openpose.read_frame(document, path)
        if document and all(openpose.is_frame(frame) for frame in document.values()):
            return openpose.read_named_frames(document, path)
    elif isinstance(document, list):
        if not document:
            raise InputError(f"{path}: an empty list: no person in it")
        first: Any = next((item for item in document if item), document[0])
        if isinstance(first, dict):
            if "instances" in first or "keypoint_scores" in first:
                return mmpose.read_predictions(document, path)
            if "image_id" in first:
                return coco.read_results(document, path)
        if isinstance(first, list) and isinstance(first[0], dict) and "keypoint_scores" in first[0]:
            return mmpose.read_predictions(document, path)
    raise InputError(f"{path}: a JSON file of no known layout; readable are {_FORMATS}")
