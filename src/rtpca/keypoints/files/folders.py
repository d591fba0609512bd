"""Folders with one file per frame: OpenPose's, MMPose's, labelme's, YOLO's labels, and the like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.keypoints.files import drawn, mmpose, openpose, yolo_labels
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import in_natural_order, named_clips
from rtpca.keypoints.files.parsing import read_json
from rtpca.keypoints.files.people_lists import read_people_lists
from rtpca.keypoints.people import People


def read_folder(folder: Path, image_size: tuple[int, int] | None = None) -> People:
    """Frames in the order of their file names, see `named_clips`; missing numbers are frames without anybody.

    Raises:
        InputError: there are no frames, or one of them is not of a known kind.
    """
    names = in_natural_order(file.name for file in folder.glob("*.json"))
    if not names:
        labels = yolo_labels.label_files(folder)
        if labels:
            return yolo_labels.read_labels(labels, folder, image_size)
        raise InputError(
            f"{folder}: a folder without .json files; needed is one file per frame, as OpenPose writes "
            "them, or one "
            ".txt per frame, as YOLO does"
        )
    documents: list[tuple[str, Any]] = [(name, read_json(folder / name)) for name in names]
    pictures = drawn.drawn_files(documents)
    if pictures:
        return drawn.read_drawn(pictures, folder)
    clips = named_clips(names)
    places = {name: (index, place) for index, clip in enumerate(clips) for name, place in clip.places.items()}
    found: list[Found] = []
    formats: set[str] = set()
    for name, document in documents:
        clip, frame = places[name]
        where = str(folder / name)
        if openpose.is_frame(document):
            found += openpose.frame_people(document, frame, where, clip)
            formats.add("OpenPose folder")
        elif isinstance(document, list) and (not document or mmpose.is_predictions(document)):
            found += mmpose.instances(document, frame, where, clip=clip)
            formats.add("MMPose folder")
        else:
            formats.add("")
    if "" not in formats:
        declared = openpose.joint_set_of(found) if formats == {"OpenPose folder"} else None
        return people_of(folder, " and ".join(sorted(formats)), found, clips, declared=declared)
    people = read_people_lists(dict(documents), folder, image_size)
    if people is None:
        strange = next(name for name, document in documents if not openpose.is_frame(document))
        raise InputError(
            f"{folder / strange}: no frame of a known kind: of OpenPose ('people'), MMPose (a list of "
            "instances), "
            "ultralytics, MediaPipe or labelme"
        )
    return people
