"""`rtpca train` from the command line: what is printed and written, errors as one line with exit code 2."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
import yaml

from rtpca.cli.main import main
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.models import load_checkpoint
from rtpca.training.curves import read_curves

RECIPE = """
name: tiny
steps: 4
batch: 2
log_every: 1
checkpoint_every: 1
val_every: 4
model: {frames: 9, dim: 8, depth: 1, heads: 1}
input: {fps: 25}
optim: {lr: 1e-3}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "synthetic.h5"
    write_dataset(path, synthetic_recordings(frames=30))
    return path


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE)
    return path


def train(*words: object) -> int:
    return main(["train", *map(str, words), "--device", "cpu"])


def one_line_error(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rtpca: error: ")
    return lines[0]


def test_a_recipe_and_data_in_a_run_folder_out(recipe, data, tmp_path, capsys) -> None:
    out = tmp_path / "runs" / "tiny"
    assert train(recipe, "--data", data, "--out", out, "--set", "model.dim=16", "--set", "seed=3") == 0
    said = capsys.readouterr().out
    assert "step 4: loss" in said
    assert "validation MPJPE" in said
    assert f"4 of 4 steps, finished: {out / 'weights.safetensors'}" in said
    resolved = yaml.safe_load((out / "config.yaml").read_text())
    assert (resolved["name"], resolved["seed"], resolved["model"]["dim"]) == ("tiny", 3, 16)
    assert resolved["optim"]["weight_decay"] == 0.1  # what the recipe leaves out is written too
    assert load_checkpoint(out / "weights.safetensors").config.dim == 16
    # The resolved recipe is a recipe.
    assert train(out / "config.yaml", "--data", data, "--out", tmp_path / "again") == 0
    first, again = (read_curves(folder / "curves.csv") for folder in (out, tmp_path / "again"))
    assert [row["loss"] for row in first] == [row["loss"] for row in again]


def test_a_choice_on_the_test_split_is_said(recipe, data, tmp_path, capsys) -> None:
    chosen = ("--set", "select=best", "--set", "data.val_split=test")
    assert train(recipe, "--data", data, "--out", tmp_path / "test", *chosen) == 0
    assert "note: the weights are chosen on the test split" in capsys.readouterr().out
    assert train(recipe, "--data", data, "--out", tmp_path / "val", *chosen[:2]) == 0
    assert "note:" not in capsys.readouterr().out


def test_epochs_are_counted_in_steps(recipe, data, tmp_path, capsys) -> None:
    chunks = (
        "data.windows=chunks",
        "data.cameras=fixed",
        "input.fps=null",
        "steps=null",
        "epochs=1",
        "batch=20",
    )
    words = [word for option in chunks for word in ("--set", option)]
    assert train(recipe, "--data", data, "--out", tmp_path / "out", *words) == 0
    # 3 clips of 30 frames in 4 cameras: 48 chunks of 9.
    assert "3 of 3 steps, finished" in capsys.readouterr().out


def test_the_time_limit_stops_and_resume_goes_on(recipe, data, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert train(recipe, "--data", data, "--out", out, "--max-time", 0) == 0
    assert "1 of 4 steps, stopped, go on with --resume" in capsys.readouterr().out
    assert train(recipe, "--data", data, "--out", out) == 2
    assert "already holds a run; set --resume" in one_line_error(capsys)
    assert train(recipe, "--data", data, "--out", out, "--resume") == 0
    assert "4 of 4 steps, finished" in capsys.readouterr().out


def test_stages_are_trained_in_their_own_folders(recipe, data, tmp_path, capsys) -> None:
    recipe.write_text(RECIPE + "stages: [{stage: start}, {stage: more, seed: 1}]\n")
    out = tmp_path / "out"
    assert train(recipe, "--data", data, "--out", out, "--max-time", 0) == 0
    said = capsys.readouterr().out
    assert "note: stage start, 1 of 2" in said
    assert f"1 of 4 steps, stopped, go on with --resume: {out / 'start' / 'weights.safetensors'}" in said
    assert train(recipe, "--data", data, "--out", out, "--resume") == 0
    said = capsys.readouterr().out
    assert "note: stage more, 2 of 2" in said
    assert f"4 of 4 steps, finished: {out / 'weights.safetensors'}" in said
    assert load_checkpoint(out / "weights.safetensors").about["recipe"]["stage"] == "more"

    alone = tmp_path / "alone"
    assert train(recipe, "--data", data, "--out", alone, "--stage", "more", "--set", "seed=5") == 0
    assert yaml.safe_load((alone / "config.yaml").read_text())["seed"] == 5
    assert train(recipe, "--data", data, "--out", tmp_path / "none", "--stage", "finish") == 2
    assert "tiny.yaml: it has no stage 'finish': start, more" in one_line_error(capsys)


def test_ctrl_c_stops_after_the_step_with_everything_saved(recipe, data, tmp_path) -> None:
    out = tmp_path / "out"
    words = [recipe, "--data", data, "--out", out, "--set", "steps=1000000", "--set", "val_every=1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "rtpca", "train", *map(str, words), "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(6000):
        if len(read_curves(out / "curves.csv")) >= 3 or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=300)
    assert process.returncode == 0, complaint
    assert "of 1000000 steps, stopped, go on with --resume" in said
    assert "Traceback" not in complaint
    assert {"state.pt", "weights.safetensors", "curves.png"} <= {entry.name for entry in out.iterdir()}
    assert not list(out.glob(".*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "modle.dim=3"], "unknown option modle; known here: name"),
        (["--set", "model.dim=x"], "model.dim='x' must be a whole number"),
        (["--set", "model.dim"], "model.dim: give key=value, e.g. model.dim=128"),
        (["--set", "model.joints=15"], "the data hold h36m17 with 17 joints, the model takes h36m17 with 15"),
        (["--set", "data.train_split=trian"], "no split 'trian'; splits and sequences found"),
        (["--set", "input.fps=null"], "input.fps is not set"),
        (["--set", "optim.lr=1e38"], "not a number any more by step"),
        (["--resume"], "nothing to resume; start without --resume"),
        (["--weights", "rtpca-xxl"], "no weights called 'rtpca-xxl'"),
        (["--weights", "rtpca-s"], "has other values of model.in_channels, model.dim"),
        (["--devices", "0"], "Invalid value for '--devices'"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(recipe, data, tmp_path, capsys, words, message) -> None:
    assert train(recipe, "--data", data, "--out", tmp_path / "out", *words) == 2
    assert message in one_line_error(capsys)


def test_files_that_cannot_be_used_are_named(recipe, data, tmp_path, capsys) -> None:
    assert train(tmp_path / "no.yaml", "--data", data, "--out", tmp_path / "out") == 2
    assert "no.yaml: no such file" in one_line_error(capsys)
    assert train(recipe, "--data", tmp_path / "no.h5", "--out", tmp_path / "out") == 2
    assert "no.h5" in one_line_error(capsys)
    assert train(recipe, "--data", recipe, "--out", tmp_path / "out") == 2
    assert "tiny.yaml" in one_line_error(capsys)
    assert train(recipe, "--data", data, "--out", recipe) == 2
    assert "the folder cannot be made" in one_line_error(capsys)
    assert not (tmp_path / "out").exists()
