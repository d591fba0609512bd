"""What smoothing does to lifted poses, what a fixed skeleton costs, and how level the floor is.

    python benchmarks/after_lifting.py mocap.h5 [--weights rtpca-s] [--split test] [--every 2]

Every second take of a split is seen by one of the four fixed cameras each, taking turns, at about 30 frames
per second, and lifted, with true keypoints and with 5 px of Gaussian noise. Prints MPJPE and acceleration
error, means over frames, of each way to smooth; how far the joints of the animated skeleton lie from the
joints that it follows (BVH, GLB), true and lifted: mean over takes, and the worst take; and how far the up
that is found is off the true one, and the height of standing ankles off their true one: median, nine of ten,
worst take. The true floor of a take is where it puts the ankles of standing feet at their usual height.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.export.body import BODY_INDEX
from rtpca.export.inverse_kinematics import fit_motion
from rtpca.geometry import Camera
from rtpca.inference import Lifter, LiftResult, estimate_ground, smooth_result
from rtpca.inference.ground import ANKLE_HEIGHT_M
from rtpca.inference.smoothing import METHODS
from rtpca.metrics import acceleration_error, mpjpe
from rtpca.skeletons import get_skeleton

NOISE_PX = 5.0
_UPRIGHT = np.array([1.0, -1.0, -1.0])  # from camera axes, y down, to axes with y up
_ANKLES = [get_skeleton("h36m17").index(name) for name in ("right_ankle", "left_ankle")]
# An ankle stands while it is slower than this, and no higher above the lowest of the take.
_STANDING_M_PER_S, _STANDING_HEIGHT_M = 0.3, 0.1


@dataclass(frozen=True)
class Take:
    """A take in one camera, and what was lifted of it.

    Attributes:
        joints_world: (F, 17, 3) true joints, metres, y up.
        camera: The camera.
        found: Results by the keypoints that were lifted: "true" and with noise.
    """

    joints_world: torch.Tensor
    camera: Camera
    found: dict[str, LiftResult]

    @property
    def truth(self) -> np.ndarray:
        """(F, 17, 3) true root-relative poses in camera axes, metres."""
        joints_cam = self.camera.world_to_camera(self.joints_world)
        return (joints_cam - joints_cam[:, :1]).numpy()


def lifted_takes(data: Path, split: str, every: int, weights: str) -> Iterator[Take]:
    """Takes of a split, lifted."""
    lifter = Lifter.from_pretrained(weights, "cpu")
    generator = torch.Generator().manual_seed(0)
    with open_dataset(data) as dataset:
        for number, name in enumerate(dataset.names(split)[::every]):
            recording = dataset.read(name)
            step = max(1, round(recording.fps / 30))
            fps = recording.fps / step
            camera = fixed_cameras(recording)[number % 4]
            joints_world = torch.from_numpy(recording.positions3d[::step]).float()
            keypoints = camera.project(camera.world_to_camera(joints_world))
            noisy = keypoints + NOISE_PX * torch.randn(keypoints.shape, generator=generator)
            size = (int(camera.intrinsics.image_size[0]), int(camera.intrinsics.image_size[1]))
            found = {
                kind: lifter(points.numpy(), size, fps, "h36m17")
                for kind, points in (("true", keypoints), (f"{NOISE_PX:g} px", noisy))
            }
            yield Take(joints_world, camera, found)


def skeleton_distance_mm(poses: np.ndarray, fps: float) -> float:
    """Mean distance between poses (F, 17, 3), metres, camera axes, and the skeleton that follows them."""
    joints = poses.astype(np.float64) * _UPRIGHT
    names = get_skeleton("h36m17").joints
    animated = fit_motion(joints, fps).positions()[:, [BODY_INDEX[name] for name in names]]
    return float(1000 * np.linalg.norm(animated - joints, axis=-1).mean())


def floor_errors(take: Take, result: LiftResult) -> tuple[float, float]:
    """Degrees between the up that is found and the true one, and |error| of standing ankles' height, cm.

    The second is the median over the ankles that truly stand, NaN where none does.
    """
    ground = estimate_ground(result)
    true_up_cam = take.camera.R_cam_from_world[:, 1].double().numpy()
    degrees = float(np.degrees(np.arccos(np.clip(ground.up_cam @ true_up_cam, -1.0, 1.0))))

    ankles = take.joints_world[:, _ANKLES].double().numpy()  # (F, 2, 3)
    speed = np.linalg.norm(np.gradient(ankles, axis=0), axis=-1) * result.fps
    heights = ankles[..., 1]
    standing = (speed < _STANDING_M_PER_S) & (heights < np.quantile(heights, 0.05) + _STANDING_HEIGHT_M)
    if not standing.any():
        return degrees, np.nan
    true_heights = heights - np.median(heights[standing]) + ANKLE_HEIGHT_M
    found_heights = ground.place(result)[:, _ANKLES, 1]
    return degrees, float(100 * np.median(np.abs(found_heights - true_heights)[standing]))


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=2)
    given = parser.parse_args()

    errors: dict[tuple[str, str], list[torch.Tensor]] = defaultdict(list)
    skeletons: dict[str, list[float]] = defaultdict(list)
    floors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for take in lifted_takes(given.data, given.split, given.every, given.weights):
        truth, found, fps = take.truth, take.found, take.found["true"].fps
        skeletons["true motion"].append(skeleton_distance_mm(truth, fps))
        skeletons["lifted from true keypoints"].append(skeleton_distance_mm(found["true"].poses3d, fps))
        for keypoints, result in found.items():
            floors[keypoints].append(floor_errors(take, result))
            for method in METHODS:
                poses = smooth_result(result, method).poses3d
                errors[method, f"{keypoints}, mm"].append(1000 * mpjpe(poses, truth))
                errors[method, f"{keypoints}, m/s^2"].append(acceleration_error(poses, truth, fps))

    columns = list(dict.fromkeys(column for _, column in errors))
    print(f"{'':10}" + "".join(f"{column:>14}" for column in columns))
    for method in METHODS:
        means = [float(torch.cat(errors[method, column]).mean()) for column in columns]
        print(f"{method:10}" + "".join(f"{mean:14.1f}" for mean in means))
    print("\nskeleton of BVH and GLB, mm from the joints it follows: mean over takes, worst take")
    for name, distances in skeletons.items():
        print(f"{name:28}{np.mean(distances):6.1f}{max(distances):8.1f}")
    print("\nfloor: up, degrees off; standing ankles, cm off: median, nine of ten, worst take")
    for keypoints, rows in floors.items():
        shown = "".join(f"{value:8.1f}" for value in np.nanquantile(rows, [0.5, 0.9, 1.0], axis=0).T.ravel())
        print(f"{keypoints:10}{shown}")


if __name__ == "__main__":
    run_script(main)
