"""How far joint angles of lifted poses are off, in degrees.

    python benchmarks/angles.py --data mocap.h5 [--weights rtpca-s] [--split test] [--pieces 2] [--fit]

Pieces of 8 seconds of each kind of motion, as `kinds.py` cuts and chooses them, each seen by one of the four
fixed cameras at the network's frame rate, are lifted by `Lifter` from true keypoints and from a detector's,
and compared with the angles of the true poses. Prints for each angle, left and right together, over the
frames in which the true pose determines it: how often, the range that holds 9 of 10 true values, the mean and
the median absolute error, how often the lifted pose determines it as well, and how often its interval of 90 %
and of 50 % holds the true one. Errors count without full turns, and in the nearer of the two descriptions of
a direction; pelvis angles are of the camera's true world. The last lines give the time of lifting and of the
angles. `--fit` prints the share of the independent spread (see `rtpca.inference.angles`) that holds 9 of 10
true values. One seed for each piece.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from kinds import pieces_by_group, thinned
from rtpca.arrays import DoubleArray
from rtpca.cli.console import run_script
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.data.recording import Recording
from rtpca.data.views import at_frame_rate, fixed_cameras
from rtpca.geometry.angles import ANGLES, BALLS, body_angles, without_side
from rtpca.inference import Lifter, LiftResult
from rtpca.inference.angles import independent_spread, joint_angles

CONDITIONS = ("clean", "detector")


@dataclass(frozen=True)
class Film:
    """A piece of motion as a camera saw it.

    Attributes:
        truth: (F, 17, 3) metres, world axes.
        R_world_from_cam: (3, 3) of the camera.
        found: What was lifted, by the keypoints that it was lifted from.
    """

    truth: DoubleArray
    R_world_from_cam: DoubleArray
    found: dict[str, LiftResult]


def lifted(
    pieces: Sequence[Recording], lifter: Lifter, clock: dict[str, float], start: int = 0
) -> Iterator[Film]:
    """Films of pieces, lifted; the number of a piece, from `start`, decides its camera and its noise."""
    for place, piece in enumerate(pieces, start):
        fps = lifter.checkpoint.input.fps or piece.fps
        cameras = fixed_cameras(piece)
        camera = cameras[place % cameras.batch_shape[0]]
        joints = torch.from_numpy(at_frame_rate(piece, fps).positions3d)
        true_px, size = camera.project(camera.world_to_camera(joints)), camera.intrinsics.image_size
        generator, noise = torch.Generator().manual_seed(place), DetectorNoise(clean_share=0.0)
        noisy_px, scores = detector_noise_of_clips(true_px[None], noise, generator, size[None])
        seen = {"clean": (true_px, torch.ones_like(scores[0])), "detector": (noisy_px[0], scores[0])}
        width, height = (int(side) for side in size)
        focal_x, focal_y = camera.intrinsics.focal_px.tolist()
        found: dict[str, LiftResult] = {}
        for name, (points_px, score) in seen.items():
            began = time.process_time()
            found[name] = lifter(
                points_px.numpy(), (width, height), fps, "h36m17", score.numpy(), (focal_x, focal_y)
            )
            between = time.process_time()
            found[name].angles()
            clock["lifting"] += between - began
            clock["angles"] += time.process_time() - between
        R_world_from_cam = camera.R_cam_from_world.double().numpy().T
        yield Film(joints.double().numpy(), R_world_from_cam, found)


def errors(found_rad: DoubleArray, true_rad: DoubleArray) -> DoubleArray:
    """(F, A) absolute differences in radians, whatever the description."""
    difference = np.abs(wrapped(found_rad - true_rad))
    for ball in range(len(BALLS)):
        part = slice(3 * ball, 3 * ball + 3)
        found, true = found_rad[:, part], true_rad[:, part]
        otherwise = np.stack([found[:, 0] + np.pi, np.pi - found[:, 1], found[:, 2] + np.pi], axis=1)
        turned = np.abs(wrapped(otherwise - true))
        nearer = np.nansum(turned[:, :2], axis=1) < np.nansum(difference[:, part][:, :2], axis=1)
        nearer &= np.isfinite(found[:, 0]) & np.isfinite(true[:, 0])
        difference[:, part] = np.where(nearer[:, None], turned, difference[:, part])
    return difference


def wrapped(angle_rad: DoubleArray) -> DoubleArray:
    """In [-pi, pi)."""
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    parser.add_argument("--pieces", type=int, default=2, help="of each kind")
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args(argv)
    groups = pieces_by_group([given.data], [given.split], False, frozenset())
    lifter = Lifter.from_pretrained(given.weights, "cpu")
    clock = {"lifting": 0.0, "angles": 0.0}
    chosen = [piece for _, pieces in sorted(groups.items()) for piece in thinned(pieces, given.pieces)]
    show(lifted(chosen, lifter, clock), given.fit)
    print(f"\nprocessor time: {', '.join(f'{key} {clock[key]:.1f} s' for key in clock)}")


def compared(film: Film, result: LiftResult) -> DoubleArray:
    """(F, A, 5) degrees: true, error, half width at 90 and at 50 %, independent spread."""
    true, unknown = body_angles(film.truth), np.full((len(film.truth), len(ANGLES)), np.nan)
    widths, values = [unknown, unknown, unknown], unknown
    for column, level in enumerate((0.9, 0.5)):
        radius_m = None if result.uncertainty is None else result.radius(level)
        angles = joint_angles(
            result.poses3d, film.R_world_from_cam, result.valid, result.fps, radius_m, level
        )
        values = angles.values_rad
        if angles.half_width_rad is not None:
            widths[column] = angles.half_width_rad
    if result.uncertainty is not None:
        widths[2] = independent_spread(result.poses3d.astype(np.float64), result.radius(0.9))
    return np.degrees(np.stack([true, errors(values, true), *widths], axis=-1))


def show(films: Iterable[Film], fit: bool) -> None:
    """Print the table, and the shares."""
    rows: dict[tuple[str, str], list[DoubleArray]] = defaultdict(list)
    frames = 0
    for film in films:
        frames += len(film.truth)
        for condition, result in film.found.items():
            counted = compared(film, result)
            for place, name in enumerate(ANGLES):
                told = counted[np.isfinite(counted[:, place, 0]), place]
                rows[without_side(name), condition].append(told)
    names = list(dict.fromkeys(without_side(name) for name in ANGLES if not name.startswith("ankle")))
    heads = ("mean error", "median", "told", "in 90 %", "in 50 %")
    columns = " | ".join(f"{condition}: {head}" for condition in CONDITIONS for head in heads)
    print(f"| angle | told by the truth | 9 of 10 within | {columns} |\n|---|---|---|{'---|' * 10}")
    for name in names:
        clean = np.concatenate(rows[name, "clean"])
        if not len(clean):
            continue
        sides = 1 + (f"{name}_r" in ANGLES)
        low, high = np.quantile(clean[:, 0], [0.05, 0.95])
        cells = [f"{100 * len(clean) / frames / sides:.0f} %", f"{low:.0f} to {high:.0f}"]
        for condition in CONDITIONS:
            found = np.concatenate(rows[name, condition])
            found = found[np.isfinite(found[:, 1])]
            cells += [f"{found[:, 1].mean():.1f}", f"{np.median(found[:, 1]):.1f}"]
            cells += [f"{100 * len(found) / len(clean):.0f} %"]
            cells += [f"{100 * (found[:, 1] <= found[:, column]).mean():.0f} %" for column in (2, 3)]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\n{frames} frames")
    if fit:
        for name in names:
            found = np.concatenate([one for condition in CONDITIONS for one in rows[name, condition]])
            ratio = found[:, 1] / found[:, 4]
            ratio = ratio[np.isfinite(ratio)]
            if len(ratio):
                print(f'    "{name}": {np.quantile(ratio, 0.9):.2f},')


if __name__ == "__main__":
    run_script(main)
