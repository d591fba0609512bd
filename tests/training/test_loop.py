"""The training loop from start to end: it learns, stops, goes on exactly, and fails in words."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from tiny_recipe import TINY, tiny_config

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import CheckpointError, ConfigError, InputError, TrainingError
from rtpca.geometry.network_input import middle
from rtpca.models import RTPCA, RTPCAConfig, load_checkpoint
from rtpca.training import load_config, train
from rtpca.training.config import from_dict
from rtpca.training.curves import read_curves
from rtpca.training.state import load_state, save_state

VARIED = (
    "optim.optimizer=muon",
    "optim.ema=0.9",
    "optim.schedule=stable",
    "optim.cooldown_steps=3",
    "model.drop_path=0.3",
    "model.dropout=0.1",
    "model.in_channels=3",
    "input.normalisation=person",
    "augment={}",
)
# In place of the model of the tiny recipe: another architecture, with BatchNorm and its running statistics.
MHFORMER = {"arch": "mhformer", "frames": 9, "dim": 8, "hidden": 12, "layers": 2, "heads": 2}
# 3 clips of 60 frames in 4 cameras: 84 chunks of 9, plain and mirrored, in 5 steps an epoch.
CHUNKS = (
    "data.windows=chunks",
    "data.cameras=fixed",
    "input.fps=null",
    "augment={mirror_probability: 0.5, body: none, landmarks: none, noise: none}",
    "steps=null",
    "epochs=2",
    "batch=40",
    "val_every=epoch",
    "optim.warmup_steps=0",
    "optim.decay=0.5",
    "optim.decay_every=epoch",
    "model.drop_path=0.3",
    "select=best",
    "data.val_cameras=all",
    "loss.scaled_by_value=true",
)
RECIPES = pytest.mark.parametrize(
    "overrides", [(), VARIED, CHUNKS], ids=["plain", "varied", "chunks and epochs"]
)


def run(data, out, *overrides: str, **options):
    return train(tiny_config(*overrides), data, out, accelerator="cpu", **options)


def losses(out: Path) -> list[tuple[str, ...]]:
    """Every number of the curves that time has no part in, as it is written."""
    with (out / "curves.csv").open(newline="") as file:
        return [tuple(row[key] for key in row if key != "seconds") for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    """An uninterrupted run of each recipe."""
    folders = {}
    for overrides in ((), VARIED, CHUNKS):
        folders[overrides] = tmp_path_factory.mktemp("finished")
        assert run(data, folders[overrides], *overrides).finished
    return folders


def test_the_loss_falls(data, tmp_path) -> None:
    run(data, tmp_path, "steps=60", "val_every=60", "optim.lr=0.01", "batch=8")
    values = [row["loss"] for row in read_curves(tmp_path / "curves.csv")]
    assert sum(values[-10:]) < 0.6 * sum(values[:10])


def test_a_run_folder_holds_everything(finished, data) -> None:
    out = finished[()]
    names = {entry.name for entry in out.iterdir()}
    assert names == {
        "config.yaml",
        "curves.csv",
        "curves.png",
        "state.pt",
        "tensorboard",
        "weights.safetensors",
    }
    config = tiny_config()
    assert from_dict(yaml.safe_load((out / "config.yaml").read_text())) == config
    rows = read_curves(out / "curves.csv")
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert [row["frames"] for row in rows] == [4 * 9 * step for step in range(1, 9)]
    assert [row["step"] for row in rows if "val_mpjpe_mm" in row] == [4, 8]
    assert rows[0]["lr"] == pytest.approx(0.0015)  # half of two steps of warm-up
    assert rows[1]["lr"] == pytest.approx(0.003)
    checkpoint = load_checkpoint(out / "weights.safetensors")
    assert checkpoint.input == config.input
    assert checkpoint.about["steps"] == 8
    assert checkpoint.about["frames"] == 8 * 4 * 9
    assert from_dict(checkpoint.about["recipe"]) == config


def test_validation_is_the_evaluation_of_the_saved_weights(finished, data) -> None:
    from rtpca.data.store import open_dataset
    from rtpca.evaluation import EvalConfig, evaluate, summarise

    out = finished[VARIED]
    checkpoint = load_checkpoint(out / "weights.safetensors")
    with open_dataset(data) as dataset:
        recordings = list(dataset.iterate("val"))
    config = EvalConfig(all_cameras=False)
    report = summarise(evaluate(checkpoint.model, checkpoint.input, recordings, config))
    last = read_curves(out / "curves.csv")[-1]
    assert last["val_mpjpe_mm"] == pytest.approx(report.all_frames.mpjpe_mm, rel=1e-6)
    assert last["val_p_mpjpe_mm"] == pytest.approx(report.all_frames.p_mpjpe_mm, rel=1e-6)


def test_the_running_mean_is_what_is_saved(finished) -> None:
    out = finished[VARIED]
    state = load_state(out / "state.pt")
    saved = load_checkpoint(out / "weights.safetensors").model.state_dict()
    assert all(torch.equal(saved[key], state.ema[key]) for key in saved)
    assert not torch.equal(state.model["head.weight"], state.ema["head.weight"])


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
        TrainingError, match=r"already holds a run; add --resume to go on, or choose another folder"
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
    assert from_dict(yaml.safe_load((tmp_path / "config.yaml").read_text())) == tiny_config()
    assert run(data, tmp_path, "log_every=4", "val_every=8", "checkpoint_every=1", resume=True).finished


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
    with pytest.raises(CheckpointError, match="nothing to resume; start without --resume"):
        run(data, tmp_path / "new", resume=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("rate", "log_every", "noticed"), [(1e20, 1, "the loss is"), (1e39, 100, "the weights are")]
)
def test_a_diverging_run_keeps_its_last_good_state_and_can_be_saved(
    finished, data, tmp_path, rate, log_every, noticed
) -> None:
    run(data, tmp_path, max_time_s=0.0)
    before = (tmp_path / "state.pt").read_bytes()
    pace = (f"log_every={log_every}", "checkpoint_every=1")
    with pytest.raises(
        TrainingError, match=rf"{noticed} not a number any more by step \d.* of step \d: resume"
    ):
        run(data, tmp_path, f"optim.lr={rate}", *pace, resume=True)
    state = load_state(tmp_path / "state.pt")
    assert all(tensor.isfinite().all() for tensor in state.model.values())
    if noticed == "the weights are":
        assert (tmp_path / "state.pt").read_bytes() == before
        assert run(data, tmp_path, resume=True).finished
        assert losses(tmp_path) == losses(finished[()])


def test_a_run_that_diverges_at_once_says_to_start_again(data, tmp_path) -> None:
    with pytest.raises(
        TrainingError, match=r"not a number any more by step .; start again with a lower optim\.lr"
    ):
        run(data, tmp_path, "optim.lr=1e30", "optim.warmup_steps=0")
    assert not (tmp_path / "state.pt").exists()
    assert not (tmp_path / "weights.safetensors").exists()


def test_a_lower_rate_on_resuming_is_used(data, tmp_path) -> None:
    run(data, tmp_path, max_time_s=0.0)
    run(data, tmp_path, "optim.lr=0.001", "optim.clip_norm=1", resume=True)
    rates = [row["lr"] for row in read_curves(tmp_path / "curves.csv")]
    assert rates[0] == pytest.approx(0.0015)
    assert rates[1:] == pytest.approx([0.001] * 7)


def test_data_that_do_not_fit_are_refused_before_anything_is_written(data, tmp_path) -> None:
    for overrides, error, message in (
        (("model.joints=15",), TrainingError, "the data hold h36m17 with 17 joints"),
        (("data.train_split=trian",), InputError, "no split 'trian'; splits and sequences found"),
        (("input.fps=null",), ConfigError, "input.fps is not set"),
    ):
        with pytest.raises(error, match=message):
            run(data, tmp_path / "out", *overrides)
    with pytest.raises(InputError, match=r"nothing\.h5"):
        run(tmp_path / "nothing.h5", tmp_path / "out")
    foreign = tmp_path / "foreign.h5"
    foreign.write_text("not a data file")
    with pytest.raises(InputError, match=r"foreign\.h5"):
        run(foreign, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_folder_that_cannot_be_made_is_named(data, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file: the run folder cannot be made"):
        run(data, tmp_path / "file")


def test_without_validation_split_nothing_is_validated(tmp_path) -> None:
    data = tmp_path / "train.h5"
    write_dataset(data, [r for r in synthetic_recordings(frames=20) if r.split == "train"])
    run(data, tmp_path / "out", "steps=2")
    rows = read_curves(tmp_path / "out" / "curves.csv")
    assert len(rows) == 2
    assert not any("val_mpjpe_mm" in row for row in rows)


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-bf16-matmul"])
def test_lower_precisions_train_and_leave_no_trace(data, tmp_path, precision) -> None:
    before = torch.get_float32_matmul_precision()
    assert run(data, tmp_path, f"precision={precision}", "steps=2").finished
    assert torch.get_float32_matmul_precision() == before
    assert load_checkpoint(tmp_path / "weights.safetensors").model.head.weight.dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
def test_a_missing_device_is_named(data, tmp_path) -> None:
    with pytest.raises(
        InputError, match="1 CUDA devices are asked for, this machine has 0; use the CPU or fewer"
    ):
        train(tiny_config(), data, tmp_path, accelerator="cuda")
    with pytest.raises(ConfigError, match="0 devices: at least 1 is needed"):
        run(data, tmp_path, devices=0)


def test_progress_is_reported_with_every_row(data, tmp_path) -> None:
    seen = []
    run(data, tmp_path, report=seen.append)
    assert [progress.step for progress in seen] == list(range(1, 9))
    assert {progress.steps for progress in seen} == {8}
    assert all(progress.frames_per_second > 0 for progress in seen)
    assert {"loss_position", "loss_consistency", "loss_velocity"} <= set(seen[0].row)
    total = sum(value for key, value in seen[0].row.items() if key.startswith("loss_"))
    assert seen[0].row["loss"] == pytest.approx(total, rel=1e-5)


def test_an_epoch_ends_with_a_small_batch_a_validation_and_a_lower_rate(finished) -> None:
    rows = read_curves(finished[CHUNKS] / "curves.csv")
    assert [row["step"] for row in rows] == list(range(1, 11))
    assert [row["frames"] for row in rows[:6]] == [9 * n for n in (40, 80, 120, 160, 168, 208)]
    assert [row["lr"] for row in rows] == pytest.approx([0.003] * 5 + [0.0015] * 5)
    assert [row["step"] for row in rows if "val_mpjpe_mm" in row] == [5, 10]


def test_the_last_weights_are_saved_unless_the_best_are_asked_for(data, tmp_path, monkeypatch) -> None:
    validated: list[dict[str, torch.Tensor]] = []

    def scripted(model, config, dataset) -> dict[str, float]:
        validated.append({key: value.clone() for key, value in model.state_dict().items()})
        return {"val_mpjpe_mm": (300.0, 100.0, 200.0, 100.0)[len(validated) - 1], "val_p_mpjpe_mm": 50.0}

    monkeypatch.setattr("rtpca.training.loop.validate", scripted)
    for select, number in (("last", 3), ("best", 1)):
        validated.clear()
        run(data, tmp_path / select, "val_every=1", "steps=4", f"select={select}")
        checkpoint = load_checkpoint(tmp_path / select / "weights.safetensors")
        for key, value in checkpoint.model.state_dict().items():
            assert torch.equal(value, validated[number][key])
    assert checkpoint.about["chosen_step"] == 2
    assert checkpoint.about["chosen_by"] == "lowest MPJPE on the val split"
    assert checkpoint.about["chosen_mpjpe_mm"] == 100.0
    assert checkpoint.about["steps"] == 4
    assert load_state(tmp_path / "last" / "state.pt").best == {}


def test_the_best_need_a_split_to_be_chosen_on(data, tmp_path) -> None:
    with pytest.raises(InputError, match=r"select=best chooses by data\.val_split='vla', .* val \(3\)"):
        run(data, tmp_path / "out", "select=best", "data.val_split=vla")
    assert not (tmp_path / "out").exists()


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


def test_a_scaled_gradient_changes_the_course_and_not_the_first_loss(finished, data, tmp_path) -> None:
    run(data, tmp_path, "loss.scaled_by_value=true")
    plain, scaled = losses(finished[()]), losses(tmp_path)
    assert plain[0] == scaled[0]
    assert plain[4] != scaled[4]


class MiddleConfig(RTPCAConfig):
    """Sees nine frames and predicts three."""

    @property
    def out_frames(self) -> int:
        return 3


class MiddleNetwork(RTPCA):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return middle(super().forward(x), 3)


@pytest.mark.parametrize("how", [(), CHUNKS[:5]], ids=["random", "chunks"])
def test_a_model_that_predicts_the_middle_is_trained_and_validated(data, tmp_path, how, monkeypatch) -> None:
    monkeypatch.setattr("rtpca.training.loop.starting_model", lambda config, _: MiddleNetwork(config.model))
    config = tiny_config(*how, "steps=3", "val_every=3")
    config = replace(config, model=MiddleConfig(frames=9, dim=8, depth=2, heads=2))
    assert train(config, data, tmp_path, accelerator="cpu").finished
    rows = read_curves(tmp_path / "curves.csv")
    assert [row["frames"] for row in rows] == [4 * 3 * step for step in (1, 2, 3)]
    assert rows[-1]["val_mpjpe_mm"] > 0
