"""Every recipe that ships loads strictly and builds its model."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rtpca.models.profile import count_parameters
from rtpca.training import load_config
from rtpca.training.config import from_dict

RECIPES = sorted((Path(__file__).parents[1] / "configs").glob("**/*.yaml"))


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"rtpca-s", "ste-s"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_loads_is_named_after_its_file_and_survives_plain_values(path) -> None:
    config = load_config(path)
    assert config.name == path.stem
    assert from_dict(yaml.safe_load(yaml.safe_dump(config.to_dict()))) == config
    assert count_parameters(config.model) > 0
    assert config.input.fps is not None
    assert "test" not in (config.data.train_split, config.data.val_split)


def test_the_baseline_differs_from_rtpca_s_in_the_two_parts_alone() -> None:
    ours, baseline = (
        load_config(next(path for path in RECIPES if path.stem == name)).to_dict()
        for name in ("rtpca-s", "ste-s")
    )
    assert (ours["model"]["tpca"], ours["model"]["cross_layer"]) == (True, "adjacent")
    assert (baseline["model"]["tpca"], baseline["model"]["cross_layer"]) == (False, "none")
    for values in (ours, baseline):
        values.pop("name")
        for option in ("tpca", "cross_layer", "pyramid_norm"):  # the last one means nothing without pyramid
            values["model"].pop(option)
    assert ours == baseline
