"""Figure 3: moments of the test sequences, chosen by a rule, with every network's pose.

The rule: the actions of the split are put in order of the baseline's mean error, and evenly spaced ones are
taken, the easiest and the hardest among them. Of each, all frames of all takes and cameras are put in order
of the baseline's error; the frame at each asked percentile is shown. Nobody picks frames by looking at them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        truth_m: (J, 3) root-relative, camera axes.
        poses_m: (J, 3) of each network.
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

    lift_each({baseline: networks[baseline]}, dataset, dataset.names(split), keep, update)
    chosen = evenly_spaced(_by_difficulty(by_action), actions)
    moments: list[Moment] = []
    for percentile in percentiles:
        for action in chosen:
            name, camera, frame = frame_at_percentile(by_action[action], percentile)
            lifted = lift_recording(networks, dataset.read(name))
            moments.append(_moment(lifted, percentile, camera, frame))
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


def _moment(lifted: LiftedRecording, percentile: float, camera: int, frame: int) -> Moment:
    return Moment(
        action=lifted.action,
        percentile=percentile,
        recording=lifted.name,
        camera=camera,
        frame=frame,
        time_s=frame / lifted.fps,
        keypoints_px=lifted.keypoints_px[camera, frame].double().numpy(),
        truth_m=lifted.truth_m[camera, frame].double().numpy(),
        poses_m={name: poses[camera, frame].double().numpy() for name, poses in lifted.poses_m.items()},
        errors_mm={name: float(errors[camera, frame]) for name, errors in lifted.errors_mm.items()},
    )
