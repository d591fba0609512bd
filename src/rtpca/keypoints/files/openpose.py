"""Folders with one JSON per frame: OpenPose's, and MMPose's for images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.mmpose import instances
from rtpca.keypoints.files.parsing import (
    detection,
    flat_joints,
    frame_places,
    in_natural_order,
    number_in,
    people_of,
    read_json,
)
from rtpca.keypoints.people import People
from rtpca.keypoints.tracks import Detection

# Places of COCO's 17 joints in OpenPose's COCO model, which puts a neck second and the right side first.
_COCO17_IN_COCO18 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)


def read_folder(folder: Path) -> People:
    """Frames in the order of the numbers in their file names; missing numbers are frames without anybody.

    Raises:
        InputError: there are no JSON files, or one of them is not a frame of OpenPose or MMPose.
    """
    files = [folder / name for name in in_natural_order(file.name for file in folder.glob("*.json"))]
    if not files:
        raise InputError(
            f"{folder}: a folder without .json files; needed is one file per frame, as OpenPose writes them"
        )
    numbers = [number_in(file.stem) for file in files]
    known = [number for number in numbers if number is not None]
    if len(set(known)) != len(files):
        known = list(range(len(files)))
    places, frames, note = frame_places(known)
    found: list[Detection] = []
    formats: set[str] = set()
    for file, number in zip(files, known, strict=True):
        document = read_json(file)
        if isinstance(document, dict) and isinstance(document.get("people"), list):
            found += _people(document["people"], places[number], file)
            formats.add("OpenPose folder")
        elif isinstance(document, list):
            found += instances(document, places[number], str(file))
            formats.add("MMPose folder")
        else:
            raise InputError(
                f"{file}: neither a frame of OpenPose ('people') nor of MMPose (a list of instances)"
            )
    return people_of(folder, " and ".join(sorted(formats)), found, frames, note=note)


def read_frame(document: dict[str, Any], path: Path) -> People:
    """One frame of OpenPose.

    Raises:
        InputError: it is malformed, or shows nobody.
    """
    return people_of(path, "OpenPose frame", _people(document["people"], 0, path), frames=1)


def _people(people: list[Any], frame: int, path: Path) -> list[Detection]:
    found: list[Detection] = []
    for i, person in enumerate(people):
        values = (
            person.get("pose_keypoints_2d", person.get("pose_keypoints"))
            if isinstance(person, dict)
            else None
        )
        if values is None:
            raise InputError(f"{path}: person {i} has no 'pose_keypoints_2d'")
        if isinstance(values, list) and values:
            joints = _known_order(flat_joints(values, f"{path}, person {i}"))
            found.append(detection(frame, joints, person.get("person_id")))
    return found


def _known_order(joints: FloatArray) -> FloatArray:
    """OpenPose's COCO model (18 joints) becomes COCO's own 17; BODY_25 stays."""
    return np.ascontiguousarray(joints[list(_COCO17_IN_COCO18)]) if len(joints) == 18 else joints
