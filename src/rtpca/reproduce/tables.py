"""A table from beginning to end: which rows, their runs, their errors, the layout, the files.

The command line calls `make_table` and prints what comes back; figures use the parts (`runs`, `evaluations`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rtpca.checks import check_choice
from rtpca.data.store import check_split
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation import get_protocol
from rtpca.files import written_whole
from rtpca.reproduce import ablations, benchmarks
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.evaluations import measure_runs
from rtpca.reproduce.layout import Grid, ResultTable, to_csv, to_markdown
from rtpca.reproduce.paper import TABLES
from rtpca.reproduce.results import Results, RowOfTable
from rtpca.reproduce.rows import NamedRun, named_run, table_rows
from rtpca.reproduce.runs import (
    Run,
    Update,
    check_run,
    current_step,
    is_finished,
    origin,
    plan_runs,
    total_steps,
    train_runs,
)
from rtpca.reproduce.scales import DEFAULT_SEEDS, scale_recipe

NEEDS_DATA = (
    "give a prepared data file with --data: at --scale small open motion capture, by `rtpca prepare cmu "
    "cmu_asfamc.zip -o mocap.h5` (docs/data.md); at --scale paper Human3.6M by `rtpca prepare h36m`, for "
    "Table 2 HumanEva-I by `rtpca prepare humaneva`, for Table 3 MPI-INF-3DHP by `rtpca prepare mpi-inf-3dhp`"
)


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """What is wanted.

    Attributes:
        number: 1 to 7.
        data: One data file; for Table 1 of Human3.6M also two, with detected and with true 2D keypoints.
        out: Folder of runs and tables.
        scale: "small" or "paper".
        protocol: How runs are measured, and at the paper's scale with "authors" also trained.
        seeds: How many; None for the default of the scale.
        overrides: `key=value` for the recipes of all runs.
        only: Names of the runs that are wanted; empty for all.
        extra: Rows of the user's own.
        jobs: Processes at once.
        device: auto, cpu or cuda.
        max_time_s: Training stops cleanly after this long.
        command: For the caption.
    """

    number: int
    data: tuple[DataFile, ...]
    out: Path
    scale: str = "small"
    protocol: str = "standard"
    seeds: int | None = None
    overrides: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    extra: tuple[NamedRun, ...] = ()
    jobs: int = 1
    device: str = "cpu"
    max_time_s: float = math.inf
    command: str = ""


@dataclass
class _Made:
    """What was done for one data file."""

    results: Results
    runs: list[Run] = field(default_factory=list)


def train_table(request: TableRequest, report: Update = lambda done, total, note="": None) -> None:
    """Train the runs of a table that are not finished, until they are or the time is up.

    Args:
        request: What is wanted.
        report: Told how far it is, in steps.

    Raises:
        InputError: The data do not fit the table.
        ConfigError: A row, scale or option is unknown.
        TrainingError: A run folder holds something else, or a run cannot be trained.
        KeyboardInterrupt: Interrupted; what was trained is saved.
    """
    deadline_s = time.monotonic() + request.max_time_s
    for data, runs in _plans(request):
        train_runs(
            runs,
            data,
            jobs=request.jobs,
            deadline_s=deadline_s,
            accelerator=request.device,
            report=report,
        )


def make_table(request: TableRequest, report: Update = lambda done, total, note="": None) -> ResultTable:
    """Measure the finished runs of a table, lay it out, and write `OUT/tableN.md` and `.csv`.

    Args:
        request: What is wanted.
        report: Told how far the evaluation is.

    Returns:
        The table, with empty cells where runs are not finished.

    Raises:
        InputError: The data do not fit the table.
        ConfigError: A row, scale or option is unknown.
        TrainingError: A run folder holds something else.
    """
    rows = chosen_rows(request.number, request.only, request.extra)
    made = [_measured(request, rows, data, runs, report) for data, runs in _plans(request)]
    grids, notes = _grids(request.number, [each.results for each in made])
    table = ResultTable(
        request.number,
        TABLES[request.number].title,
        grids,
        tuple((row.label, row.run.reading) for row in rows),
        (*notes, *_comparability(request), *TABLES[request.number].notes),
        _caption(request, made),
        tuple(_standing(run) for each in made for run in each.runs if not is_finished(run)),
    )
    write_table(table, request.out)
    return table


def chosen_rows(
    number: int, only: Sequence[str] = (), extra: Sequence[NamedRun] = ()
) -> tuple[RowOfTable, ...]:
    """The rows of a table that can be trained, the user's own behind the paper's.

    Raises:
        ConfigError: There is no such table, or it has no such row.
    """
    check_choice("the table", number, list(TABLES))
    rows = [RowOfTable(label, named_run(name)) for label, name in table_rows(number)]
    rows += [RowOfTable(run.name, run) for run in extra]
    names = [row.run.name for row in rows]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"--row {repeated[0]} is given twice; give rows different names")
    for name in only:
        if name not in names:
            raise ConfigError(f"Table {number} has no row {name!r}; its rows are {', '.join(names)}")
    return tuple(row for row in rows if not only or row.run.name in only)


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
    wanted = benchmarks.PAPER_DATASET.get(number, "h36m")
    for each in data:
        if scale == "paper" and each.dataset != wanted:
            raise InputError(
                f"Table {number} at --scale paper is of {benchmarks.DATASET_TITLES[wanted]}, {each.path} "
                f"holds {benchmarks.DATASET_TITLES[each.dataset]}; make the right file with "
                f"`rtpca prepare {wanted}`, or take --scale small"
            )
        if scale == "paper" and number >= 4 and each.detected:
            raise InputError(
                f"Table {number} at --scale paper is on true 2D keypoints, {each.path} brings detections; "
                "prepare Human3.6M without a file of detections"
            )
        for split in ("train", "test"):
            check_split(each.splits, split, each.path)


def write_table(table: ResultTable, out: Path) -> None:
    """Write Markdown and CSV, each whole or not at all."""
    texts = {f"table{table.number}.md": to_markdown(table)} | to_csv(table)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with written_whole(out / name) as partial:
            partial.write_text(text, encoding="utf-8")


def _plans(request: TableRequest) -> list[tuple[DataFile, list[Run]]]:
    """The runs of a table by data file; nothing is read or trained yet."""
    rows = chosen_rows(request.number, request.only, request.extra)
    check_data(request.number, request.scale, request.data)
    named = [row.run for row in rows]
    seeds = request.seeds or DEFAULT_SEEDS[request.scale]
    return [
        (
            data,
            plan_runs(request.scale, named, seeds, data, request.out, request.overrides, request.protocol),
        )
        for data in request.data
    ]


def _measured(
    request: TableRequest, rows: tuple[RowOfTable, ...], data: DataFile, runs: list[Run], report: Update
) -> _Made:
    finished = [run for run in runs if is_finished(run)]
    for run in finished:
        check_run(run, data)
    evaluations = measure_runs(
        finished,
        data,
        ablations.measurements(request.number, request.scale, request.protocol),
        jobs=request.jobs,
        device=request.device,
        report=report,
    )
    configs = {run.name: run.config for run in reversed(runs)}
    return _Made(Results(data, rows, configs, evaluations), runs)


def _grids(number: int, results: Sequence[Results]) -> tuple[tuple[Grid, ...], tuple[str, ...]]:
    """Blocks of a table, and what to say about how they were laid out."""
    if number == 1:
        return benchmarks.human36m_grids(results), ()
    (only,) = results
    if number == 5:
        return ablations.noise_grids(only)
    makers = {
        2: benchmarks.humaneva_grids,
        3: benchmarks.three_measures_grids,
        4: ablations.component_grids,
    }
    return (makers[number](only) if number in makers else ablations.error_grids(number, only)), ()


def _comparability(request: TableRequest) -> tuple[str, ...]:
    """What keeps ours from being compared with the paper's."""
    notes: list[str] = []
    wanted = benchmarks.PAPER_DATASET.get(request.number, "h36m")
    others = {each.dataset for each in request.data} - {wanted}
    if others:
        held = ", ".join(benchmarks.DATASET_TITLES[other] for other in sorted(others))
        notes.append(
            f"Measured on {held}, not on {benchmarks.DATASET_TITLES[wanted]} as in the paper: only the order "
            "of rows can be compared, not the figures."
        )
    if request.scale == "small":
        notes.append("The small scale is a smaller model, trained for fewer steps than the paper's.")
    if request.overrides:
        notes.append(f"The recipe was changed by hand: {', '.join(request.overrides)}.")
    return tuple(notes)


