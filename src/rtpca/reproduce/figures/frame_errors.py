"""Figure 4: the error of each frame over a clip, for all takes and cameras of one action.

The paper shows Human3.6M's "Photo", 600 frames, subjects S9 and S11. Other data: the action that has two
takes (or else one) of the most frames, up to as many as are shown; of several such the one with the most
takes. All takes that are long enough are cut to the same frames, so the number of curves behind the band is
the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rtpca.data.store import Dataset
from rtpca.errors import InputError
from rtpca.models import Checkpoint
from rtpca.reproduce.figures.lifted import (
    LiftedRecording,
    Update,
    check_data,
    common_rate,
    in_silence,
    length_at,
    lift_each,
)

PAPER_ACTION = "Photo"
PAPER_FRAMES = 600


@dataclass(frozen=True, eq=False)
class FrameErrors:
    """Errors of the same frames of several takes.

    Attributes:
        action: What is done.
        fps: Frame rate.
        takes: Recording and camera behind each row.
        errors_mm: (S, F) MPJPE of each network; NaN in frames that do not count.
    """

    action: str
    fps: float
    takes: tuple[str, ...]
    errors_mm: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Steadiness:
    """What a curve says in numbers, millimetres.

    Attributes:
        level: Mean over all frames and takes.
        mean_line_std: Standard deviation over time of the mean line.
        take_std: Standard deviation over time of each take, mean over the takes.
        step: Mean size of the change from one frame to the next within a take.
        band: Mean over time of the largest minus the least take.
    """

    level: float
    mean_line_std: float
    take_std: float
    step: float
    band: float


def frame_errors(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    *,
    split: str = "test",
    action: str | None = None,
    frames: int = PAPER_FRAMES,
    update: Update = in_silence,
) -> FrameErrors:
    """Lift the takes of one action.

    Args:
        networks: By name, of one frame rate.
        dataset: The data.
        split: Which sequences.
        action: Which action; None chooses (see above).
        frames: At most so many.
        update: Told how far it is.

    Raises:
        InputError: If there is no such action, or the data do not fit the networks.
    """
    check_data(dataset, networks, split)
    names, action, count = chosen_takes(dataset, split, action, frames, common_rate(networks))
    takes: list[str] = []
    rows: dict[str, list[Tensor]] = {name: [] for name in networks}
    rates: set[float] = set()

    def keep(lifted: LiftedRecording) -> None:
        takes.extend(f"{lifted.name} camera {camera}" for camera in lifted.cameras)
        rates.add(lifted.fps)
        for name, errors_mm in lifted.errors_mm.items():
            rows[name].append(errors_mm[:, :count])

    lift_each(networks, dataset, names, keep, update=update)
    errors_mm = {name: torch.cat(parts).double().numpy() for name, parts in rows.items()}
    return FrameErrors(action, min(rates), tuple(takes), errors_mm)


def chosen_takes(
    dataset: Dataset, split: str, action: str | None, frames: int, fps: float | None
) -> tuple[list[str], str, int]:
    """The recordings to show, their action, and how many frames of each."""
    lengths: dict[str, dict[str, int]] = {}
    for name in dataset.names(split):
        info = dataset.info(name)
        lengths.setdefault(info.action, {})[name] = length_at(info, fps)
    if action is None and PAPER_ACTION in lengths:
        action = PAPER_ACTION
    if action is not None and action not in lengths:
        raise InputError(
            f"the split {split} has no action {action!r}; its actions are {', '.join(sorted(lengths))}"
        )

    def shown(of: str) -> int:
        """Frames that two takes have, or the only one."""
        return min(frames, sorted(lengths[of].values())[-2:][0])

    def long_enough(of: str) -> list[str]:
        return [name for name, length in lengths[of].items() if length >= shown(of)]

    several = [of for of in lengths if len(lengths[of]) > 1] or list(lengths)
    chosen = action or min(several, key=lambda of: (-shown(of), -len(long_enough(of)), of))
    return long_enough(chosen), chosen, shown(chosen)


def steadiness(errors_mm: NDArray[np.float64]) -> Steadiness:
    """Level and fluctuation of curves (S, F); NaN is left out."""
    line = errors_mm[:, np.isfinite(errors_mm).any(0)]
    band = np.nanmax(line, 0) - np.nanmin(line, 0)
    steps = np.abs(np.diff(errors_mm, axis=1))
    return Steadiness(
        level=float(np.nanmean(errors_mm)),
        mean_line_std=float(np.nanstd(np.nanmean(line, 0))),
        take_std=float(np.nanmean(np.nanstd(line, 1))),
        step=float(np.nanmean(steps)) if np.isfinite(steps).any() else 0.0,
        band=float(band.mean()),
    )
