"""The blocks of each table from its evaluations: what stands in which column.

Tables 1 to 3 have the paper's rows above ours on the paper's data set; other data (open motion capture) have
actions of their own: these are the columns then, with the paper's averages beside. Tables 4 to 7 are
configurations of one model, each beside the paper's figures. The table of newer lifters is not the paper's,
and has what each network costs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Literal

from rtpca.data.datasets.h36m import ACTIONS
from rtpca.models import build
from rtpca.models.cost import count_operations, count_parameters, measure_in_turn
from rtpca.progress import Progress
from rtpca.reproduce.datafile import NO_DATA, DataFile
from rtpca.reproduce.evaluations import Evaluation, values
from rtpca.reproduce.page import Cell, Column, Grid, Line
from rtpca.reproduce.paper import TABLES, NamedRun, PaperBlock
from rtpca.reproduce.setup import Setup

NOISE_PX = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Levels of Gaussian noise in Table 5; the paper does not give its own."""
NEWER_NOISE_PX = 5.0
"""Gaussian noise in the table of newer lifters."""
_FRAMES_OF_A_PASS = 243

Rows = Sequence[tuple[str, NamedRun]]
"""The paper's label and the run behind it."""
_Valued = tuple[Column, Callable[[str, NamedRun], Cell]]
_MPJPE, _ACCEL = "mpjpe_mm", "acceleration_mm"


def table_1(rows: Rows, measured: Sequence[tuple[DataFile, Sequence[Evaluation]]]) -> list[Grid]:
    """Human3.6M: three blocks, from a file with detections, one with true 2D keypoints, or both."""
    cpn_1, cpn_2, true_1 = TABLES[1].blocks
    if all(data.dataset == "h36m" for data, _ in measured):
        found = {data.detected: evaluations for data, evaluations in measured}
        return [
            _beside_paper(block, rows, found.get(detected), _per_row(block, ACTIONS, measure))
            for block, detected, measure in (
                (cpn_1, True, _MPJPE),
                (cpn_2, True, "p_mpjpe_mm"),
                (true_1, False, _MPJPE),
            )
        ]
    input_of = {True: "the file's own 2D", False: "true 2D"}
    return [
        _own_actions(f"Protocol #{protocol} ({input_of[data.detected]})", block, rows, evaluations, measure)
        for data, evaluations in measured
        for protocol, block, measure in ((1, true_1, _MPJPE), (2, cpn_2, "p_mpjpe_mm"))
    ]


def table_2(rows: Rows, data: DataFile, evaluations: Sequence[Evaluation]) -> list[Grid]:
    """HumanEva-I: per subject and action."""
    (block,) = TABLES[2].blocks
    if data.dataset != "humaneva":
        return [_own_actions("Protocol #1", block, rows, evaluations, _MPJPE)]
    return [_beside_paper(block, rows, evaluations, _per_row(block, block.columns[:-1], _MPJPE))]


def table_3(rows: Rows, evaluations: Sequence[Evaluation]) -> list[Grid]:
    """MPI-INF-3DHP: PCK and AUC of its own protocol's 14 joints, and MPJPE; then of the other joints."""
    columns = (
        (_column("pck_14", "PCK", 1, "higher"), "PCK", "pck_14", None),
        (_column("auc_14", "AUC", 1, "higher"), "AUC", "auc_14", None),
        (_column(_MPJPE, "MPJPE mm", 1), "MPJPE", _MPJPE, None),
        (_column("pck_17", "PCK 17", 1, "higher"), None, "pck_17", None),
        (_column("auc_17", "AUC 17", 1, "higher"), None, "auc_17", None),
        (_column("mpjpe_14_mm", "MPJPE 14", 1), None, "mpjpe_14_mm", None),
    )
    return [_beside_paper(TABLES[3].blocks[0], rows, evaluations, columns)]


def ablation(number: int, setup: Setup, rows: Rows, evaluations: Sequence[Evaluation]) -> list[Grid]:
    """Tables 4, 6 and 7: the error; in Table 4 also parameters and multiply-accumulates."""
    columns: list[_Valued] = [
        (_column(_MPJPE, "MPJPE mm"), _measured(evaluations, _MPJPE)),
        (Column("mpjpe_mm_paper", "MPJPE, paper", 1, "lower"), _printed(number, "MPJPE")),
    ]
    if number == 4:
        paper = Setup(scale="paper")

        def parameters(setup: Setup, data: DataFile) -> Callable[[str, NamedRun], Cell]:
            return lambda label, run: count_parameters(setup.recipe(run, data).model) / 1e6

        def macs(setup: Setup, data: DataFile) -> Callable[[str, NamedRun], Cell]:
            return lambda label, run: count_operations(setup.recipe(run, data).model).without_attention / 1e9

        columns += [
            (Column("params_m", "params M", 3), parameters(setup, setup.data[0])),
            (Column("params_m_paper_size", "params M, paper's size"), parameters(paper, NO_DATA)),
            (Column("params_m_paper", "params M, paper"), _printed(4, "Params")),
            (Column("macs_g", "MACs G", 3), macs(setup, setup.data[0])),
            (Column("macs_g_paper_size", "MACs G, paper's size", 1), macs(paper, NO_DATA)),
            (Column("macs_g_paper", "MACs G, paper", 1), _printed(4, "FLOPs")),
        ]
    return [_grid("", rows, columns)]


