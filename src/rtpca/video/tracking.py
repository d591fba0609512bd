"""Who is who: detections of single frames become people, followed through the whole clip.

Frame to frame, supervision's ByteTrack decides: boxes are predicted by a Kalman filter and assigned by
overlap, surely found people first, doubtful ones next. It is taken from supervision 0.30, the last version
that has it. Its successor, the package `trackers`, needs numpy 2, which the versions of mediapipe that work
offline exclude; norfair excludes numpy 2 and rich 15. Around it stands what ByteTrack does not do: twofold
detections of one person are removed, the parts of an interrupted track are joined, tracks of a few frames are
dropped.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rtpca.extras import optional_import
from rtpca.keypoints.tracks import Detection, Track, assemble_tracks
from rtpca.video.detectors.base import FloatArray, PersonDetection

_SAME_POSE = 0.12
"""Two detections whose joints are closer than this part of the person's size show one person."""
_SAME_BOX = 0.75
"""So do two whose boxes overlap by more than this (intersection over union)."""
_COMMON_JOINTS = 4
_LOST_S = 1.0
"""ByteTrack looks for a lost person for so long."""
_JOINED_S = 1.5
"""The parts of a track are joined over gaps of up to that."""
_REACH, _REACH_PER_S = 0.5, 1.5
"""A person who was lost reappears within so many times their size: a runner's speed."""
_SAME_SIZE = 0.6
_SHORTEST_PART_S, _SHORTEST_S = 0.2, 0.5


def without_duplicates(detections: Sequence[PersonDetection]) -> list[PersonDetection]:
    """The detections of one picture without those that show a person a second time.

    Of two that show one person, that with the higher sum of scores stays. They do if their joints lie close
    together (median distance below 12 % of the person's size), or their boxes nearly coincide.

    Args:
        detections: People of one picture.

    Returns:
        Those that stay, the surest first.
    """
    kept: list[PersonDetection] = []
    for one in sorted(detections, key=lambda detection: -float(detection.scores.sum())):
        if np.isfinite(one.box_px).all() and not any(_same_person(one, other) for other in kept):
            kept.append(one)
    return kept


def _same_person(a: PersonDetection, b: PersonDetection) -> bool:
    common = (a.scores > 0) & (b.scores > 0)
    size = max(_size(a.box_px), _size(b.box_px))
    if common.sum() >= _COMMON_JOINTS and size > 0:
        distances = np.linalg.norm(a.keypoints_px[common] - b.keypoints_px[common], axis=1)
        if float(np.median(distances)) < _SAME_POSE * size:
            return True
    return overlap(a.box_px, b.box_px) > _SAME_BOX


def _size(box: FloatArray) -> float:
    return float(max(box[2] - box[0], box[3] - box[1]))


