"""JSON of frames with people, by whatever names a program calls both: ultralytics, MediaPipe and others.

Programs of a few lines write most of these files, each in its own way: a list of frames, or an object of
them by name; people in a list, or one alone; keypoints as a list of numbers, of pairs, of objects with x and
y, as columns, or by the names of joints. What is called by none of the names below is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, bodies_apart, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips, numbered_frames
from rtpca.keypoints.files.parsing import (
    SCORE_NAMES,
    fps_in,
    frame_number,
    identities_of,
    joints_of,
    names_in,
    size_in,
)
from rtpca.keypoints.files.units import in_pixels
from rtpca.keypoints.people import People

_FRAMES = ("frames", "results", "data", "predictions", "keypoints", "poses", "annotations", "images")
_NUMBERS = (
    *("frame", "frame_id", "frame_number", "frame_index", "frame_idx", "frameIndex", "frameId", "frame_no"),
    *("frameNumber", "image_id", "index", "timestamp_ms", "timestampMs", "timestamp", "time", "time_s", "t"),
)
_NAMES = ("image", "image_name", "file_name", "filename", "image_path", "imagePath", "path", "file", "name")
_PEOPLE = (
    *(
        "instances",
        "people",
        "persons",
        "detections",
        "predictions",
        "results",
        "poses",
        "skeleton",
        "objects",
    ),
    *("pose_landmarks", "poseLandmarks", "landmarks", "landmark", "keypoints", "pose", "annotations"),
)
_POINTS = (
    *("keypoints", "pose_landmarks", "poseLandmarks", "landmarks", "landmark", "pose_keypoints_2d", "pose"),
    *("keypoints_2d", "kpts", "points", "joints"),
)
_POINT_SCORES = (
    "keypoint_scores",
    "keypoints_scores",
    "scores",
    "confidences",
    "keypoints_conf",
    "conf",
    "score",
)
_IDENTITIES = ("track_id", "id_", "person_id", "trackId", "tracker_id", "idx", "id")
_JOINTS_CALLED = ("name", "part", "label", "keypoint", "joint", "landmark")
_JOINTS_NUMBERED = ("id", "index", "landmark_id", "keypoint_id")
_FEWEST_JOINTS = 5
_SAME_FILM = 0.15
"""People of one list who lie this near to one another, in parts of their size, are one person in frames."""


@dataclass(frozen=True)
class _Frame:
    """One frame as a file has it: what it is called, its people, and the size of its picture."""

    called: float | str | None
    people: Sequence[Any]
    image_size: tuple[int, int] | None


@dataclass(frozen=True)
class _Person:
    joints: FloatArray
    names: tuple[str, ...] | None
    identities: tuple[str, ...]


def read_people_lists(document: Any, path: Path, image_size: tuple[int, int] | None) -> People | None:
    """Keypoints of a JSON file whose frames, people and keypoints are called as usual; else None.

    Args:
        document: Its content.
        path: The file.
        image_size: (width, height) in pixels, where the user says it.

    Raises:
        InputError: somebody's keypoints are malformed, people differ in what joints they have, or
            coordinates are
            parts of a picture whose size nobody says.
    """
    frames = _frames_in(document)
    if frames is None:
        return None
    notes: list[str] = []
    frames = _as_film(frames, path, notes)
    clips, places = _placed(frames, notes)
    found: list[Found] = []
    joint_names: set[tuple[str, ...] | None] = set()
    for frame, (clip, place) in zip(frames, places, strict=True):
        for number, item in enumerate(frame.people):
            person = _person(item, f"{path}, frame {place}, person {number}")
            if person is not None:
                joint_names.add(person.names)
                found.append(Found(place, person.joints, person.identities, clip, frame.image_size))
    if len(joint_names) > 1:
        raise InputError(f"{path}: people differ in the names of their joints; all must have the same")
    names = joint_names.pop() if joint_names else None
    names = names or (tuple(stated) if (stated := _names_stated(document, found)) else None)
    whole = document if isinstance(document, dict) else {}
    found = _scored(in_pixels(found, image_size or size_in(whole), path), notes)
    what = _format_of(document, frames, found)
    return people_of(
        path,
        what,
        found,
        clips,
        declared=None if names else _DECLARED.get(what),
        joint_names=names,
        image_size=size_in(whole),
        fps=fps_in(whole) or fps_in(whole.get("metadata")) or fps_in(whole.get("meta")),
        notes=notes,
    )


_DECLARED = {"MediaPipe landmarks": "mediapipe33", "Kinetics skeletons": "coco18"}


def _format_of(document: Any, frames: Sequence[_Frame], found: Sequence[Found]) -> str:
    """What a file is called for the user, by what is particular to it."""
    someone: Any = next((item for frame in frames for item in frame.people if _is_person(item)), None)
    if isinstance(someone, dict) and "box" in someone and _is_columns(someone.get("keypoints")):
        return "ultralytics results"
    if isinstance(document, dict) and isinstance(document.get("data"), list) and "label_index" in document:
        return "Kinetics skeletons"
    if found and len(found[0].joints) == 33:
        return "MediaPipe landmarks"
    return "JSON of frames and people"


def _frames_in(document: Any, depth: int = 0) -> list[_Frame] | None:
    """The frames of a file; None where it has none that are called as usual."""
    if depth > 3:
        return None
    if isinstance(document, list):
        items = [_unpacked(item) for item in document]
        if _are_people(items):
            if all(isinstance(item, list) for item in items):
                return [_Frame(None, [item], None) for item in items]
            return [_Frame(None, items, None)]
        frames = [_frame(item) for item in items]
        known = [frame for frame in frames if frame is not None]
        return known if known and len(known) == len(frames) else None
    if isinstance(document, dict):
        for name in _FRAMES:
            inside = document.get(name)
            if isinstance(inside, list | dict) and inside and not _is_person(document):
                frames = _frames_in(inside, depth + 1)
                if frames is not None:
                    return frames
        alone = _frame(document)
        if alone is not None:
            return [alone]
        by_name = {str(name): _frame(_unpacked(item)) for name, item in document.items()}
        frames = [replace(frame, called=name) for name, frame in by_name.items() if frame is not None]
        return frames if frames and len(frames) == len(by_name) else None
    return None


def _are_people(items: Sequence[Any]) -> bool:
    """Whether these are the people of one picture, and what else was found in it."""
    someone = any(_is_person(item) for item in items)
    return someone and all(_called(item) is None if _is_person(item) else _is_nobody(item) for item in items)


def _unpacked(item: Any) -> Any:
    """An entry that is JSON in a text, as results of ultralytics are."""
    if isinstance(item, str) and item[:1] in ("[", "{"):
        try:
            return json.loads(item)
        except (ValueError, RecursionError):
            return item
    return item


def _frame(item: Any) -> _Frame | None:
    people = _people_in(item)
    return None if people is None else _Frame(_called(item), people, size_in(item, _is_person(item)))


def _called(item: Any) -> float | str | None:
    """The number or name of a frame."""
    if not isinstance(item, dict):
        return None
    for name in _NUMBERS:
        number = frame_number(item.get(name))
        if number is not None:
            return number
    for name in (*_NAMES, "image_id"):
        if isinstance(item.get(name), str) and not _is_person(item):
            return item[name]
    return None


def _people_in(item: Any) -> Sequence[Any] | None:
    """The people of one frame; None where this is none."""
    if item is None:
        return []
    if isinstance(item, list):
        if _is_points(item):
            return [item]
        return item if all(_is_person(one) or _is_nobody(one) for one in item) else None
    if isinstance(item, dict):
        if _is_person(item):
            return [item]
        for name in _PEOPLE:
            if name in item:
                return _people_in(item[name])
    return None


def _is_nobody(item: Any) -> bool:
    """What was found without keypoints: a car, or a person of whom only the box is known."""
    return (
        isinstance(item, dict) and bool({"box", "bbox", "class"} & set(item)) and not set(_POINTS) & set(item)
    )


def _is_person(item: Any) -> bool:
    if isinstance(item, list):
        return _is_points(item)
    if not isinstance(item, dict):
        return False
    return any(
        _is_points(item[name]) or _is_columns(item[name]) or _is_named(item[name])
        for name in _POINTS
        if name in item
    )


def _is_points(value: Any) -> bool:
    """A list of points, or of their numbers."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("landmark", "landmarks", "keypoints") if name in value), None)
    if not isinstance(value, list) or len(value) < _FEWEST_JOINTS:
        return False
    if all(isinstance(point, dict) for point in value):
        return all(
            isinstance(place := point.get("position", point), dict) and "x" in place for point in value
        )
    if all(isinstance(point, list) for point in value):
        return all(len(point) in (2, 3) and all(_is_number(part) for part in point) for point in value)
    return len(value) >= 2 * _FEWEST_JOINTS and all(_is_number(part) for part in value)


