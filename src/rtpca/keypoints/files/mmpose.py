"""MMPose's predictions: one JSON per video, or one per image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import numbered_frames
from rtpca.keypoints.files.parsing import frame_number, identities_of, joints_of, names_in, size_in
from rtpca.keypoints.people import People


def is_predictions(document: Any) -> bool:
    """Whether this is MMPose's: frames with instances, or instances with scores beside the keypoints."""
    if isinstance(document, dict):
        return "instance_info" in document or is_predictions(document.get("predictions"))
    first: Any = next((item for item in document if item), None) if isinstance(document, list) else None
    if isinstance(first, list):
        return isinstance(first[0], dict) and "keypoint_scores" in first[0]
    return isinstance(first, dict) and ("instances" in first or "keypoint_scores" in first)


def read_predictions(document: Any, path: Path) -> People:
    """A list of {"frame_id", "instances": [{"keypoints": [[x, y], ...], "keypoint_scores": [...]}, ...]}.

    The demo programs put that list under "instance_info", beside "meta_info" with the name of the data set
    that the model was trained on; the inferencer returns lists of instances, one for each frame, under
    "predictions". Of a picture the instances stand there by themselves.

    Raises:
        InputError: frames or instances are malformed.
    """
    wrapped = document if isinstance(document, dict) else {}
    entries = wrapped.get("instance_info", wrapped.get("predictions")) if wrapped else document
    if not isinstance(entries, list):
        raise InputError(f"{path}: 'instance_info' must be a list of frames, as MMPose writes it")
    if entries and all(isinstance(entry, dict) and "keypoints" in entry for entry in entries):
        entries = [{"instances": entries}]
    frames = [{"instances": entry} if isinstance(entry, list) else entry for entry in entries]
    numbers: list[float] = []
    for i, entry in enumerate(frames):
        number = frame_number(entry.get("frame_id", i)) if isinstance(entry, dict) else None
        if number is None or not isinstance(entry.get("instances"), list):
            raise InputError(f"{path}: entry {i} is no frame with 'frame_id' and a list of 'instances'")
        numbers.append(number)
    notes: list[str] = []
    if len(set(numbers)) < len(numbers):
        notes.append("frame numbers repeat: frames are taken in the order of the file")
        numbers = list(range(len(numbers)))
    clip = numbered_frames(numbers)
    found: list[Found] = []
    for number, entry in zip(numbers, frames, strict=True):
        found += instances(entry["instances"], clip.places[number], f"{path}, frame {number}", size_in(entry))
    meta = wrapped.get("meta_info")
    meta = meta if isinstance(meta, dict) else {}
    dataset = meta.get("dataset_name")
    names = names_in(meta.get("keypoint_id2name"))
    return people_of(
        path,
        "MMPose predictions",
        found,
        [clip],
        declared=dataset if isinstance(dataset, str) else None,
        joint_names=names if names and found and len(names) == len(found[0].joints) else None,
        image_size=size_in(wrapped),
        notes=notes,
    )


def instances(
    items: list[Any], frame: int, where: str, image_size: tuple[int, int] | None = None, clip: int = 0
) -> list[Found]:
    """The people of one frame.

    Raises:
        InputError: one of them is malformed.
    """
    found: list[Found] = []
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            raise InputError(f"{where}: instance {i} is no object with 'keypoints'")
        if not item.get("keypoints"):
            continue
        joints = joints_of(item["keypoints"], f"{where}, instance {i}", item.get("keypoint_scores"))
        identity = identities_of(item.get("track_id", item.get("instance_id")))
        found.append(Found(frame, joints, identity, clip, image_size))
    return found
