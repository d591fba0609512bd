"""What refinement after lifting gains, by kind of motion, and what it costs.

    python benchmarks/refinement.py --data mocap.h5 [--weights rtpca-s] [--split val] [--pieces 2]
        [--other-people]

Pieces of 8 seconds of each kind, as `kinds.py` cuts and chooses them, each seen by one of the four fixed
cameras at the network's frame rate, are lifted by `Lifter` from true keypoints, from a detector's, and from
true ones with 5 px of independent noise. Prints MPJPE / P-MPJPE in mm of the lifted and of the refined poses,
means over frames, and the processor time of both. One seed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinds import Cells, line, people, pieces_by_group, thinned
from rtpca.cli.console import run_script
from rtpca.data.augment import gaussian_noise
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.data.recording import Recording
from rtpca.data.views import at_frame_rate, fixed_cameras
from rtpca.inference import Lifter
from rtpca.inference.refinement import with_steady_bones
from rtpca.metrics import mpjpe, p_mpjpe

NOISE_PX = 5.0


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="val")
    parser.add_argument("--pieces", type=int, default=2, help="of each kind")
    parser.add_argument("--other-people", action="store_true", help="nobody of the training split")
    arguments = parser.parse_args(argv)
    left_out = people([arguments.data]) if arguments.other_people else frozenset[str]()
    groups = pieces_by_group([arguments.data], [arguments.split], False, left_out)
    lifter = Lifter.from_pretrained(arguments.weights, "cpu")
    clock = {"lifting": 0.0, "refining": 0.0}
    heads = [f"{what}, {how}" for what in ("clean", "detector", "5 px") for how in ("lifted", "refined")]
    print(f"| kind | frames | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}", flush=True)
    rows: list[tuple[int, Cells]] = []
    generator = torch.Generator().manual_seed(0)
    for kind, pieces in sorted(groups.items()):
        chosen = thinned(pieces, arguments.pieces)
        found = [errors(lifter, piece, place, generator, clock) for place, piece in enumerate(chosen)]
        by_column = torch.cat(found, 1)  # (columns, frames, 2)
        cells = [(float(a), float(b)) for a, b in by_column.mean(1)]
        rows.append((by_column.shape[1], cells))
        print(line(kind, *rows[-1]), flush=True)
    means = np.mean([cells for _, cells in rows], axis=0)
    print(line("mean of kinds", sum(frames for frames, _ in rows), [(float(a), float(b)) for a, b in means]))
    print(f"\nprocessor time: {', '.join(f'{what} {seconds:.1f} s' for what, seconds in clock.items())}")


def errors(
    lifter: Lifter, piece: Recording, place: int, generator: torch.Generator, clock: dict[str, float]
) -> Tensor:
    """MPJPE and P-MPJPE in mm for each kind of keypoints, lifted and refined, (6, F, 2)."""
    fps = lifter.checkpoint.input.fps or piece.fps
    cameras = fixed_cameras(piece)
    camera = cameras[place % cameras.batch_shape[0]]
    joints_cam = camera.world_to_camera(torch.from_numpy(at_frame_rate(piece, fps).positions3d))
    truth = (joints_cam - joints_cam[:, :1]).double()
    true_px, size = camera.project(joints_cam), camera.intrinsics.image_size
    ones = torch.ones_like(true_px[..., 0])
    found, scores = detector_noise_of_clips(
        true_px[None], DetectorNoise(clean_share=0.0), generator, size[None]
    )
    seen = ((true_px, ones), (found[0], scores[0]), (gaussian_noise(true_px, NOISE_PX, generator), ones))
    width, height = (int(side) for side in size)
    focal_x, focal_y = camera.intrinsics.focal_px.tolist()
    columns: list[Tensor] = []
    for keypoints_px, score in seen:
        began = time.process_time()
        lifted = lifter(
            keypoints_px.numpy(), (width, height), fps, "h36m17", score.numpy(), (focal_x, focal_y)
        )
        between = time.process_time()
        refined = with_steady_bones(lifted.poses3d, lifted.root, lifted.valid)
        clock["lifting"] += between - began
        clock["refining"] += time.process_time() - between
        for poses in (lifted.poses3d, refined):
            double = torch.from_numpy(poses).double()
            columns.append(1000 * torch.stack([mpjpe(double, truth), p_mpjpe(double, truth)], -1))
    return torch.stack(columns)


if __name__ == "__main__":
    run_script(main)
