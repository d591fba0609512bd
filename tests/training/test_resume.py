"""Stopping and going on: by signals, by the system, from older runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
import torch
import yaml
from tiny_recipe import MHFORMER, RECIPES, TINY, losses, run, tiny_config

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import CheckpointError, TrainingError
from rtpca.models import load_checkpoint
from rtpca.options import from_plain
from rtpca.training import TrainConfig, load_config, train
from rtpca.training.curves import read_curves
from rtpca.training.state import load_state, save_state


class Killed(Exception):
    """Stands for the end of the process."""


@RECIPES
def test_a_killed_run_goes_on_exactly(finished, data, tmp_path, overrides) -> None:
    def kill(progress) -> None:
        if progress.step == 5:  # two steps after the last saved state
            raise Killed

    with pytest.raises(Killed):
        run(data, tmp_path, *overrides, report=kill)
    assert load_state(tmp_path / "state.pt").step == 3
    assert [row["step"] for row in read_curves(tmp_path / "curves.csv")] == [1, 2, 3, 4, 5]
    torch.rand(7)  # the resumed process has other generators
    assert run(data, tmp_path, *overrides, resume=True).finished
    assert losses(tmp_path) == losses(finished[overrides])
    mine, theirs = (
        load_checkpoint(out / "weights.safetensors").model for out in (tmp_path, finished[overrides])
    )
    for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(p, q)


def test_a_process_killed_by_the_system_goes_on_exactly(finished, data, tmp_path) -> None:
    program = f"""
import os, signal, torch
from rtpca.training import load_config, train
torch.set_num_threads(1)
config = load_config(None, {TINY!r})
def report(progress):
    if progress.step == 7:
        os.kill(os.getpid(), signal.SIGKILL)
train(config, {str(data)!r}, {str(tmp_path)!r}, accelerator="cpu", report=report)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "weights.safetensors").exists()
    assert load_state(tmp_path / "state.pt").step == 6
    assert run(data, tmp_path, resume=True).finished
    assert losses(tmp_path) == losses(finished[()])


@RECIPES
def test_the_time_limit_stops_cleanly_and_the_run_goes_on_exactly(
    finished, data, tmp_path, overrides
) -> None:
    stopped = run(data, tmp_path, *overrides, max_time_s=0.0)
    assert (stopped.step, stopped.finished) == (1, False)
    assert stopped.weights.is_file()
    assert (tmp_path / "curves.png").is_file()
    stopped = run(data, tmp_path, *overrides, resume=True, max_time_s=0.0)
    assert (stopped.step, stopped.finished) == (2, False)
    assert run(data, tmp_path, *overrides, resume=True).finished
    assert losses(tmp_path) == losses(finished[overrides])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step_with_everything_saved(finished, data, tmp_path, number) -> None:
    before = signal.getsignal(number)

    def interrupt(progress) -> None:
        if progress.step == 2:
            os.kill(os.getpid(), number)

    stopped = run(data, tmp_path, report=interrupt)
    assert (stopped.step, stopped.finished) == (3, False)
    assert signal.getsignal(number) is before
    assert load_state(tmp_path / "state.pt").step == 3
    assert not list(tmp_path.glob(".*"))
    assert run(data, tmp_path, resume=True).finished
    assert losses(tmp_path) == losses(finished[()])


def test_a_second_signal_ends_at_once(data, tmp_path) -> None:
    def interrupt(progress) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path, report=interrupt)


def test_training_runs_beside_the_main_thread(data, tmp_path) -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(run(data, tmp_path, "steps=1")))
    thread.start()
    thread.join()
    assert results[0].finished


def test_a_finished_run_resumes_to_the_same_end(finished, data, tmp_path) -> None:
    run(data, tmp_path)
    again = run(data, tmp_path, resume=True)
    assert (again.step, again.finished) == (8, True)
    assert losses(tmp_path) == losses(finished[()])


def test_other_data_are_not_resumed(data, tmp_path) -> None:
    run(data, tmp_path / "run", max_time_s=0.0)
    other = tmp_path / "other.h5"
    write_dataset(other, synthetic_recordings(frames=70, seed=3))
    with pytest.raises(
        TrainingError, match="was trained on .*'frames': .* not on .*; resume with the same data"
    ):
        run(other, tmp_path / "run", resume=True)


def test_a_folder_with_a_run_is_not_overwritten(data, tmp_path) -> None:
    run(data, tmp_path, "steps=1")
    before = (tmp_path / "state.pt").read_bytes()
    with pytest.raises(
        TrainingError, match=r"already holds a run; set `resume` to go on, or choose another folder"
    ):
        run(data, tmp_path)
    assert (tmp_path / "state.pt").read_bytes() == before


