"""Recipes with stages: how they are written, and trained one after another."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_recipe import TINY

from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.models import load_checkpoint
from rtpca.training import load_config, load_recipe, train, train_recipe
from rtpca.training.stages import stage_folders

HEAD = """
name: head
steps: 3
model: {uncertainty: true}
augment: {}
loss: {position: 0, consistency: 0, velocity: 0}
optim: {train: uncertainty}
"""
SMALL = """
name: small
seed: 1
model: {drop_path: 0.0}
augment: {body: none, noise: {clean_share: 0.5}}
stages:
  - stage: start
    augment: {noise: {swap_share: 0.1}}
  - stage: more
    seed: 2
    augment: none
    optim: {lr: 1e-4}
  - recipe: head.yaml
"""
WIDE = """
name: wide
model: {dim: 16, heads: 4}
stages:
  - recipe: small.yaml
    until: more
  - stage: wider
"""
SIZES = tuple(option for option in TINY if not option.startswith(("model.dim", "model.heads", "optim.lr")))
NARROW = (*SIZES, "model.dim=8", "model.heads=2", "steps=3", "optim.warmup_steps=1", "checkpoint_every=1")


@pytest.fixture
def recipes(tmp_path) -> Path:
    folder = tmp_path / "recipes"
    folder.mkdir()
    for name, text in (("head", HEAD), ("small", SMALL), ("wide", WIDE)):
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_a_stage_has_the_recipe_s_options_but_for_its_own(recipes) -> None:
    start, more, head = load_recipe(recipes / "small.yaml")
    assert [(config.name, config.stage) for config in (start, more, head)] == [
        ("small", "start"),
        ("small", "more"),
        ("head", ""),
    ]
    assert (start.seed, more.seed, head.seed) == (1, 2, 0)
    assert (start.augment.noise.clean_share, start.augment.noise.swap_share) == (0.5, 0.1)
    assert start.augment.body == type(start.augment.body).none()
    assert more.augment == type(more.augment).none()
    assert (start.optim.lr, more.optim.lr) == (4e-5, 1e-4)
    assert head.optim.train == "uncertainty"


def test_a_stage_may_be_another_recipe_up_to_one_of_its_stages(recipes) -> None:
    stages = load_recipe(recipes / "wide.yaml")
    assert [(config.name, config.stage) for config in stages] == [
        ("small", "start"),
        ("small", "more"),
        ("wide", "wider"),
    ]
    assert stages[:2] == load_recipe(recipes / "small.yaml")[:2]


def test_overrides_hold_in_all_stages(recipes) -> None:
    assert [config.steps for config in load_recipe(recipes / "small.yaml", ["steps=7"])] == [7, 7, 7]


def test_one_stage_can_be_taken_by_its_name(recipes) -> None:
    path = recipes / "small.yaml"
    assert load_config(path, stage="more") == load_recipe(path)[1]
    assert load_config(path, stage="head") == load_config(recipes / "head.yaml")
    with pytest.raises(ConfigError, match=r"small\.yaml: name one of its stages: start, more, head"):
        load_config(path)
    with pytest.raises(ConfigError, match=r"small\.yaml: it has no stage 'last': start, more, head"):
        load_config(path, stage="last")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages: 3", "stages=3 must be a list of groups of options"),
        ("stages: []", r"stages=\[\] must be a list of groups"),
        ("stages: [start]", r"stages=\['start'\] must be a list of groups"),
        ("stages: [{stage: a}, {stage: a}]", "two stages are called 'a'; give each its own name: `stage`"),
        ("stages: [{stage: a}, {stage: b, sed: 3}]", "stage b: unknown option sed; known here: name, stage"),
        ("stages: [{stage: a}, {stage: b, model: {dim: 7}}]", "stage b: model.dim=7 is not a multiple"),
        ("stages: [{recipe: gone.yaml}]", r"gone\.yaml: no such file"),
        ("stages: [{recipe: 3}]", "its `recipe`, a file beside this one, and `until`"),
        ("stages: [{recipe: small.yaml, seed: 3}]", "a stage that is another recipe has its `recipe`"),
        (
            "stages: [{recipe: small.yaml, until: last}]",
            "small.yaml has no stage 'last'; it has start, more",
        ),
        ("stages: [{recipe: odd.yaml}]", "this recipe is a stage of itself"),
    ],
)
def test_stages_that_do_not_fit_are_refused(recipes, text, message) -> None:
    path = recipes / "odd.yaml"
    path.write_text(text)
    with pytest.raises((ConfigError, InputError), match=message):
        load_recipe(path)


def test_every_stage_starts_from_the_one_before_and_the_last_one_counts(recipes, data, tmp_path) -> None:
    stages = load_recipe(recipes / "small.yaml", NARROW)
    out, notes = tmp_path / "run", list[str]()
    result = train_recipe(stages, data, out, accelerator="cpu", note=notes.append)
    assert result.finished
    assert result.weights == out / "weights.safetensors"
    assert load_checkpoint(result.weights).calibration is not None
    assert notes[:3] == ["stage start, 1 of 3", "stage more, 2 of 3", "stage head, 3 of 3"]
    assert load_recipe(out / "config.yaml") == stages

    folders = stage_folders(stages, out)
    assert folders == [out / "start", out / "more", out / "head"]
    assert load_checkpoint(folders[1] / "weights.safetensors").about["recipe"] == stages[1].to_dict()
    by_hand = train(
        stages[1], data, tmp_path / "more", accelerator="cpu", weights=folders[0] / "weights.safetensors"
    )
    mine, theirs = (
        load_checkpoint(path).model.state_dict()
        for path in (folders[1] / "weights.safetensors", by_hand.weights)
    )
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)


def test_the_same_command_goes_on_where_it_stopped(recipes, data, tmp_path) -> None:
    stages, out = load_recipe(recipes / "small.yaml", NARROW), tmp_path / "run"

    def stop(step) -> None:
        if (out / "more").exists() and step.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_recipe(stages, data, out, accelerator="cpu", report=stop)
    before = (out / "start" / "curves.csv").read_text()
    assert not (out / "weights.safetensors").exists()
    with pytest.raises(TrainingError, match="start already holds a run; set `resume`"):
        train_recipe(stages, data, out, accelerator="cpu")
    short = train_recipe(stages, data, out, accelerator="cpu", resume=True, max_time_s=0.0)
    assert (short.step, short.finished) == (2, False)
    assert train_recipe(stages, data, out, accelerator="cpu", resume=True).finished
    assert (out / "start" / "curves.csv").read_text() == before

    whole = train_recipe(stages, data, tmp_path / "whole", accelerator="cpu")
    mine, theirs = (
        load_checkpoint(path).model.state_dict() for path in (out / "weights.safetensors", whole.weights)
    )
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    with pytest.raises(TrainingError, match="start was trained with other values of batch"):
        train_recipe(load_recipe(recipes / "small.yaml", [*NARROW, "batch=2"]), data, out, resume=True)


def test_the_first_stage_may_start_from_weights(recipes, finished, data, tmp_path) -> None:
    weights, small = finished[()] / "weights.safetensors", [*SIZES, "steps=1", "model.heads=2"]
    stages = load_recipe(recipes / "wide.yaml", [*small, "model.dim=8"])
    out = tmp_path / "run"
    assert train_recipe(stages, data, out, accelerator="cpu", weights=weights).finished
    other = load_recipe(recipes / "wide.yaml", [*small, "model.dim=12"])
    with pytest.raises(TrainingError, match=r"has other values of model\.dim"):
        train_recipe(other, data, tmp_path / "other", accelerator="cpu", weights=weights)


def test_what_the_last_stage_would_refuse_is_said_before_the_first(recipes, data, tmp_path) -> None:
    recipe = load_recipe(recipes / "small.yaml", [*NARROW, "data.val_split=nobody"])
    with pytest.raises(InputError, match="the uncertainty is calibrated on data.val_split='nobody', but"):
        train_recipe(recipe, data, tmp_path / "run", accelerator="cpu")
    assert not (tmp_path / "run").exists()


STAGES_THAT_FAIL = [
    (
        ["data.val_split=nobody"],
        "stage head: .*data.val_split='nobody', but .* has no split 'nobody'.*"
        "prepare the data with one .*or train without the head, model.uncertainty=false",
    ),
    (["input.fps=null"], "stage start: input.fps is not set: .*e.g. input.fps=50"),
    (["model.joints=16"], "stage start: the data hold h36m17 with 17 joints"),
]


@pytest.mark.parametrize(("options", "message"), STAGES_THAT_FAIL)
def test_what_a_later_stage_needs_is_said_before_the_first(recipes, data, tmp_path, options, message) -> None:
    recipe = load_recipe(recipes / "small.yaml", [*NARROW, *options])
    with pytest.raises((InputError, ConfigError, TrainingError), match=message):
        train_recipe(recipe, data, tmp_path / "run", accelerator="cpu")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ({"model.dim": 12}, r"stage last: stage more has other values of model\.dim than the recipe"),
        (
            {"model.pyramid_norm": "channels"},
            r"stage last: stage more has other values of model\.pyramid_norm",
        ),
        ({"input.normalisation": "person"}, r"stage last: stage more has other values of input\.normalisa"),
        ({"model.frames": 12}, "stage last: stage more has windows of 9 frames and cannot go on with 12"),
    ],
)
def test_a_stage_that_cannot_start_from_the_one_before_is_refused_at_once(
    recipes, data, tmp_path, last, message
) -> None:
    first = load_recipe(recipes / "wide.yaml", NARROW)[:2]
    options = [f"{key}={value}" for key, value in last.items()]
    (recipes / "last.yaml").write_text("name: last\nmodel: {drop_path: 0.0}")
    stages = (*first, load_config(recipes / "last.yaml", [*NARROW, *options]))
    with pytest.raises(TrainingError, match=message):
        train_recipe(stages, data, tmp_path / "run", accelerator="cpu")
    assert not (tmp_path / "run").exists()


def test_a_head_alone_needs_weights_before_it(recipes, data, tmp_path) -> None:
    (recipes / "odd.yaml").write_text("stages: [{recipe: head.yaml}, {recipe: small.yaml, until: start}]")
    stages = load_recipe(recipes / "odd.yaml", NARROW)
    with pytest.raises(TrainingError, match="stage head: optim.train=uncertainty adds a head to trained"):
        train_recipe(stages, data, tmp_path / "run", accelerator="cpu")
    assert not (tmp_path / "run").exists()
