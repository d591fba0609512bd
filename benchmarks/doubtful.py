"""Does the confidence fall where keypoints tell little?

    python benchmarks/doubtful.py mocap.h5 [--weights rtpca-s] [--split test] [--seconds 3] [--every 1]

Takes of a split are seen by one of the four fixed cameras each, taking turns, with a detector's errors, in
situations that keypoints do not warn of: parts of the body never seen, bodies of a few pixels, all joints in
nearly one point, a focal length that no lens has. Prints of each the mean confidence, the share of joints
within 100 mm of the truth, and the mean error; of the parts that are hidden alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from confidence import CORRUPTIONS
from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.inference import Lifter, LiftResult
from rtpca.inference.confidence import WITHIN_M
from rtpca.skeletons import get_skeleton

_NAMES = get_skeleton("h36m17").joints
ALL = list(range(1, 17))
SMALL_PX = (64, 32, 16, 8, 4)
"""Heights of small bodies."""
_PIXEL_NOISE_PX = 0.7

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def joints_named(*parts: str) -> list[int]:
    """The joints whose names hold one of these words."""
    return [index for index, name in enumerate(_NAMES) if any(part in name for part in parts)]


@dataclass(frozen=True, eq=False)
class Situation:
    """Something that keypoints do not warn of.

    Attributes:
        hidden: Joints that are never seen; confidence and error are theirs, or else everybody's.
        change: Makes other keypoints (F, 17, 2) of them.
        focal: By the image's width; None takes that of the camera.
    """

    hidden: tuple[int, ...] = ()
    change: Change | None = None
    focal: float | None = None


def _smaller(height_px: float) -> Change:
    def change(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        middle = np.nanmean(points, axis=(0, 1))
        size = float(np.nanmedian(np.nanmax(points[..., 1], axis=1) - np.nanmin(points[..., 1], axis=1)))
        small = middle + (points - middle) * height_px / size
        return small + _PIXEL_NOISE_PX * rng.standard_normal(points.shape)

    return change


def _collapsed(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    middle = np.nanmean(points, axis=1, keepdims=True)
    return middle + 2 * rng.uniform(-1, 1, points.shape)


SITUATIONS: dict[str, Situation] = {
    "nothing": Situation(),
    "no ankles": Situation(tuple(joints_named("ankle"))),
    "no legs below the hips": Situation(tuple(joints_named("knee", "ankle"))),
    "nothing below the waist": Situation(tuple(joints_named("hip", "knee", "ankle", "pelvis"))),
    "no hands": Situation(tuple(joints_named("wrist"))),
    "no arms": Situation(tuple(joints_named("shoulder", "elbow", "wrist"))),
    "no head": Situation(tuple(joints_named("neck", "head"))),
    "no left arm": Situation(tuple(joints_named("left_elbow", "left_wrist"))),
    **{f"{height} px tall": Situation(change=_smaller(height)) for height in SMALL_PX},
    "all joints within 4 px": Situation(change=_collapsed),
    "focal length width / 100": Situation(focal=0.01),
    "focal length 50 x width": Situation(focal=50.0),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """One lifted take.

    Attributes:
        result: What was lifted.
        error_m: (F, 17) distance from the truth, pelvis at the origin.
        scores: (F, 17), 0 where missing.
    """

    result: LiftResult
    error_m: np.ndarray
    scores: np.ndarray


def lift_situations(
    data: Path, split: str, seconds: float, every: int, weights: str = "rtpca-s", **options: bool
) -> dict[str, list[Seen]]:
    """Every n-th take of a split in every situation, lifted with options of `Lifter`."""
    network = Lifter.from_pretrained(weights, "cpu", **options)
    found: dict[str, list[Seen]] = {name: [] for name in SITUATIONS}
    with open_dataset(data) as dataset:
        for number, name in enumerate(dataset.names(split)[::every]):
            recording = dataset.read(name)
            step = max(1, round(recording.fps / 30))
            fps = recording.fps / step
            joints = torch.from_numpy(recording.positions3d[::step][: int(seconds * fps)]).float()
            if len(joints) < 2 * fps:
                continue
            camera = fixed_cameras(recording)[number % 4]
            joints_cam = camera.world_to_camera(joints)
            truth = (joints_cam - joints_cam[:, :1]).numpy()
            size = (int(camera.intrinsics.image_size[0]), int(camera.intrinsics.image_size[1]))
            for kind, situation in SITUATIONS.items():
                generator = torch.Generator().manual_seed(number)
                keypoints, scores = CORRUPTIONS["detector"](
                    camera.project(joints_cam), camera.intrinsics.image_size, generator
                )
                points, sure = keypoints.numpy().copy(), scores.numpy().copy()
                sure[:, list(situation.hidden)] = 0
                if situation.change is not None:
                    points = situation.change(points, np.random.default_rng(number))
                focal = None if situation.focal is None else situation.focal * size[0]
                result = network(points, size, fps, "h36m17", scores=sure, focal_px=focal)
                error_m = np.linalg.norm(result.poses3d - truth, axis=-1)
                found[kind].append(Seen(result, error_m, sure))
    return found


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--every", type=int, default=1, help="Every so many takes.")
    arguments = parser.parse_args()
    found = lift_situations(
        arguments.data, arguments.split, arguments.seconds, arguments.every, arguments.weights
    )
    print(f"{'situation':28}{'confidence':>12}{'within':>10}{'error':>10}")
    for kind, takes in found.items():
        joints = [joint for joint in SITUATIONS[kind].hidden if joint] or ALL
        claimed = np.concatenate([one.result.confidence[one.result.valid][:, joints] for one in takes])
        error_m = np.concatenate([one.error_m[one.result.valid][:, joints] for one in takes])
        within = float((error_m < WITHIN_M).mean())
        print(f"{kind:28}{claimed.mean():12.2f}{within:10.2f}{1000 * error_m.mean():7.0f} mm")


if __name__ == "__main__":
    run_script(main)
