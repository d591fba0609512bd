"""One entrance to all keypoint formats: read the file, choose a person, recognise the joints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError, ShapeError
from rtpca.files.npz import npz_names
from rtpca.inference.checked_keypoints import LARGEST_PX
from rtpca.inference.keypoint_files import coco, mmpose, openpose, videopose3d
from rtpca.inference.keypoint_files.arrays import read_arrays
from rtpca.inference.keypoint_files.content import FileContent, read_json
from rtpca.inference.keypoint_files.track import FloatArray, Track
from rtpca.inference.recognise import known_name, resolve_skeleton
from rtpca.skeletons import Skeleton, get_skeleton

_FORMATS = (
    "rtpca .npz or .npy, COCO results or annotations, AlphaPose results, MMPose predictions, a folder of "
    "OpenPose frames, VideoPose3D or Detectron .npz"
)


@dataclass(frozen=True)
class KeypointFile:
    """2D keypoints of one person from a file.

    Attributes:
        keypoints_px: (F, J, 2) pixels; NaN where missing.
        scores: (F, J) on the detector's scale; 0 where missing.
        skeleton: Joint set of the keypoints.
        image_size: (width, height) in pixels, or None where the file does not say.
        extent: (width, height) in pixels of the smallest image that holds everybody in the file.
        fps: Frames per second, or None where the file does not say.
        format: The file's format, for the user.
        person: Which person this is, from 1.
        people: Number of people in the file.
        notes: What was recognised and assumed, one sentence each.
    """

    keypoints_px: FloatArray
    scores: FloatArray
    skeleton: Skeleton
    image_size: tuple[int, int] | None
    extent: tuple[int, int]
    fps: float | None
    format: str
    person: int
    people: int
    notes: tuple[str, ...]


class KeypointPeople:
    """The people of a keypoint file that was read; the joints of each are recognised on their own."""

    def __init__(self, path: Path, content: FileContent) -> None:
        """See `open_keypoints`."""
        self._path, self._content = path, content
        self._extent = _extent(content.tracks)

    def __len__(self) -> int:
        return len(self._content.tracks)

    def person(self, number: int | None = None, skeleton: str = "auto") -> KeypointFile:
        """One person.

        Args:
            number: From 1; None takes the first: the most complete track, or the first sequence of a
                VideoPose3D file.
            skeleton: Joint set; "auto" takes what the file says, or recognises it.

        Returns:
            The keypoints, with what the file says about image and frame rate.

        Raises:
            InputError: there is no such person, nothing of them can be read, or the joint set is not
                recognised.
            ConfigError: there is no such skeleton.
        """
        content = self._content
        track, number, notes = _choose(content, number, self._path)
        joint_set, note = _skeleton(content, track, skeleton, self._path)
        shape = f"{track.keypoints_px.shape[0]} frames of {track.keypoints_px.shape[1]} joints"
        return KeypointFile(
            keypoints_px=track.keypoints_px,
            scores=track.scores,
            skeleton=joint_set,
            image_size=content.image_size,
            extent=self._extent,
            fps=content.fps,
            format=content.format,
            person=number,
            people=len(content.tracks),
            notes=(f"{content.format}: {shape}", *notes, *content.notes, *([note] if note else [])),
        )


def open_keypoints(path: str | Path) -> KeypointPeople:
    """Read the 2D keypoints of everybody in a file of any of the usual formats.

    Args:
        path: An `.npz` or `.npy` of ours, COCO results or annotations, AlphaPose results, MMPose predictions,
            a folder of OpenPose frames, a VideoPose3D or Detectron `.npz`.

    Returns:
        The people, at least one.

    Raises:
        InputError: the file is missing, damaged, of no known format, or shows nobody.
    """
    return KeypointPeople(Path(path), _read(Path(path)))


def read_keypoints(path: str | Path, skeleton: str = "auto", person: int | None = None) -> KeypointFile:
    """Read the 2D keypoints of one person from any of the usual formats.

    Args:
        path: See `open_keypoints`.
        skeleton: See `KeypointPeople.person`.
        person: Which person, from 1; None takes the first.

    Returns:
        The keypoints, with what the file says about image and frame rate.

    Raises:
        InputError: the file is missing, damaged, of no known format, shows nobody, or its joint set is not
            recognised.
        ConfigError: there is no such skeleton.
    """
    return open_keypoints(path).person(person, skeleton)


def _read(path: Path) -> FileContent:
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
    if suffix == ".json":
        return _read_json(read_json(path), path)
    raise InputError(f"{path}: the ending {suffix or '(none)'} is not known; readable are {_FORMATS}")


def _read_json(document: Any, path: Path) -> FileContent:
    if isinstance(document, dict):
        if "images" in document and "annotations" in document:
            return coco.read_annotations(document, path)
        if "instance_info" in document:
            return mmpose.read_predictions(document, path)
        if isinstance(document.get("people"), list):
            return openpose.read_frame(document, path)
    elif isinstance(document, list):
        if not document:
            raise InputError(f"{path}: an empty list: no person in it")
        first: Any = document[0]
        if isinstance(first, dict):
            if "instances" in first:
                return mmpose.read_predictions(document, path)
            if "image_id" in first:
                return coco.read_results(document, path)
            if "keypoint_scores" in first:
                return mmpose.read_predictions([{"frame_id": 0, "instances": document}], path)
    raise InputError(f"{path}: a JSON file of no known layout; readable are {_FORMATS}")


def _extent(tracks: list[Track]) -> tuple[int, int]:
    corner = np.ones(2)
    for track in tracks:
        points = track.keypoints_px.reshape(-1, 2)
        usable = np.where(np.abs(points) <= LARGEST_PX, points, 1)
        corner = np.maximum(corner, usable.max(axis=0, initial=1))
    return math.ceil(corner[0]), math.ceil(corner[1])


def _choose(content: FileContent, person: int | None, path: Path) -> tuple[Track, int, list[str]]:
    people = len(content.tracks)
    number = 1 if person is None else person
    if not 1 <= number <= people:
        there = "1 person" if people == 1 else f"{people} people"
        raise InputError(
            f"{path}: --person is {number}, but the file has {there}; give a number from 1 to {people}"
        )
    track = content.tracks[number - 1]
    if track.fault:
        others = f"; take another with --person, from 1 to {people}" if person is None and people > 1 else ""
        raise InputError(f"{path}, {track.fault}{others}")
    if people == 1:
        return track, number, []
    if person is not None:
        return track, number, [f"person {number} of {people} in the file: {track.label}"]
    return (
        track,
        number,
        [f"{people} people in the file; person {number} is lifted ({track.label}); --person N chooses"],
    )


def _skeleton(content: FileContent, track: Track, skeleton: str, path: Path) -> tuple[Skeleton, str]:
    count = track.keypoints_px.shape[1]
    if skeleton == "auto" and content.skeleton is not None:
        name = known_name(content.skeleton)
        if name is not None and get_skeleton(name).num_joints == count:
            return get_skeleton(name), f"{count} joints: {name}, as the file says"
        if content.format == "array file" and content.skeleton != "auto":
            raise InputError(
                f"{path}: the file says skeleton {content.skeleton!r}, which is "
                + (
                    "not known"
                    if name is None
                    else f"{get_skeleton(name).num_joints} joints, but it holds {count}"
                )
                + "; say which one it is with --skeleton"
            )
    try:
        joint_set, note = resolve_skeleton(skeleton, track.keypoints_px, track.scores)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if joint_set.num_joints != count:
        raise ShapeError(
            f"{path}: {count} joints, but skeleton {joint_set.name} has {joint_set.num_joints}: give "
            "another --skeleton, or auto"
        )
    return joint_set, note
