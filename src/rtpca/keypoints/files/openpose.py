"""OpenPose's frames, and AlphaPose's files of that form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips
from rtpca.keypoints.files.parsing import identities_of, joints_of, size_in
from rtpca.keypoints.files.units import in_pixels
from rtpca.keypoints.people import People

# Places of COCO's 17 joints in OpenPose's COCO model, which puts a neck second and the right side first.
_COCO17_IN_COCO18 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
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
    return people_of(path, what, found, [ClipFrames({}, len(frames))])


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
    return people_of(path, "AlphaPose results in OpenPose's form", found, clips)


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
            joints = _known_order(joints_of(given, f"{where}, person {i}"))
            found.append(Found(frame, joints, identities_of(person.get("person_id")), clip, size))
    return found if size is None else in_pixels(found, size, Path(where))


def _known_order(joints: FloatArray) -> FloatArray:
    """OpenPose's COCO model (18 joints) becomes COCO's own 17; BODY_25 stays."""
    return np.ascontiguousarray(joints[list(_COCO17_IN_COCO18)]) if len(joints) == 18 else joints
