"""Keypoints that were drawn by hand in labelme: one JSON per picture, a point with a name for each joint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import named_clips
from rtpca.keypoints.files.parsing import identities_of, joints_of, size_in
from rtpca.keypoints.people import People


def is_drawn(document: Any) -> bool:
    """Whether this is a file of labelme."""
    return isinstance(document, dict) and isinstance(document.get("shapes"), list) and "imagePath" in document


def read_drawn(documents: dict[str, dict[str, Any]], path: Path) -> People:
    """The people of pictures, by the names of their files; `group_id` tells the people of a picture apart.

    Raises:
        InputError: there is no point, or a joint is drawn twice for somebody.
    """
    points: dict[tuple[str, Any], dict[str, FloatArray]] = {}
    names: dict[str, None] = {}
    for file, document in documents.items():
        for number, shape in enumerate(document["shapes"]):
            where = f"{path}, {file}, shape {number}" if len(documents) > 1 else f"{path}, shape {number}"
            if not isinstance(shape, dict) or shape.get("shape_type") != "point":
                continue
            label, group = shape.get("label"), shape.get("group_id")
            if not isinstance(label, str) or not isinstance(group, int | str | None):
                raise InputError(f"{where}: a point without a name")
            body = points.setdefault((file, group), {})
            if label in body:
                raise InputError(f"{where}: {label!r} a second time; give each person a group_id in labelme")
            body[label] = joints_of(shape.get("points"), where)[0]
            names[label] = None
    clips = named_clips(documents)
    places = {name: (index, place) for index, clip in enumerate(clips) for name, place in clip.places.items()}
    missing = np.array([np.nan, np.nan, 0], dtype=np.float32)
    found = [
        Found(
            places[file][1],
            np.stack([body.get(name, missing) for name in names]),
            identities_of(group),
            places[file][0],
            size_in(documents[file]),
        )
        for (file, group), body in points.items()
    ]
    return people_of(path, "labelme keypoints", found, clips, joint_names=tuple(names) if found else None)


def drawn_files(documents: Sequence[tuple[str, Any]]) -> dict[str, dict[str, Any]]:
    """Documents by name, where all are of labelme; empty where they are not."""
    return dict(documents) if documents and all(is_drawn(document) for _, document in documents) else {}
