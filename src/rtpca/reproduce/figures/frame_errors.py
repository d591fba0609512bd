"""Figure 4: the error of each frame over a clip, for all takes and cameras of one action.

The paper shows Human3.6M's "Photo", 600 frames, subjects S9 and S11. Other data: the action that has two
takes (or else one) of the most frames, up to as many as are shown; of several such the one with the most
takes. All takes that are long enough are cut to the same frames, so the number of curves behind the band is
the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.store import Dataset, open_dataset
from rtpca.evaluation import EvalConfig, predictions
from rtpca.models import Checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.figures.compared import by_action, common_rate, errors_mm, figure_page, networks_of
from rtpca.reproduce.page import Cell, Column, Grid, Line, Page, write_csv
from rtpca.reproduce.setup import Setup
from rtpca.viz.frame_errors import frame_error_figure

PAPER_ACTION = "Photo"
PAPER_FRAMES = 600
_COLUMNS = (
    Column("level_mm", "level (mm)"),
    Column("mean_line_std_mm", "std of the mean line (mm)"),
    Column("take_std_mm", "std of a take (mm)"),
    Column("step_mm", "step (mm)"),
    Column("band_mm", "band (mm)"),
)


def figure_4(
    setup: Setup,
    weights: Mapping[str, str],
    split: str = "test",
    action: str | None = None,
    progress: Progress = in_silence,
) -> Page:
    """Lift the takes of one action (None chooses), draw their errors.

    Raises:
        InputError: There is no such action, or the data do not fit the networks.
        TrainingError: Runs could not be trained, or time was up.
    """
    networks, made = networks_of(setup, weights, progress)
    with open_dataset(setup.data[0].path) as dataset:
        fps = common_rate(networks, dataset, split)
        names, action, count = chosen_takes(dataset, split, action, PAPER_FRAMES, fps)
        fps = fps or dataset.info(names[0]).fps
        takes, errors = errors_of_takes(networks, dataset, names, count, progress)
    header = ["frame", *(f"{name}: {take} (mm)" for name in networks for take in takes)]
    curves = np.concatenate(list(errors.values())).T
    rows = [header, *([frame, *np.round(row, 3).tolist()] for frame, row in enumerate(curves))]
    lines = tuple(Line(name, "", steadiness(own)) for name, own in errors.items())
    return figure_page(
        4,
        setup,
        Grid("", _COLUMNS, lines, file=None),
        frame_error_figure(errors, fps),
        write_csv(setup.out / "figure4.csv", rows),
        [*made, f"Shown: split {split}."],
        frames=count,
        action=action,
        fps=fps,
        takes=len(takes),
    )


def chosen_takes(
    dataset: Dataset, split: str, action: str | None, frames: int, fps: float | None
) -> tuple[list[str], str, int]:
    """The recordings to show, their action, and how many frames of each.

    Raises:
        InputError: There is no such action.
    """
    action, lengths = by_action(dataset, split, action, fps, PAPER_ACTION)

    def shown(of: str) -> int:
        """Frames that two takes have, or the only one."""
        return min(frames, sorted(lengths[of].values())[-2:][0])

    def long_enough(of: str) -> list[str]:
        return [info.name for info, length in lengths[of].items() if length >= shown(of)]

    several = [of for of in lengths if len(lengths[of]) > 1] or list(lengths)
    chosen = action or min(several, key=lambda of: (-shown(of), -len(long_enough(of)), of))
    return long_enough(chosen), chosen, shown(chosen)


def errors_of_takes(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    names: Sequence[str],
    count: int,
    progress: Progress = in_silence,
) -> tuple[list[str], dict[str, DoubleArray]]:
    """Recording and camera of each take, and by network its errors (S, F) in the first `count` frames.

    NaN in frames that do not count.
    """
    takes: dict[str, None] = {}
    errors: dict[str, DoubleArray] = {}
    for done, (network, checkpoint) in enumerate(networks.items()):
        rows: list[DoubleArray] = []
        recordings = (dataset.read(name) for name in names)
        for seen in predictions(checkpoint.model, checkpoint.input, recordings, EvalConfig()):
            takes[f"{seen.recording.name} camera {seen.camera}"] = None
            rows.append(errors_mm(seen)[:count])
            progress(done, len(networks), f"{network}, {seen.recording.name}")
        errors[network] = np.stack(rows)
    return list(takes), errors


def steadiness(errors_mm: DoubleArray) -> dict[str, Cell]:
    """Level and fluctuation of curves (S, F), by key of the table's column; NaN is left out."""
    line = errors_mm[:, np.isfinite(errors_mm).any(0)]
    steps = np.abs(np.diff(errors_mm, axis=1))
    return {
        "level_mm": float(np.nanmean(errors_mm)),
        "mean_line_std_mm": float(np.nanstd(np.nanmean(line, 0))),
        "take_std_mm": float(np.nanmean(np.nanstd(line, 1))),
        "step_mm": float(np.nanmean(steps)) if np.isfinite(steps).any() else 0.0,
        "band_mm": float((np.nanmax(line, 0) - np.nanmin(line, 0)).mean()),
    }
