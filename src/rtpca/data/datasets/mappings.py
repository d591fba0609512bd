"""How the joints of a source become the lifted skeleton: recipe, unit, frame rate, up axis.

A mapping is built in for the motion-capture skeletons of `rtpca.skeletons`, or read from a JSON file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.datasets.axes import y_up_from
from rtpca.data.datasets.options import UP_AXES
from rtpca.errors import ConfigError, InputError
from rtpca.files.reading import read_whole
from rtpca.skeletons import combination_matrix, get_skeleton, joint_weights

TARGET = "h36m17"
PerFile = float | Mapping[str, float] | None
"""One number for all files, or numbers by folder or file name, or unknown."""

_LARGEST = 1e9

_ALIASES = {
    "Pelvis": "pelvis",
    "RHip": "right_hip",
    "RKnee": "right_knee",
    "RAnkle": "right_ankle",
    "LHip": "left_hip",
    "LKnee": "left_knee",
    "LAnkle": "left_ankle",
    "Spine": "spine",
    "Thorax": "thorax",
    "Neck/Nose": "neck",
    "Head": "head",
    "LShoulder": "left_shoulder",
    "LElbow": "left_elbow",
    "LWrist": "left_wrist",
    "RShoulder": "right_shoulder",
    "RElbow": "right_elbow",
    "RWrist": "right_wrist",
}


@dataclass(frozen=True)
class JointMapping:
    """What has to be known about a source besides its files.

    Attributes:
        name: short name for messages.
        recipe: h36m17 joint -> weights of source joints, which sum to 1.
        metres_per_unit: length unit of the files.
        fps: true frame rate, where the files do not state it or state it wrongly.
        skip_first_frames: leading frames of every file that are no motion (T-pose).
        up_axis: axis of the files that points up, one of `UP_AXES` of the options.
    """

    name: str
    recipe: Mapping[str, Mapping[str, float]] = field(repr=False)
    metres_per_unit: PerFile = None
    fps: PerFile = None
    skip_first_frames: int = 0
    up_axis: str = "y"

    @property
    def source_joints(self) -> frozenset[str]:
        """Joints that a file must have."""
        return frozenset(joint for weights in self.recipe.values() for joint in weights)

    def fits(self, joint_names: Sequence[str]) -> bool:
        """Whether a file with these joints can be mapped."""
        return self.source_joints <= set(joint_names)

    def apply(self, positions: DoubleArray, joint_names: Sequence[str]) -> DoubleArray:
        """Turn source joints into h36m17, y up, in the unit of the file.

        Args:
            positions: `(F, J, 3)` in the unit and axes of the file.
            joint_names: `(J,)` names.

        Returns:
            `(F, 17, 3)`.

        Raises:
            ConfigError: the recipe does not fit the joints.
        """
        weights = combination_matrix(self.recipe, joint_names, get_skeleton(TARGET).joints)
        mapped = np.matmul(weights, positions)  # (17, J) @ (F, J, 3) -> (F, 17, 3)
        return y_up_from(mapped, self.up_axis)


def per_file(value: PerFile, parts: Sequence[str]) -> float | None:
    """The number for one file: that of the listed path whose components occur in a row in the file's path.

    Where several do, the longest path counts.

    Args:
        value: one number, or numbers by path such as `"salsa"` or `"acted/001_acted.bvh"`.
        parts: path components of the file.
    """
    if value is None or not isinstance(value, Mapping):
        return value
    for path in sorted(value, key=lambda key: -key.count("/")):
        wanted = path.split("/")
        if any(list(parts[i : i + len(wanted)]) == wanted for i in range(len(parts) - len(wanted) + 1)):
            return value[path]
    return None


@cache
def built_in_mapping(skeleton: str) -> JointMapping:
    """The mapping of a skeleton of `rtpca.skeletons`: `cmu_asf31`, `cmu38`, `cmu_bvh` or `freemocap`.

    Raises:
        ConfigError: the skeleton is unknown, or does not determine h36m17.
    """
    weights, joints = joint_weights(skeleton, TARGET), get_skeleton(skeleton).joints
    recipe = {
        target: {joint: float(weight) for joint, weight in zip(joints, row, strict=True) if weight != 0.0}
        for target, row in zip(get_skeleton(TARGET).joints, weights, strict=True)
    }
    if skeleton == "cmu_bvh":
        # Frame 0 is a T-pose; the following frames ring from it into the motion.
        return JointMapping(skeleton, recipe, metres_per_unit=0.01, skip_first_frames=10)
    return JointMapping(skeleton, recipe)


def read_mappings(path: Path) -> dict[str, JointMapping]:
    """Read a mapping file.

    Two shapes are understood: one mapping, `{"recipe": {...}, "metres_per_unit": ..., "fps": ...}`, or
    several under `"sources"`, each with the `"file"` that it is for. Target joints may have h36m17's names or
    Human3.6M's (`RHip`, `Neck/Nose`). A recipe may also be the name of a skeleton that is built in.

    Args:
        path: a JSON file.

    Returns:
        Mappings by the name of the file that they are for; `""` for the one mapping of all files.

    Raises:
        InputError: the file is damaged or states something impossible; the message says what.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: holds {type(content).__name__}, needed is an object with 'recipe' or 'sources'"
        )
    content = cast("dict[str, Any]", content)
    if "recipe" in content:
        return {"": _mapping(path.stem, content, path)}
    sources = content.get("sources")
    if not isinstance(sources, dict) or not sources:
        raise InputError(
            f"{path}: has neither 'recipe' (one mapping) nor 'sources' (several); docs/data.md shows both"
        )
    mappings: dict[str, JointMapping] = {}
    for name, entry in cast("dict[str, Any]", sources).items():
        if not isinstance(entry, dict):
            raise InputError(
                f"{path}: source {name!r} is no object with 'recipe', 'metres_per_unit' and 'fps'"
            )
        entry = cast("dict[str, Any]", entry)
        mappings[str(entry.get("file", name))] = _mapping(name, entry, path)
    return mappings


