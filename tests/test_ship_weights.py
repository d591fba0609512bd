"""What the tool that ships weights says of how they came about."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import ship_weights
from rtpca.errors import TrainingError
from rtpca.models import Checkpoint, InputSpec, build_model, load_checkpoint, save_checkpoint
from rtpca.models.checkpoint import find_weights
from rtpca.training import load_recipe
from rtpca.training.recipe import recipe_text


def stage(*names: str) -> Checkpoint:
    """Weights made by these recipes."""
    shipped = load_checkpoint("rtpca-xs")
    recipes = [
        {
            "name": name,
            "steps": 10,
            "batch": 2,
            "model": {"frames": 27, "uncertainty": name in ("uncertainty", "with head")},
            "optim": {"train": "uncertainty" if name == "uncertainty" else "all"},
        }
        for name in names
    ]
    about = {"recipe": recipes[0]} if len(recipes) == 1 else {"recipes": recipes}
    return Checkpoint(shipped.model, shipped.input, about, "trained", shipped.calibration)


@pytest.mark.parametrize(
    ("stages", "kept", "left_out"),
    [
        ([("a",)], ["a"], 0),
        ([("a",), ("uncertainty",)], ["a", "uncertainty"], 0),
        ([("a", "b", "uncertainty"), ("c",)], ["a", "b", "c"], 1),
        ([("a", "uncertainty"), ("c",), ("uncertainty",)], ["a", "c", "uncertainty"], 1),
        ([("a", "uncertainty"), ("with head",)], ["a", "uncertainty", "with head"], 0),
        ([("a", "uncertainty"), ("uncertainty",)], ["a", "uncertainty", "uncertainty"], 0),
    ],
)
def test_a_head_that_a_later_stage_left_out_made_no_weights(stages, kept, left_out) -> None:
    recipes, heads = ship_weights.recipes_of([stage(*names) for names in stages])
    assert [recipe["name"] for recipe in recipes] == kept
    assert [ship_weights.frames_of(recipe) for recipe in heads] == [540] * left_out


def test_the_card_names_all_batch_sizes() -> None:
    shipped = load_checkpoint("rtpca-xs")
    recipes = [dict(shipped.about["recipes"][0], batch=batch) for batch in (16, 4, 16)]
    report = SimpleNamespace(
        average=SimpleNamespace(mpjpe_mm=1.0, p_mpjpe_mm=1.0),
        all_frames=SimpleNamespace(mpjpe_mm=1.0, p_mpjpe_mm=1.0),
        measures=(),
    )
    about = {**shipped.about, "recipes": recipes}
    checkpoint = Checkpoint(shipped.model, shipped.input, about, "trained", shipped.calibration)
    card = ship_weights.card(checkpoint, find_weights("rtpca-xs"), report, report, report, 5.0)
    assert "steps of 16 and 4 windows" in card


def test_the_card_names_recipes_and_the_stages_of_each() -> None:
    stages = [("rtpca-s", "start"), ("rtpca-s", "long"), ("rtpca-b", "wide"), ("uncertainty", "")]
    made_with = ship_weights.made_with([{"name": name, "stage": stage} for name, stage in stages])
    assert made_with == (
        "configs/rtpca-s.yaml (stages start, long), then configs/rtpca-b.yaml (stage wide), "
        "then configs/uncertainty.yaml"
    )


def test_a_run_folder_has_the_weights_of_all_its_stages(tmp_path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("steps: 7\nstages: [{stage: start}, {stage: more, steps: 9}]")
    stages = load_recipe(recipe)
    (tmp_path / "config.yaml").write_text(recipe_text(stages))
    model = build_model("rtpca", frames=9, dim=8, depth=1, heads=2)
    for folder, steps in ((tmp_path / "start", 7), (tmp_path / "more", 8)):
        folder.mkdir()
        save_checkpoint(folder / "weights.safetensors", model, InputSpec(), {"steps": steps})
    with pytest.raises(TrainingError, match=r"more.weights\.safetensors has 8 of 9 steps; finish the run"):
        ship_weights.load(str(tmp_path))
    save_checkpoint(tmp_path / "more" / "weights.safetensors", model, InputSpec(), {"steps": 9})
    assert [stage.about["steps"] for stage in ship_weights.load(str(tmp_path))] == [7, 9]
    assert [stage.name for stage in ship_weights.load("rtpca-xs")] == ["rtpca-xs"]
