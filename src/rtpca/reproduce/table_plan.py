"""What a table needs: its rows, the data that fit it, and the experiments behind both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtpca.data.store import check_split
from rtpca.errors import ConfigError, InputError
from rtpca.reproduce.datafile import DATASETS, DataFile
from rtpca.reproduce.experiment import Experiment, plan
from rtpca.reproduce.paper import NEWER, NamedRun, named_run, table_of
from rtpca.reproduce.setup import SPLIT, Setup

NEEDS_DATA = (
    "give a prepared data file (`data`): at `scale` small open motion capture, by `rtpca prepare cmu "
    "cmu_asfamc.zip -o mocap.h5` (docs/data.md); at `scale` paper Human3.6M by `rtpca prepare h36m`, for "
    "Table 2 HumanEva-I by `rtpca prepare humaneva`, for Table 3 MPI-INF-3DHP by `rtpca prepare mpi-inf-3dhp`"
)
PAPERS_DATA: dict[int | str, str] = {2: "humaneva", 3: "mpi-inf-3dhp"}
"""The data set of each table; the others are of Human3.6M."""
_OF_TRUE_2D = (4, 5, 6, 7)


@dataclass(frozen=True)
class TablePlan:
    """What a table is made of.

    Attributes:
        number: As the paper numbers it, or `NEWER`.
        setup: What it is made with.
        rows: Label and run of each row that can be trained.
        experiments: Of all rows, seeds and data files.
    """

    number: int | str
    setup: Setup
    rows: tuple[tuple[str, NamedRun], ...]
    experiments: tuple[Experiment, ...]


def plan_table(
    number: int | str, setup: Setup, only: Sequence[str] = (), extra: Sequence[NamedRun] = ()
) -> TablePlan:
    """What Table `number` needs; nothing is trained or measured yet.

    Args:
        number: 1 to 7, or `NEWER`.
        setup: With which data, at which scale.
        only: Names of the runs that are wanted; empty for all.
        extra: Rows of the user's own, which stand below the paper's.

    Raises:
        InputError: The data do not fit the table.
        ConfigError: A table, row or option is unknown.
    """
    rows = chosen_rows(number, only, extra)
    check_data(number, setup.scale, setup.data)
    return TablePlan(number, setup, rows, plan(setup, [run for _, run in rows]))


def chosen_rows(
    number: int | str, only: Sequence[str] = (), extra: Sequence[NamedRun] = ()
) -> tuple[tuple[str, NamedRun], ...]:
    """Label and run of the rows of a table that can be trained, the user's own behind the paper's.

    Raises:
        ConfigError: There is no such table, or it has no such row.
    """
    rows = [(label, named_run(name)) for label, name in table_of(number).runs.items()]
    rows += [(run.name, run) for run in extra]
    names = [run.name for _, run in rows]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"`row` {repeated[0]} is given twice; give rows different names")
    for name in only:
        if name not in names:
            raise ConfigError(f"{table_name(number)} has no row {name!r}; its rows are {', '.join(names)}")
    return tuple((label, run) for label, run in rows if not only or run.name in only)


def table_name(number: int | str) -> str:
    """What a table is called in a sentence."""
    return "The table of newer lifters" if number == NEWER else f"Table {number}"


def check_data(number: int | str, scale: str, data: Sequence[DataFile]) -> None:
    """Check that data files fit a table.

    Raises:
        InputError: They do not; the message says which command prepares the right ones.
    """
    if not data:
        raise InputError(NEEDS_DATA)
    inputs = [each.detected for each in data]
    several = number == 1 and all(each.dataset == "h36m" for each in data) and len(set(inputs)) == len(inputs)
    if len(data) > 1 and not several:
        raise InputError(
            f"{len(data)} data files for {table_name(number)}: give one; only Table 1 takes two, of "
            "Human3.6M, one with detected and one with true 2D keypoints"
        )
    wanted = PAPERS_DATA.get(number, "h36m")
    for each in data:
        if scale == "paper" and each.dataset != wanted:
            raise InputError(
                f"{table_name(number)} at `scale` paper is of {DATASETS[wanted]}, {each.path} holds "
                f"{each.title}; make the right file with `rtpca prepare {wanted}`, or take `scale` small"
            )
        if scale == "paper" and number in _OF_TRUE_2D and each.detected:
            raise InputError(
                f"{table_name(number)} at `scale` paper is on true 2D keypoints, {each.path} brings "
                "detections; prepare Human3.6M without a file of detections"
            )
        for split in ("train", SPLIT):
            check_split(each.splits, split, each.path)
