"""Labels of YOLO, `.txt`: a line per person, `class x y w h` and keypoints, all as parts of the image.

ultralytics writes them with `save_txt`, one file per frame in a folder `labels`, and trains from such files.
A line may end with the person's confidence (`save_conf`) and with the number of a track.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.files.reading import read_whole
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, in_natural_order, named_clips
from rtpca.keypoints.files.units import in_pixels
from rtpca.keypoints.people import People
from rtpca.keypoints.recognise import sets_of_as_many_joints

_BOX = 5
"""Numbers before the keypoints: class, middle and size of the box."""
_ASIDE = 0.5
"""Keypoints may lie outside their box by this part of it."""
_MOST_OUTSIDE, _ALIKE = 0.2, 0.01
_LONGEST_BYTES = 10_000_000
_OF_A_FOLDER = ("classes.txt", "labels.txt", "requirements.txt", "readme.txt", "train.txt", "val.txt")


def read_labels(paths: Sequence[Path], source: Path, image_size: tuple[int, int] | None) -> People:
    """The people of label files, one per frame.

    Args:
        paths: The files.
        source: What to call them: the file, or the folder.
        image_size: (width, height) in pixels, which such files do not say.

    Raises:
        InputError: lines are no labels with keypoints, or nobody says how large the image is.
    """
    by_name = {path.name: path for path in paths}
    clips = named_clips(by_name) if len(paths) > 1 else [ClipFrames({paths[0].name: 0}, 1)]
    lines: list[tuple[int, int, str, FloatArray]] = []
    for index, clip in enumerate(clips):
        for name, place in clip.places.items():
            path = by_name[str(name)]
            lines += [(index, place, f"{path}, line {number}", row) for number, row in _rows(path)]
    if not lines:
        raise InputError(f"{source}: no person in it: the labels are empty")
    layout = _layout([row for *_, row in lines])
    if layout is None:
        raise InputError(
            f"{lines[0][2]}: {len(lines[0][3])} numbers, which are no YOLO label with keypoints: class, x, "
            "y, w, h, and "
            "x, y and a score for each joint, as parts of the image"
        )
    joints, width = layout
    end = _BOX + joints * width
    tracked = _tracked([row[end:] for *_, row in lines])
    found: list[Found] = []
    for clip, place, where, row in lines:
        if len(row) < end:
            raise InputError(f"{where}: {len(row)} numbers, needed are at least {end} for {joints} joints")
        body = row[_BOX:end].reshape(joints, width)
        if width == 2:
            body = np.column_stack([body, np.ones(joints, np.float32)])
        identity = (str(int(row[-1])),) if tracked and len(row) > end else ()
        found.append(Found(place, body, identity, clip))
    return people_of(source, "YOLO labels", in_pixels(found, image_size, source, parts=True), clips)


def label_files(folder: Path) -> list[Path]:
    """The label files of a folder, in natural order."""
    names = in_natural_order(file.name for file in folder.glob("*.txt"))
    return [folder / name for name in names if name.lower() not in _OF_A_FOLDER]


def _rows(path: Path) -> list[tuple[int, FloatArray]]:
    """The numbers of each line that is not empty, and which line it is."""
    text = read_whole(path, _LONGEST_BYTES).decode("utf-8-sig", errors="replace")
    rows: list[tuple[int, FloatArray]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows.append((number, np.array([float(part) for part in line.split()], dtype=np.float32)))
            except ValueError as error:
                raise InputError(
                    f"{path}, line {number}: no numbers; a .txt file is read as YOLO labels with keypoints"
                ) from error
    return rows


def _layout(rows: Sequence[FloatArray]) -> tuple[int, int] | None:
    """(joints, numbers of each) that put the keypoints into their boxes; None where nothing does.

    Behind the keypoints up to two numbers may follow; as few as need be.
    """
    shortest = min(len(row) for row in rows)
    fitting: list[tuple[float, bool, int, int, int]] = []
    for width in (3, 2):
        for more in range(int(width == 2 and _tracked(rows)), 3):
            joints, left = divmod(shortest - _BOX - more, width)
            if not left and joints > 0 and max(len(row) for row in rows) <= shortest + 2 - more:
                outside = float(np.mean([_outside(row, joints, width) for row in rows[:500]]))
                fitting.append((outside, not sets_of_as_many_joints(joints), more, joints, width))
    least = min((one[0] for one in fitting), default=1.0)
    if least > _MOST_OUTSIDE:
        return None
    return min(one[1:] for one in fitting if one[0] <= least + _ALIKE)[2:]


def _outside(row: FloatArray, joints: int, width: int) -> float:
    """The part of the keypoints that lie outside of their box, or have a score that is none."""
    x, y, w, h = row[1:_BOX]
    body = row[_BOX : _BOX + joints * width].reshape(joints, width)
    there = (body[:, :2] != 0).any(axis=1)
    if not there.any() or not (0 < w <= 2 and 0 < h <= 2):
        return 1.0
    off = np.abs(body[there, :2] - [x, y]) > np.array([w, h]) * (0.5 + _ASIDE)
    wrong = off.any(axis=1)
    if width == 3:
        wrong |= (body[there, 2] < 0) | (body[there, 2] > 2)
    return float(wrong.mean())


def _tracked(ends: Sequence[FloatArray]) -> bool:
    """Whether lines end with the number of a track, not with a confidence."""
    last = [float(end[-1]) for end in ends if len(end)]
    return bool(last) and all(number.is_integer() and number >= 0 for number in last) and max(last) >= 1
