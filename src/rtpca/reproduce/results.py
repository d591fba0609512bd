"""What the rows of a table came out as: evaluations of all seeds, looked up by run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.evaluations import Evaluation, Measurement
from rtpca.reproduce.rows import NamedRun
from rtpca.training import TrainConfig


@dataclass(frozen=True)
class RowOfTable:
    """A row that can be trained.

    Attributes:
        label: As the paper has it; the name of the run for a row of the user's own.
        run: The configuration.
    """

    label: str
    run: NamedRun


@dataclass(frozen=True)
class Results:
    """Everything that was measured on one data file.

    Attributes:
        data: The file.
        rows: Rows of the table, in order.
        configs: Recipe of each run (with the first seed) by name.
        evaluations: By name, seed and measurement; unfinished runs are not there.
    """

    data: DataFile
    rows: tuple[RowOfTable, ...]
    configs: dict[str, TrainConfig]
    evaluations: dict[tuple[str, int, Measurement], Evaluation]

    def values(
        self, run: str, pick: Callable[[Evaluation], float | None], noise_px: float = 0.0
    ) -> tuple[float, ...]:
        """One number per seed that is there, at one level of noise."""
        found = [
            pick(evaluation)
            for (name, _, measurement), evaluation in sorted(self.evaluations.items(), key=lambda e: e[0][1])
            if name == run and measurement.noise_px == noise_px
        ]
        return tuple(value for value in found if value is not None)

    def labels(self) -> tuple[str, ...]:
        """Labels of the rows of all evaluations (actions, as a rule), in their order."""
        return tuple(dict.fromkeys(row["label"] for e in self.evaluations.values() for row in e.rows))
