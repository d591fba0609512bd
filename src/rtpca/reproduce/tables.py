"""A table: its rows and their experiments, and from what was measured of these its page.

plan = plan_table(4, setup)      # nothing is trained yet
train_all(plan.experiments)
page = make_table(plan)          # measures what is finished
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtpca.checks import check_choice
from rtpca.data.store import check_split
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation import get_protocol
from rtpca.progress import Progress, in_silence
from rtpca.reproduce import grids
from rtpca.reproduce.datafile import DATASETS, DataFile
from rtpca.reproduce.evaluations import SPLIT, measure_all
from rtpca.reproduce.experiment import Experiment, plan
from rtpca.reproduce.made import how_made
from rtpca.reproduce.page import Grid, Page
from rtpca.reproduce.paper import TABLES, NamedRun, named_run
from rtpca.reproduce.setup import Setup

NEEDS_DATA = (
    "give a prepared data file (`data`): at `scale` small open motion capture, by `rtpca prepare cmu "
    "cmu_asfamc.zip -o mocap.h5` (docs/data.md); at `scale` paper Human3.6M by `rtpca prepare h36m`, for "
    "Table 2 HumanEva-I by `rtpca prepare humaneva`, for Table 3 MPI-INF-3DHP by `rtpca prepare mpi-inf-3dhp`"
)
_PAPERS_DATA = {2: "humaneva", 3: "mpi-inf-3dhp"}  # the others are of Human3.6M


@dataclass(frozen=True)
class TablePlan:
    """What a table is made of.

    Attributes:
        number: As the paper numbers it.
        setup: What it is made with.
        rows: Label and run of each row that can be trained.
        experiments: Of all rows, seeds and data files.
    """

    number: int
    setup: Setup
    rows: tuple[tuple[str, NamedRun], ...]
    experiments: tuple[Experiment, ...]


def plan_table(
    number: int, setup: Setup, only: Sequence[str] = (), extra: Sequence[NamedRun] = ()
) -> TablePlan:
    """What Table `number` needs; nothing is trained or measured yet.

    Args:
        number: 1 to 7.
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


def make_table(plan: TablePlan, progress: Progress = in_silence) -> Page:
    """Measure the finished experiments of a table and lay it out, with empty cells where one is not finished.

    Raises:
        TrainingError: A run folder holds something else.
    """
    number, setup = plan.number, plan.setup
    finished = [each for each in plan.experiments if each.finished]
    for each in finished:
        each.check()
    ways = [setup.evaluation(px) for px in (grids.NOISE_PX if number == 5 else (0.0,))]
    evaluations = measure_all(finished, ways, setup, progress)
    measured = [(data, [each for each in evaluations if each.experiment.data is data]) for data in setup.data]
    (data, found), notes, blocks = measured[0], list[str](), list[Grid]()
    match number:
        case 1:
            blocks = grids.table_1(plan.rows, measured)
        case 2:
            blocks = grids.table_2(plan.rows, data, found)
        case 3:
            blocks = grids.table_3(plan.rows, found)
        case 5:
            blocks, sentence = grids.table_5(plan.rows, found)
            notes.append(sentence)
        case _:
            blocks = grids.ablation(number, setup, plan.rows, found)
    return Page(
        name=f"table{number}",
        title=f"Table {number}: {TABLES[number].title}",
        grids=tuple(blocks),
        readings=[(label, run.reading) for label, run in plan.rows],
        notes=[*notes, *_comparability(number, setup), *TABLES[number].notes],
        made=[*how_made(setup, plan.experiments), _protocol(setup)],
        unfinished=[each.standing for each in plan.experiments if not each.finished],
    )


def chosen_rows(
    number: int, only: Sequence[str] = (), extra: Sequence[NamedRun] = ()
) -> tuple[tuple[str, NamedRun], ...]:
    """Label and run of the rows of a table that can be trained, the user's own behind the paper's.

    Raises:
        ConfigError: There is no such table, or it has no such row.
    """
    check_choice("the table", number, list(TABLES))
    rows = [(label, named_run(name)) for label, name in TABLES[number].runs.items()]
    rows += [(run.name, run) for run in extra]
    names = [run.name for _, run in rows]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"`row` {repeated[0]} is given twice; give rows different names")
    for name in only:
        if name not in names:
            raise ConfigError(f"Table {number} has no row {name!r}; its rows are {', '.join(names)}")
    return tuple((label, run) for label, run in rows if not only or run.name in only)


def check_data(number: int, scale: str, data: Sequence[DataFile]) -> None:
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
            f"{len(data)} data files for Table {number}: give one; only Table 1 takes two, of Human3.6M, one "
            "with detected and one with true 2D keypoints"
        )
    wanted = _PAPERS_DATA.get(number, "h36m")
    for each in data:
        if scale == "paper" and each.dataset != wanted:
            raise InputError(
                f"Table {number} at `scale` paper is of {DATASETS[wanted]}, {each.path} holds {each.title}; "
                f"make the right file with `rtpca prepare {wanted}`, or take `scale` small"
            )
        if scale == "paper" and number >= 4 and each.detected:
            raise InputError(
                f"Table {number} at `scale` paper is on true 2D keypoints, {each.path} brings detections; "
                "prepare Human3.6M without a file of detections"
            )
        for split in ("train", SPLIT):
            check_split(each.splits, split, each.path)


def _comparability(number: int, setup: Setup) -> list[str]:
    """What keeps ours from being compared with the paper's."""
    notes: list[str] = []
    wanted = DATASETS[_PAPERS_DATA.get(number, "h36m")]
    held = {each.title for each in setup.data} - {wanted}
    if held:
        notes.append(
            f"Measured on {', '.join(sorted(held))}, not on {wanted} as in the paper: only the order of rows "
            "can be compared, not the figures."
        )
    if setup.scale == "small":
        notes.append("The small scale is a smaller model, trained for fewer steps than the paper's.")
    if setup.overrides:
        notes.append(f"The recipe was changed by hand: {', '.join(setup.overrides)}.")
    return notes


def _protocol(setup: Setup) -> str:
    cameras = "every camera" if setup.evaluation().all_cameras else "one camera each, in turn"
    about = get_protocol(setup.protocol).about
    return f"Protocol {setup.protocol} ({about}), {cameras}; averages as docs/protocols.md says."
