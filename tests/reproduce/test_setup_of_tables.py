"""Recipes of named runs: from the package, the same for all rows but for the options of the model."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from rtpca.errors import ConfigError
from rtpca.reproduce.paper import RUNS, NamedRun
from rtpca.reproduce.setup import Setup, recipe_path

PAPER = Setup(scale="paper")


def test_the_recipes_of_the_checkout_travel_in_the_package() -> None:
    inside = Path(str(resources.files("rtpca"))) / "assets" / "recipes" / "small.yaml"
    assert inside.read_text() == (Path(__file__).parents[2] / "configs" / "small.yaml").read_text()
    assert recipe_path("small.yaml").read_text() == inside.read_text()


def test_a_recipe_that_does_not_ship_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no recipe 'no-such.yaml' ships"):
        recipe_path("no-such.yaml")


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if not run.at_scale])
def test_rows_differ_in_the_model_alone(name, data) -> None:
    row, ours = (Setup().recipe(RUNS[run], data, 3).to_dict() for run in (name, "rtpca"))
    assert (row.pop("name"), ours.pop("name")) == (name, "rtpca")
    assert row.pop("seed") == ours.pop("seed") == 3
    changed = {key for key in row["model"] if row["model"][key] != ours["model"][key]}
    assert changed == {item.partition("=")[0].removeprefix("model.") for item in RUNS[name].overrides} - {
        key for key in ("compression", "amplification") if row["model"][key] == ours["model"][key]
    }
    row.pop("model"), ours.pop("model")
    assert row == ours


def test_joints_and_skeleton_come_from_the_data(data) -> None:
    other = replace(data, skeleton="humaneva15")
    made = Setup().recipe(RUNS["rtpca"], other)
    assert (made.model.joints, made.input.skeleton) == (15, "humaneva15")


def test_settings_of_the_user_come_last(data) -> None:
    run = NamedRun("x", ("model.stages=2",), "Two stages.")
    assert Setup(overrides=("model.stages=1", "steps=7")).recipe(run, data).model.stages == 1


@pytest.mark.parametrize("dataset", ["h36m", "humaneva", "mpi-inf-3dhp"])
@pytest.mark.parametrize("detected", [True, False])
def test_the_papers_scale_has_a_recipe_for_each_data_set(dataset, detected, data) -> None:
    file = replace(data, dataset=dataset, detected=detected)
    made = PAPER.recipe(RUNS["ste"], file)
    assert (made.model.dim, made.model.depth, made.model.heads) == (512, 8, 8)
    assert made.model.cross_layer == "none"


def test_own_keypoints_are_taken_where_the_file_has_some(data) -> None:
    for own_2d, keypoints in ((True, "own"), (False, "projected")):
        file = replace(data, dataset="h36m", own_2d=own_2d)
        assert PAPER.recipe(RUNS["rtpca"], file).data.keypoints == keypoints


def test_the_authors_protocol_brings_the_quirks_of_their_script(data) -> None:
    made = Setup(scale="paper", protocol="authors").recipe(RUNS["rtpca"], replace(data, dataset="h36m"))
    assert made.chooses_on_test
    assert made.loss.scaled_by_value
    assert made.model.to_dict()["block_residual"] == "doubled"
    assert not PAPER.recipe(RUNS["rtpca"], replace(data, dataset="h36m")).chooses_on_test


def test_the_papers_scale_needs_its_data_sets(data) -> None:
    with pytest.raises(ConfigError, match="`scale` paper has recipes for Human3.6M"):
        PAPER.recipe_path(data)
    with pytest.raises(ConfigError, match="`scale` is 'large': choose one of small, paper"):
        Setup(scale="large")


def test_seeds_and_cameras_are_those_of_the_scale() -> None:
    assert (Setup().seeds, PAPER.seeds, Setup(seeds=5).seeds) == (2, 1, 5)
    assert (Setup().evaluation().all_cameras, PAPER.evaluation().all_cameras) == (False, True)


def test_several_jobs_are_for_the_cpu() -> None:
    with pytest.raises(ConfigError, match="`jobs` 2 is for the CPU"):
        Setup(jobs=2, device="cuda")
