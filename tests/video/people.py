"""People as a detector would find them, on pictures that tell their number: for tests of what comes after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.video import PersonDetection
from rtpca.video.detectors import box_of


def walker(frames: int, fps: float = 25, seed: int = 1, shift_px: tuple[float, float] = (0, 0)) -> np.ndarray:
    """(F, 17, 2) h36m17 pixels of somebody walking, about 400 px tall, in an image of 1000 x 1002."""
    world = torch.as_tensor(generate_motion("walk", frames=frames, fps=fps, seed=seed))
    camera = evaluation_cameras(world)
    points = camera.project(camera.world_to_camera(world.expand(4, -1, -1, -1)))[0].numpy()
    return (points + np.asarray(shift_px)).astype(np.float32)


def person(points: np.ndarray, score: float = 0.9) -> PersonDetection:
    """A detection of (J, 2) joints; NaN ones are missing."""
    seen = np.isfinite(points).all(axis=1)
    scores = np.where(seen, np.float32(score), np.float32(0))
    return PersonDetection(points.astype(np.float32), scores, box_of(points.astype(np.float32), scores))


class Script:
    """A detector that finds what it is told: per frame a list of (17, 2) arrays, in the order of calls."""

    name = "script"
    skeleton = "h36m17"

    def __init__(self, people: Callable[[int], Sequence[np.ndarray]]) -> None:
        self.people = people
        self.times_s: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self.closed = False

    def __call__(self, image: np.ndarray, time_s: float) -> list[PersonDetection]:
        self.shapes.add(image.shape)
        self.times_s.append(time_s)
        return [person(points) for points in self.people(len(self.times_s) - 1)]

    def close(self) -> None:
        self.closed = True
