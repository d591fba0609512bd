"""Runs are trained once: finished ones are taken, unfinished ones go on, foreign ones are refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from dataclasses import replace

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from tiny_settings import TINY

from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.reproduce import Setup, named_run, plan
from rtpca.reproduce.train import train_all, train_one
from rtpca.training import train

CPU = Setup(device="cpu")


@pytest.fixture
def runs(trained, data, tmp_path):
    """Two seeds of rtpca in a folder that may be changed."""
    shutil.copytree(trained / "runs", tmp_path / "runs")
    return planned(["rtpca"], data, tmp_path, seeds=2)


def same_weights(path, other) -> bool:
    """Equal to the last bit; the order of a file's metadata is not fixed."""
    first, second = load_file(path), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def planned(names, data, out, *settings, seeds=1):
    setup = Setup(data=(data,), out=out, seeds=seeds, overrides=(*TINY, *settings))
    return plan(setup, [named_run(name) for name in names])


def test_all_rows_with_the_first_seed_come_before_the_second(data, tmp_path) -> None:
    made = planned(["ste", "rtpca", "ste"], data, tmp_path, seeds=2)
    assert [(run.run.name, run.seed) for run in made] == [("ste", 0), ("rtpca", 0), ("ste", 1), ("rtpca", 1)]
    assert made[0].folder == tmp_path / "runs" / "small" / "ste-seed0"
    assert [run.config.seed for run in made] == [0, 0, 1, 1]
    other = planned(["ste"], replace(data, dataset="humaneva"), tmp_path)
    assert other[0].folder.name == "ste-humaneva-seed0"


def test_a_run_is_what_rtpca_train_writes_and_what_it_would_have_trained(runs, data, tmp_path) -> None:
    (run, _) = runs
    assert run.finished
    assert run.origin["sha256"] == data.sha256
    train(run.config, data.path, tmp_path / "by-hand", accelerator="cpu")
    assert same_weights(tmp_path / "by-hand" / "weights.safetensors", run.weights)


def test_finished_runs_are_taken_as_they_are(runs, data) -> None:
    before = [run.weights.stat().st_mtime_ns for run in runs]
    train_all(runs, CPU)
    assert [run.weights.stat().st_mtime_ns for run in runs] == before


def test_a_run_that_rtpca_train_made_is_taken_too(runs, data) -> None:
    (runs[0].folder / "origin.json").unlink()
    runs[0].check()
    assert runs[0].finished


def test_a_stopped_run_goes_on_and_ends_as_an_uninterrupted_one(runs, data, tmp_path) -> None:
    (stopped,) = planned(["rtpca"], data, tmp_path / "other")
    assert train_one(stopped, time.time() + 1e-3, "cpu") is False
    assert stopped.saved_step == 1
    assert not stopped.finished
    train_all([stopped], CPU)
    assert stopped.finished
    assert same_weights(stopped.weights, runs[0].weights)


def test_at_the_deadline_nothing_is_begun(data, tmp_path) -> None:
    made = planned(["ste", "rtpca"], data, tmp_path)
    train_all(made, Setup(deadline_s=time.monotonic(), device="cpu"))
    train_all(made, Setup(deadline_s=time.monotonic(), jobs=2))
    assert not (tmp_path / "runs").exists()


def test_ctrl_c_saves_the_run_and_is_passed_on(data, tmp_path) -> None:
    (run,) = planned(["rtpca"], data, tmp_path, "steps=100000", "val_every=100000")
    said = []

    def press(done: int, total: int, note: str = "") -> None:
        said.append((done, total, note))
        if len(said) == 2:
            threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        train_all([run], CPU, press)
    assert said[0] == (1, 100000, "rtpca, seed 0")
    assert run.saved_step >= 2
    assert not [path for path in run.folder.iterdir() if path.name.startswith(".")]


def test_another_recipe_in_the_folder_is_refused_and_says_what_differs(runs, data, tmp_path) -> None:
    changed = planned(["rtpca"], data, tmp_path, "steps=5", "optim.lr=2e-3")
    with pytest.raises(TrainingError, match=r"steps 4 \(now 5\), optim\.lr 0\.001 \(now 0\.002\)") as caught:
        train_all(changed, CPU)
    assert "choose another `out`, or delete" in str(caught.value)
    assert runs[0].finished


def test_how_often_something_is_written_is_no_other_recipe(runs, data, tmp_path) -> None:
    train_all(planned(["rtpca"], data, tmp_path, "log_every=2", "checkpoint_every=3"), CPU)


def test_other_data_are_refused(runs, data) -> None:
    with pytest.raises(TrainingError, match="was trained on other data than"):
        train_all([replace(runs[0], data=replace(data, sha256="0" * 64))], CPU)


def test_a_folder_in_which_nothing_was_saved_is_begun_anew(runs, data, tmp_path) -> None:
    (run,) = planned(["rtpca"], data, tmp_path, "steps=3")
    for name in ("state.pt", "weights.safetensors"):
        (run.folder / name).unlink()
    train_all([run], CPU)
    assert run.saved_step == 3


def test_damaged_weights_are_named(runs, data) -> None:
    runs[0].weights.write_bytes(b"no weights")
    with pytest.raises(InputError, match="not a readable weights file"):
        train_all(runs, CPU)


def test_a_run_that_another_command_trains_is_left_alone(data, tmp_path) -> None:
    (run,) = planned(["rtpca"], data, tmp_path)
    run.folder.mkdir(parents=True)
    with (
        FileLock(run.folder / ".lock"),
        pytest.raises(TrainingError, match="is being trained by another command"),
    ):
        train_one(run, device="cpu")


def test_two_jobs_train_what_one_trains(trained, data, tmp_path) -> None:
    made = planned(["ste", "rtpca"], data, tmp_path)
    told = []
    train_all(made, Setup(jobs=2), lambda done, total, note="": told.append((done, total)))
    assert told[-1] == (8, 8)
    for run in made:
        twin = trained / run.folder.relative_to(tmp_path) / "weights.safetensors"
        assert same_weights(run.weights, twin)
        assert "1 thread per run" in json.loads((run.folder / "origin.json").read_text())["machine"]


def test_an_error_in_a_job_is_the_users_error_here_too(data, tmp_path) -> None:
    made = planned(["rtpca", "ste"], data, tmp_path, "data.train_split=nobody")
    with pytest.raises(InputError, match="no split 'nobody'"):
        train_all(made, Setup(jobs=2))
    with pytest.raises(ConfigError, match="unknown option"):
        planned(["rtpca"], data, tmp_path, "no=1")
