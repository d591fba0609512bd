"""Every recipe that ships loads strictly and builds its model."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rtpca.models.cost import count_parameters
from rtpca.options import from_plain
from rtpca.skeletons import get_skeleton
from rtpca.training import TrainConfig, load_config
from rtpca.training.losses import PoseLoss

RECIPES = sorted((Path(__file__).parents[1] / "configs").glob("**/*.yaml"))


def test_there_are_recipes() -> None:
    assert {path.stem for path in RECIPES} >= {"rtpca-s", "ste-s"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_loads_is_named_after_its_file_and_survives_plain_values(path) -> None:
    config = load_config(path)
    assert config.name == path.stem
    assert from_plain(TrainConfig, yaml.safe_load(yaml.safe_dump(config.to_dict()))) == config
    assert count_parameters(config.model) > 0
    assert config.input.fps is not None or config.data.windows == "chunks"
    assert config.data.train_split == "train"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_only_the_authors_recipes_have_the_authors_quirks(path) -> None:
    config = load_config(path)
    authors = path.stem.endswith("-authors")
    assert config.chooses_on_test == authors
    assert (config.data.val_split == "test") == authors
    assert (config.select == "best") == authors
    assert (config.data.val_protocol == "authors") == authors
    assert config.loss.scaled_by_value == authors
    assert (config.model.memory == "accumulated") == authors
    assert (config.model.block_residual == "doubled") == authors


@pytest.mark.parametrize(
    "name", ["table1-h36m-gt", "table1-h36m-cpn", "table2-humaneva", "table3-mpi-inf-3dhp"]
)
def test_the_paper_s_recipes_have_its_settings(name) -> None:
    config, authors = (
        load_config(next(path for path in RECIPES if path.stem == stem)) for stem in (name, f"{name}-authors")
    )
    frames = 243 if "h36m" in name else 27
    for recipe in (config, authors):
        model, optim = recipe.model, recipe.optim
        assert (model.frames, model.dim, model.depth, model.heads) == (frames, 512, 8, 8)
        assert (model.drop_path, model.in_channels) == (0.1, 2)
        assert recipe.batch == 1024 // frames
        assert (recipe.epochs, recipe.steps, recipe.val_every) == (120, None, "epoch")
        assert (optim.optimizer, optim.lr, optim.weight_decay) == ("adamw", 4e-5, 0.1)
        assert (optim.betas, optim.warmup_steps, optim.clip_norm) == ((0.9, 0.999), 0, 0)
        assert (optim.schedule, optim.decay, optim.decay_every) == ("exponential", 0.99, "epoch")
        assert (recipe.loss.position, recipe.loss.consistency, recipe.loss.velocity) == (1.0, 0.5, 2.0)
        assert (recipe.data.windows, recipe.data.keypoints) == ("chunks", "own")
        assert recipe.augment.mirror_probability == 0.5
        assert (recipe.input.fps, recipe.input.normalisation) == (None, "screen")
        assert recipe.model.joints == get_skeleton(recipe.input.skeleton).num_joints
        PoseLoss(recipe.loss, recipe.input.skeleton, "cpu")
    plain = authors.to_dict()
    for key in ("name", "select", "data", "loss"):
        plain[key] = config.to_dict()[key]
    plain["model"] |= {"memory": "block", "block_residual": "none"}
    assert plain == config.to_dict()


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