def overlap(a: FloatArray, b: FloatArray) -> float:
    """Intersection over union of two (4,) boxes: left, top, right, bottom; also live, without supervision."""
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    common = float(sides.prod())
    union = float((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod()) - common
    return common / union if union > 0 else 0.0


@dataclass
class _Person:
    """One track while it grows: its detections, and its boxes at both ends."""

    first_box: FloatArray
    last_box: FloatArray
    members: list[Detection] = field(default_factory=list[Detection])

    @property
    def first(self) -> int:
        return self.members[0].frame

    @property
    def last(self) -> int:
        return self.members[-1].frame


class PersonTracker:
    """Follows people through a video, one frame after the other.

    Attributes:
        duplicates: Detections that showed somebody a second time.
    """

    def __init__(self, rate: float) -> None:
        """A tracker for one video.

        Args:
            rate: Frames per second, about.

        Raises:
            MissingExtraError: supervision is not installed.
        """
        self._supervision = optional_import("supervision", "video", "to follow people")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it moves to another package: see above
            self._tracker: Any = self._supervision.ByteTrack(
                track_activation_threshold=0.2, lost_track_buffer=round(30 * _LOST_S), frame_rate=rate
            )
        self._rate = rate
        self._people: dict[int, _Person] = {}
        self.duplicates = 0

    def update(self, frame: int, detections: Sequence[PersonDetection]) -> None:
        """Take in the people of the next frame.

        Args:
            frame: Its index, growing from call to call.
            detections: The people in it.
        """
        single = without_duplicates(detections)
        self.duplicates += len(detections) - len(single)
        boxes = np.array([_steady_box(one) for one in single], dtype=np.float32).reshape(-1, 4)
        found = self._supervision.Detections(
            xyxy=boxes,
            confidence=np.array([_confidence(one.scores) for one in single], dtype=np.float32),
            data={"index": np.arange(len(single))},
        )
        tracked = self._tracker.update_with_detections(found)
        self._tracker.removed_tracks.clear()  # it would keep them for ever
        if not len(tracked):
            return
        for index, identity in zip(tracked.data["index"], tracked.tracker_id, strict=True):
            one = single[int(index)]
            person = self._people.setdefault(int(identity), _Person(one.box_px, one.box_px))
            joints = np.column_stack([one.keypoints_px, one.scores]).astype(np.float32)
            person.members.append(Detection(frame, joints))
            person.last_box = one.box_px

    def finish(self, frames: int) -> tuple[list[Track], list[str]]:
        """The people of the whole video.

        Args:
            frames: Frames of the video.

        Returns:
            One track per person, the most complete first; notes on what was dropped.
        """
        found = list(self._people.values())
        parts = _lasting(found, _SHORTEST_PART_S * self._rate)
        joined = _joined(parts, self._rate)
        lasting = _lasting(joined, _SHORTEST_S * self._rate)
        notes: list[str] = []
        if self.duplicates:
            notes.append(f"{self.duplicates} detections that showed a person a second time were left out")
        dropped = len(found) - len(parts) + len(joined) - len(lasting)
        if dropped:
            tracks = "track" if dropped == 1 else "tracks"
            notes.append(f"{dropped} {tracks} of less than {_SHORTEST_S:g} s dropped: hardly people")
        return assemble_tracks([one.members for one in lasting], frames), notes


def _steady_box(one: PersonDetection) -> FloatArray:
    """(4,) a square as large as the person around the middle of the joints.

    The box around a walking person is wide and narrow in turns, so that it hardly overlaps its prediction.
    """
    seen = one.keypoints_px[np.isfinite(one.keypoints_px).all(axis=1) & (one.scores > 0)]
    middle = np.median(seen, axis=0) if len(seen) else (one.box_px[:2] + one.box_px[2:]) / 2
    half = _size(one.box_px) / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def _confidence(scores: FloatArray) -> float:
    seen = scores[scores > 0]
    return float(np.clip(seen.mean(), 0.11, 1.0)) if len(seen) else 0.11


def _lasting(people: list[_Person], frames: float) -> list[_Person]:
    """Those who are seen in so many frames; where there is none, those who are seen longest."""
    longest = max((len(one.members) for one in people), default=0)
    return [one for one in people if len(one.members) >= min(frames, longest)]


def _joined(people: list[_Person], rate: float) -> list[_Person]:
    """Join a track that ends to one that begins soon after, nearby and of like size; shortest gap first."""
    pairs = sorted(
        (later.first - earlier.last, i, j)
        for i, earlier in enumerate(people)
        for j, later in enumerate(people)
        if 0 < later.first - earlier.last <= _JOINED_S * rate and _may_be_one(earlier, later, rate)
    )
    follower: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in follower and j not in follower.values():
            follower[i] = j
    joined: list[_Person] = []
    for start in sorted(set(range(len(people))) - set(follower.values())):
        person, current = people[start], start
        while current in follower:
            current = follower[current]
            person.members += people[current].members
            person.last_box = people[current].last_box
        joined.append(person)
    return joined


def _may_be_one(earlier: _Person, later: _Person, rate: float) -> bool:
    before, after = earlier.last_box, later.first_box
    sizes = sorted((_size(before), _size(after)))
    if sizes[0] < _SAME_SIZE * sizes[1]:
        return False
    moved = float(np.linalg.norm((before[:2] + before[2:] - after[:2] - after[2:]) / 2))
    return moved <= sizes[1] * (_REACH + _REACH_PER_S * (later.first - earlier.last) / rate)