def _is_columns(value: Any) -> bool:
    return isinstance(value, dict) and (
        (isinstance(value.get("x"), list) and isinstance(value.get("y"), list)) or _is_points(value.get("xy"))
    )


def _is_named(value: Any) -> bool:
    """Points by the names of joints: {"nose": {"x", "y"}, ...}, or {"nose": [x, y, score], ...}."""
    return (
        isinstance(value, dict)
        and len(value) >= _FEWEST_JOINTS
        and (
            all(isinstance(point, dict) and "x" in point and "y" in point for point in value.values())
            or all(isinstance(point, list) and len(point) in (2, 3) for point in value.values())
        )
    )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _person(item: Any, where: str) -> _Person | None:
    """One person, None where nothing of them was found."""
    if isinstance(item, list):
        return _Person(joints_of(item, where), _names_of(item), ())
    points = next((item[name] for name in _POINTS if name in item), None)
    identities = next((identities_of(item[name]) for name in _IDENTITIES if name in item), ())
    if not points:
        return None
    names: Sequence[str] | None = None
    scores = next((item[name] for name in _POINT_SCORES if isinstance(item.get(name), list)), None)
    if isinstance(points, dict):
        if _is_columns(points):
            flat = points.get("xy")
            if flat is None:
                flat = [list(pair) for pair in zip(points["x"], points["y"], strict=False)]
            scores = next(
                (points[name] for name in SCORE_NAMES if isinstance(points.get(name), list)), scores
            )
            points = flat
        elif _is_named(points):
            names, points = tuple(map(str, points)), list(points.values())
        else:
            points = next(points[name] for name in ("landmark", "landmarks", "keypoints") if name in points)
    names = names or _names_of(points)
    if isinstance(points, list) and points and isinstance(points[0], dict):
        points, scores = _in_number_order([point for point in points if isinstance(point, dict)]), None
        names = _names_of(points) if names else None
    if (
        scores is not None
        and isinstance(points, list)
        and isinstance(points[0], list)
        and len(points[0]) == 3
    ):
        raise InputError(
            f"{where}: keypoints of three coordinates beside their scores: these are 3D poses, and 2D "
            "keypoints in "
            "the image are lifted"
        )
    return _Person(joints_of(points, where, scores), tuple(names) if names else None, identities)


