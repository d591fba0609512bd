"""The clip as the viewer's page holds it: a JSON text with the arrays in base64.

Poses and image points are 16-bit integers with a scale of their own: finer than 0.1 mm for a person, and than
0.1 pixel for an image of 3,000 pixels, at a quarter of the size of numbers in decimals.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.inference import LiftResult
from rtpca.viz.colors import palette_of
from rtpca.viz.projection import ELEVATION_DEG, Rect, best_azimuth_deg
from rtpca.viz.scene import build_scene

_PANEL = Rect(0, 0, 600, 600)  # only its shape counts, which depends on the window
_LARGEST = 32767
_MISSING = -32768
"""In int16 arrays of image points; `clip.js` knows it too."""


def pack_clip(people: Sequence[LiftResult], names: Sequence[str] | None = None) -> str:
    """The JSON that `clip.js` reads, safe to stand inside of a script element.

    Args:
        people: Results of one clip, one per person.
        names: What to call them; "Person 1", ... by default.

    Returns:
        The text.

    Raises:
        InputError: There is nobody, the results are not of one clip, or names and people are not as many.
    """
    scene = build_scene(people)
    called = [f"Person {number}" for number in range(1, len(people) + 1)] if names is None else list(names)
    if len(called) != len(people):
        raise InputError(f"{len(called)} names for {len(people)} people: give one for each")
    first, skeleton = people[0], scene.skeleton
    sides = ["M"] * skeleton.num_joints
    for left, right in zip(skeleton.left, skeleton.right, strict=True):
        sides[left], sides[right] = "L", "R"
    clip = {
        "fps": first.fps,
        "frames": first.frames,
        "size": [int(length) for length in first.image_size],
        "joints": list(skeleton.joints),
        "bones": [list(bone) for bone in skeleton.bones],
        "sides": "".join(sides),
        "view": [best_azimuth_deg(scene.everywhere_m(), _PANEL), ELEVATION_DEG],
        "turn": scene.turn_from_cam.ravel().tolist(),
        "low": scene.low_m.tolist(),
        "high": scene.high_m.tolist(),
        "people": [
            _pack_person(person, name, index, joints[:, 0])
            for index, (person, name, joints) in enumerate(zip(people, called, scene.joints_m, strict=True))
        ],
    }
    text = json.dumps(clip, separators=(",", ":"), allow_nan=False)
    # "</script>" and "<!--" would end or change the element that the text stands in.
    return text.replace("<", "\\u003c")


def _pack_person(person: LiftResult, name: str, index: int, place_m: FloatArray) -> dict[str, Any]:
    palette = palette_of(index)
    return {
        "name": name,
        "colors": {"left": palette.left, "right": palette.right, "middle": palette.middle},
        "pose": _pack_integers(person.poses3d),
        "points": _pack_integers(person.keypoints2d),
        "root": _base64(person.root.astype("<f4")),
        "place": _base64(place_m.astype("<f4")),
        "confidence": _base64(np.rint(255 * np.clip(person.confidence, 0, 1)).astype(np.uint8)),
        "valid": _base64(person.valid.astype(np.uint8)),
    }


def _pack_integers(values: FloatArray) -> dict[str, Any]:
    """An array as int16 and a scale; rows (..., C) that are not finite become the missing mark throughout."""
    there = np.isfinite(values).all(axis=-1, keepdims=True)
    largest = float(np.abs(values, where=there, out=np.zeros_like(values)).max(initial=0.0))
    scale = largest / _LARGEST if largest > 0 else 1.0
    integers = np.where(there, np.rint(np.where(there, values, 0) / scale), _MISSING)
    return {"scale": scale, "data": _base64(integers.astype("<i2"))}


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
