"""OpenPose's frames, and AlphaPose's files of that form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips
from rtpca.keypoints.files.parsing import identities_of, joints_of, size_in
from rtpca.keypoints.files.units import in_pixels
from rtpca.keypoints.people import People

_COCO_MODEL = "coco18"
_PEOPLE = ("people", "bodies")
_KEYPOINTS = ("pose_keypoints_2d", "pose_keypoints", "joints")


def is_frame(document: Any) -> bool:
    """Whether this is a frame of OpenPose, or of AlphaPose in OpenPose's or CMU-Pose's form."""
    return isinstance(document, dict) and any(isinstance(document.get(name), list) for name in _PEOPLE)


def read_frames(frames: Sequence[Any], path: Path) -> People:
    """Frames of OpenPose, one after the other.

    Raises:
        InputError: one of them is malformed, or nobody is shown.
    """
    found: list[Found] = []
    for place, document in enumerate(frames):
        where = f"{path}, frame {place}" if len(frames) > 1 else str(path)
        found += frame_people(document, place, where)
    what = "OpenPose frames" if len(frames) > 1 else "OpenPose frame"
    return people_of(path, what, found, [ClipFrames({}, len(frames))], declared=joint_set_of(found))


def read_named_frames(frames: Mapping[str, Any], path: Path) -> People:
    """AlphaPose's formats "open" and "cmu": frames of OpenPose by the names of their images.

    Raises:
        InputError: a frame is malformed, or nobody is shown.
    """
    clips = named_clips(frames)
    found: list[Found] = []
    for index, clip in enumerate(clips):
        for name, place in clip.places.items():
            found += frame_people(frames[str(name)], place, f"{path}, {name}", index)
    form = "AlphaPose results in OpenPose's form"
    return people_of(path, form, found, clips, declared=joint_set_of(found))


def frame_people(document: Mapping[str, Any], frame: int, where: str, clip: int = 0) -> list[Found]:
    """The people of one frame; in pixels, where the frame says how large its picture is.

    Raises:
        InputError: one of them is malformed.
    """
    people = next(document[name] for name in _PEOPLE if isinstance(document.get(name), list))
    size = size_in(document)
    found: list[Found] = []
    for i, person in enumerate(people):
        if not isinstance(person, dict):
            raise InputError(f"{where}: person {i} is no object with 'pose_keypoints_2d'")
        given = next((person[name] for name in _KEYPOINTS if person.get(name)), None)
        if given is not None:
            joints = joints_of(given, f"{where}, person {i}")
            found.append(Found(frame, joints, identities_of(person.get("person_id")), clip, size))
    return found if size is None else in_pixels(found, size, Path(where))


def joint_set_of(found: Sequence[Found]) -> str | None:
    """What 18 joints are in this form, OpenPose's COCO model; of other numbers the body tells: None."""
    return _COCO_MODEL if {len(one.joints) for one in found} == {18} else None
