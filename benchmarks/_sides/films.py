"""Films of motion capture: a stretch of a take before a camera, of a length, a frame rate and a view."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.data.views import at_frame_rate
from rtpca.geometry import Camera
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
HIPS = H36M.index("left_hip"), H36M.index("right_hip")
ANKLES = H36M.index("left_ankle"), H36M.index("right_ankle")
VIEWS = {"front": 180.0, "back": 0.0, "side": 90.0, "oblique": 140.0}
"""Degrees between the way that the hips face on the whole and the way that the camera looks."""
FPS = (25.0, 30.0, 60.0)
SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
GAIT = ("walk", "run", "jog")


@dataclass(frozen=True, eq=False)
class Film:
    """What a camera sees, without a mistake.

    Attributes:
        points_px: (F, 17, 2) pixels.
        joints_cam: (F, 17, 3) metres, camera axes.
        fps: Frames per second.
        view: One of `VIEWS`.
        gait: Somebody walks or runs.
        camera: That filmed it.
        seconds: Its nominal length.
    """

    points_px: np.ndarray
    joints_cam: np.ndarray
    fps: float
    view: str
    gait: bool
    camera: Camera
    seconds: float

    @property
    def size_px(self) -> float:
        """Median of the larger side of the joints' box."""
        return float(np.median((self.points_px.max(axis=1) - self.points_px.min(axis=1)).max(axis=1)))

    @property
    def feet_cross(self) -> bool:
        """In a tenth of the frames at least the ankles clearly lie the other way round than the hips."""
        hips, ankles = (self.points_px[:, a] - self.points_px[:, b] for a, b in (HIPS, ANKLES))
        apart = np.linalg.norm(ankles, axis=-1) > 0.03 * self.size_px
        return bool((((hips * ankles).sum(axis=-1) < 0) & apart).mean() > 0.1)


def films(data: Path, split: str, each: int, long_s: float, seed: int, most: int = 0) -> Iterator[Film]:
    """`each` films of takes: lengths, frame rates, views and moments drawn; long takes at length too.

    Of every take, or if `most` is not 0, of takes spread over the split, about so many films.
    """
    rng = np.random.default_rng(seed)
    with open_dataset(data) as dataset:
        names = dataset.names(split)
        for name in names[:: max(1, len(names) * each // most)] if most else names:
            recording = dataset.read(name)
            lengths = rng.choice(SECONDS, each).tolist()
            if long_s and recording.duration_s >= long_s:
                lengths.append(long_s)
            for seconds in lengths:
                view = str(rng.choice(list(VIEWS)))
                if any(word in recording.action.lower() for word in GAIT) and rng.random() < 0.5:
                    view = "side"
                yield _film(recording, float(seconds), float(rng.choice(FPS)), view, rng)


def _film(recording: Recording, seconds: float, fps: float, view: str, rng: np.random.Generator) -> Film:
    start_s = rng.uniform(0, max(0.0, recording.duration_s - seconds))
    first = int(start_s * recording.fps)
    last = first + math.ceil(seconds * recording.fps) + 2
    part = replace(
        recording,
        positions3d=recording.positions3d[first:last],
        valid=None if recording.valid is None else recording.valid[first:last],
    )
    world = at_frame_rate(part, fps).positions3d[: max(2, round(seconds * fps))].astype(np.float32)
    number = int(rng.integers(4))
    sight = evaluation_cameras(torch.from_numpy(world)).R_cam_from_world[number, 2].numpy()
    wanted = math.atan2(sight[0], sight[2]) + rng.choice((-1.0, 1.0)) * math.radians(VIEWS[view])
    points = torch.from_numpy(facing(world, wanted))
    # The arrangement looks the same way whatever is filmed; only its distance depends on it.
    camera = evaluation_cameras(points)[number]
    joints_cam = camera.world_to_camera(points)
    gait = any(word in recording.action.lower() for word in GAIT)
    return Film(camera.project(joints_cam).numpy(), joints_cam.numpy(), fps, view, gait, camera, seconds)


def facing(world_m: np.ndarray, azimuth: float) -> np.ndarray:
    """Turned about the mean pelvis until the hips face, on the whole, `azimuth` from +z towards +x."""
    across = (world_m[:, HIPS[0]] - world_m[:, HIPS[1]]).mean(axis=0)
    forward = np.cross(across, [0, 1, 0])
    turn = azimuth - math.atan2(forward[0], forward[2])
    cos, sin = math.cos(turn), math.sin(turn)
    middle = world_m[:, :1].mean(axis=0) * [1, 0, 1]
    return ((world_m - middle) @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]) + middle).astype(
        np.float32
    )