def table_5(rows: Rows, evaluations: Sequence[Evaluation]) -> tuple[list[Grid], str]:
    """The paper's columns at the level of noise that comes nearest to it, then the whole sweep.

    Returns:
        The blocks, and the sentence that says which level that is.
    """
    level, sentence = nearest_level(rows, evaluations)
    clean, noisy = _measured(evaluations, _MPJPE), _measured(evaluations, _MPJPE, level)
    paper_noisy, paper_clean = _printed(5, "MPJPE (noisy input)"), _printed(5, "MPJPE")
    columns: list[_Valued] = [
        (_column("accel_noisy_mm", "Accel mm/frame², noisy"), _measured(evaluations, _ACCEL, level)),
        (Column("accel_paper", "Accel, paper", 1, "lower"), _printed(5, "Accel")),
        (
            _column("accel_noisy_mm_s2", "Accel mm/s², noisy", 0),
            _measured(evaluations, f"{_ACCEL}_s2", level),
        ),
        (_column("accel_clean_mm", "Accel mm/frame², clean"), _measured(evaluations, _ACCEL)),
        (_column("mpjpe_noisy_mm", "MPJPE mm, noisy"), noisy),
        (Column("mpjpe_noisy_mm_paper", "noisy, paper", 1, "lower"), paper_noisy),
        (_column(_MPJPE, "MPJPE mm, clean"), clean),
        (Column("mpjpe_mm_paper", "clean, paper", 1, "lower"), paper_clean),
        (_column("ratio", "noisy / clean"), _ratio(noisy, clean)),
        (Column("ratio_paper", "ratio, paper", 2, "lower"), _ratio(paper_noisy, paper_clean)),
    ]
    grids = [_grid(f"Noise of {level:g} px", rows, columns)]
    for title, key, measure, decimals, file in (
        ("MPJPE mm by noise", "mpjpe_mm", _MPJPE, 1, "noise-mpjpe"),
        ("Acceleration error mm/frame² by noise", "accel_mm", _ACCEL, 2, "noise-accel"),
        ("Acceleration error mm/s² by noise", "accel_mm_s2", f"{_ACCEL}_s2", 0, "noise-accel-s2"),
    ):
        swept = [
            (_column(f"{key}_{px:g}px", f"{px:g} px", decimals), _measured(evaluations, measure, px))
            for px in NOISE_PX
        ]
        grids.append(_grid(title, rows, swept, file))
    return grids, sentence


