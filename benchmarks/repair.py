"""How many of a detector's exchanged sides and jumping joints are put right, and what is broken?

    python benchmarks/repair.py mocap.h5 [--split test] [--seconds 10]

Takes of a split, seen by one of the four fixed cameras each, taking turns, and those of walking and running
seen exactly from the side, where left and right cross at every step. About every second and a half the sides
of legs, arms or both (all of the limb, or its outer joints) are exchanged for 1 to 12 frames, and a joint
jumps by 0.15 to 0.6 of the person's size. Prints, for each view, frame rate and noise: the share of the
exchanged joints that were put right; the share of their error that is gone (exchanged joints that lie in
nearly the same place do no harm); of the other joints, those exchanged; jumps found; of the other joints,
those taken for jumps; and last of the joints of takes into which nothing was put, those exchanged.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.keypoints.repair import LIMBS, repair_keypoints
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
LEGS, ARMS = (
    [[H36M.index(f"{side}_{joint}") for side in ("left", "right")] for joint in limb] for limb in LIMBS
)
EXCHANGES = (LEGS, ARMS, LEGS[1:], LEGS[2:], ARMS[1:], ARMS[2:], LEGS + ARMS)
SETTINGS = ((30, 0), (30, 2), (30, 5), (15, 2), (15, 5), (10, 5))
_EVERY_S = 1.5
_MOST_FRAMES = 12
_SIDE_ACTIONS = ("walk", "run", "jog")
_SIDE_FOCAL_PX, _SIDE_DISTANCE_M = 1000, 5


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
            camera = fixed_cameras(recording)[number % 4]
            points = torch.from_numpy(joints)
            yield "fixed cameras", camera.project(camera.world_to_camera(points)).numpy(), fps
            if any(action in recording.action.lower() for action in _SIDE_ACTIONS):
                yield "from the side", from_the_side(joints), fps


def from_the_side(world_m: np.ndarray) -> np.ndarray:
    """(F, 17, 2) pixels, seen across the way that the hips face on the whole."""
    across = (world_m[:, LEGS[0][0]] - world_m[:, LEGS[0][1]]).mean(axis=0) * [1, 0, 1]
    across = across / np.linalg.norm(across)
    heading = np.cross(across, [0, 1, 0])
    offset = world_m - world_m[:, :1].mean(axis=0)
    depth = np.maximum(_SIDE_DISTANCE_M + offset @ across, 1)
    flat = np.stack([offset @ heading, -offset[..., 1]], axis=-1)
    return (500 + _SIDE_FOCAL_PX * flat / depth[..., None]).astype(np.float32)


def spoil(points: np.ndarray, fps: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The points with mistakes put in, (F, 17) exchanged joints and (F, 17) jumps; never both in a frame."""
    spoilt = points.copy()
    exchanged, jumps = (np.zeros(points.shape[:2], dtype=bool) for _ in range(2))
    size = float(np.median((points.max(axis=1) - points.min(axis=1)).max(axis=1)))
    every = round(_EVERY_S * fps)
    for start in range(0, len(points) - every, every):
        length = int(rng.integers(1, _MOST_FRAMES + 1))
        first = start + int(rng.integers(3, max(4, every - length - 4)))
        frames = slice(first, first + length)
        for left, right in EXCHANGES[rng.integers(len(EXCHANGES))]:
            spoilt[frames, [left, right]] = spoilt[frames, [right, left]]
            exchanged[frames, [left, right]] = True
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.6) * size
        frame, joint = start + int(rng.integers(every)), int(rng.integers(17))
        if not exchanged[max(0, frame - 2) : frame + 3].any():
            spoilt[frame, joint] += far * np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
            jumps[frame, joint] = True
    return spoilt, exchanged, jumps


def measure(data: Path, split: str, seconds: float, fps: float, noise_px: float) -> None:
    """Print a row for each view."""
    rng = np.random.default_rng(0)
    totals: dict[str, np.ndarray] = {}
    for view, clean, rate in views(data, split, seconds, fps):
        points = clean + rng.normal(0, noise_px, clean.shape).astype(np.float32)
        spoilt, exchanged, jumps = spoil(points, rate, rng)
        before = np.where(exchanged, np.linalg.norm(spoilt - points, axis=-1), 0)
        started = time.perf_counter()
        repair = repair_keypoints(spoilt, np.ones(points.shape[:2], np.float32), rate)
        seconds_taken = time.perf_counter() - started
        after = np.nan_to_num(np.where(exchanged, np.linalg.norm(spoilt - points, axis=-1), 0))
        untouched = repair_keypoints(points.copy(), np.ones(points.shape[:2], np.float32), rate)
        counts = np.array([
            (exchanged & repair.exchanged).sum(), exchanged.sum(),
            before.sum() - after.sum(), before.sum(),
            (~exchanged & repair.exchanged).sum(), (~exchanged).sum(),
            (jumps & repair.outliers).sum(), jumps.sum(),
            (~jumps & repair.outliers).sum(), (~jumps).sum(),
            untouched.exchanged.sum(), untouched.exchanged.size,
            1000 * seconds_taken, len(points),
        ], dtype=np.float64)  # fmt: skip
        totals[view] = totals.get(view, 0) + counts
    for view, counts in totals.items():
        right, gone, wrong, found, dropped, calm, cost = counts[::2] / counts[1::2]
        print(
            f"{view:14} {fps:3g}/s {noise_px:2g} px {right:8.1%} {gone:8.1%} {wrong:9.3%} {found:8.1%} "
            f"{dropped:9.4%} {calm:9.4%} {cost:8.3f}"
        )


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    heads = ("right", "gone", "wrong", "jumps", "no jumps", "nothing", "ms/frame")
    print(f"{'':25}" + "".join(f"{head:>9}" for head in heads))
    for fps, noise_px in SETTINGS:
        measure(arguments.data, arguments.split, arguments.seconds, fps, noise_px)


if __name__ == "__main__":
    run_script(main)
