"""Networks side by side on one data file: what Figures 3, 4 and 5 show, lifted as `rtpca eval` lifts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from matplotlib.figure import Figure

from rtpca import metrics
from rtpca.arrays import DoubleArray
from rtpca.data.recording import RecordingInfo
from rtpca.data.store import Dataset
from rtpca.data.views import frames_at
from rtpca.errors import InputError, TrainingError
from rtpca.evaluation import Prediction
from rtpca.files import make_folder
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.progress import Progress
from rtpca.reproduce.experiment import plan
from rtpca.reproduce.made import hardware, how_made
from rtpca.reproduce.page import Grid, Page
from rtpca.reproduce.paper import FIGURES, RUNS
from rtpca.reproduce.setup import Setup
from rtpca.reproduce.train import train_all
from rtpca.viz.files import save_figure

OURS, BASELINE = "rtpca", "ste"


def networks_of(
    setup: Setup, weights: Mapping[str, str], progress: Progress
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
        ConfigError: Weights predict no metres.
    """
    if not setup.data:
        raise InputError("this figure needs data: give a file (`data`) made by `rtpca prepare`")
    experiments = () if weights else plan(replace(setup, seeds=1), [RUNS[OURS], RUNS[BASELINE]])
    train_all(experiments, setup, progress)
    if unfinished := [each.standing for each in experiments if not each.finished]:
        listed = "; ".join(unfinished)
        raise TrainingError(
            f"time was up before these runs were finished: {listed}; the same command goes on"
        )
    paths = weights or {each.run.name: str(each.weights) for each in experiments}
    networks = {name: load_checkpoint(path) for name, path in paths.items()}
    for checkpoint in networks.values():
        checkpoint.require_metres()
        checkpoint.model.to(setup.device)
    make_folder(setup.out)
    shown = ", ".join(f"{name}: {'/'.join(Path(path).parts[-2:])}" for name, path in paths.items())
    return networks, [*how_made(setup, experiments), f"Weights: {shown}.", hardware(setup.device)]


def figure_page(
    number: int, setup: Setup, grid: Grid, picture: Figure, data: Path, made: Sequence[str], **words: object
) -> Page:
    """The page of a figure: its picture written, `words` put into its caption.

    Args:
        number: As the paper numbers it.
        setup: Where to write.
        grid: The numbers under it.
        picture: What is drawn.
        data: A file of what is drawn, written already.
        made: How it was made.
        words: For the places in its text.
    """
    name, about = f"figure{number}", FIGURES[number]
    return Page(
        name=name,
        title=f"Figure {number}: {about.title}",
        grids=(grid,),
        text=[text.format(**words) for text in about.text.values()],
        files=[*save_figure(picture, setup.out / name), data],
        made=made,
    )


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
