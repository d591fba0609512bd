"""Figure 3: moments of the test sequences, chosen by a rule, with every network's pose.

The rule: each recording is seen by one camera; they take turns. The actions of the split are put in order of
the baseline's mean error, and evenly spaced ones are taken, the easiest and the hardest among them. All
frames of each are put in order of the baseline's error, and the frame at each asked percentile is shown.
Nobody picks frames by looking at them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from rtpca.arrays import DoubleArray
from rtpca.data.store import Dataset, open_dataset
from rtpca.evaluation import EvalConfig, predictions
from rtpca.geometry import Camera, look_at
from rtpca.models import Checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.figures.compared import BASELINE, common_rate, errors_mm, figure_page, networks_of
from rtpca.reproduce.page import Cell, Column, Grid, Line, Page, write_csv
from rtpca.reproduce.setup import Setup
from rtpca.viz.pose_grid import PoseRow, pose_grid

Takes = Sequence[tuple[str, int, DoubleArray]]
"""Recording, camera and errors (F,) of the baseline."""


def figure_3(
    setup: Setup, weights: Mapping[str, str], split: str = "test", progress: Progress = in_silence
) -> Page:
    """Lift, choose, draw.

    Raises:
        InputError: The data do not fit the networks, or these do not fit each other.
        TrainingError: Runs could not be trained, or time was up.
    """
    networks, made = networks_of(setup, weights, progress)
    baseline = BASELINE if BASELINE in networks else next(iter(networks))
    # The paper's order of columns: the truth beside the baseline, ours last.
    networks = {baseline: networks[baseline], **networks}
    with open_dataset(setup.data[0].path) as dataset:
        moments = chosen_moments(networks, dataset, split, progress=progress)
        skeleton = dataset.skeleton
    columns = [
        Column("percentile", "percentile", 0),
        *(Column(key, key, terminal=False) for key in ("recording", "camera", "frame")),
        *(Column(f"mpjpe_mm_{name}", f"{name} MPJPE (mm)") for name in networks),
    ]
    joints = [f"{joint}_{axis}" for joint in skeleton.joints for axis in "xyz"]
    rows: list[list[Cell]] = [["action", *(column.key for column in columns[:4]), "pose", *joints]]
    for line, row in moments:
        place = [line.label, *(line.cells[column.key] for column in columns[:4])]
        for name, pose_m in {"truth": row.truth_m, **row.poses_m}.items():
            rows.append([*place, name, *(round(float(value), 5) for value in pose_m.ravel())])
    grid = Grid("", tuple(columns), tuple(line for line, _ in moments), file=None)
    picture = pose_grid([row for _, row in moments], skeleton)
    data = write_csv(setup.out / "figure3.csv", rows)
    return figure_page(3, setup, grid, picture, data, [*made, f"Shown: split {split}."], baseline=baseline)


def chosen_moments(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    split: str = "test",
    *,
    actions: int = 3,
    percentiles: Sequence[float] = (50.0, 90.0),
    progress: Progress = in_silence,
) -> list[tuple[Line, PoseRow]]:
    """Choose moments and lift them.

    Args:
        networks: By name, in the order of the columns; the first decides.
        dataset: The data.
        split: Which sequences.
        actions: How many actions, at most.
        percentiles: Of the first network's error, 0 to 100; one moment of each action for each.
        progress: Told how far it is.

    Returns:
        What is said of each moment and what is drawn, percentile by percentile, the easiest action first.
        Poses are in camera axes turned so that down is the world's down; the camera's heading stays.

    Raises:
        InputError: The data do not fit the networks, or these do not fit each other.
    """
    common_rate(networks, dataset, split)
    judge = next(iter(networks.values()))
    total, takes = len(dataset.names(split)), dict[str, list[tuple[str, int, DoubleArray]]]()
    in_turns = EvalConfig(all_cameras=False)
    for done, seen in enumerate(predictions(judge.model, judge.input, dataset.iterate(split), in_turns)):
        progress(done, total, seen.recording.name)
        takes.setdefault(seen.recording.action, []).append(
            (seen.recording.name, seen.camera, errors_mm(seen))
        )
    progress(total, total)
    chosen = evenly_spaced(_by_difficulty(takes), actions)
    return [
        _moment(networks, dataset, action, percentile, *frame_at_percentile(takes[action], percentile))
        for percentile in percentiles
        for action in chosen
    ]


def frame_at_percentile(takes: Takes, percentile: float) -> tuple[str, int, int]:
    """The recording, camera and frame whose error has a rank (the nearest) among all; NaN is left out."""
    places = [
        (name, camera, int(frame))
        for name, camera, errors in takes
        for frame in np.flatnonzero(np.isfinite(errors))
    ]
    values = np.concatenate([errors[np.isfinite(errors)] for _, _, errors in takes])
    order = np.argsort(values, kind="stable")
    return places[int(order[round(percentile / 100 * (len(order) - 1))])]


def evenly_spaced(items: Sequence[str], count: int) -> list[str]:
    """At most `count` items at even distances, the first and the last among them."""
    if count >= len(items):
        return list(items)
    if count == 1:
        return [items[len(items) // 2]]
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def level(view: Camera) -> torch.Tensor:
    """(3, 3) from a camera's axes to level ones of the same heading: down is the world's down."""
    R_cam_from_world = view.R_cam_from_world.double()
    ahead_world = R_cam_from_world[2] * torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    return look_at(torch.zeros_like(ahead_world), ahead_world) @ R_cam_from_world.T


def _by_difficulty(takes: Mapping[str, Takes]) -> list[str]:
    """Actions by mean error, the least first; those without a frame that counts are left out."""
    errors = {action: np.concatenate([each for _, _, each in its]) for action, its in takes.items()}
    means = {action: np.nanmean(each) for action, each in errors.items() if np.isfinite(each).any()}
    return sorted(means, key=lambda action: (means[action], action))


def _moment(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    action: str,
    percentile: float,
    name: str,
    camera: int,
    frame: int,
) -> tuple[Line, PoseRow]:
    seen = {
        network: next(
            each
            for each in predictions(checkpoint.model, checkpoint.input, [dataset.read(name)], EvalConfig())
            if each.camera == camera
        )
        for network, checkpoint in networks.items()
    }
    first = next(iter(seen.values()))
    turn = level(first.view).T
    cells: dict[str, Cell] = {"percentile": percentile, "recording": name, "camera": camera, "frame": frame}
    cells |= {f"mpjpe_mm_{network}": float(errors_mm(each)[frame]) for network, each in seen.items()}
    rank = "median error" if percentile == 50 else f"{percentile:g}th percentile"
    return Line(action, "", cells), PoseRow(
        f"{action.replace('_', ' ')}\n{rank}",
        first.keypoints_px[frame].double().numpy(),
        (first.truth_m[frame].double() @ turn).numpy(),
        {network: (each.poses_m[frame].double() @ turn).numpy() for network, each in seen.items()},
    )
