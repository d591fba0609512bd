"""Tables end to end on generated motion, and the layout of each on made-up evaluations."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_settings import TINY

from rtpca.data.datasets.h36m import ACTIONS
from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.evaluation import EvalConfig
from rtpca.models import RTPCA
from rtpca.reproduce import (
    Evaluation,
    Setup,
    evaluations,
    make_table,
    parse_row,
    plan,
    plan_table,
    train_all,
    write_page,
)
from rtpca.reproduce.grids import NOISE_PX, nearest_level, table_1, table_2, table_3, table_5
from rtpca.reproduce.page import best_cells
from rtpca.reproduce.paper import TABLES
from rtpca.reproduce.table_plan import check_data, chosen_rows


@pytest.fixture
def out(trained, tmp_path):
    """Finished runs of Table 4 in a folder that may be changed."""
    shutil.copytree(trained / "runs", tmp_path / "runs")
    return tmp_path


def planned(number, data, out, only=(), extra=(), **changes):
    given = {"overrides": TINY, "device": "cpu", "command": f"rtpca table {number}"} | changes
    return plan_table(number, Setup(data=(data,), out=out, **given), only, extra)


def trained_table(plan):
    train_all(plan.experiments, plan.setup)
    return make_table(plan)


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_table_4_from_nothing_to_files_with_two_seeds(data, tmp_path) -> None:
    table = trained_table(planned(4, data, tmp_path))
    write_page(table, tmp_path)
    assert table.unfinished == []
    (grid,) = table.grids
    assert [line.label for line in grid.lines] == list(TABLES[4].blocks[0].rows)
    for line in grid.lines:
        assert len(line.cells["mpjpe_mm"]) == 2
        assert line.cells["mpjpe_mm"][0] != line.cells["mpjpe_mm"][1]
    rows = read_csv(tmp_path / "table4.csv")
    assert [row["run"] for row in rows] == ["ste", "ste+tpca", "rtpca"]
    assert [row["mpjpe_mm_paper"] for row in rows] == ["21.7", "20", "19.5"]
    assert [row["params_m_paper_size"] for row in rows] == ["33.7838", "33.8472", "33.8472"]
    assert [row["mpjpe_mm_seeds"] for row in rows] == ["2"] * 3
    text = (tmp_path / "table4.md").read_text()
    for words in (
        "Command: `rtpca table 4`",
        "recipe small.yaml",
        "4 steps of 4 windows of 9 frames",
        "seeds 0, 1",
        "synthetic.h5",
        "split test: 3 sequences",
        "torch 2.",
        "this is MixSTE",
        "only the order of rows can be compared",
    ):
        assert words in text, words


def test_a_second_table_prints_without_measuring_again(data, out, monkeypatch) -> None:
    first = make_table(planned(4, data, out))
    monkeypatch.setattr(evaluations, "evaluate", None)
    assert trained_table(planned(4, data, out)).grids == first.grids


def test_tables_share_their_runs(data, out) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/small/*/weights.safetensors")}
    table = trained_table(planned(7, data, out, seeds=1, only=("ste+tpca", "rtpca")))
    assert [line.run for line in table.grids[0].lines] == ["ste+tpca", "rtpca"]
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert len(list((out / "runs" / "small").iterdir())) == 6


def test_stopped_by_the_time_limit_the_table_has_what_there_is_and_says_what_is_missing(data, out) -> None:
    shutil.rmtree(out / "runs" / "small" / "rtpca-seed0")
    shutil.rmtree(out / "runs" / "small" / "rtpca-seed1")
    table = trained_table(planned(4, data, out, deadline_s=0.0))
    write_page(table, out)
    assert table.unfinished == ["rtpca, seed 0: 0 of 4 steps", "rtpca, seed 1: 0 of 4 steps"]
    assert table.grids[0].lines[2].cells["mpjpe_mm"] == ()
    last = [line for line in (out / "table4.md").read_text().splitlines() if line.startswith("| ")][-1]
    assert last.startswith("| STE + TPCA + XLR | – | **19.5** |")
    assert trained_table(planned(4, data, out)).unfinished == []


def test_a_changed_recipe_is_refused(data, out) -> None:
    with pytest.raises(TrainingError, match=r"optim\.lr 0\.001 \(now 0\.01\)"):
        trained_table(planned(4, data, out, overrides=(*TINY, "optim.lr=0.01")))
    with pytest.raises(TrainingError, match="was trained with another recipe"):
        make_table(planned(4, data, out, overrides=(*TINY, "optim.lr=0.01")))


def test_a_row_of_ones_own_stands_below_the_papers(data, out) -> None:
    two = parse_row("two=model.stages=2")
    table = trained_table(planned(6, data, out, seeds=1, extra=(two,), only=("ste+tpca", "two")))
    assert [line.label for line in table.grids[0].lines] == ["Pool, Trans-Conv", "two"]
    assert len(table.grids[0].lines[1].cells["mpjpe_mm"]) == 1
    assert table.readings[1] == ("two", "A row of your own: rtpca with model.stages=2.")


@pytest.mark.parametrize("number", [4, 5, 6, 7])
def test_an_ablation_prints_the_papers_rows_in_their_order_before_anything_is_trained(
    number, data, tmp_path
) -> None:
    table = make_table(planned(number, data, tmp_path))
    (block,) = TABLES[number].blocks
    assert [line.label for line in table.grids[0].lines] == list(block.rows)
    shown = [line.cells["mpjpe_mm_paper"] for line in table.grids[0].lines]
    assert shown == [block.value(label, "MPJPE") for label in block.rows]
    assert [label for label, _ in table.readings] == list(block.rows)


def test_unknown_rows_and_rows_given_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"Table 4 has no row 'pool'; its rows are ste, ste\+tpca, rtpca"):
        chosen_rows(4, only=["pool"])
    two = parse_row("two=model.stages=2")
    with pytest.raises(ConfigError, match="`row` two is given twice"):
        chosen_rows(4, extra=[two, two])


def test_data_that_do_not_fit_are_refused_with_the_command_that_makes_the_right_ones(data) -> None:
    h36m = replace(data, dataset="h36m")
    detected = replace(h36m, detected=True)
    check_data(1, "paper", [h36m, detected])
    check_data(4, "small", [data])
    for number, files, message in (
        (4, [], "give a prepared data file .`data`.*rtpca prepare cmu"),
        (4, [data], "Table 4 at `scale` paper is of Human3.6M, .* holds open motion .*`rtpca prepare h36m`"),
        (2, [h36m], "Table 2 at `scale` paper is of HumanEva-I.*`rtpca prepare humaneva`"),
        (3, [h36m], "`rtpca prepare mpi-inf-3dhp`"),
        (5, [detected], "Table 5 at `scale` paper is on true 2D keypoints"),
        (4, [h36m, detected], "2 data files for Table 4: give one"),
        (1, [h36m, h36m], "2 data files for Table 1: give one"),
        (4, [replace(h36m, splits={"train": 3})], "has no split 'test'; splits and sequences found"),
    ):
        with pytest.raises(InputError, match=message):
            check_data(number, "paper", files)


def fake(number, data, report, only=()):
    """Rows, and evaluations in which every run came out as `report(name, how)` says."""
    rows = chosen_rows(number, only)
    experiments = plan(Setup(data=(replace(data, dataset="h36m"),), seeds=1), [run for _, run in rows])
    ways = [EvalConfig(noise_px=px) for px in NOISE_PX]
    return rows, [Evaluation(each, how, report(each.run.name, how)) for each in experiments for how in ways]


def errors(mean, rows=(), **more) -> dict:
    average = {"label": "average", "mpjpe_mm": mean, "p_mpjpe_mm": mean - 1.0} | more
    return {"rows": [{"label": label, "mpjpe_mm": value} for label, value in rows], "average": average}


def test_the_level_of_noise_is_the_one_with_the_papers_ratio_of_the_baseline(data) -> None:
    # The paper has 30.8 / 21.7 = 1.42 for STE; here 1 + px / 12 is 1.42 at 5 px.
    def noisy(name, how):
        slope = 12.0 if name == "ste" else 60.0
        return errors(
            30.0 * (1.0 + how.noise_px / slope), acceleration_mm=how.noise_px, acceleration_mm_s2=2500.0
        )

    rows, found = fake(5, data, noisy)
    level, sentence = nearest_level(rows, found)
    assert level == 5.0
    assert "5 px comes nearest" in sentence
    assert "1.42 here, 1.42 in the paper" in sentence
    grids, _ = table_5(rows, found)
    assert grids[0].title == "Noise of 5 px"
    (ste, *_) = grids[0].lines
    assert ste.cells["mpjpe_noisy_mm"] == (pytest.approx(42.5),)
    assert (ste.cells["accel_noisy_mm"], ste.cells["accel_clean_mm"]) == ((5.0,), (0.0,))
    assert ste.cells["accel_paper"] == 22.4
    assert ste.cells["ratio"] == (pytest.approx(42.5 / 30.0),)
    assert ste.cells["ratio_paper"] == pytest.approx(30.8 / 21.7)
    assert [grid.file for grid in grids] == ["", "noise-mpjpe", "noise-accel", "noise-accel-s2"]
    assert [column.title for column in grids[1].columns] == [f"{px:g} px" for px in NOISE_PX]


def test_table_1_has_the_papers_three_blocks_with_ours_below(data) -> None:
    rows = [(action, 20.0 + number) for number, action in enumerate(ACTIONS)]
    h36m = replace(data, dataset="h36m")
    wanted, found = fake(1, h36m, lambda name, how: errors(27.0, rows), only=("ste", "rtpca"))
    grids = table_1(wanted, [(h36m, found)])
    assert [grid.title for grid in grids] == [block.title for block in TABLES[1].blocks]
    for grid, block in zip(grids, TABLES[1].blocks, strict=True):
        assert [line.label for line in grid.lines if not line.run] == [f"{row}, paper" for row in block.rows]
    assert [line.run for line in grids[0].lines if line.run] == []
    ours = grids[2].lines[-1]
    assert (ours.label, ours.run) == ("Ours, measured", "rtpca")
    assert list(ours.cells.values()) == [(20.0 + number,) for number in range(15)] + [(27.0,)]
    theirs = len(TABLES[1].blocks[2].rows) - 1
    assert (theirs, "avg") in best_cells(grids[2])


def test_table_1_on_other_data_has_the_datas_own_actions(data) -> None:
    rows, found = fake(
        1, data, lambda name, how: errors(27.0, [("walk", 1.0), ("wave", 2.0)]), only=("ste", "rtpca")
    )
    first, second = table_1(rows, [(data, found)])
    assert [column.title for column in first.columns] == ["walk", "wave", "Avg.", "Avg., paper's data"]
    assert first.lines[1].cells == {"walk": (1.0,), "wave": (2.0,), "avg": (27.0,), "avg_paper": 19.5}
    assert second.lines[1].cells["avg"] == (26.0,)


def test_table_2_is_by_subject_and_action(data) -> None:
    groups = TABLES[2].blocks[0].columns[:-1]
    assert groups[0] == "Walk S1"
    rows = [(group, float(number)) for number, group in enumerate(groups)]
    wanted, found = fake(2, data, lambda name, how: errors(2.5, rows))
    (grid,) = table_2(wanted, replace(data, dataset="humaneva"), found)
    assert [line.label for line in grid.lines if not line.run] == [
        "p-LSTMs, paper",
        "PoseFormer, paper",
        "MixSTE, paper",
        "Ours, paper",
    ]
    assert list(grid.lines[-1].cells.values()) == [*((float(n),) for n in range(6)), (2.5,)]


def test_table_3_has_three_measures_and_knows_which_way_is_better(data) -> None:
    (grid,) = table_3(*fake(3, data, lambda name, how: errors(40.0, pck_14=98.0, auc_14=None)))
    assert grid.lines[-1].cells["pck_14"] == (98.0,)
    assert grid.lines[-1].cells["auc_14"] == ()
    labels = {grid.lines[number].label for number, key in best_cells(grid) if key in ("pck_14", "mpjpe_mm")}
    assert "Ours, paper" in labels
    assert "VNect, paper" not in labels


def test_the_rows_that_the_page_shows_can_be_built(data) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reproduce.md").read_text(encoding="utf-8")
    rows = [row for row in re.findall(r"--row (\S+=\S+)", page) if "mine" not in row and "NAME" not in row]
    assert len(rows) == 2
    for row in rows:
        with torch.device("meta"):
            RTPCA(Setup().recipe(parse_row(row), data).model)
