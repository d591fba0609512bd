"""Does the confidence rank joints as their real errors do?

    python benchmarks/confidence.py mocap.h5 [--weights rtpca-s] [--split test] [--seconds 5]

Takes of a split are seen by one of the four fixed cameras each, taking turns, at about 30 frames per second,
and lifted: with true keypoints, with 5 px of Gaussian noise, and with a detector's errors (noise
with heavy tails, jumps, exchanged sides, joints missing for a while). Prints Spearman's rank correlation
between confidence and error for each joint, with the opposite sign (1: the surer, the better), for the
detector's relative score and for the confidence; and how far the confidence is from the share of joints
within 100 mm that it claims. With weights that have an uncertainty head also the rank correlation between its
radius and the error, and the share of joints within the radius of 50 % and of 90 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from scipy.stats import spearmanr

from rtpca.cli.console import run_script
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.inference import Lifter, confidence
from rtpca.inference.confidence import WITHIN_M, trouble_signs
from rtpca.skeletons import get_skeleton

Corruption = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]


def _gaussian(sigma_px: float) -> Corruption:
    def corrupt(
        points: torch.Tensor, image_size: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return points + sigma_px * torch.randn(points.shape, generator=generator), torch.ones(
            points.shape[:2]
        )

    return corrupt


def _detector(
    points: torch.Tensor, image_size: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    config = DetectorNoise(clean_share=0.0)
    found, scores = detector_noise_of_clips(points[None], config, generator, image_size[None])
    return found[0], scores[0]


CORRUPTIONS: dict[str, Corruption] = {"clean": _gaussian(0.0), "5 px": _gaussian(5.0), "detector": _detector}


@dataclass(frozen=True)
class Clip:
    """One lifted take.

    Attributes:
        signs: (F, 17, S) what the confidence is made from.
        confidence: (F, 17).
        score: (F, 17) relative score of the detector, 0 where missing.
        error_m: (F, 17) distance from the truth, pelvis at the origin.
        radii_m: (F, 17, 2) radius of 50 % and of 90 %; None without an uncertainty head.
    """

    signs: np.ndarray
    confidence: np.ndarray
    score: np.ndarray
    error_m: np.ndarray
    radii_m: np.ndarray | None = None


def lift_split(data: Path, split: str, seconds: float, weights: str = "rtpca-s") -> dict[str, list[Clip]]:
    """Every take of a split with every corruption."""
    network = Lifter.from_pretrained(weights, "cpu")
    generator = torch.Generator().manual_seed(0)
    found: dict[str, list[Clip]] = {name: [] for name in CORRUPTIONS}
    with open_dataset(data) as dataset:
        for number, name in enumerate(dataset.names(split)):
            recording = dataset.read(name)
            step = max(1, round(recording.fps / 30))
            fps = recording.fps / step
            camera = fixed_cameras(recording)[number % 4]
            joints = torch.from_numpy(recording.positions3d[::step][: int(seconds * fps)]).float()
            if len(joints) < 2 * fps:
                continue
            joints_cam = camera.world_to_camera(joints)
            truth = (joints_cam - joints_cam[:, :1]).numpy()
            for kind, corrupt in CORRUPTIONS.items():
                keypoints, scores = corrupt(
                    camera.project(joints_cam), camera.intrinsics.image_size, generator
                )
                found[kind].append(
                    _clip(network, keypoints, scores, fps, camera.intrinsics.image_size, truth)
                )
    return found


def _clip(
    network: Lifter,
    keypoints: torch.Tensor,
    scores: torch.Tensor,
    fps: float,
    image_size: torch.Tensor,
    truth: np.ndarray,
) -> Clip:
    """Lift, and keep what the lifter saw on the way."""
    seen: dict[str, np.ndarray] = {}

    def watched(*arguments: np.ndarray, **options: object) -> np.ndarray:
        seen["score"] = arguments[4].copy()
        seen["signs"] = trouble_signs(*arguments, **options)  # type: ignore[arg-type]
        return seen["signs"]

    with mock.patch.object(confidence, "trouble_signs", watched):
        size = (int(image_size[0]), int(image_size[1]))
        result = network(keypoints.numpy(), size, fps, "h36m17", scores=scores.numpy())
    use = result.valid
    error_m = np.linalg.norm(result.poses3d - truth, axis=-1)
    radii_m = None
    if result.uncertainty is not None:
        radii_m = np.stack([result.radius(level)[use] for level in (0.5, 0.9)], axis=-1)
    return Clip(seen["signs"][use], result.confidence[use], seen["score"][use], error_m[use], radii_m)


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    found = lift_split(arguments.data, arguments.split, arguments.seconds, arguments.weights)
    found["all"] = [clip for clips in found.values() for clip in clips]
    names = get_skeleton("h36m17").joints
    print(f"{'':16}" + "".join(f"{kind:>18}" for kind in found))
    print(f"{'':16}" + f"{'score':>10}{'conf.':>8}" * len(found))
    table = np.zeros((len(names), len(found), 2))
    for joint in range(1, len(names)):
        for column, clips in enumerate(found.values()):
            error = np.concatenate([clip.error_m[:, joint] for clip in clips])
            for kind, values in enumerate(("score", "confidence")):
                claimed = np.concatenate([getattr(clip, values)[:, joint] for clip in clips])
                constant = np.ptp(claimed) == 0
                table[joint, column, kind] = 0.0 if constant else -spearmanr(claimed, error).statistic
    for joint in range(1, len(names)):
        print(f"{names[joint]:16}" + "".join(f"{a:10.2f}{b:8.2f}" for a, b in table[joint]))
    print(f"{'mean':16}" + "".join(f"{a:10.2f}{b:8.2f}" for a, b in table[1:].mean(axis=0)))
    print("\nclaimed and real share within 100 mm, and mean error, by fifths of the confidence")
    for kind, clips in found.items():
        claimed = np.concatenate([clip.confidence[:, 1:].ravel() for clip in clips])
        error = np.concatenate([clip.error_m[:, 1:].ravel() for clip in clips])
        parts = np.array_split(np.argsort(claimed), 5)
        cells = [
            f"{claimed[p].mean():.2f}/{(error[p] < WITHIN_M).mean():.2f}/{1000 * error[p].mean():.0f} mm"
            for p in parts
        ]
        print(f"{kind:10}" + "  ".join(cells))
    if found["all"][0].radii_m is not None:
        print_radii(found)


def print_radii(found: dict[str, list[Clip]]) -> None:
    """How radii rank joints, and whether they hold what they claim."""
    print("\nradius: rank correlation with the error, joints within that of 50 % and of 90 %, mean of 90 %")
    for kind, clips in found.items():
        radii = np.concatenate([clip.radii_m[:, 1:] for clip in clips])
        error = np.concatenate([clip.error_m[:, 1:] for clip in clips])
        rank = np.mean([spearmanr(radii[:, j, 1], error[:, j]).statistic for j in range(error.shape[1])])
        half, nine = (100 * (error <= radii[..., level]).mean() for level in (0, 1))
        print(f"{kind:10}{rank:6.2f}{half:7.1f} %{nine:7.1f} %{1000 * radii[..., 1].mean():6.0f} mm")


if __name__ == "__main__":
    run_script(main)
