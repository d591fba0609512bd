"""Read Acclaim motions (AMC) and compute joint positions with their skeleton (ASF).

A bone's own rotation turns the bone itself, so a bone's name stands for the position of its END. The
rotation relative to the parent is `C M C^-1`: `C` from the bone's `axis`, `M` from its `dof` values; in
both, the first letter is applied first.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.formats.asf import LARGEST, AsfSkeleton
from rtpca.data.formats.kinematics import identity_rotation, multiply_constant, rotate, turn
from rtpca.errors import InputError

MAX_NUMBERS = 100_000_000
"""Longer motions are refused: two hours at 120 fps have half as many."""


def parse_amc(text: str, skeleton: AsfSkeleton, label: str) -> DoubleArray:
    """Parse the text of an AMC motion.

    Args:
        text: the whole file.
        skeleton: the skeleton that the motion belongs to.
        label: how error messages name the file.

    Returns:
        `(F, number of degrees of freedom)` in bone order, angles in radians, translations in length units.

    Raises:
        InputError: the text is no AMC file, damaged, or does not fit the skeleton; the message names file and
            line.
    """
    starts = np.cumsum([0, *(len(bone.dof) for bone in skeleton.bones)]).tolist()
    slots = {bone.name: (starts[i], len(bone.dof)) for i, bone in enumerate(skeleton.bones) if bone.dof}
    degrees = skeleton.degrees
    rows: list[DoubleArray] = []
    missing: set[str] = set()
    frame, line = 0, 0
    for line, content in enumerate(text.splitlines(), 1):
        words = content.split()
        if not words or words[0].startswith("#"):
            continue
        name = words[0]
        if name.startswith(":"):
            if name.upper() in (":DEGREES", ":RADIANS"):
                degrees = name.upper() == ":DEGREES"
        elif len(words) == 1 and name.isdecimal():
            _require_complete(missing, f"{label}, line {line}", frame)
            if len(name) > 9 or (rows and int(name) != frame + 1):
                raise InputError(
                    f"{label}, line {line}: frame {name[:30]} follows frame {frame}; the file is damaged"
                )
            frame = int(name)
            if (len(rows) + 1) * starts[-1] > MAX_NUMBERS:
                raise InputError(
                    f"{label}, line {line}: more than {MAX_NUMBERS} numbers are read from no motion; cut it"
                )
            rows.append(np.zeros(starts[-1]))
            missing = set(slots)
        elif not rows:
            raise InputError(
                f"{label}, line {line}: found {content.strip()[:30]!r} before the first frame number; "
                "this is no AMC motion"
            )
        elif name not in missing:
            fault = "is given twice in this frame" if name in slots else "is no moving bone of the skeleton"
            raise InputError(
                f"{label}, line {line}: {name[:30]!r} {fault}; "
                "the file is damaged, or the .asf is not its own"
            )
        else:
            start, count = slots[name]
            if len(words) != count + 1:
                raise InputError(
                    f"{label}, line {line}: {name!r} has {len(words) - 1} numbers where the skeleton says "
                    f"{count}; the line is damaged, or the .asf is not its own"
                )
            try:
                rows[-1][start : start + count] = [_number(word) for word in words[1:]]
            except ValueError as error:
                raise InputError(f"{label}, line {line}: {error}; the line is damaged") from error
            missing.discard(name)
    if not rows:
        raise InputError(
            f"{label}, line {max(line, 1)}: the file ends without any frame; "
            "it was cut short or is no AMC motion"
        )
    _require_complete(missing, f"{label}, line {line}", frame)
    values = np.asarray(rows)
    if degrees:
        rotations = [name.startswith("r") for bone in skeleton.bones for name in bone.dof]
        values[:, rotations] *= np.pi / 180.0
    return values


def _number(word: str) -> float:
    value = float(word)
    if not -LARGEST < value < LARGEST:
        raise ValueError(f"{word[:30]!r} is not a finite number, or too large for a body")
    return value


def _require_complete(missing: set[str], where: str, frame: int) -> None:
    if missing:
        raise InputError(
            f"{where}: frame {frame} ends without {sorted(missing)[0]!r}; "
            "the file was cut short or is damaged"
        )


def amc_positions(skeleton: AsfSkeleton, values: DoubleArray) -> DoubleArray:
    """World positions of the root and of the end of every bone.

    Args:
        skeleton: a parsed skeleton.
        values: what `parse_amc` returned, `(F, number of degrees of freedom)`.

    Returns:
        `(F, bones, 3)` in the skeleton's length unit and axes.
    """
    frames = len(values)
    columns = np.ascontiguousarray(values.T)
    positions = np.empty((len(skeleton.bones), 3, frames))
    rotations: list[DoubleArray] = []
    first = 0
    for index, bone in enumerate(skeleton.bones):
        own = dict(zip(bone.dof, columns[first : first + len(bone.dof)], strict=True))
        first += len(bone.dof)
        rotation = identity_rotation(frames) if bone.parent < 0 else rotations[bone.parent]
        if any(name.startswith("r") for name in own):
            rotation = multiply_constant(rotation, bone.axis_matrix)
            for name in reversed(bone.dof):
                if name.startswith("r"):
                    rotation = turn(rotation, "xyz".index(name[1]), own[name])
            rotation = multiply_constant(rotation, bone.axis_matrix.T)
        shift = np.repeat(bone.offset[:, None], frames, axis=1)
        for axis, name in enumerate(("tx", "ty", "tz")):
            if name in own:
                shift[axis] += own[name]
        rotations.append(rotation)
        positions[index] = shift if bone.parent < 0 else positions[bone.parent] + rotate(rotation, shift)
    return np.ascontiguousarray(positions.transpose(2, 0, 1))
