"""How much networks use time: the error of the middle frame with its window, out of order, and without one.

    python benchmarks/temporal_use.py WEIGHTS [WEIGHTS ...] --data mocap.h5 [--noise 5] [--windows 400]

For the same windows of each network, the MPJPE of the middle frame

- `window`: as it is;
- `shuffled`: with the other frames of the window in random order: what the order of frames is worth;
- `alone`: with the middle frame in place of every frame: what other frames are worth.

Then, for each temporal block, the entropy of its attention rows over that of uniform attention (1: every
frame weighs the same, whatever the query). A network that hardly uses time cannot gain from better keys and
values over time. Networks that predict all frames of their window only.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor

from rtpca import metrics
from rtpca.cli.console import run_script
from rtpca.data.augment import gaussian_noise
from rtpca.data.store import Dataset, open_dataset
from rtpca.data.views import at_frame_rate, fixed_cameras, joined_cameras
from rtpca.geometry import Camera, Intrinsics
from rtpca.geometry.network_input import network_input
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.models.attention_maps import temporal_attention
from rtpca.windowed import lift_windows


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--noise", type=float, default=5.0, help="pixels, for the second half of the columns")
    parser.add_argument("--windows", type=int, default=400)
    arguments = parser.parse_args()

    clean, noisy = "clean 2D", f"{arguments.noise:g} px noise"
    print(f"{'':40}  {clean:^26}  {noisy:^26}  attention entropy by block")
    columns = "  ".join(f"{name:>8}" for name in ("window", "shuffled", "alone"))
    print(f"{'MPJPE of the middle frame, mm':40}  {columns}  {columns}")
    with open_dataset(arguments.data) as dataset:
        for weights in arguments.weights:
            checkpoint = load_checkpoint(weights)
            windows = middle_windows(dataset, checkpoint, arguments.split, arguments.windows)
            errors: list[float] = []
            for noise_px in (0.0, arguments.noise):
                errors += [
                    error_mm(checkpoint, *windows, how, noise_px) for how in ("window", "shuffled", "alone")
                ]
            entropies = " ".join(f"{value:.2f}" for value in attention_entropies(checkpoint, *windows[:2]))
            print(
                f"{weights[-40:]:40}  {'  '.join(f'{error:8.1f}' for error in errors)}  {entropies}",
                flush=True,
            )


def middle_windows(
    dataset: Dataset, checkpoint: Checkpoint, split: str, count: int
) -> tuple[Tensor, Intrinsics, Tensor]:
    """Windows spread evenly over a split, one camera per sequence in turn.

    Returns:
        Keypoints (W, F, J, 2) in pixels, the cameras' intrinsics, and the true root-relative pose of each
        middle frame (W, 1, J, 3).
    """
    frames = checkpoint.config.frames
    keypoints: list[Tensor] = []
    truth: list[Tensor] = []
    cameras: list[Camera] = []
    for number, original in enumerate(dataset.iterate(split)):
        recording = at_frame_rate(original, checkpoint.input.fps)
        joints = torch.from_numpy(recording.positions3d)
        if len(joints) < frames:
            continue
        all_cameras = fixed_cameras(recording)
        camera = all_cameras[torch.tensor([number % all_cameras.batch_shape[0]])]
        joints_cam = camera.world_to_camera(joints[None])
        points = camera.project(joints_cam)[0]
        for start in range(0, len(joints) - frames + 1, frames):
            keypoints.append(points[start : start + frames])
            middle = joints_cam[0, start + frames // 2]
            truth.append((middle - middle[:1])[None])
            cameras.append(camera[0])
    chosen = torch.linspace(0, len(keypoints) - 1, min(count, len(keypoints))).long()
    lenses = joined_cameras(cameras, torch.stack).intrinsics[chosen]
    return torch.stack(keypoints)[chosen], lenses, torch.stack(truth)[chosen]


@torch.inference_mode()
def error_mm(
    checkpoint: Checkpoint,
    keypoints: Tensor,
    lenses: Intrinsics,
    truth: Tensor,
    how: str,
    noise_px: float,
) -> float:
    """MPJPE of the middle frames when the windows are changed as `how` says."""
    generator = torch.Generator().manual_seed(0)
    frames = keypoints.shape[1]
    middle = frames // 2
    seen = gaussian_noise(keypoints, noise_px, generator)
    if how == "alone":
        seen = seen[:, middle, None].expand_as(seen)
    elif how == "shuffled":
        order = torch.randperm(frames, generator=generator)
        at = int((order == middle).nonzero())
        order[at], order[middle] = order[middle].item(), middle
        seen = seen[:, order]
    poses = [
        lift_windows(
            checkpoint.model,
            checkpoint.input,
            seen[batch],
            torch.ones(seen[batch].shape[:-1]),
            lenses[batch],
        ).poses[:, middle, None]
        for batch in torch.arange(len(seen)).split(32)
    ]
    return float(metrics.mpjpe(torch.cat(poses), truth).mean() * 1000)


@torch.inference_mode()
def attention_entropies(checkpoint: Checkpoint, keypoints: Tensor, lenses: Intrinsics) -> list[float]:
    """Mean entropy of the attention rows of each temporal block, over that of uniform attention."""
    some = torch.linspace(0, len(keypoints) - 1, 8).long()
    prepared = network_input(
        keypoints[some],
        torch.ones(keypoints[some].shape[:-1]),
        lenses[some],
        normalisation=checkpoint.input.normalisation,
        with_scores=checkpoint.config.in_channels == 3,
    )
    found: list[float] = []
    for block in range(checkpoint.config.depth):
        attention = temporal_attention(checkpoint.model, prepared.features, block)
        weights = torch.cat((attention.own, attention.memory), dim=-1)
        entropy = torch.special.entr(weights).sum(-1).mean()
        found.append(float(entropy) / math.log(weights.shape[-1]))
    return found


if __name__ == "__main__":
    run_script(main)
