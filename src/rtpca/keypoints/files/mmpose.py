"""MMPose's predictions: one JSON per video, or one per image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.keypoints.files.parsing import detection, frame_places, paired_joints, people_of
from rtpca.keypoints.people import People
from rtpca.keypoints.tracks import Detection


def read_predictions(document: Any, path: Path) -> People:
    """A list of {"frame_id", "instances": [{"keypoints": [[x, y], ...], "keypoint_scores": [...]}, ...]}.

    The demo programs put that list under "instance_info", beside "meta_info" with the name of the data set
    that the model was trained on.

    Raises:
        InputError: frames or instances are malformed.
    """
    meta = document.get("meta_info") if isinstance(document, dict) else None
    entries = document["instance_info"] if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise InputError(f"{path}: 'instance_info' must be a list of frames, as MMPose writes it")
    numbers: list[int] = []
    for i, entry in enumerate(entries):
        number = entry.get("frame_id", i) if isinstance(entry, dict) else None
        if not isinstance(number, int) or not isinstance(entry.get("instances"), list):
            raise InputError(f"{path}: entry {i} is no frame with 'frame_id' and a list of 'instances'")
        numbers.append(number)
    places, frames, note = frame_places(numbers)
    found: list[Detection] = []
    for number, entry in zip(numbers, entries, strict=True):
        found += instances(entry["instances"], places[number], f"{path}, frame {number}")
    dataset = meta.get("dataset_name") if isinstance(meta, dict) else None
    declared = dataset if isinstance(dataset, str) else None
    return people_of(path, "MMPose predictions", found, frames, declared=declared, note=note)


def instances(items: list[Any], frame: int, where: str) -> list[Detection]:
    """The people of one frame.

    Raises:
        InputError: one of them is malformed.
    """
    found: list[Detection] = []
    for i, item in enumerate(items):
        if not isinstance(item, dict) or "keypoints" not in item:
            raise InputError(f"{where}: instance {i} has no 'keypoints'")
        joints = paired_joints(item["keypoints"], item.get("keypoint_scores"), f"{where}, instance {i}")
        found.append(detection(frame, joints, item.get("track_id")))
    return found