def _caption(request: TableRequest, made: Sequence[_Made]) -> tuple[str, ...]:
    first = made[0].runs[0].config
    seeds = request.seeds or DEFAULT_SEEDS[request.scale]
    frames = total_steps(made[0].runs[0]) * first.batch * first.model.frames
    steps = total_steps(made[0].runs[0])
    lines = [f"Command: `{request.command}`"] * bool(request.command)
    spread = "; cells are mean ± sample standard deviation over seeds" if seeds > 1 else ""
    name = scale_recipe(request.scale, request.data[0], request.protocol).name
    cameras = "every camera" if request.scale == "paper" else "one camera each, in turn"
    lines.append(
        f"Scale {request.scale} (recipe {name}): {steps:,} steps of {first.batch} windows of "
        f"{first.model.frames} frames, {frames / 1e6:.2f} million frames per run; seeds "
        f"{', '.join(map(str, range(seeds)))}{spread}."
    )
    for each in made:
        data = each.results.data
        people = f"{len(data.subjects)} subject{'' if len(data.subjects) == 1 else 's'}"
        lines.append(
            f"Data: {data.path.name} (SHA-256 {data.sha256[:12]}), "
            f"{benchmarks.DATASET_TITLES[data.dataset]}; trained on {data.train_frames:,} frames of motion, "
            f"measured on the split test: {data.splits['test']} sequences, {people}, {cameras}."
        )
    about = get_protocol(request.protocol).about
    lines.append(f"Protocol {request.protocol} ({about}); averages as docs/protocols.md says.")
    machines = {origin(run).get("machine", "") for each in made for run in each.runs} - {""}
    lines += [f"Trained on: {machine}" for machine in sorted(machines)]
    lines.append(f"Written on {datetime.now(UTC):%Y-%m-%d}.")
    return tuple(lines)


def _standing(run: Run) -> str:
    done = min(current_step(run), total_steps(run))
    return f"{run.name}, seed {run.seed}: {done} of {total_steps(run)} steps"
