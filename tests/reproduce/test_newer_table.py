"""The table of newer lifters: what its rows have in common, and end to end at a size of nothing."""

from __future__ import annotations

import pytest
from tiny_settings import TINY

from rtpca.errors import ConfigError
from rtpca.models.cost import count_operations
from rtpca.reproduce import Setup, make_table, named_run, parse_row, plan_table, train_all, write_page
from rtpca.reproduce.datafile import NO_DATA
from rtpca.reproduce.paper import NEWER, NEWER_RUNS, NEWER_TABLE, RUNS

ROWS = tuple(NEWER_TABLE.runs.values())


def test_its_runs_are_its_rows_besides_the_papers() -> None:
    assert set(ROWS) == {"ste", "rtpca"} | set(NEWER_RUNS)
    assert not set(NEWER_RUNS) & set(RUNS)
    assert all(run.reading.endswith(".") for run in NEWER_RUNS.values())


@pytest.mark.parametrize("scale", ["small", "paper"])
@pytest.mark.parametrize("name", ROWS)
def test_every_row_sees_as_many_frames_with_the_same_recipe(name, scale) -> None:
    ours, row = (Setup(scale=scale).recipe(named_run(run), NO_DATA).to_dict() for run in ("rtpca", name))
    configs = [Setup(scale=scale).recipe(named_run(run), NO_DATA) for run in ("rtpca", name)]
    assert len({config.batch * config.model.out_frames for config in configs}) == 1
    assert len({config.model.frames for config in configs}) == 1
    assert len({config.model.in_channels for config in configs}) == 1
    for values in (ours, row):
        for key in ("name", "model", "batch"):
            values.pop(key)
    assert row == ours


@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith("hot-")])
def test_at_the_small_scale_every_row_has_about_as_many_operations_for_a_frame(name) -> None:
    per_frame = []
    for run in ("rtpca", name):
        config = Setup().recipe(named_run(run), NO_DATA).model
        per_frame.append(count_operations(config).total / config.out_frames)
    assert per_frame[1] == pytest.approx(per_frame[0], rel=0.1)


def test_from_nothing_to_files(data, tmp_path) -> None:
    def table(only, overrides):
        setup = Setup(data=(data,), out=tmp_path, overrides=overrides, seeds=1, device="cpu")
        plan = plan_table(NEWER, setup, only)
        train_all(plan.experiments, setup)
        return make_table(plan)

    page = table(("rtpca", "dstformer"), TINY)
    assert page.name == "table-newer"
    assert [line.run for line in page.grids[0].lines] == ["rtpca", "dstformer"]
    for line in page.grids[0].lines:
        for key in ("mpjpe_mm", "p_mpjpe_mm", "accel_mm", "mpjpe_noisy_mm", "accel_noisy_mm"):
            assert len(line.cells[key]) == 1, key
            assert line.cells[key][0] > 0
        assert line.cells["frames_per_second"] > 0
        assert line.cells["accel_noisy_mm"] != line.cells["accel_mm"]
    write_page(page, tmp_path)
    text = (tmp_path / "table-newer.md").read_text()
    for words in (
        "# Newer lifters beside RTPCA",
        "without its pre-training",
        "Hardware: ",
        "predicted frames",
    ):
        assert words in text, words
    assert "only the order of rows" not in text  # there are no figures of a paper beside these
    one_frame = ("model.frames=9", "model.kept_frames=3", "model.kept_coefficients=3", "batch=8", *TINY[3:])
    (line,) = table(("poseformerv2",), one_frame).grids[0].lines
    assert len(line.cells["mpjpe_mm"]) == 1


def test_a_row_of_ones_own_takes_no_name_of_it() -> None:
    with pytest.raises(ConfigError, match="the table of newer lifters has a run 'hot-rtpca' already"):
        parse_row("hot-rtpca=model.stages=2")


def test_a_row_of_ones_own_on_top_of_another_network_is_of_that_network() -> None:
    row = parse_row("later=hot-rtpca,model.prune_after=3")
    later = Setup().recipe(row, NO_DATA).model.to_dict()
    assert (later["prune"], later["prune_after"]) == (True, 3)
    deeper = Setup().recipe(parse_row("deeper=dstformer,model.depth=3"), NO_DATA).model
    assert (deeper.arch, deeper.to_dict()["depth"]) == ("dstformer", 3)
