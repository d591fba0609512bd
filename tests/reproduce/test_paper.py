"""The paper's figures: averages that agree with their parts, and rows that the library has runs for."""

from __future__ import annotations

import pytest

from rtpca.data.datasets.h36m import ACTIONS
from rtpca.reproduce.paper import RUNS, TABLES

# Averages that the paper prints otherwise than its own figures give: printed, and the mean of its figures.
EXCEPTIONS = {
    (1, "Protocol #1 (CPN)", "Ours"): (40.1, 39.99),
    (1, "Protocol #2 (CPN)", "Ours"): (32.0, 31.90),
    (1, "Protocol #1 (GT)", "Pavllo et al."): (37.8, 38.25),
    (1, "Protocol #1 (GT)", "Zhang et al."): (21.6, 21.49),
    (2, "", "p-LSTMs"): (30.3, 21.53),
    (2, "", "Ours"): (19.1, 19.80),
}
AVERAGED = [(table, block, row) for table in (1, 2) for block in TABLES[table].blocks for row in block.rows]


@pytest.mark.parametrize(
    ("table", "block", "row"), AVERAGED, ids=[f"{t} {b.title} {r}" for t, b, r in AVERAGED]
)
def test_averages_are_the_mean_of_their_figures_but_for_the_papers_own_exceptions(table, block, row) -> None:
    *parts, printed = block.rows[row]
    mean = sum(parts) / len(parts)
    if (exception := EXCEPTIONS.get((table, block.title, row))) is not None:
        assert exception == (printed, pytest.approx(mean, abs=0.005))
    else:
        assert mean == pytest.approx(printed, abs=0.06)


@pytest.mark.parametrize("number", range(1, 8))
def test_every_row_has_a_figure_for_every_column(number) -> None:
    for block in TABLES[number].blocks:
        assert block.rows
        assert {len(row) for row in block.rows.values()} == {len(block.columns)}


@pytest.mark.parametrize("number", [4, 5, 6, 7])
def test_the_runs_of_an_ablation_are_the_papers_rows_one_to_one(number) -> None:
    (block,) = TABLES[number].blocks
    assert list(TABLES[number].runs) == list(block.rows)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_runs_of_a_data_set_are_among_the_papers_rows(number) -> None:
    blocks, runs = TABLES[number].blocks, TABLES[number].runs
    assert set(runs) <= {label for block in blocks for label in block.rows}
    others = [label for label, name in runs.items() if RUNS[name].at_scale]  # not in every block
    for block in blocks:
        assert set(runs) - set(others) <= set(block.rows)
        assert [label for label in block.rows if label in runs] == [
            label for label in runs if label in block.rows
        ]


def test_one_figure_can_be_looked_up() -> None:
    assert TABLES[4].blocks[0].value("STE + TPCA", "Params") == 33.84
    assert TABLES[3].blocks[0].value("VNect", "MPJPE") is None
    assert TABLES[1].blocks[2].value("nobody", "Avg.") is None
    assert len(ACTIONS) == 15


def test_rows_with_the_same_figure_in_several_tables_are_the_same_run() -> None:
    assert TABLES[7].runs["TPCA"] == TABLES[6].runs["Pool, Trans-Conv"] == "ste+tpca"
    last = [list(TABLES[number].runs.values())[-1] for number in (4, 5, 7)]
    assert last == ["rtpca"] * 3