def newer(setup: Setup, rows: Rows, evaluations: Sequence[Evaluation], progress: Progress) -> Grid:
    """Newer lifters: errors on clean and noisy input, size, operations, and speed here, timed in turn."""
    configs = {run.name: setup.recipe(run, setup.data[0]).model for _, run in rows}
    timed = measure_in_turn(
        {name: build(config) for name, config in configs.items()},
        batch={name: max(1, _FRAMES_OF_A_PASS // config.out_frames) for name, config in configs.items()},
        device=setup.device,
        progress=lambda done, total, note="": progress(done, total, "timing"),
    )

    def macs(label: str, run: NamedRun) -> Cell:
        return count_operations(configs[run.name]).total / configs[run.name].out_frames / 1e6

    noisy = NEWER_NOISE_PX
    columns: list[_Valued] = [
        (_column(_MPJPE, "MPJPE mm", 1), _measured(evaluations, _MPJPE)),
        (_column("p_mpjpe_mm", "P-MPJPE mm", 1), _measured(evaluations, "p_mpjpe_mm")),
        (_column("accel_mm", "Accel mm/frame²"), _measured(evaluations, _ACCEL)),
        (_column("mpjpe_noisy_mm", f"MPJPE mm, {noisy:g} px", 1), _measured(evaluations, _MPJPE, noisy)),
        (
            _column("p_mpjpe_noisy_mm", f"P-MPJPE mm, {noisy:g} px", 1),
            _measured(evaluations, "p_mpjpe_mm", noisy),
        ),
        (
            _column("accel_noisy_mm", f"Accel mm/frame², {noisy:g} px", 1),
            _measured(evaluations, _ACCEL, noisy),
        ),
        (
            Column("params_m", "params M", 3),
            lambda label, run: count_parameters(configs[run.name]) / 1e6,
        ),
        (Column("macs_m", "MACs M per frame", 2), macs),
        (
            Column("frames_per_second", "frames per s", 0),
            lambda label, run: timed[run.name].predicted_frames_per_second,
        ),
    ]
    return _grid("", rows, columns)


def nearest_level(rows: Rows, evaluations: Sequence[Evaluation]) -> tuple[float, str]:
    """The level of noise at which ours has the paper's ratio of noisy to clean error, and how it was found.

    The baseline decides, since it says how hard the noise is; where it is not trained, the first row that is.
    """
    for label, run in rows:
        clean = values(evaluations, run.name, _MPJPE)
        wanted = _ratio(_printed(5, "MPJPE (noisy input)"), _printed(5, "MPJPE"))(label, run)
        ratios = {
            px: statistics.fmean(noisy) / statistics.fmean(clean)
            for px in NOISE_PX[1:]
            if clean and (noisy := values(evaluations, run.name, _MPJPE, noise_px=px))
        }
        if isinstance(wanted, float) and ratios:
            level = min(ratios, key=lambda px: abs(math.log(ratios[px] / wanted)))
            return level, (
                f"Of the levels measured, {level:g} px comes nearest to the paper's ratio of noisy to clean "
                f"error of {label}: {ratios[level]:.2f} here, {wanted:.2f} in the paper."
            )
    return 5.0, "No row of the paper's table is here yet, so the level of noise is a guess: 5 px."


def _grid(title: str, rows: Rows, columns: Sequence[_Valued], file: str = "") -> Grid:
    lines = (
        Line(label, run.name, {column.key: cell(label, run) for column, cell in columns})
        for label, run in rows
    )
    return Grid(title, tuple(column for column, _ in columns), tuple(lines), file)


def _beside_paper(
    block: PaperBlock,
    rows: Rows,
    evaluations: Sequence[Evaluation] | None,
    columns: Sequence[tuple[Column, str | None, str, str | None]],
) -> Grid:
    """The paper's rows, and ours below: of each column the paper's title, our measure, and of which row.

    Without evaluations there is no data file for this block.
    """
    lines = [
        Line(f"{label}, paper", "", {c.key: block.value(label, title) for c, title, _, _ in columns if title})
        for label in block.rows
    ]
    for label, run in rows if evaluations is not None else ():
        cells: dict[str, Cell] = {
            c.key: values(evaluations or (), run.name, measure, row) for c, _, measure, row in columns
        }
        lines.append(Line(f"{label}, measured", run.name, cells))
    return Grid(block.title, tuple(column for column, *_ in columns), tuple(lines))


def _per_row(
    block: PaperBlock, labels: Sequence[str], measure: str
) -> list[tuple[Column, str, str, str | None]]:
    """The paper's columns; `labels` are what they are called in the data, but for the average."""
    return [
        (_column(_key(title), title, 1), title, measure, row)
        for title, row in zip(block.columns, [*labels, None], strict=True)
    ]


def _own_actions(
    title: str, block: PaperBlock, rows: Rows, evaluations: Sequence[Evaluation], measure: str
) -> Grid:
    """Columns of the data's own actions, then our average and the paper's."""
    labels = dict.fromkeys(row["label"] for each in evaluations for row in each.report["rows"])
    columns: list[_Valued] = [
        (_column(_key(row or "Avg."), row or "Avg.", 1), _measured(evaluations, measure, row=row))
        for row in (*labels, None)
    ]
    columns.append(
        (Column("avg_paper", "Avg., paper's data", 1, "lower"), lambda label, run: block.value(label, "Avg."))
    )
    return _grid(title, rows, columns)


def _measured(
    evaluations: Sequence[Evaluation], measure: str, noise_px: float = 0.0, row: str | None = None
) -> Callable[[str, NamedRun], tuple[float, ...]]:
    return lambda label, run: values(evaluations, run.name, measure, row, noise_px)


def _printed(number: int, column: str) -> Callable[[str, NamedRun], float | None]:
    return lambda label, run: TABLES[number].blocks[0].value(label, column)


def _ratio(
    above: Callable[[str, NamedRun], Cell], below: Callable[[str, NamedRun], Cell]
) -> Callable[[str, NamedRun], Cell]:
    def divide(label: str, run: NamedRun) -> Cell:
        a, b = above(label, run), below(label, run)
        if isinstance(a, tuple) and isinstance(b, tuple):
            return tuple(x / y for x, y in zip(a, b, strict=False))
        return a / b if isinstance(a, float) and isinstance(b, float) else None

    return divide


def _column(key: str, title: str, decimals: int = 2, better: Literal["lower", "higher"] = "lower") -> Column:
    """A column of measured numbers."""
    return Column(key, title, decimals, better, seeds=True)


def _key(title: str) -> str:
    return title.lower().rstrip(".").replace(" ", "_")
