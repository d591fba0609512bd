"""Everybody whom a file shows, in every frame, put together to people: what readers of detections share.

Here it is decided what is missing, on which scale scores are, who is who where a file says it twice or badly,
and what is a clip at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError, counted
from rtpca.keypoints.files.frames import ClipFrames
from rtpca.keypoints.numbers import missing_joints, on_a_scale, reach_below_zero
from rtpca.keypoints.people import People
from rtpca.keypoints.record import ASSUMED_FPS
from rtpca.keypoints.tracks import Detection, Track, build_tracks

_SAME_BODY = 0.03
"""Detections of a frame whose joints are this close, in parts of the body's size, show the same person."""
_SAME_PLACE = 0.5
"""Two detections of one identity whose middles are farther apart are two people."""
_BROKEN_IDENTITIES = 0.2
"""Identities that stand for two people in this part of the frames say nothing."""
_LEAP, _LEAP_OF_SCATTERED = 0.5, 0.15
"""People of a film move less from frame to frame, in parts of their size; far apart pictures need less."""


@dataclass(frozen=True, slots=True)
class Found:
    """One person in one frame, as the file has it.

    Attributes:
        frame: Index of the frame in its clip, from 0.
        joints: (J, 3) pixels and score.
        identities: What the file's tracker calls the person; several where boxes were merged.
        clip: Index of the clip.
        image_size: (width, height) in pixels of this picture, or None.
    """

    frame: int
    joints: FloatArray
    identities: tuple[str, ...] = ()
    clip: int = 0
    image_size: tuple[int, int] | None = None


def people_of(
    path: Path,
    format: str,
    found: Sequence[Found],
    clips: Sequence[ClipFrames],
    *,
    declared: str | None = None,
    joint_names: Sequence[str] | None = None,
    image_size: tuple[int, int] | None = None,
    fps: float | None = None,
    notes: Sequence[str] = (),
) -> People:
    """The people that all detections of a file show, clip by clip, the most complete of a clip first.

    Args:
        path: The file.
        format: What wrote it, for the user.
        found: Everybody in every frame, in any order.
        clips: The clips.
        declared: What the file calls its joint set, or None.
        joint_names: What it calls each joint, in the order of the detections; or None.
        image_size: (width, height) in pixels of all clips, or None.
        fps: Frames per second, or None.
        notes: What the reader assumed.

    Raises:
        InputError: there is nobody, they differ in their number of joints, or their third numbers are no
            scores.
    """
    counts = sorted({len(one.joints) for one in found})
    if joint_names is not None and counts not in ([], [len(joint_names)]):
        raise InputError(
            f"{path}: the file names {len(joint_names)} joints, but people have {', '.join(map(str, counts))}"
        )
    if len(counts) > 1:
        raise InputError(
            f"{path}: people with different numbers of joints ({', '.join(map(str, counts))}); all must "
            "have the same"
        )
    said = list(notes)
    found = _cleaned(found, path, said)
    if not found:
        frames = sum(clip.frames for clip in clips)
        raise InputError(f"{path}: no person in it: no keypoints were found in {counted(frames, 'frame')}")
    each: list[Track] = []
    numbers: list[int] = []
    by_clip: dict[int, list[Found]] = defaultdict(list)
    for one in found:
        by_clip[one.clip].append(one)
    parts = [
        part for index, members in sorted(by_clip.items()) for part in _parts_of(clips[index], members, said)
    ]
    if len(parts) > 1:
        said.append(f"{len(parts)} clips or photographs in the file, each by itself: {_listed(parts)}")
    for number, (clip, members) in enumerate(parts):
        heard: list[str] = [clip.note] if clip.note else []
        tracks = build_tracks(_detections(members, heard), clip.frames, fps or ASSUMED_FPS)
        size = image_size or next((one.image_size for one in members if one.image_size), None)
        where = f"{clip.label}: " if len(parts) > 1 else ""
        each += [
            replace(one, image_size=size, who=where + one.who, notes=(*said, *heard, *one.notes))
            for one in tracks
        ]
        numbers += [number] * len(tracks)
    return People(
        path,
        format,
        tuple(each),
        declared,
        joint_names=None if joint_names is None else tuple(joint_names),
        fps=fps,
        clips=tuple(numbers),
    )


def _listed(parts: Sequence[tuple[ClipFrames, Sequence[Found]]]) -> str:
    labels = [clip.label for clip, _ in parts]
    return ", ".join(labels[:3]) + (", ..." if len(labels) > 3 else "")


def _cleaned(found: Sequence[Found], path: Path, said: list[str]) -> list[Found]:
    """The detections with NaN and score 0 where a joint is missing; those without any joint are left out."""
    if not found:
        return []
    joints = np.stack([one.joints for one in found]).astype(np.float32, copy=False)  # (N, J, 3)
    finite = np.isfinite(joints).all(axis=2)
    there = finite & ~missing_joints(joints[..., :2], np.ones(finite.shape, dtype=np.float32))
    values = joints[..., 2]
    if reach_below_zero(values[there]):
        raise InputError(
            f"{path}: the numbers beside x and y reach from {values[there].min():.3g} to "
            f"{values[there].max():.3g}, and scores are never negative: leave depth out, and turn "
            "logits into probabilities"
        )
    seen = there & (values > 0)
    joints[..., 2], note = on_a_scale(np.where(seen, values, 0))
    said += [note] if note else []
    joints[~seen] = (np.nan, np.nan, 0)
    return [
        replace(one, joints=clean)
        for one, clean, any_seen in zip(found, joints, np.atleast_1d(seen.any(axis=1)), strict=True)
        if any_seen
    ]