def test_another_recipe_is_not_resumed(data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    with pytest.raises(
        TrainingError, match=r"other values of batch, model\.dim; resume with the recipe in .*config\.yaml"
    ):
        run(data, tmp_path, "model.dim=16", "batch=5", resume=True)
    with pytest.raises(TrainingError, match="other values of steps"):
        run(data, tmp_path, "steps=9", resume=True)
    assert from_plain(TrainConfig, yaml.safe_load((tmp_path / "config.yaml").read_text())) == tiny_config()
    assert run(data, tmp_path, "log_every=4", "val_every=8", "checkpoint_every=1", resume=True).finished


def test_other_shares_of_sources_are_not_resumed(data, tmp_path) -> None:
    run(data, tmp_path, "data.source_shares={synth*: 1.0, other: 0.0}", max_time_s=0.0)
    for shares, changed in (("{synth*: 1.0}", "other"), ("{synth*: 1.0, other: 0.0, more: 0.0}", "more")):
        with pytest.raises(TrainingError, match=rf"other values of data\.source_shares\.{changed};"):
            run(data, tmp_path, f"data.source_shares={shares}", resume=True)
    assert run(data, tmp_path, "data.source_shares={synth*: 1.0, other: 0.0}", resume=True).finished


def test_a_run_from_before_an_option_existed_is_resumed(data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    path = tmp_path / "state.pt"
    state = load_state(path)
    del state.config["data"]["cameras"]
    del state.config["compile"]
    save_state(path, state)
    with pytest.raises(TrainingError, match=r"other values of data\.cameras"):
        run(data, tmp_path, "data.cameras=fixed", resume=True)
    assert run(data, tmp_path, resume=True).finished


def test_a_run_from_before_there_were_architectures_is_resumed(data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    path = tmp_path / "state.pt"
    state = load_state(path)
    del state.config["model"]["arch"]
    save_state(path, state)
    assert run(data, tmp_path, resume=True).finished


def test_another_architecture_trains_and_goes_on_exactly(data, tmp_path) -> None:
    options = ("optim.optimizer=muon", "optim.ema=0.9", f"model={MHFORMER}")
    config = load_config(None, [o for o in TINY if not o.startswith("model.")] + list(options))
    assert train(config, data, tmp_path / "whole", accelerator="cpu").finished
    train(config, data, tmp_path / "parts", accelerator="cpu", max_time_s=0.0)
    assert train(config, data, tmp_path / "parts", accelerator="cpu", resume=True).finished
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    checkpoint = load_checkpoint(tmp_path / "whole" / "weights.safetensors")
    assert checkpoint.config == config.model
    assert checkpoint.about["recipe"]["model"]["arch"] == "mhformer"
    assert checkpoint.model.state_dict()["regression_norm.num_batches_tracked"] == config.steps
    with pytest.raises(TrainingError, match=r"other values of model\.arch; resume"):
        run(data, tmp_path / "whole", "optim.optimizer=muon", "optim.ema=0.9", resume=True)
    with pytest.raises(TrainingError, match=r"has other values of model\.arch"):
        run(data, tmp_path / "out", weights=tmp_path / "whole" / "weights.safetensors")


def test_a_constant_rate_may_be_continued_for_longer(data, tmp_path) -> None:
    stable = ("optim.schedule=stable", "optim.cooldown_steps=2")
    run(data, tmp_path / "short", *stable, "steps=4", max_time_s=0.0)
    assert run(data, tmp_path / "short", *stable, resume=True).finished
    run(data, tmp_path / "long", *stable)
    assert losses(tmp_path / "short") == losses(tmp_path / "long")
    run(data, tmp_path / "late", *stable, "steps=4")
    with pytest.raises(TrainingError, match="other values of steps"):
        run(data, tmp_path / "late", *stable, resume=True)


def test_a_run_may_start_from_trained_weights(finished, data, tmp_path) -> None:
    weights = finished[()] / "weights.safetensors"
    gentle = ("optim.lr=1e-12", "optim.weight_decay=0", "model.drop_path=0", "model.init=scaled", "steps=1")
    run(data, tmp_path / "on", *gentle, weights=weights)
    after, before = (load_checkpoint(p).model for p in (tmp_path / "on" / "weights.safetensors", weights))
    for p, q in zip(after.parameters(), before.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-9, rtol=0)


def test_a_run_from_trained_weights_is_resumed_without_them(finished, data, tmp_path) -> None:
    weights = finished[()] / "weights.safetensors"
    run(data, tmp_path / "whole", weights=weights)
    run(data, tmp_path / "parts", weights=weights, max_time_s=0.0)
    run(data, tmp_path / "parts", resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_weights_of_another_model_are_not_started_from(finished, data, tmp_path) -> None:
    weights = finished[()] / "weights.safetensors"
    with pytest.raises(
        TrainingError,
        match=r"other values of model\.dim, input\.fps than the recipe; give the recipe its values",
    ):
        run(data, tmp_path / "out", "model.dim=16", "input.fps=50", weights=weights)
    with pytest.raises(CheckpointError, match="no weights called 'rtpca-xxl'"):
        run(data, tmp_path / "out", weights="rtpca-xxl")
    assert not (tmp_path / "out").exists()


def test_there_is_nothing_to_resume_in_an_empty_folder(data, tmp_path) -> None:
    with pytest.raises(CheckpointError, match="nothing to resume; start without `resume`"):
        run(data, tmp_path / "new", resume=True)
    assert not (tmp_path / "new").exists()


def test_a_lower_rate_on_resuming_is_used(data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    run(data, tmp_path, "optim.lr=0.001", "optim.clip_norm=1", resume=True)
    rates = [row["lr"] for row in read_curves(tmp_path / "curves.csv")]
    assert rates[0] == pytest.approx(0.0015)
    assert rates[1:] == pytest.approx([0.001] * 7)


def test_a_state_from_before_the_best_were_kept_is_resumed(finished, data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    path = tmp_path / "state.pt"
    values = torch.load(path, weights_only=True)
    for key in ("best", "best_error_mm", "best_step"):
        del values[key]
    for key in ("windows", "keypoints", "val_cameras", "val_protocol"):
        del values["config"]["data"][key]
    for key in ("epochs", "select"):
        del values["config"][key]
    del values["config"]["loss"]["scaled_by_value"]
    torch.save(values, path)
    assert run(data, tmp_path, resume=True).finished
    assert losses(tmp_path) == losses(finished[()])
