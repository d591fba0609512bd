"""How far the gait of lifted walks is off: events in ms, cadence and steps in per cent.

    python benchmarks/gait.py --data mocap.h5 [--weights rtpca-s] [--split test]

Every walk of a split is seen by one of the four fixed cameras, taking turns, at its own frame rate or a part
of it of at most 60 frames per second, and lifted from true keypoints and from a detector's. The same rule
finds the events in the true joints, with the true up, and in the lifted ones, with the up that is found from
them. Prints how many of the true walks are found at all; the mean and median absolute error of touches and
leavings that lie within 0.2 s of each other, and the share of true ones (missed) and of found ones (invented)
without such a partner; and the mean absolute error of cadence, step length, step width and stance. One seed
for each walk.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rtpca.arrays import DoubleArray
from rtpca.cli.console import run_script
from rtpca.data.kinds import kind_of
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.data.views import fixed_cameras
from rtpca.errors import InputError
from rtpca.inference import Ground, Lifter, LiftResult
from rtpca.motion import Gait, find_gait
from rtpca.motion.gait import SIDES

MOST_FPS, PARTNER_S = 60.0, 0.2
CONDITIONS = ("clean", "detector")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    given = parser.parse_args(argv)
    lifter = Lifter.from_pretrained(given.weights, "cpu")
    rows: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in CONDITIONS}
    walks = 0
    with open_dataset(given.data) as dataset:
        for number, recording in enumerate(
            one for one in dataset.iterate(given.split) if kind_of(one.action, one.name) == "walk"
        ):
            true, found = true_and_found(recording, number, lifter)
            if true is None:
                continue
            walks += 1
            for condition, gait in found.items():
                compare(true, gait, rows[condition])
    if not walks:
        raise InputError("no walk of the split has four touches: choose another --split")
    print(f"{walks} walks\n")
    print("| | clean | a detector's errors |\n|---|---|---|")
    for title, show in (
        ("walks found", lambda row: f"{len(row['cadence, %'])}"),
        *((f"{event}, ms: mean, median", events(event)) for event in ("touch", "leaving")),
        *(
            (f"{what} {event}, %", share(f"{what} {event}"))
            for event in ("touch", "leaving")
            for what in WRONG
        ),
        *(
            (name, mean(name))
            for name in ("cadence, %", "step length, %", "step width, cm", "stance, % of the stride")
        ),
    ):
        print(f"| {title} | {' | '.join(show(rows[condition]) for condition in CONDITIONS)} |")


WRONG = ("missed", "invented")


def events(name: str):
    """Mean and median of a kind of event."""
    return lambda row: f"{np.mean(row[name]):.0f}, {np.median(row[name]):.0f}"


def share(name: str):
    """Per cent of events."""
    return lambda row: f"{100 * np.mean(row[name]):.0f}"


def mean(name: str):
    """Mean of a measure."""
    return lambda row: f"{np.mean(row[name]):.1f}"


def true_and_found(
    recording: Recording, number: int, lifter: Lifter
) -> tuple[Gait | None, dict[str, Gait | None]]:
    """The gait of true joints, and of lifted ones by keypoints; None where nobody walks."""
    step = int(np.ceil(recording.fps / MOST_FPS))
    joints, fps = torch.from_numpy(recording.positions3d[::step]).float(), recording.fps / step
    camera = fixed_cameras(recording)[number % 4]
    joints_cam = camera.world_to_camera(joints)
    true_px, size = camera.project(joints_cam), camera.intrinsics.image_size
    generator, noise = torch.Generator().manual_seed(number), DetectorNoise(clean_share=0.0)
    noisy_px, scores = detector_noise_of_clips(true_px[None], noise, generator, size[None])
    width, height = (int(side) for side in size)
    focal_x, focal_y = camera.intrinsics.focal_px.tolist()
    lifted: dict[str, LiftResult] = {}
    for name, points, score in (
        ("clean", true_px, torch.ones_like(scores[0])),
        ("detector", noisy_px[0], scores[0]),
    ):
        lifted[name] = lifter(
            points.numpy(), (width, height), fps, "h36m17", score.numpy(), (focal_x, focal_y)
        )
    root = joints_cam[:, 0].numpy()
    poses = (joints_cam - joints_cam[:, :1]).numpy()
    truth = replace(lifted["clean"], poses3d=poses, root=root, valid=np.ones(len(root), dtype=bool))
    upright = Ground(camera.R_cam_from_world.double().numpy().T, np.zeros(3))
    return gait_of(truth, upright), {name: gait_of(result, None) for name, result in lifted.items()}


def gait_of(result: LiftResult, ground: Ground | None) -> Gait | None:
    """The gait, if somebody walks."""
    try:
        return find_gait(result, ground)
    except InputError:
        return None


def compare(true: Gait, found: Gait | None, row: dict[str, list[float]]) -> None:
    """Add the errors of one walk."""
    for name, moments in (("touch", "strikes_s"), ("leaving", "offs_s")):
        for side in SIDES:
            wanted: DoubleArray = getattr(true, moments)[side]
            given = np.zeros(0) if found is None else getattr(found, moments)[side]
            apart = np.abs(wanted[:, None] - given)
            for label, nearest in (
                ("missed", apart.min(1, initial=1.0)),
                ("invented", apart.min(0, initial=1.0)),
            ):
                row[f"{label} {name}"] += (nearest > PARTNER_S).tolist()
                if label == "missed":
                    row[name] += (1000 * nearest[nearest <= PARTNER_S]).tolist()
    if found is None:
        return
    row["cadence, %"].append(100 * abs(found.steps_per_min / true.steps_per_min - 1))
    ours, theirs = found.measures(), true.measures()
    length = ours["step_length_m"]["mean"] / theirs["step_length_m"]["mean"]
    row["step length, %"].append(100 * abs(length - 1))
    row["step width, cm"].append(100 * abs(ours["step_width_m"]["mean"] - theirs["step_width_m"]["mean"]))
    stance = abs(ours["stance_percent"]["mean"] - theirs["stance_percent"]["mean"])
    row["stance, % of the stride"].append(stance)


if __name__ == "__main__":
    run_script(main)
