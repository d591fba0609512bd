"""Networks side by side on one data file: what Figures 3, 4 and 5 show, lifted as `rtpca eval` lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from rtpca import metrics
from rtpca.arrays import DoubleArray
from rtpca.data.recording import RecordingInfo
from rtpca.data.store import Dataset
from rtpca.data.views import frames_at
from rtpca.errors import InputError, TrainingError
from rtpca.evaluation import Prediction
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.experiment import plan
from rtpca.reproduce.machine import load_text, machine_text
from rtpca.reproduce.made import how_made
from rtpca.reproduce.paper import RUNS
from rtpca.reproduce.setup import Setup
from rtpca.reproduce.train import train_all

OURS, BASELINE = "rtpca", "ste"


def networks_of(
    setup: Setup, weights: Mapping[str, str], progress: Progress = in_silence
) -> tuple[dict[str, Checkpoint], list[str]]:
    """RTPCA and its baseline with seed 0, trained where they are missing, or weights in their place.

    Args:
        setup: With which data, at which scale.
        weights: Name or path by the name to be shown; empty for the runs.
        progress: Told how far training is.

    Returns:
        The networks on the device, and how they were made.

    Raises:
        InputError: There are no data.
        TrainingError: Time was up before a run was finished.
    """
    if not setup.data:
        raise InputError("this figure needs data: give a file (`data`) made by `rtpca prepare`")
    experiments = () if weights else plan(replace(setup, seeds=1), [RUNS[OURS], RUNS[BASELINE]])
    train_all(experiments, setup, progress)
    if unfinished := [each.standing for each in experiments if not each.finished]:
        raise TrainingError(
            f"time was up before these runs were finished: {'; '.join(unfinished)}; the same command goes on "
            "there"
        )
    paths = weights or {each.run.name: str(each.weights) for each in experiments}
    networks = {name: load_checkpoint(path) for name, path in paths.items()}
    for checkpoint in networks.values():
        checkpoint.model.to(setup.device)
    first = next(iter(networks.values()))
    shown = ", ".join(f"{name}: {'/'.join(Path(path).parts[-2:])}" for name, path in paths.items())
    return networks, [
        *how_made(setup, experiments),
        f"Weights: {shown}; windows of {first.config.frames} frames, {first.input.fps or 'any'} per second.",
        f"Hardware: {machine_text(setup.device)}{load_text()}.",
    ]


def common_rate(networks: Mapping[str, Checkpoint], dataset: Dataset, split: str) -> float | None:
    """The frame rate that all networks were trained at; None where they take any.

    Raises:
        InputError: They differ, so that their frames could not be compared one by one; or the file has no
            such split, or other joints than the networks lift.
    """
    dataset.require_split(split)
    for name, checkpoint in networks.items():
        if checkpoint.input.skeleton != dataset.skeleton.name:
            raise InputError(
                f"the data hold {dataset.skeleton.name}, {name} lifts {checkpoint.input.skeleton}; use "
                "data of the same skeleton"
            )
    rates = {name: checkpoint.input.fps for name, checkpoint in networks.items()}
    if len(set(rates.values())) > 1:
        listed = ", ".join(f"{name} {'any' if fps is None else f'{fps:g}'}" for name, fps in rates.items())
        raise InputError(
            f"the networks were trained at different frame rates ({listed}), so their frames cannot be "
            "compared one by one; give weights of one frame rate"
        )
    return next(iter(rates.values()))


def by_action(
    dataset: Dataset, split: str, action: str | None, fps: float | None, papers: str
) -> tuple[str | None, dict[str, dict[RecordingInfo, int]]]:
    """Recordings of a split and their frames at a frame rate, by action, and which action is asked for.

    Args:
        dataset: The data.
        split: Which sequences.
        action: What the user wants.
        fps: None leaves recordings as they are.
        papers: The paper's action, taken where the data have it.

    Raises:
        InputError: There is no such action.
    """
    found: dict[str, dict[RecordingInfo, int]] = {}
    for name in dataset.names(split):
        info = dataset.info(name)
        found.setdefault(info.action, {})[info] = frames_at(info.num_frames, info.fps, fps)
    if action is not None and action not in found:
        raise InputError(
            f"the split {split} has no action {action!r} (`action`); its actions are "
            f"{', '.join(sorted(found))}"
        )
    return action or (papers if papers in found else None), found


def errors_mm(prediction: Prediction) -> DoubleArray:
    """(F,) MPJPE of each frame; NaN where it does not count."""
    errors = 1000 * metrics.mpjpe(prediction.poses_m.double(), prediction.truth_m.double())
    if prediction.counted is not None:
        errors = errors.masked_fill(~prediction.counted, torch.nan)
    return errors.numpy()
