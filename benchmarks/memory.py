"""Memory that `rtpca lift` takes for long clips: the most that its process holds, for so many frames.

    python benchmarks/memory.py [FRAMES ...]

Keypoints of generated walking, repeated, with a detector's tremble; each length has a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from rtpca.cli.console import run_script
from rtpca.data.demo_clip import load_demo_clip

_FRAMES = (50_000, 500_000)


def write_clip(path: Path, frames: int) -> None:
    """Keypoints of so many frames, as an array file."""
    clip = load_demo_clip().keypoints
    points = np.resize(clip.keypoints_px, (frames, *clip.keypoints_px.shape[1:])).astype(np.float32)
    for start in range(0, frames, 10_000):
        part = points[start : start + 10_000]
        part += np.random.default_rng(start).normal(0, 1, part.shape).astype(np.float32)
    np.savez(path, keypoints=points, image_size=clip.image_size, fps=clip.fps, skeleton="h36m17")


def lifted(path: Path, weights: str) -> tuple[float, float]:
    """Seconds, and the most memory in GB, of a process that lifts a file."""
    words = [sys.executable, "-m", "rtpca", "lift", str(path), "-o", str(path.with_name("out.npz"))]
    began = time.perf_counter()
    subprocess.run([*words, "--weights", weights, "--no-flip"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def main() -> None:
    """Lift, and print a line for each length; the memory is the most so far, so lengths rise."""
    for frames in sorted(map(int, sys.argv[1:])) or _FRAMES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.npz"
            write_clip(path, frames)
            seconds, most_gb = lifted(path, "rtpca-xs")
        print(f"{frames:,} frames: {most_gb:.2f} GB, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    run_script(main)
