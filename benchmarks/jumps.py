"""How many jumping joints does repair find, and what does it take for one?

    python benchmarks/jumps.py mocap.h5 [--split test] [--seconds 10]

Takes of a split, seen by one of the four fixed cameras each, taking turns, and those of walking and running
from the side. Every second and a half a joint jumps for one frame by 0.15 to 0.6 of the person's size.
Prints, for each view, frame rate and noise: jumps found; of the other joints, those taken for jumps.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from _sides.films import GAIT, facing
from rtpca.cli.console import run_script
from rtpca.data.cameras import evaluation_cameras
from rtpca.data.store import open_dataset
from rtpca.keypoints.repair import find_jumps, person_size

SETTINGS = ((30, 0), (30, 2), (30, 5), (15, 2), (15, 5), (10, 5))
_EVERY_S = 1.5
_SMOOTH_FPS = 20.0


def views(
    data: Path, split: str, seconds: float, wanted_fps: float
) -> Iterator[tuple[str, np.ndarray, float]]:
    """(view, (F, 17, 2) pixels, frames per second) of every take that is long enough."""
    with open_dataset(data) as dataset:
        for number, name in enumerate(dataset.names(split)):
            recording = dataset.read(name)
            step = max(1, round(recording.fps / wanted_fps))
            fps = recording.fps / step
            joints = recording.positions3d[::step][: int(seconds * fps)].astype(np.float32)
            if len(joints) < 2 * fps:
                continue
            yield "fixed cameras", _seen(joints, number % 4), fps
            if any(word in recording.action.lower() for word in GAIT):
                sight = evaluation_cameras(torch.from_numpy(joints)).R_cam_from_world[number % 4, 2].numpy()
                turned = facing(joints, math.atan2(sight[0], sight[2]) + math.pi / 2)
                yield "from the side", _seen(turned, number % 4), fps


def _seen(world_m: np.ndarray, number: int) -> np.ndarray:
    points = torch.from_numpy(world_m)
    camera = evaluation_cameras(points)[number]
    return camera.project(camera.world_to_camera(points)).numpy()


def measure(data: Path, split: str, seconds: float, fps: float, noise_px: float) -> None:
    """Print a row for each view."""
    rng = np.random.default_rng(0)
    totals: dict[str, np.ndarray] = {}
    for view, clean, rate in views(data, split, seconds, fps):
        points = (clean + rng.normal(0, noise_px, clean.shape)).astype(np.float32)
        scores = np.ones(points.shape[:2], np.float32)
        size, jumps = person_size(points, scores), np.zeros(scores.shape, dtype=bool)
        every = round(_EVERY_S * rate)
        for start in range(0, len(points) - every, every):
            frame, joint = start + int(rng.integers(every)), int(rng.integers(17))
            angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.6) * size
            points[frame, joint] += far * np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
            jumps[frame, joint] = True
        found = find_jumps(points, scores, size * max(1.0, _SMOOTH_FPS / rate))
        counts = [(jumps & found).sum(), jumps.sum(), (~jumps & found).sum(), (~jumps).sum()]
        totals[view] = totals.get(view, 0) + np.array(counts, dtype=np.float64)
    for view, counts in totals.items():
        right, wrong = counts[::2] / counts[1::2]
        print(f"{view:14} {fps:3g}/s {noise_px:2g} px {right:8.1%} {wrong:9.4%}")


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    print(f"{'':25}" + "".join(f"{head:>9}" for head in ("jumps", "no jumps")))
    for fps, noise_px in SETTINGS:
        measure(arguments.data, arguments.split, arguments.seconds, fps, noise_px)


if __name__ == "__main__":
    run_script(main)
