"""easy_ViTPose's JSON: people by number in each frame, y before x, and the names of joints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames
from rtpca.keypoints.files.parsing import identities_of, joints_of, names_in
from rtpca.keypoints.people import People


def is_vitpose(document: Any) -> bool:
    """Whether this is a file of easy_ViTPose."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("keypoints"), list)
        and names_in(document.get("skeleton")) is not None
    )


def read_vitpose(document: dict[str, Any], path: Path) -> People:
    """{"keypoints": [{"0": [[y, x, score], ...], ...}, ...], "skeleton": {"0": "nose", ...}}.

    Raises:
        InputError: a frame is malformed.
    """
    names = names_in(document["skeleton"])
    found: list[Found] = []
    for frame, people in enumerate(document["keypoints"]):
        if isinstance(people, list):
            people = {str(number): person for number, person in enumerate(people)}
            tracked = False
        else:
            tracked = True
        if not isinstance(people, dict):
            raise InputError(f"{path}, frame {frame}: needed is an object of people by their numbers")
        for identity, points in people.items():
            if points:
                joints = joints_of(points, f"{path}, frame {frame}, person {identity}")[:, [1, 0, 2]]
                found.append(Found(frame, joints, identities_of(identity) if tracked else ()))
    return people_of(
        path, "easy_ViTPose", found, [ClipFrames({}, len(document["keypoints"]))], joint_names=names
    )
