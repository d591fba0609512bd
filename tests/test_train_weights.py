"""The one command that trains shipped weights: stage after stage, going on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

import train_weights
from rtpca.cli.console import run_script
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.training.start import recipe_for, starting_model

SMALL = (
    "steps=2",
    "batch=2",
    "val_every=2",
    "checkpoint_every=1",
    "model.dim=8",
    "model.depth=2",
    "model.heads=2",
)
SHORT = ("optim.cooldown_steps=1", "optim.warmup_steps=1")
SET = [word for value in (*SMALL, *SHORT) for word in ("--set", value)]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "synthetic.h5"
    write_dataset(path, synthetic_recordings(frames=60))
    return path


def test_a_command_trains_all_stages_and_goes_on_where_it_stopped(data, tmp_path, capsys) -> None:
    command = ["rtpca-s", "--data", str(data), "--out", str(tmp_path), "--device", "cpu", *SET]
    train_weights.main([*command, "--max-time", "0"])
    assert "rtpca-s: stopped at step 1 of 2; the same command goes on" in capsys.readouterr().out
    train_weights.main(command)
    *_, last = capsys.readouterr().out.splitlines()
    recipes = [*train_weights.STAGES["rtpca-s"][:-1], "rtpca-s-uncertainty"]
    assert last.split()[2:-2] == ["rtpca-s", *(str(tmp_path / name) for name in recipes)]
    trained = load_checkpoint(tmp_path / recipes[-1] / "weights.safetensors")
    assert trained.config.frames == 27
    assert trained.calibration is not None

    before = (tmp_path / "rtpca-s-long" / "curves.csv").read_text()
    train_weights.main(command)
    assert (tmp_path / "rtpca-s-long" / "curves.csv").read_text() == before
    assert capsys.readouterr().out.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere.h5"], "nowhere.h5"),
        (["--data", "nowhere.h5", "--set", "model.width=3"], "unknown option model.width"),
    ],
)
def test_what_the_user_can_mend_is_one_line(tmp_path, capsys, words, message) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_script(
            lambda: train_weights.main(["rtpca-xs", "--out", str(tmp_path), "--device", "cpu", *words])
        )
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stages", [*train_weights.STAGES.values(), ("rtpca-s-detector", "rtpca-s-243")])
def test_each_recipe_can_go_on_from_the_one_before(stages) -> None:
    start: Checkpoint | None = None
    for recipe in stages:
        config = recipe_for(train_weights.load_config(train_weights.CONFIGS / f"{recipe}.yaml"), start)
        start = Checkpoint(starting_model(config, start), config.input, {}, recipe)
    assert start is not None
    assert start.config.predicts_scale == (stages[-1] == "uncertainty")


@pytest.mark.parametrize("name", train_weights.STAGES)
def test_every_shipped_stage_is_a_recipe(name) -> None:
    assert all((train_weights.CONFIGS / f"{recipe}.yaml").is_file() for recipe in train_weights.STAGES[name])
    shipped = Path(train_weights.__file__).parents[1] / "src" / "rtpca" / "assets" / f"{name}.safetensors"
    assert shipped.is_file()
