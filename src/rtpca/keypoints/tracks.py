"""People in a clip: detections of single frames become tracks, keypoints of one person over time.

Files of keypoints are joined here by distance, which needs no further package; `rtpca.video.tracking` finds
out itself who is who, and has its tracks assembled here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rtpca.arrays import FloatArray, IntArray
from rtpca.keypoints.record import Keypoints

_MAX_LOST_FRAMES = 30
_MAX_STEP = 0.6
"""A person's middle moves by at most this part of the person's size from one frame to the next."""


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


def build_tracks(detections: Sequence[Detection], frames: int) -> list[Track]:
    """Join detections into tracks.

    The file's own identities are used if every detection has one and none appears twice in a frame.
    Otherwise, a detection continues the track whose last detection is the nearest, if that is near enough. A
    file with at most one person per frame is one track.

    Args:
        detections: In any order, all with the same number of joints.
        frames: Frames F of the clip.

    Returns:
        One per person, the one with the most seen joints first.
    """
    ordered = sorted(detections, key=lambda detection: detection.frame)
    per_frame = Counter(detection.frame for detection in ordered)
    identities = {(detection.frame, detection.identity) for detection in ordered}
    if all(count == 1 for count in per_frame.values()):
        groups = [ordered]
    elif all(detection.identity is not None for detection in ordered) and len(identities) == len(ordered):
        by_identity: dict[str | None, list[Detection]] = {}
        for detection in ordered:
            by_identity.setdefault(detection.identity, []).append(detection)
        groups = list(by_identity.values())
    else:
        groups = _nearest_groups(ordered)
    return assemble_tracks(groups, frames)


def assemble_tracks(groups: Sequence[Sequence[Detection]], frames: int) -> list[Track]:
    """The tracks of people whose detections are known.

    Args:
        groups: The detections of each person, at most one per frame.
        frames: Frames F of the clip.

    Returns:
        One per person, the one with the most seen joints first.
    """
    ordered = sorted(groups, key=lambda group: -sum(int((one.joints[:, 2] > 0).sum()) for one in group))
    return [_assemble(group, frames) for group in ordered]


@dataclass
class _OpenTrack:
    """A track that may go on."""

    middle: FloatArray
    size: float
    frame: int
    members: list[Detection] = field(default_factory=list[Detection])

    def cost(self, frame: int, middle: FloatArray) -> float:
        """Distance over what the person can have moved since; above 1 is too far."""
        reach = _MAX_STEP * self.size * (frame - self.frame) ** 0.5
        return float(np.linalg.norm(middle - self.middle)) / max(reach, 1e-6)


def _nearest_groups(ordered: list[Detection]) -> list[list[Detection]]:
    groups: list[list[Detection]] = []
    open_tracks: list[_OpenTrack] = []
    first = 0
    while first < len(ordered):
        frame = ordered[first].frame
        end = first
        while end < len(ordered) and ordered[end].frame == frame:
            end += 1
        open_tracks = [track for track in open_tracks if frame - track.frame <= _MAX_LOST_FRAMES]
        boxes = [(_box(detection.joints), detection) for detection in ordered[first:end]]
        boxes = [(box, detection) for box, detection in boxes if box is not None]
        pairs = sorted(
            (track.cost(frame, box[0]), i, j)
            for i, track in enumerate(open_tracks)
            for j, (box, _) in enumerate(boxes)
        )
        continued: dict[int, int] = {}
        for cost, i, j in pairs:
            if cost <= 1 and i not in continued.values() and j not in continued:
                continued[j] = i
        for j, ((middle, size), detection) in enumerate(boxes):
            if j in continued:
                track = open_tracks[continued[j]]
                track.middle, track.size, track.frame = middle, size, frame
            else:
                track = _OpenTrack(middle, size, frame)
                open_tracks.append(track)
                groups.append(track.members)
            track.members.append(detection)
        first = end
    return groups


def _box(joints: FloatArray) -> tuple[FloatArray, float] | None:
    """Middle and size of the seen joints; None where nothing is seen."""
    seen = joints[(joints[:, 2] > 0) & np.isfinite(joints).all(axis=1), :2]
    if not len(seen):
        return None
    low, high = seen.min(axis=0), seen.max(axis=0)
    return np.median(seen, axis=0).astype(np.float32), float((high - low).max())


def _assemble(group: Sequence[Detection], frames: int) -> Track:
    identity = group[0].identity
    name = f"identity {identity}, " if identity is not None else ""
    return Track(
        frames,
        np.array([detection.frame for detection in group]),
        np.stack([detection.joints for detection in group]),
        who=f"{name}seen in {len(group)} of {frames} frames",
    )
