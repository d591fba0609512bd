"""Tables 1 to 3: models on a benchmark, per action, per subject and action, or by several measures.

On the paper's dataset the columns are the paper's, and its rows stand above ours. Other data (open motion
capture) have actions of their own: these are the columns then, with the paper's averages beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rtpca.data.datasets.h36m import ACTIONS
from rtpca.reproduce.evaluations import Evaluation
from rtpca.reproduce.layout import Column, Grid, Line
from rtpca.reproduce.paper import CPN_P1, CPN_P2, GT_P1, TABLES, PaperBlock
from rtpca.reproduce.results import Results

PAPER_DATASET = {1: "h36m", 2: "humaneva", 3: "mpi-inf-3dhp"}
DATASET_TITLES = {
    "h36m": "Human3.6M",
    "humaneva": "HumanEva-I",
    "mpi-inf-3dhp": "MPI-INF-3DHP",
    "mocap": "open motion capture",
}
# Of MPI-INF-3DHP's columns those that the paper has: 14 joints in PCK and AUC as the dataset's own protocol.
_THREE_MEASURES = (
    (Column("pck_14", "PCK", 1, "higher"), "PCK"),
    (Column("auc_14", "AUC", 1, "higher"), "AUC"),
    (Column("mpjpe_mm", "MPJPE mm", 1), "MPJPE"),
    (Column("pck_17", "PCK 17", 1, "higher"), None),
    (Column("auc_17", "AUC 17", 1, "higher"), None),
    (Column("mpjpe_14_mm", "MPJPE 14", 1), None),
)


def human36m_grids(results: Sequence[Results]) -> tuple[Grid, ...]:
    """Table 1: three blocks, from a file with detections, one with true 2D keypoints, or both."""
    if any(each.data.dataset != "h36m" for each in results):
        return tuple(
            own_rows_grid(each, f"Protocol #{protocol} ({_input(each)})", block, key)
            for each in results
            for protocol, block, key in ((1, GT_P1, "mpjpe_mm"), (2, CPN_P2, "p_mpjpe_mm"))
        )
    detected = next((each for each in results if each.data.detected), None)
    true = next((each for each in results if not each.data.detected), None)
    return (
        paper_grid(detected, CPN_P1, ACTIONS, "mpjpe_mm"),
        paper_grid(detected, CPN_P2, ACTIONS, "p_mpjpe_mm"),
        paper_grid(true, GT_P1, ACTIONS, "mpjpe_mm"),
    )


def humaneva_grids(results: Results) -> tuple[Grid, ...]:
    """Table 2: per subject and action."""
    block = TABLES[2].blocks[0]
    if results.data.dataset != "humaneva":
        return (own_rows_grid(results, "Protocol #1", block, "mpjpe_mm"),)
    return (paper_grid(results, block, block.columns[:-1], "mpjpe_mm"),)


def three_measures_grids(results: Results) -> tuple[Grid, ...]:
    """Table 3: PCK, AUC and MPJPE."""
    block = TABLES[3].blocks[0]
    lines: list[Line] = []
    for label in block.rows:
        figures = {
            column.key: (value,)
            for column, theirs in _THREE_MEASURES
            if theirs is not None and (value := block.value(label, theirs)) is not None
        }
        lines.append(Line(f"{label}, paper", "", figures))
    for row in results.rows:
        cells = {
            column.key: results.values(row.run.name, lambda e, key=column.key: e.mean(key))
            for column, _ in _THREE_MEASURES
        }
        lines.append(Line(f"{row.label}, measured", row.run.name, cells))
    return (Grid("", tuple(column for column, _ in _THREE_MEASURES), tuple(lines)),)


def paper_grid(results: Results | None, block: PaperBlock, labels: Sequence[str], key: str) -> Grid:
    """The paper's columns; its rows, and ours below.

    Args:
        results: Ours; None where there is no data file for this block.
        block: The paper's.
        labels: What the paper's columns (but for the average) are called in the data.
        key: The measure.
    """
    columns = tuple(Column(_key(title), title) for title in block.columns)
    lines = [
        Line(
            f"{label}, paper",
            "",
            {
                column.key: () if value is None else (value,)
                for column, value in zip(columns, values, strict=True)
            },
        )
        for label, values in block.rows.items()
    ]
    if results is not None:
        for row in results.rows:
            cells = {
                column.key: results.values(row.run.name, lambda e, label=label: e.row(label, key))
                for column, label in zip(columns, labels, strict=False)
            }
            cells[columns[-1].key] = results.values(row.run.name, lambda e: e.mean(key))
            lines.append(Line(f"{row.label}, measured", row.run.name, cells))
    return Grid(block.title, columns, tuple(lines))


def own_rows_grid(results: Results, title: str, block: PaperBlock, key: str) -> Grid:
    """Columns of the data's own actions, then our average and the paper's."""
    labels = results.labels()
    columns = (
        *(Column(_key(label), label) for label in labels),
        Column("avg", "Avg."),
        Column("avg_paper", "Avg., paper's data", single=True),
    )
    lines: list[Line] = []
    for row in results.rows:
        cells = {_key(label): results.values(row.run.name, _of(label, key)) for label in labels}
        cells["avg"] = results.values(row.run.name, lambda e: e.mean(key))
        figure = block.value(row.label, "Avg.")
        cells["avg_paper"] = () if figure is None else (figure,)
        lines.append(Line(row.label, row.run.name, cells))
    return Grid(title, columns, tuple(lines))


def _of(label: str, key: str) -> Callable[[Evaluation], float | None]:
    def pick(evaluation: Evaluation) -> float | None:
        return evaluation.row(label, key)

    return pick


def _key(title: str) -> str:
    return title.lower().rstrip(".").replace(" ", "_")


def _input(results: Results) -> str:
    return "the file's own 2D" if results.data.detected else "true 2D"
