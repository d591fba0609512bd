"""Recipes of named runs: from the package, the same for all rows but for the options of the model."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from rtpca.errors import ConfigError
from rtpca.reproduce.rows import RUNS, NamedRun
from rtpca.reproduce.scales import recipe, recipe_path, scale_recipe


def test_the_recipes_of_the_checkout_travel_in_the_package() -> None:
    inside = Path(str(resources.files("rtpca"))) / "assets" / "recipes" / "small.yaml"
    assert inside.read_text() == (Path(__file__).parents[2] / "configs" / "small.yaml").read_text()
    assert recipe_path("small.yaml").read_text() == inside.read_text()


def test_a_recipe_that_does_not_ship_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no recipe 'no-such.yaml' ships"):
        recipe_path("no-such.yaml")


@pytest.mark.parametrize("name", RUNS)
def test_rows_differ_in_the_model_alone(name, data) -> None:
    row, ours = (recipe("small", RUNS[run], data, 3).to_dict() for run in (name, "rtpca"))
    assert (row.pop("name"), ours.pop("name")) == (name, "rtpca")
    assert row.pop("seed") == ours.pop("seed") == 3
    changed = {key for key in row["model"] if row["model"][key] != ours["model"][key]}
    assert changed == {item.partition("=")[0].removeprefix("model.") for item in RUNS[name].overrides} - {
        key for key in ("compression", "amplification") if row["model"][key] == ours["model"][key]
    }
    row.pop("model"), ours.pop("model")
    assert row == ours


def test_joints_and_skeleton_come_from_the_data(data) -> None:
    other = replace(data, skeleton="humaneva15", joints=15)
    made = recipe("small", RUNS["rtpca"], other, 0)
    assert (made.model.joints, made.input.skeleton) == (15, "humaneva15")


def test_settings_of_the_user_come_last(data) -> None:
    run = NamedRun("x", ("model.stages=2",), "Two stages.")
    assert recipe("small", run, data, 0, ["model.stages=1", "steps=7"]).model.stages == 1


@pytest.mark.parametrize("dataset", ["h36m", "humaneva", "mpi-inf-3dhp"])
@pytest.mark.parametrize("detected", [True, False])
def test_the_papers_scale_has_a_recipe_for_each_benchmark(dataset, detected, data) -> None:
    file = replace(data, dataset=dataset, detected=detected)
    made = recipe("paper", RUNS["ste"], file, 0)
    assert (made.model.dim, made.model.depth, made.model.heads) == (512, 8, 8)
    assert made.model.cross_layer == "none"


def test_own_keypoints_are_taken_where_the_file_has_some(data) -> None:
    for own_2d, keypoints in ((True, "own"), (False, "projected")):
        file = replace(data, dataset="h36m", own_2d=own_2d)
        assert recipe("paper", RUNS["rtpca"], file, 0).data.keypoints == keypoints


def test_the_authors_protocol_brings_the_quirks_of_their_script(data) -> None:
    made = recipe("paper", RUNS["rtpca"], replace(data, dataset="h36m"), 0, protocol="authors")
    assert made.chooses_on_test
    assert made.loss.scaled_by_value
    assert made.model.to_dict()["block_residual"] == "doubled"
    assert not recipe("paper", RUNS["rtpca"], replace(data, dataset="h36m"), 0).chooses_on_test


def test_the_papers_scale_needs_a_benchmark(data) -> None:
    with pytest.raises(ConfigError, match="--scale paper has recipes for Human3.6M"):
        scale_recipe("paper", data)
    with pytest.raises(ConfigError, match="--scale is 'large': choose one of small, paper"):
        scale_recipe("large", data)
