"""COCO's JSON: annotation files (PoseTrack's too) and result lists, and AlphaPose's lists and objects."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips, numbered_frames
from rtpca.keypoints.files.parsing import (
    fps_in,
    frame_number,
    identities_of,
    joints_of,
    names_in,
    size_in,
    size_of,
)
from rtpca.keypoints.people import People

_HIDDEN_SCORE = 0.5
"""COCO's visibility 1, labelled but hidden, as a score."""
_HALPE_FULL, _HALPE_BODY = 136, 26
_IDENTITIES = ("track_id", "idx", "track", "person_id", "instance_id")


def is_results(document: list[Any]) -> bool:
    """Whether these are results: entries that say their image and hold keypoints as a list."""
    first: Any = next((item for item in document if item), None)
    if not isinstance(first, dict) or "image_id" not in first:
        return False
    return all(
        isinstance(item.get("keypoints", []), list | None) for item in document if isinstance(item, dict)
    )


def read_results(items: list[Any], path: Path) -> People:
    """COCO results or AlphaPose: a list of {"image_id", "keypoints": [x, y, score, ...]}.

    AlphaPose's image_id is the name of an image, COCO's a number; both may name a `video_id`. An entry
    without keypoints is somebody who is not seen in that frame. AlphaPose's tracker writes "idx", nested in
    lists where boxes were merged; other tools write "track_id". AlphaPose's 136-joint set is cut to the 26
    of the body.

    Raises:
        InputError: an entry has no image_id, or keypoints are malformed.
    """
    keys: list[tuple[Hashable, float | str]] = []
    for i, item in enumerate(items):
        image_id = item.get("image_id") if isinstance(item, dict) else None
        number = frame_number(image_id) if not isinstance(image_id, str) else image_id
        if number is None:
            raise InputError(
                f"{path}: entry {i} has no usable 'image_id': needed are frame numbers or file names"
            )
        keys.append((_video_of(item), number))
    clips, places = _placed(keys)
    found: list[Found] = []
    for i, (key, item) in enumerate(zip(keys, items, strict=True)):
        if not item.get("keypoints"):
            continue
        joints = _body_of(joints_of(item["keypoints"], f"{path}, entry {i}"))
        clip, frame = places[key]
        found.append(Found(frame, joints, _identity(item), clip, size_in(item, of_person=True)))
    named = any(isinstance(number, str) for _, number in keys)
    return people_of(path, "AlphaPose results" if named else "COCO results", found, clips)


def read_annotations(document: dict[str, Any], path: Path) -> People:
    """A COCO annotation file.

    It has images with sizes, annotations with [x, y, visibility, ...] and categories with joint names. Images
    of several videos say which ("video_id", PoseTrack's "vid_id"), or have names that do.

    Raises:
        InputError: images or annotations are malformed.
    """
    images, annotations = document["images"], document["annotations"]
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise InputError(f"{path}: 'images' and 'annotations' must be lists, as in COCO's annotation files")
    keys: dict[Hashable, tuple[Hashable, float | str]] = {}
    sizes: dict[Hashable, tuple[int, int] | None] = {}
    for i, image in enumerate(images):
        identity = _image_id(image, "id", path, f"image {i}")
        name = image.get("file_name")
        named = isinstance(name, str) and any(character.isdigit() for character in name)
        keys[identity] = (
            _video_of(image),
            str(name) if named else _number_of(image.get("frame_id", identity)),
        )
        sizes[identity] = size_of(image.get("width"), image.get("height"))
    if len(set(keys.values())) < len(keys):
        # Names that repeat say nothing; ids do not repeat.
        keys = {identity: (video, _number_of(identity)) for identity, (video, _) in keys.items()}
    clips, places = _placed(keys.values())
    found: list[Found] = []
    for i, item in enumerate(annotations):
        if not isinstance(item, dict) or not item.get("keypoints"):
            continue
        image_id = _image_id(item, "image_id", path, f"annotation {i}")
        if image_id not in keys:
            raise InputError(
                f"{path}: annotation {i} belongs to image {image_id!r}, which 'images' does not list"
            )
        joints = _visibility_as_score(joints_of(item["keypoints"], f"{path}, annotation {i}"))
        clip, frame = places[keys[image_id]]
        found.append(Found(frame, joints, _identity(item), clip, sizes[image_id]))
    return people_of(
        path,
        "COCO annotations",
        found,
        clips,
        joint_names=_joint_names(document.get("categories"), len(found[0].joints)) if found else None,
        fps=fps_in(document.get("info")),
    )


def _placed(
    keys: Iterable[tuple[Hashable, float | str]],
) -> tuple[list[ClipFrames], dict[tuple[Hashable, float | str], tuple[int, int]]]:
    """The clips of images that are known by (video or None, number or name); clip and frame of each."""
    by_video: dict[Hashable, list[float | str]] = {}
    for video, number in dict.fromkeys(keys):
        by_video.setdefault(video, []).append(number)
    clips: list[ClipFrames] = []
    places: dict[tuple[Hashable, float | str], tuple[int, int]] = {}
    for video, numbers in by_video.items():
        named = [number for number in numbers if isinstance(number, str)]
        inside = (
            named_clips(map(str, numbers))
            if named
            else [numbered_frames([number for number in numbers if not isinstance(number, str)])]
        )
        if video is not None and len(inside) > 1:
            # The file says that these are one video: their order in it counts.
            inside = [ClipFrames({number: index for index, number in enumerate(numbers)}, len(numbers))]
        for clip in inside:
            index = len(clips)
            label = clip.label if video is None else f"video {video}"
            clips.append(ClipFrames(clip.places, clip.frames, label, clip.note, clip.scattered))
            for number in numbers:
                place = clip.places.get(str(number) if named else number)
                if place is not None:
                    places[video, number] = (index, place)
    return clips, places


def _video_of(item: dict[str, Any]) -> Hashable:
    """Which of several videos an image or result belongs to; None where it does not say."""
    video = next((item[name] for name in ("video_id", "vid_id", "video") if name in item), None)
    return video if isinstance(video, str | int) else None


def _identity(item: dict[str, Any]) -> tuple[str, ...]:
    return next((identities_of(item[name]) for name in _IDENTITIES if name in item), ())


def _visibility_as_score(joints: FloatArray) -> FloatArray:
    """COCO's flags (2 seen, 1 hidden, 0 not labelled) as scores; what are scores already stays."""
    flags = joints[:, 2]
    if np.isin(flags[np.isfinite(flags)], (0, 1, 2)).all():
        joints[:, 2] = np.select([flags >= 2, flags > 0], [1.0, _HIDDEN_SCORE], 0.0)
    return joints


def _joint_names(categories: Any, joints: int) -> list[str] | None:
    """The names of the joints of the first category that has as many, or None."""
    for category in categories if isinstance(categories, list) else ():
        names = names_in(category.get("keypoints") if isinstance(category, dict) else None)
        if names is not None and len(names) == joints:
            return names
    return None


def _body_of(joints: FloatArray) -> FloatArray:
    return joints[:_HALPE_BODY] if len(joints) == _HALPE_FULL else joints


def _number_of(identity: Hashable) -> float | str:
    number = frame_number(identity)
    return str(identity) if number is None else number


def _image_id(item: Any, name: str, path: Path, where: str) -> Hashable:
    value = item.get(name) if isinstance(item, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{path}: {where} has no usable {name!r}")
    return value
