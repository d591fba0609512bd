"""How fast a `Lifter` is in two trees of this repository, side by side: frames per second and their ratio.

    python benchmarks/lifting_speed.py BEFORE [AFTER] [--weights rtpca-s ...] [--fps 30 60] [--seconds 10]
        [--rounds 5] [--threads N]

BEFORE and AFTER are folders with a `src/`, or revisions that git knows; AFTER is this tree by default. Each
tree has a process of its own with the library loaded once. Every round lifts the same keypoints with one and
with the other, so that what else the machine does falls on both; medians are printed, of the clock and of
the processor's time, which tells more on a machine that is busy, and how far the poses are apart at most.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from rtpca.cli.console import run_script
from rtpca.errors import InputError

_HERE = Path(__file__).resolve().parents[1]
_WORKER = """
import json, sys, time
import numpy as np, torch
import rtpca
from rtpca.data.demo_clip import load_demo_clip
clip = load_demo_clip().keypoints
points = np.concatenate([clip.keypoints_px, clip.scores[..., None]], axis=-1)
torch.set_num_threads(int(sys.argv[1]))
lifters = {}
for line in sys.stdin:
    task = json.loads(line)
    name, fps = task["weights"], task["fps"]
    lifter = lifters.setdefault(name, None) or rtpca.Lifter.from_pretrained(name, "cpu")
    lifters[name] = lifter
    frames = round(task["seconds"] * fps)
    # There and back again, so that nothing jumps.
    turn = np.concatenate([points, points[::-1]])
    keypoints = np.resize(turn, (frames, *turn.shape[1:]))
    clock, used = time.perf_counter(), time.process_time()
    poses = lifter(keypoints, clip.image_size, fps, "h36m17").poses3d
    took = {"clock_s": time.perf_counter() - clock, "processor_s": time.process_time() - used}
    np.save(task["poses"], poses)
    print(json.dumps(took), flush=True)
"""


class Tree:
    """One tree of the repository, in a process of its own."""

    def __init__(self, source: Path, threads: int) -> None:
        environment = os.environ | {"PYTHONPATH": str(source / "src"), "OMP_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(threads)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def lift(self, **task: object) -> dict[str, float]:
        """Seconds that it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise InputError("a tree cannot lift: see its error above")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def checked_out(name: str, folder: Path) -> Path:
    """A folder as it is, or a revision unpacked into `folder`."""
    if (Path(name) / "src" / "rtpca").is_dir():
        return Path(name).resolve()
    folder.mkdir()
    archive = subprocess.run(["git", "-C", _HERE, "archive", name], check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", folder], check=True, input=archive.stdout)
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before")
    parser.add_argument("after", nargs="?", default=str(_HERE))
    parser.add_argument("--weights", nargs="+", default=["rtpca-xs", "rtpca-s", "rtpca-b"])
    parser.add_argument("--fps", nargs="+", type=float, default=[30.0, 60.0])
    parser.add_argument("--seconds", nargs="+", type=float, default=[10.0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources = {name: checked_out(getattr(arguments, name), folder / name) for name in ("before", "after")}
        trees = {name: Tree(source, arguments.threads) for name, source in sources.items()}
        print(f"{arguments.threads} threads, medians of {arguments.rounds} rounds, frames per second")
        print("weights    fps    s | clock: before  after  ratio | processor: before  after  ratio | apart")
        for weights in arguments.weights:
            for fps in arguments.fps:
                for seconds in arguments.seconds:
                    print(_line(trees, folder, weights, fps, seconds, arguments.rounds), flush=True)
        for tree in trees.values():
            tree.close()


def _line(trees: dict[str, Tree], folder: Path, weights: str, fps: float, seconds: float, rounds: int) -> str:
    took: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
    for turn in range(rounds + 1):  # one to warm up
        for name, tree in trees.items():
            poses = str(folder / f"{name}.npy")
            answer = tree.lift(weights=weights, fps=fps, seconds=seconds, poses=poses)
            if turn:
                took[name].append(answer)
    cells: list[str] = []
    for kind in ("clock_s", "processor_s"):
        median = {name: statistics.median(each[kind] for each in times) for name, times in took.items()}
        speed = {name: seconds * fps / each for name, each in median.items()}
        ratio = median["before"] / median["after"]
        cells.append(f"{speed['before']:9.0f} {speed['after']:6.0f} {ratio:6.2f}")
    before, after = (np.load(folder / f"{name}.npy") for name in ("before", "after"))
    apart_mm = 1000 * float(np.linalg.norm(before - after, axis=-1).max())
    return f"{weights:9} {fps:5g} {seconds:4g} | {cells[0]:>22} | {cells[1]:>27} | {apart_mm:.3f} mm"


if __name__ == "__main__":
    run_script(main)
