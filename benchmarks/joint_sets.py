"""How often is a joint set recognised by the body, refused, or taken for another?

    python benchmarks/joint_sets.py mocap.h5 [--split test] [--clips 100]

Clips of a split at 30 frames per second, in random cameras, with the joints of each set put onto them: as
they are, with noise of 1 % of the body's size, with noise and a quarter of the joints missing, and with noise
and all of one side missing; of 1, 5 and 60 frames. Prints for each set and setting the share that is
recognised rightly, that is refused with a question, and that is taken for another set.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from rtpca.cli.console import run_script
from rtpca.data.cameras import RandomCameraConfig, random_cameras
from rtpca.data.joint_sets import with_joints_of
from rtpca.data.store import open_dataset
from rtpca.errors import InputError
from rtpca.keypoints.recognise import recognise_skeleton
from rtpca.skeletons import Skeleton, image_skeletons

LENGTHS = (1, 5, 60)
SETTINGS = ("as it is", "noise", "noise, 1/4 missing", "noise, one side")
_FPS, _NOISE, _MISSING = 30, 0.01, 0.25
_WITHOUT_NAMES = 100
"""Sets with face and hands are their bodies' sets here, with a joint count of their own."""


def clips(data: Path, split: str, number: int) -> Iterator[np.ndarray]:
    """(60, 17, 3) joints, spread over the takes of a split."""
    with open_dataset(data) as dataset:
        names = dataset.names(split)
        for i in np.linspace(0, len(names) - 1, min(number, len(names))).astype(int):
            recording = dataset.read(names[i])
            joints = recording.positions3d[:: max(1, round(recording.fps / _FPS))]
            if len(joints) >= max(LENGTHS):
                start = (len(joints) - max(LENGTHS)) // 2
                yield joints[start : start + max(LENGTHS)].astype(np.float64)


def seen_by_a_camera(joints: np.ndarray, positions3d: np.ndarray, seed: int) -> np.ndarray:
    """(F, J, 2) pixels in a random camera that has the whole body in its picture."""
    generator = torch.Generator().manual_seed(seed)
    camera = random_cameras(torch.from_numpy(positions3d)[None], RandomCameraConfig(), generator)
    return camera.project(camera.world_to_camera(torch.from_numpy(joints)[None]))[0].numpy()


def disturbed(
    points: np.ndarray, skeleton: Skeleton, setting: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and scores as a detector would give them in one of the settings."""
    scores = np.ones(points.shape[:2], dtype=np.float32)
    size = np.nanmedian(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=0).max()
    if "noise" in setting:
        points = points + rng.normal(0, _NOISE * size, points.shape)
    if "missing" in setting:
        scores[rng.random(scores.shape) < _MISSING] = 0
    if "side" in setting:
        scores[:, list(skeleton.left if rng.random() < 0.5 else skeleton.right)] = 0
    if skeleton.name == "posetrack17":
        scores[:, [skeleton.index("left_ear"), skeleton.index("right_ear")]] = 0
    return points.astype(np.float32), scores


def outcome(points: np.ndarray, scores: np.ndarray, skeleton: Skeleton) -> str:
    """Whether the set is recognised: right, refused or wrong."""
    try:
        found = recognise_skeleton(points, scores)[0]
    except InputError:
        return "refused"
    return "right" if found is skeleton else "wrong"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--clips", type=int, default=100)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    counts: dict[tuple[str, int, str], Counter[str]] = {}
    sets = [skeleton for skeleton in image_skeletons() if skeleton.num_joints < _WITHOUT_NAMES]
    for seed, positions3d in enumerate(clips(arguments.data, arguments.split, arguments.clips)):
        for skeleton in sets:
            points = seen_by_a_camera(with_joints_of(positions3d, skeleton), positions3d, seed)
            for frames in LENGTHS:
                start = int(rng.integers(len(points) - frames + 1))
                for setting in SETTINGS:
                    given = disturbed(points[start : start + frames], skeleton, setting, rng)
                    counts.setdefault((skeleton.name, frames, setting), Counter())[
                        outcome(*given, skeleton)
                    ] += 1
    print("right / refused / wrong in %, frames:", *LENGTHS)
    for setting in SETTINGS:
        print(f"\n{setting}")
        for skeleton in sets:
            parts = [shares(counts[skeleton.name, frames, setting]) for frames in LENGTHS]
            print(f"{skeleton.name:16}", "   ".join(parts))
        total = [
            sum((counts[one.name, frames, setting] for one in sets), Counter[str]()) for frames in LENGTHS
        ]
        print(f"{'all':16}", "   ".join(shares(one) for one in total))


def shares(counted: Counter[str]) -> str:
    """Right, refused and wrong in per cent."""
    return " / ".join(
        f"{100 * counted[kind] / max(counted.total(), 1):5.1f}" for kind in ("right", "refused", "wrong")
    )


if __name__ == "__main__":
    run_script(main)
