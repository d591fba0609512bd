"""How fast one core follows people: the tracker alone, without detector and lifter."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from _crossings.gaits import Gait
from rtpca.keypoints.following import Follower
from rtpca.keypoints.tracks import Detection, build_tracks

_FPS, _SECONDS = 30.0, 20
_PX_PER_M, _WIDTH_M = 150.0, 10.0


def following_speed(gaits: Sequence[Gait], people: int, rng: np.random.Generator) -> tuple[float, float]:
    """Frames per second of a core, live and of a file, with people who walk to and fro in view."""
    times = np.arange(int(_SECONDS * _FPS)) / _FPS
    joints = np.empty((len(times), people, 17, 3), dtype=np.float32)
    for person in range(people):
        gait = gaits[rng.integers(len(gaits))]
        walked = np.abs((rng.uniform(0, 2 * _WIDTH_M) + gait.speed_m_s * times) % (2 * _WIDTH_M) - _WIDTH_M)
        places = gait.at(times + rng.uniform(0, 10))[..., :2] * (1, -1)
        places[..., 0] += walked[:, None]
        joints[:, person, :, :2] = _PX_PER_M * (places + (0, 4)) + rng.normal(0, 2, places.shape)
    joints[..., 2] = 1
    follower = Follower(_FPS)
    began = time.process_time()
    for frame, places in enumerate(joints[..., :2].astype(np.float64)):
        follower.update(float(frame), places)
    live_s = time.process_time() - began
    found = [Detection(frame, body) for frame, bodies in enumerate(joints) for body in bodies]
    began = time.process_time()
    build_tracks(found, len(times), _FPS)
    return len(times) / live_s, len(times) / (time.process_time() - began)