def _names_of(points: Any) -> tuple[str, ...] | None:
    """The names of joints that are in the points themselves."""
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        return None
    for called in _JOINTS_CALLED:
        names = tuple(point.get(called) for point in points)
        if all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names):
            return names  # pyright: ignore[reportReturnType]
    return None


def _in_number_order(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points that are numbered, by their numbers."""
    for called in _JOINTS_NUMBERED:
        numbers = [frame_number(point.get(called)) for point in points]
        if None not in numbers and len(set(numbers)) == len(numbers):
            order = np.argsort(np.array(numbers, dtype=np.float64))
            return [points[index] for index in order]
    return points


def _names_stated(document: Any, found: Sequence[Found]) -> list[str] | None:
    """The names of all joints that a file states once, for everybody."""
    for place in (
        (document, document.get("meta_info"), document.get("metadata")) if isinstance(document, dict) else ()
    ):
        for name in (
            "keypoint_names",
            "joint_names",
            "keypoint_id2name",
            "skeleton",
            "names",
            "landmark_names",
        ):
            names = names_in(place.get(name)) if isinstance(place, dict) else None
            if names is not None and found and len(names) == len(found[0].joints):
                return names
    return None


def _scored(found: list[Found], notes: list[str]) -> list[Found]:
    """The same people, all seen where a file has zero for every score."""
    if not found or any((np.nan_to_num(one.joints[:, 2]) > 0).any() for one in found):
        return found
    notes.append("all scores are zero: every keypoint counts as seen")
    return [
        replace(one, joints=np.column_stack([one.joints[:, :2], np.ones(len(one.joints))])) for one in found
    ]


def _as_film(frames: list[_Frame], path: Path, notes: list[str]) -> list[_Frame]:
    """A single list of people who lie on one another shows one person in the frames of a film."""
    if len(frames) != 1 or len(frames[0].people) < 3:
        return frames
    people = [_person(item, str(path)) for item in frames[0].people]
    bodies = [one.joints for one in people if one is not None]
    leaps = [
        bodies_apart(one, other)
        for one, other in zip(bodies, bodies[1:], strict=False)
        if len(one) == len(other)
    ]
    if not leaps or not np.median(leaps) < _SAME_FILM:
        return frames
    notes.append(
        f"{len(bodies)} people without frame numbers lie on one another: taken as one person in so many "
        "frames"
    )
    return [_Frame(None, [item], frames[0].image_size) for item in frames[0].people]


def _placed(frames: Sequence[_Frame], notes: list[str]) -> tuple[list[ClipFrames], list[tuple[int, int]]]:
    """The clips, and (clip, frame) of each frame."""
    called = [frame.called for frame in frames]
    if len(frames) == 1:
        return [ClipFrames({}, 1)], [(0, 0)]
    if None in called or len(set(called)) < len(called):
        if None not in called:
            notes.append("frame numbers repeat: frames are taken in the order of the file")
        called = list(range(len(frames)))
    numbers = [name for name in called if isinstance(name, int | float)]
    if len(numbers) == len(called):
        clip = numbered_frames(numbers)
        return [clip], [(0, clip.places[number]) for number in numbers]
    clips = named_clips([str(name) for name in called])
    where = {name: (index, place) for index, clip in enumerate(clips) for name, place in clip.places.items()}
    return clips, [where[str(name)] for name in called]