def _parts_of(
    clip: ClipFrames, members: list[Found], said: list[str]
) -> list[tuple[ClipFrames, list[Found]]]:
    """A clip with its detections; its photographs, where it is none."""
    sizes = {one.image_size for one in members if one.image_size}
    leap = _usual_leap(members)
    if len(sizes) < 2 and not (clip.scattered and leap > _LEAP_OF_SCATTERED):
        if leap > _LEAP:
            said.append(
                "people leap by more than half their size from frame to frame: if these are photographs, or "
                "frames in a wrong order, lifting them as a film is wrong; give them one by one"
            )
        return [(clip, members)]
    names = {place: str(name) for name, place in clip.places.items()}
    by_frame: dict[int, list[Found]] = defaultdict(list)
    for one in members:
        by_frame[one.frame].append(replace(one, frame=0))
    return [(ClipFrames({}, 1, names.get(frame, str(frame))), by_frame[frame]) for frame in sorted(by_frame)]


def _usual_leap(members: Sequence[Found]) -> float:
    """How far the person who moves least moves to the next frame, in parts of their size: the median."""
    by_frame: dict[int, list[FloatArray]] = defaultdict(list)
    for one in members:
        by_frame[one.frame].append(one.joints)
    frames = sorted(by_frame)
    if len(frames) < 2:
        return 0.0
    picked = np.unique(np.linspace(0, len(frames) - 2, min(len(frames) - 1, 200)).astype(int))
    leaps = [
        min(bodies_apart(one, other) for one in by_frame[frames[i]] for other in by_frame[frames[i + 1]])
        for i in picked
    ]
    known = [leap for leap in leaps if np.isfinite(leap)]
    return float(np.median(known)) if known else 0.0


def bodies_apart(one: FloatArray, other: FloatArray) -> float:
    """Mean distance of the joints that both have, in parts of the larger body; NaN without any."""
    both = (one[:, 2] > 0) & (other[:, 2] > 0)
    if not both.any():
        return float("nan")
    size = max(float(np.ptp(body[body[:, 2] > 0, :2], axis=0).max()) for body in (one, other))
    return float(np.linalg.norm(one[both, :2] - other[both, :2], axis=1).mean()) / max(size, 1e-6)


def _detections(members: Sequence[Found], said: list[str]) -> list[Detection]:
    """One detection per person and frame, with the identity that counts."""
    by_frame: dict[int, list[Found]] = defaultdict(list)
    for one in members:
        by_frame[one.frame].append(one)
    chosen: list[Detection] = []
    twice = shared = crowded = 0
    examples: Counter[str] = Counter()
    for frame, people in by_frame.items():
        single, repeated = _without_repeats(people)
        twice += repeated
        named = _with_one_identity(frame, single)
        again = {name for name, times in Counter(one.identity for one in named).items() if name and times > 1}
        crowded += len(named) > 1
        shared += bool(again)
        examples.update(again)
        chosen += named
    if twice:
        said.append(
            f"{counted(twice, 'detection repeats', 'detections repeat')} another one of their frame: the "
            "better-scored one is taken"
        )
    if not shared:
        return chosen
    example = examples.most_common(1)[0][0]
    if shared > _BROKEN_IDENTITIES * crowded:
        said.append(
            f"identities stand for several people at once ('{example}' in "
            f"{counted(examples[example], 'frame')}): people are told apart by where they are"
        )
        return [replace(one, identity=None) for one in chosen]
    said.append(
        f"an identity stands for several people in {counted(shared, 'frame')} ('{example}' for one): the "
        "better-scored one is taken"
    )
    best: dict[tuple[int, str | None, int], Detection] = {}
    for number, one in enumerate(chosen):
        key = (one.frame, one.identity, -1 if one.identity else number)
        if key not in best or _sureness(one.joints) > _sureness(best[key].joints):
            best[key] = one
    return list(best.values())


def _without_repeats(people: list[Found]) -> tuple[list[Found], int]:
    """The people of a frame, the best-scored of those who are the same; how many were left out."""
    if len(people) < 2:
        return people, 0
    kept: list[Found] = []
    for one in sorted(people, key=lambda person: -_sureness(person.joints)):
        if not any(_same_person(one, other) for other in kept):
            kept.append(one)
    in_order = [one for one in people if any(one is other for other in kept)]
    return in_order, len(people) - len(in_order)


def _same_person(one: Found, other: Found) -> bool:
    apart = bodies_apart(one.joints, other.joints)
    alike = apart < _SAME_BODY
    called_alike = one.identities[:1] == other.identities[:1] != ()
    return alike or (called_alike and apart < _SAME_PLACE)


def _with_one_identity(frame: int, people: Sequence[Found]) -> list[Detection]:
    """Where boxes were merged, the first of their identities that nobody else of the frame has."""
    taken = {one.identities[0] for one in people if len(one.identities) == 1}
    detections: list[Detection] = []
    for one in people:
        identity = one.identities[0] if one.identities else None
        if len(one.identities) > 1:
            identity = next((name for name in one.identities if name not in taken), identity)
            taken.add(cast(str, identity))
        detections.append(Detection(frame, one.joints, identity))
    return detections


def _sureness(joints: FloatArray) -> float:
    return float(joints[:, 2].sum())
