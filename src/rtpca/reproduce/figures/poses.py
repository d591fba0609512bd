"""Figure 3: moments of the test sequences, chosen by a rule, with every network's pose.

The rule: each recording is seen by one camera; they take turns. The actions of the split are put in order of
the baseline's mean error, and evenly spaced ones are taken, the easiest and the hardest among them. All
frames of each are put in order of the baseline's error, and the frame at each asked percentile is shown.
Nobody picks frames by looking at them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rtpca.data.store import Dataset
from rtpca.models import Checkpoint
from rtpca.reproduce.figures.lifted import (
    LiftedRecording,
    Update,
    check_data,
    common_rate,
    in_silence,
    lift_each,
    lift_recording,
)


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame of one recording in one camera.

    Attributes:
        action: What is done.
        percentile: Of the baseline's error among all frames of the action.
        recording: Its name.
        camera: Index of the camera.
        frame: At the networks' frame rate.
        time_s: From the start of the recording.
        keypoints_px: (J, 2).
        truth_m: (J, 3) root-relative, camera axes turned so that down is the world's down.
        poses_m: (J, 3) of each network, in the same axes.
        errors_mm: MPJPE of each network.
    """

    action: str
    percentile: float
    recording: str
    camera: int
    frame: int
    time_s: float
    keypoints_px: NDArray[np.float64]
    truth_m: NDArray[np.float64]
    poses_m: Mapping[str, NDArray[np.float64]]
    errors_mm: Mapping[str, float]


def chosen_moments(
    networks: Mapping[str, Checkpoint],
    baseline: str,
    dataset: Dataset,
    *,
    split: str = "test",
    actions: int = 3,
    percentiles: Sequence[float] = (50.0, 90.0),
    update: Update = in_silence,
) -> list[Moment]:
    """Choose moments and lift them.

    Args:
        networks: By name, in the order of the columns.
        baseline: Which of them decides.
        dataset: The data.
        split: Which sequences.
        actions: How many actions, at most.
        percentiles: Of the baseline's error, 0 to 100; one moment of each action for each.
        update: Told how far it is.

    Returns:
        The moments, percentile by percentile, the easiest action first.

    Raises:
        InputError: If the data do not fit the networks, or these do not fit each other.
    """
    check_data(dataset, networks, split)
    common_rate(networks)
    by_action: dict[str, list[tuple[str, NDArray[np.float64]]]] = {}

    def keep(lifted: LiftedRecording) -> None:
        errors_mm = lifted.errors_mm[baseline].double().numpy()
        by_action.setdefault(lifted.action, []).append((lifted.name, errors_mm))

    names = dataset.names(split)
    lift_each({baseline: networks[baseline]}, dataset, names, keep, in_turns=True, update=update)
    chosen = evenly_spaced(_by_difficulty(by_action), actions)
    moments: list[Moment] = []
    for percentile in percentiles:
        for action in chosen:
            name, _, frame = frame_at_percentile(by_action[action], percentile)
            lifted = lift_recording(networks, dataset.read(name), names.index(name))
            moments.append(_moment(lifted, percentile, frame))
    return moments


def frame_at_percentile(
    takes: Sequence[tuple[str, NDArray[np.float64]]], percentile: float
) -> tuple[str, int, int]:
    """The recording, camera and frame whose error has a rank (the nearest) among all; NaN is left out.

    Args:
        takes: Name and errors (V, F) of each recording.
        percentile: 0 is the least error, 100 the largest.
    """
    places = [
        (name, camera, frame)
        for name, errors in takes
        for camera, frame in np.argwhere(np.isfinite(errors)).tolist()
    ]
    values = np.concatenate([errors[np.isfinite(errors)] for _, errors in takes])
    order = np.argsort(values, kind="stable")
    return places[int(order[round(percentile / 100 * (len(order) - 1))])]


def evenly_spaced(items: Sequence[str], count: int) -> list[str]:
    """At most `count` items at even distances, the first and the last among them."""
    if count >= len(items):
        return list(items)
    if count == 1:
        return [items[len(items) // 2]]
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def _by_difficulty(by_action: Mapping[str, Sequence[tuple[str, NDArray[np.float64]]]]) -> list[str]:
    """Actions by mean error of the baseline, the least first; those without a valid frame are left out."""
    means: dict[str, float] = {}
    for action, takes in by_action.items():
        values = np.concatenate([errors[np.isfinite(errors)] for _, errors in takes])
        if len(values):
            means[action] = float(values.mean())
    return sorted(means, key=lambda action: (means[action], action))


def _moment(lifted: LiftedRecording, percentile: float, frame: int) -> Moment:
    """One frame of a recording that was lifted in one camera."""
    level = lifted.R_level_from_cam[0].double()

    def levelled(poses_m: Tensor) -> NDArray[np.float64]:
        return (poses_m[0, frame].double() @ level.T).numpy()

    return Moment(
        action=lifted.action,
        percentile=percentile,
        recording=lifted.name,
        camera=lifted.cameras[0],
        frame=frame,
        time_s=frame / lifted.fps,
        keypoints_px=lifted.keypoints_px[0, frame].double().numpy(),
        truth_m=levelled(lifted.truth_m),
        poses_m={name: levelled(poses) for name, poses in lifted.poses_m.items()},
        errors_mm={name: float(errors[0, frame]) for name, errors in lifted.errors_mm.items()},
    )
