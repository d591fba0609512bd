"""OpenPose's frames, and AlphaPose's files of that form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips
from rtpca.keypoints.files.parsing import identities_of, joints_of, size_in
from rtpca.keypoints.people import People

# Places of COCO's 17 joints in OpenPose's COCO model, which puts a neck second and the right side first.
_COCO17_IN_COCO18 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
_PEOPLE = ("people", "bodies")
_KEYPOINTS = ("pose_keypoints_2d", "pose_keypoints", "joints")


def is_frame(document: Any) -> bool:
    """Whether this is a frame of OpenPose, or of AlphaPose in OpenPose's or CMU-Pose's form."""
    return isinstance(document, dict) and any(isinstance(document.get(name), list) for name in _PEOPLE)


def read_frame(document: dict[str, Any], path: Path) -> People:
    """One frame of OpenPose.

    Raises:
        InputError: it is malformed, or shows nobody.
    """
    return people_of(path, "OpenPose frame", frame_people(document, 0, str(path)), [ClipFrames({}, 1)])


def read_named_frames(frames: Mapping[str, Any], path: Path) -> People:
    """AlphaPose's `--format open` and `--format cmu`: frames of OpenPose by the names of their images.

    Raises:
        InputError: a frame is malformed, or nobody is shown.
    """
    clips = named_clips(frames)
    found: list[Found] = []
    for index, clip in enumerate(clips):
        for name, frame in clip.places.items():
            found += frame_people(frames[str(name)], frame, f"{path}, {name}", index)
    return people_of(path, "AlphaPose results in OpenPose's form", found, clips)


def frame_people(document: Mapping[str, Any], frame: int, where: str, clip: int = 0) -> list[Found]:
    """The people of one frame.

    Raises:
        InputError: one of them is malformed.
    """
    people = next(document[name] for name in _PEOPLE if isinstance(document.get(name), list))
    found: list[Found] = []
    for i, person in enumerate(people):
        given = [person[name] for name in _KEYPOINTS if name in person] if isinstance(person, dict) else []
        if not given:
            raise InputError(f"{where}: person {i} has no 'pose_keypoints_2d'")
        if given[0]:
            joints = _known_order(joints_of(given[0], f"{where}, person {i}"))
            identity = identities_of(person.get("person_id"))
            found.append(Found(frame, joints, identity, clip, size_in(document)))
    return found


def _known_order(joints: FloatArray) -> FloatArray:
    """OpenPose's COCO model (18 joints) becomes COCO's own 17; BODY_25 stays."""
    return np.ascontiguousarray(joints[list(_COCO17_IN_COCO18)]) if len(joints) == 18 else joints