def read_json(path: Path) -> Any:
    """Parse a JSON file; raises `InputError` naming file and line where it is damaged."""
    try:
        return json.loads(read_whole(path).decode("utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}: {error.msg}; the file is no whole JSON file"
        ) from error
    except (ValueError, RecursionError) as error:  # no UTF-8, numbers of thousands of digits, too deep
        raise InputError(f"{path}: cannot be read ({error}); give a JSON file") from error


def _mapping(name: str, entry: dict[str, Any], path: Path) -> JointMapping:
    where = f"{path}, mapping {name!r}"
    up_axis = entry.get("up_axis", "y")
    if up_axis not in UP_AXES:
        raise InputError(f"{where}: up_axis is {up_axis!r}; possible are {', '.join(UP_AXES)}")
    mapping = JointMapping(
        name=name,
        recipe=_recipe(entry.get("recipe"), where),
        metres_per_unit=_per_file(entry.get("metres_per_unit"), f"{where}: 'metres_per_unit'"),
        fps=_per_file(entry.get("fps"), f"{where}: 'fps'"),
        skip_first_frames=int(_number(entry.get("skip_first_frames", 0), f"{where}: 'skip_first_frames'")),
        up_axis=up_axis,
    )
    try:
        combination_matrix(mapping.recipe, sorted(mapping.source_joints), get_skeleton(TARGET).joints)
    except ConfigError as error:
        raise InputError(f"{where}: {error}") from error
    return mapping


def _recipe(recipe: Any, where: str) -> Mapping[str, Mapping[str, float]]:
    if isinstance(recipe, str):
        return built_in_mapping(recipe).recipe
    if not isinstance(recipe, dict):
        raise InputError(f"{where}: 'recipe' is missing or no object of target joint -> weights")
    joints: dict[str, dict[str, float]] = {}
    for target, weights in cast("dict[str, Any]", recipe).items():
        if isinstance(weights, str):
            weights = {weights: 1.0}
        if not isinstance(weights, dict):
            raise InputError(f"{where}: the entry of {target!r} is neither a joint nor an object of weights")
        pairs = cast("dict[str, Any]", weights).items()
        joints[_ALIASES.get(target, target)] = {j: _number(w, f"{where}: {target!r}") for j, w in pairs}
    missing = [joint for joint in get_skeleton(TARGET).joints if joint not in joints]
    if missing:
        raise InputError(f"{where}: no entry for {', '.join(missing)}; all 17 joints are needed")
    return joints


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        raise InputError(f"{where} holds {value!r:.40}, where a number is needed")
    return float(value)


def _per_file(value: Any, where: str) -> PerFile:
    if value is None:
        return None
    numbers = cast("dict[str, Any]", value) if isinstance(value, dict) else {"": value}
    table = {path: _number(number, where) for path, number in numbers.items()}
    if any(number <= 0 for number in table.values()):
        raise InputError(f"{where} must be above zero")
    return table if isinstance(value, dict) else table[""]
