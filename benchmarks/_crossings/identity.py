"""Whether everybody keeps their identity through a crossing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from _crossings.scenes import Scene
from rtpca.keypoints.tracks import Track

_MOSTLY = 0.9


def tracks_of_detections(scene: Scene, tracks: Sequence[Track]) -> np.ndarray:
    """(N,) the track that each detection went into, -1 for none."""
    place = {
        (int(frame), joints.tobytes()): number
        for number, track in enumerate(tracks)
        for frame, joints in zip(track.seen, track.joints, strict=True)
    }
    return np.array([place.get((one.frame, one.joints.tobytes()), -1) for one in scene.detections])


def kept(scene: Scene, tracks: Sequence[Track]) -> bool:
    """Whether everybody is in one track of their own before and after, with nearly all detections."""
    track_of = tracks_of_detections(scene, tracks)
    frames = np.array([one.frame for one in scene.detections])
    owners: list[int] = []
    for person in range(int(scene.people.max()) + 1):
        own = scene.people == person
        sides = [own & (frames < scene.crossing[0]), own & (frames > scene.crossing[1]), own]
        main = [Counter(track_of[side].tolist()).most_common(1)[0] for side in sides if side.any()]
        if len({track for track, _ in main}) > 1 or main[-1][1] < _MOSTLY * own.sum():
            return False
        owners.append(main[-1][0])
    return len(set(owners)) == len(owners) and -1 not in owners
