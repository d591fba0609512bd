"""What smoothing does to lifted poses, and what the fixed skeleton of BVH and GLB costs.

    python benchmarks/after_lifting.py mocap.h5 [--weights rtpca-s] [--split test] [--every 2]

Every second take of a split is seen by one of the four fixed cameras each, taking turns, at about 30 frames
per second, and lifted, with true keypoints and with 5 px of Gaussian noise. Prints MPJPE and acceleration
error, means over frames, of each way to smooth; and how far the joints of the animated skeleton lie from the
joints that it follows, true and lifted: mean over takes, and the worst take.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.export.body import BODY_INDEX
from rtpca.export.inverse_kinematics import fit_motion
from rtpca.inference import Lifter, LiftResult, smooth_result
from rtpca.inference.smoothing import METHODS
from rtpca.metrics import acceleration_error, mpjpe
from rtpca.skeletons import get_skeleton

NOISE_PX = 5.0
_UPRIGHT = np.array([1.0, -1.0, -1.0])  # from camera axes, y down, to axes with y up


def lifted_takes(
    data: Path, split: str, every: int, weights: str
) -> Iterator[tuple[np.ndarray, dict[str, LiftResult]]]:
    """(F, 17, 3) true root-relative poses of a take in camera axes, metres, and what was lifted of it."""
    lifter = Lifter.from_pretrained(weights, "cpu")
    generator = torch.Generator().manual_seed(0)
    with open_dataset(data) as dataset:
        for number, name in enumerate(dataset.names(split)[::every]):
            recording = dataset.read(name)
            step = max(1, round(recording.fps / 30))
            fps = recording.fps / step
            camera = fixed_cameras(recording)[number % 4]
            joints_cam = camera.world_to_camera(torch.from_numpy(recording.positions3d[::step]).float())
            keypoints = camera.project(joints_cam)
            noisy = keypoints + NOISE_PX * torch.randn(keypoints.shape, generator=generator)
            size = (int(camera.size_wh[0]), int(camera.size_wh[1]))
            found = {
                kind: lifter(points.numpy(), size, fps, "h36m17")
                for kind, points in (("true", keypoints), (f"{NOISE_PX:g} px", noisy))
            }
            yield (joints_cam - joints_cam[:, :1]).numpy(), found


def skeleton_distance_mm(poses: np.ndarray, fps: float) -> float:
    """Mean distance between poses (F, 17, 3), metres, camera axes, and the skeleton that follows them."""
    joints = poses.astype(np.float64) * _UPRIGHT
    names = get_skeleton("h36m17").joints
    animated = fit_motion(joints, fps).positions()[:, [BODY_INDEX[name] for name in names]]
    return float(1000 * np.linalg.norm(animated - joints, axis=-1).mean())


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
    for truth, found in lifted_takes(given.data, given.split, given.every, given.weights):
        fps = found["true"].fps
        skeletons["true motion"].append(skeleton_distance_mm(truth, fps))
        skeletons["lifted from true keypoints"].append(skeleton_distance_mm(found["true"].poses3d, fps))
        for keypoints, result in found.items():
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


if __name__ == "__main__":
    main()
