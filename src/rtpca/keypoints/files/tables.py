"""Keypoints in tables, `.csv`: one row per frame or per joint, columns named after joints and coordinates.

MediaPipe's landmarks are mostly kept so, SLEAP writes such files, and so do scripts. Columns are `nose_x`,
`nose_y` and a score, `x1`, `y1` and `v1`, or `x`, `y` and a score beside a column that names or numbers the
joint. DeepLabCut's tables have several header rows: `rtpca.keypoints.files.deeplabcut`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.files.damage import reason
from rtpca.files.reading import read_whole
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, named_clips, numbered_frames
from rtpca.keypoints.files.parsing import SCORE_NAMES, frame_number, identities_of
from rtpca.keypoints.files.units import in_pixels
from rtpca.keypoints.people import People

LARGEST_TABLE_BYTES = 1 << 28
"""Two hours of MediaPipe's 33 landmarks with nine digits each, at 30 frames per second."""
_LONGEST_CELL = 10_000
_MOST_COLUMNS = 5_000
_HEAD_BYTES = 20_000
_FRAME_COLUMNS = (
    *(
        "frame",
        "frame_idx",
        "frame_id",
        "frame_number",
        "frame_index",
        "frameindex",
        "frame_no",
        "framenumber",
    ),
    *(
        "image_id",
        "image",
        "image_name",
        "file_name",
        "filename",
        "img",
        "timestamp_ms",
        "timestamp",
        "time_s",
        "time",
    ),
)
_PERSON_COLUMNS = (
    "track_id",
    "person_id",
    "track",
    "person",
    "individual",
    "tracker_id",
    "subject",
    "pose_id",
)
_JOINT_COLUMNS = (
    *(
        "landmark_name",
        "joint_name",
        "keypoint_name",
        "bodypart",
        "landmark",
        "joint",
        "keypoint",
        "name",
        "part",
    ),
    *(
        "landmark_id",
        "joint_id",
        "keypoint_id",
        "landmark_index",
        "landmark_idx",
        "joint_index",
        "id",
        "index",
    ),
)
_SCORES = frozenset((*SCORE_NAMES, "vis", "p", "s", "probability"))
_LETTER = "x|y|z|" + "|".join(sorted(_SCORES, key=len, reverse=True))
_JOINT_FIRST = re.compile(rf"(?P<joint>.*?)[ _.:/-]?(?P<what>{_LETTER})", re.IGNORECASE)
_LETTER_FIRST = re.compile(rf"(?P<what>{_LETTER})[ _.:/-]?(?P<joint>\d+|[A-Za-z].*)", re.IGNORECASE)
_PLAIN_FEWEST = 5


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a table that are not empty, separated by commas, semicolons or tabs.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    try:
        content = read_whole(path, LARGEST_TABLE_BYTES)
        head = content[:_HEAD_BYTES].decode("utf-8-sig", "replace")
        first = next((line for line in head.splitlines() if line.strip()), "")
        separator = max(",;\t", key=first.count)
        lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
        for row in csv.reader(lines, delimiter=separator):
            if len(row) > _MOST_COLUMNS or any(len(cell) > _LONGEST_CELL for cell in row):
                raise InputError(f"{path}: a row of {len(row)} columns: no table of keypoints")
            if any(cell.strip() for cell in row):
                yield [cell.strip() for cell in row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: no text of a table ({reason(error)})") from error


def first_rows(path: Path, count: int) -> list[list[str]]:
    """The first rows of a table; see `read_rows`."""
    return list(islice(read_rows(path), count))


def cell_number(cell: str, where: str) -> float:
    """What a cell holds: NaN for an empty one.

    Raises:
        InputError: it is no number.
    """
    if not cell or cell.lower() in ("nan", "na", "none", "null", "-"):
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{where}: {cell[:40]!r} is no number") from None


def read_table(path: Path, image_size: tuple[int, int] | None) -> People:
    """Keypoints in a table with one header row.

    Raises:
        InputError: the columns are not called as above, or cells are no numbers.
    """
    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        raise InputError(f"{path}: an empty table")
    plain = [re.sub(r"\W+", "_", name.strip().lower()).strip("_") for name in header]
    if {"x", "y"} <= set(plain):
        return _read_tidy(path, plain, rows, image_size)
    columns, names = _joint_columns(path, header, plain)
    frame_column = _first(plain, _FRAME_COLUMNS)
    person_column = _first(plain, _PERSON_COLUMNS)
    keys: list[str] = []
    joints: list[FloatArray] = []
    who: list[tuple[str, ...]] = []
    for number, row in enumerate(rows, start=2):
        row += [""] * (len(header) - len(row))
        values = [
            [cell_number(row[at], f"{path}, row {number}") if at >= 0 else 1.0 for at in three]
            for three in columns
        ]
        joints.append(np.array(values, dtype=np.float32))
        keys.append(row[frame_column] if frame_column is not None else str(len(keys)))
        who.append(identities_of(row[person_column]) if person_column is not None else ())
    return _people(path, keys, joints, who, names, image_size)


def _read_tidy(
    path: Path, header: list[str], rows: Iterator[list[str]], image_size: tuple[int, int] | None
) -> People:
    """One joint a row."""
    joint_column, frame_column = _first(header, _JOINT_COLUMNS), _first(header, _FRAME_COLUMNS)
    if joint_column is None or frame_column is None:
        raise InputError(
            f"{path}: a table with columns x and y needs one that names or numbers the joint ('landmark') "
            "and one for "
            f"the frame ('frame'); it has {', '.join(header[:12])}"
        )
    person_column = _first(header, _PERSON_COLUMNS)
    score_column = _first(header, tuple(_SCORES))
    at_x, at_y = header.index("x"), header.index("y")
    bodies: dict[tuple[str, str], dict[str, tuple[float, float, float]]] = {}
    order: dict[str, None] = {}
    for number, row in enumerate(rows, start=2):
        row += [""] * (len(header) - len(row))
        where = f"{path}, row {number}"
        score = 1.0 if score_column is None else cell_number(row[score_column], where)
        key = (row[frame_column], "" if person_column is None else row[person_column])
        body = bodies.setdefault(key, {})
        joint = row[joint_column]
        if joint in body:
            raise InputError(
                f"{where}: joint {joint!r} a second time in frame {key[0]!r}; several people need a column"
            )
        body[joint] = (cell_number(row[at_x], where), cell_number(row[at_y], where), score)
        order[joint] = None
        if len(order) > _MOST_COLUMNS:
            raise InputError(f"{path}: more than {_MOST_COLUMNS} joints: no table of keypoints")
    called = list(order)
    numbers = [frame_number(joint) for joint in called]
    if None not in numbers:
        called = [
            joint for _, joint in sorted(zip(numbers, called, strict=True), key=lambda pair: pair[0] or 0)
        ]
    missing = (float("nan"), float("nan"), 0.0)
    joints = [
        np.array([body.get(joint, missing) for joint in called], dtype=np.float32) for body in bodies.values()
    ]
    who = [identities_of(person) for _, person in bodies]
    names = None if None not in numbers else tuple(called)
    return _people(path, [frame for frame, _ in bodies], joints, who, names, image_size)


def _people(
    path: Path,
    keys: Sequence[str],
    joints: Sequence[FloatArray],
    who: Sequence[tuple[str, ...]],
    names: tuple[str, ...] | None,
    image_size: tuple[int, int] | None,
) -> People:
    """The people of rows: what their frames are called, their joints and identities."""
    notes: list[str] = []
    numbers = [frame_number(key) for key in keys]
    clips: list[ClipFrames]
    if None in numbers:
        clips = named_clips(keys)
        where = {
            name: (index, place) for index, clip in enumerate(clips) for name, place in clip.places.items()
        }
        places = [where[key] for key in keys]
    else:
        known = [number for number in numbers if number is not None]
        clips = [numbered_frames(known)]
        places = [(0, clips[0].places[number]) for number in known]
    found = [
        Found(place, body, identities, clip)
        for (clip, place), body, identities in zip(places, joints, who, strict=True)
    ]
    count = len(joints[0]) if joints else 0
    return people_of(
        path,
        "MediaPipe landmarks" if count == 33 else "table of keypoints",
        in_pixels(found, image_size, path),
        clips,
        declared="mediapipe33" if count == 33 and names is None else None,
        joint_names=names,
        notes=notes,
    )


def _joint_columns(
    path: Path, header: Sequence[str], plain: Sequence[str]
) -> tuple[list[tuple[int, int, int]], tuple[str, ...] | None]:
    """(x, y, score or -1) columns of each joint, and their names; None where they are numbered."""
    for pattern in (_JOINT_FIRST, _LETTER_FIRST):
        found: dict[str, dict[str, int]] = {}
        for at, name in enumerate(header):
            match = pattern.fullmatch(name.strip())
            if match and match["joint"] and plain[at] not in (*_FRAME_COLUMNS, *_PERSON_COLUMNS):
                what = match["what"].lower()
                found.setdefault(match["joint"], {})["score" if what in _SCORES else what] = at
        joints = {name: places for name, places in found.items() if {"x", "y"} <= set(places)}
        if len(joints) >= _PLAIN_FEWEST:
            numbers = [frame_number(re.sub(r"^\D*", "", name)) for name in joints]
            numbered = all(
                re.fullmatch(r"(landmark|keypoint|joint|kp|kpt|point|p)?[ _.-]?\d+", name, re.I)
                for name in joints
            )
            ordered = list(joints.items())
            if numbered and None not in numbers:
                ordered = [
                    pair
                    for _, pair in sorted(zip(numbers, ordered, strict=True), key=lambda both: both[0] or 0)
                ]
            columns = [(places["x"], places["y"], places.get("score", -1)) for _, places in ordered]
            return columns, None if numbered else tuple(name for name, _ in ordered)
    raise InputError(
        f"{path}: no table of keypoints: needed are columns such as nose_x, nose_y and nose_score, or x1, "
        "y1 and v1, "
        f"or x, y and landmark; it has {', '.join(header[:12])}"
    )


def _first(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the first of these names that the header has."""
    return next((header.index(name) for name in names if name in header), None)
