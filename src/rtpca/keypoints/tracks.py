"""People in a clip: detections of single frames become tracks, keypoints of one person over time.

The identities of a file's own tracker win; where there are none, `rtpca.keypoints.identities` finds out who
is who, for files and videos alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import DoubleArray, FloatArray, IntArray
from rtpca.errors import counted
from rtpca.keypoints.following import body_sizes
from rtpca.keypoints.identities import Doubt, identify, linked, without_leaps
from rtpca.keypoints.pieces import Piece
from rtpca.keypoints.record import ASSUMED_FPS, Keypoints

_SAME_POSE, _SAME_BOX = 0.08, 0.85
"""Tracks whose joints are closer than this part of the person's size, or whose boxes overlap by more than
that (intersection over union), in the median of their common frames, show one person twice."""
_MOSTLY = 0.7
_COMMON_JOINTS = 4
_DOUBLES = (
    "detection that showed a person a second time was",
    "detections that showed a person a second time were",
)


@dataclass(frozen=True, slots=True)
class Detection:
    """One person in one frame.

    Attributes:
        frame: Index of the frame, from 0.
        joints: (J, 3) pixels and score.
        identity: What the file's own tracker calls the person, or None.
    """

    frame: int
    joints: FloatArray
    identity: str | None = None


@dataclass(frozen=True, eq=False)
class Track:
    """One person of a clip, kept for the frames that show them: many people may be seen for moments each.

    Attributes:
        frames: Frames F of the clip.
        seen: (N,) rising indices of the frames that show the person.
        joints: (N, J, 3) pixels and score.
        image_size: (width, height) in pixels; None where nobody said.
        who: Who of several people this is, for messages.
        notes: What was noticed about the person, one sentence each.
    """

    frames: int
    seen: IntArray
    joints: FloatArray
    image_size: tuple[int, int] | None = None
    who: str = ""
    notes: tuple[str, ...] = ()

    def keypoints(self) -> Keypoints:
        """The person in all frames of the clip."""
        joints = np.full((self.frames, *self.joints.shape[1:]), np.nan, dtype=np.float32)
        joints[self.seen] = self.joints
        scores = np.maximum(np.nan_to_num(joints[..., 2]), 0)
        return Keypoints(joints[..., :2], scores, image_size=self.image_size, who=self.who, notes=self.notes)


def build_tracks(detections: Sequence[Detection], frames: int, fps: float = ASSUMED_FPS) -> list[Track]:
    """Join detections into tracks.

    Detections of one identity are one person; identities that take turns are joined where one goes on as the
    other. Without identities people are followed by `rtpca.keypoints.identities`, and detections without one
    also among those who have one. Where nobody is ever seen beside another, all is one person, unless it
    leaps from one place to another for good. Who is shown twice all the time is one person.

    Args:
        detections: In any order, all with the same number of joints, of which at least one is seen; no
            identity twice in a frame.
        frames: Frames F of the clip.
        fps: Frames per second, about.

    Returns:
        One per person, the one with the most seen joints first; `notes` say where it is doubtful who is who.

    Raises:
        InputError: a frame shows more people than can be followed.
    """
    ordered = sorted(detections, key=lambda detection: detection.frame)
    notes: list[str] = []
    at = np.array([detection.frame for detection in ordered])
    found = np.stack([detection.joints for detection in ordered])
    places = np.where(found[..., 2:] > 0, found[..., :2], np.nan).astype(np.float64)
    named: dict[str, list[int]] = {}
    for index, detection in enumerate(ordered):
        if detection.identity is not None:
            named.setdefault(detection.identity, []).append(index)
    known = [Piece(np.array(members), at[members], places[members]) for members in named.values()]
    whole = Piece(np.arange(len(at)), at, places)
    doubts: list[Doubt] = []
    alone = len(np.unique(at)) == len(at)
    if alone and len(known) < 2:
        people = without_leaps(whole, fps)
    elif sum(map(len, named.values())) < len(ordered):
        people, doubts = identify(whole, known, fps)
    elif alone:
        people = linked(known, fps)
        if len(people) < len(known):
            notes.append(
                f"{len(known)} identities, of which {len(known) - len(people)} go on as an earlier one"
            )
    else:
        people = known
    if not named:
        people, note = _without_doubles(people, found[..., 2])
        notes += note
        # Nobody can be exchanged with a second showing of themselves.
        kept = np.concatenate([person.members for person in people])
        doubts = [doubt for doubt in doubts if np.isin(doubt.detections, kept).all()]
    tracks = [
        _track(
            [ordered[index] for index in person.members],
            frames,
            (*notes, *(doubt.note() for doubt in doubts if doubt.about(person))),
        )
        for person in people
    ]
    return sorted(tracks, key=lambda track: -int((track.joints[..., 2] > 0).sum()))


def _without_doubles(people: list[Piece], scores: FloatArray) -> tuple[list[Piece], list[str]]:
    """Those who do not lie on somebody surer most of the time, and a note; (N, J) scores of detections."""
    sums = scores.sum(axis=1)
    surest_first = sorted(people, key=lambda person: -float(sums[person.members].sum()))
    kept: list[Piece] = []
    by_frame: dict[int, list[tuple[Piece, int]]] = {}
    doubles = 0
    for person in surest_first:
        beside: dict[int, list[tuple[int, int]]] = {}
        for row, frame in enumerate(person.frames.tolist()):
            for other, other_row in by_frame.get(frame, ()):
                beside.setdefault(id(other), []).append((row, other_row))
        others = {id(other): other for other in kept}
        if any(
            len(pairs) >= _MOSTLY * len(person.frames) and _same_person(person, others[key], pairs)
            for key, pairs in beside.items()
        ):
            doubles += len(person.frames)
            continue
        kept.append(person)
        for row, frame in enumerate(person.frames.tolist()):
            by_frame.setdefault(frame, []).append((person, row))
    order = {id(person): place for place, person in enumerate(people)}
    kept.sort(key=lambda person: order[id(person)])
    return kept, [f"{counted(doubles, *_DOUBLES)} left out"] if doubles else []


def _same_person(one: Piece, other: Piece, pairs: list[tuple[int, int]]) -> bool:
    rows, other_rows = np.array(pairs).T
    a, b = one.joints[rows], other.joints[other_rows]  # (N, J, 2)
    distance = np.linalg.norm(a - b, axis=-1) / np.maximum(body_sizes(a), body_sizes(b))[:, None]
    enough = np.isfinite(distance).sum(axis=1) >= _COMMON_JOINTS
    if enough.any() and float(np.median(np.nanmedian(distance[enough], axis=1))) < _SAME_POSE:
        return True
    return float(np.median(_overlap(a, b))) > _SAME_BOX


def _overlap(a: DoubleArray, b: DoubleArray) -> DoubleArray:
    """(N,) intersection over union of the boxes round joints (N, J, 2)."""
    (low_a, high_a), (low_b, high_b) = ((np.nanmin(x, axis=1), np.nanmax(x, axis=1)) for x in (a, b))
    common = np.maximum(np.minimum(high_a, high_b) - np.maximum(low_a, low_b), 0).prod(axis=-1)
    union = (high_a - low_a).prod(axis=-1) + (high_b - low_b).prod(axis=-1) - common
    return common / np.maximum(union, 1e-9)


def _track(detections: list[Detection], frames: int, notes: tuple[str, ...]) -> Track:
    name = f"identity {detections[0].identity}, " if detections[0].identity is not None else ""
    return Track(
        frames,
        np.array([detection.frame for detection in detections]),
        np.stack([detection.joints for detection in detections]),
        who=f"{name}seen in {len(detections)} of {counted(frames, 'frame')}",
        notes=notes,
    )
