"""COCO's JSON: annotation files and result lists, and AlphaPose's lists, which look like the latter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.parsing import (
    detection,
    flat_joints,
    frame_places,
    in_natural_order,
    number_in,
    people_of,
    size_of,
)
from rtpca.keypoints.people import People
from rtpca.keypoints.tracks import Detection

_HIDDEN_SCORE = 0.5
"""COCO's visibility 1, labelled but hidden, as a score."""
_HALPE_FULL, _HALPE_BODY = 136, 26


def read_results(items: list[Any], path: Path) -> People:
    """COCO results or AlphaPose: a list of {"image_id", "keypoints": [x, y, score, ...]}.

    AlphaPose's image_id is the name of an image, COCO's a number.
    AlphaPose's tracker writes "idx"; other tools write "track_id". AlphaPose's 136-joint set is cut to the 26
    of the body.

    Raises:
        InputError: an entry has no image_id or keypoints, or they are malformed.
    """
    named = isinstance(items[0].get("image_id"), str)
    numbers: list[int] = []
    names = in_natural_order({str(_get(item, "image_id", path, i)) for i, item in enumerate(items) if named})
    in_order = {name: i for i, name in enumerate(names)}
    by_number = {name: number_in(Path(name).stem) for name in names}
    numbered = len(set(by_number.values()) - {None}) == len(names)
    for i, item in enumerate(items):
        image_id = _get(item, "image_id", path, i)
        number = (by_number[str(image_id)] if numbered else in_order[str(image_id)]) if named else image_id
        if not isinstance(number, int):
            raise InputError(
                f"{path}: entry {i} has the image_id {image_id!r}; needed are frame numbers or file names"
            )
        numbers.append(number)
    places, frames, note = frame_places(numbers)
    found: list[Detection] = []
    for i, (number, item) in enumerate(zip(numbers, items, strict=True)):
        joints = flat_joints(_get(item, "keypoints", path, i), f"{path}, entry {i}")
        found.append(detection(places[number], _body_of(joints), item.get("idx", item.get("track_id"))))
    return people_of(path, "AlphaPose results" if named else "COCO results", found, frames, note=note)


def read_annotations(document: dict[str, Any], path: Path) -> People:
    """A COCO annotation file.

    It has images with sizes, annotations with [x, y, visibility, ...] and categories with joint names.

    Raises:
        InputError: images or annotations are malformed.
    """
    images, annotations = document["images"], document["annotations"]
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise InputError(f"{path}: 'images' and 'annotations' must be lists, as in COCO's annotation files")
    order: dict[Any, int] = {}
    sizes: set[tuple[int, int] | None] = set()
    for i, image in enumerate(_sorted_images(images, path)):
        order[_get(image, "id", path, i)] = i
        sizes.add(size_of(image.get("width"), image.get("height")))
    found: list[Detection] = []
    for i, item in enumerate(annotations):
        if not isinstance(item, dict) or "keypoints" not in item:
            continue
        image_id = _get(item, "image_id", path, i)
        if image_id not in order:
            raise InputError(
                f"{path}: annotation {i} belongs to image {image_id!r}, which 'images' does not list"
            )
        joints = flat_joints(item["keypoints"], f"{path}, annotation {i}")
        joints[:, 2] = np.select([joints[:, 2] >= 2, joints[:, 2] > 0], [1.0, _HIDDEN_SCORE], 0.0)
        found.append(detection(order[image_id], joints, item.get("track_id")))
    return people_of(
        path,
        "COCO annotations",
        found,
        len(order),
        joint_names=_joint_names(document.get("categories"), len(found[0].joints)) if found else None,
        image_size=next(iter(sizes)) if len(sizes) == 1 else None,
        note="images of different sizes: give `image_size`" if len(sizes) > 1 else "",
    )


def _joint_names(categories: Any, joints: int) -> list[str] | None:
    """The names of the joints of the first category that has as many, or None."""
    for category in categories if isinstance(categories, list) else ():
        names = category.get("keypoints") if isinstance(category, dict) else None
        if isinstance(names, list) and len(names) == joints:
            return [str(name) for name in names]
    return None


def _sorted_images(images: list[Any], path: Path) -> list[dict[str, Any]]:
    """Images in the order of their numbered file names, or of their ids."""
    for i, image in enumerate(images):
        _get(image, "id", path, i)
    numbers = [number_in(Path(str(image.get("file_name", ""))).stem) for image in images]
    if len(set(numbers) - {None}) == len(images):
        return [
            image for _, image in sorted(zip(numbers, images, strict=True), key=lambda pair: pair[0] or 0)
        ]
    return sorted(images, key=lambda image: (isinstance(image["id"], str), image["id"]))


def _body_of(joints: FloatArray) -> FloatArray:
    return joints[:_HALPE_BODY] if len(joints) == _HALPE_FULL else joints


def _get(item: Any, key: str, path: Path, index: int) -> Any:
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, list if key == "keypoints" else int | str):
        raise InputError(f"{path}: entry {index} has no usable {key!r}")
    return value
