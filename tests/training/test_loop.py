"""The training loop from start to end: it learns, and fails in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import yaml
from tiny_recipe import CHUNKS, VARIED, losses, run, tiny_config

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.geometry.network_input import middle
from rtpca.models import RTPCA, RTPCAConfig, load_checkpoint
from rtpca.options import from_plain
from rtpca.training import TrainConfig, train
from rtpca.training.curves import read_curves
from rtpca.training.state import load_state


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
    assert from_plain(TrainConfig, yaml.safe_load((out / "config.yaml").read_text())) == config
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
    assert from_plain(TrainConfig, checkpoint.about["recipe"]) == config


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
    with pytest.raises(InputError, match=r"file: the folder cannot be made"):
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


@pytest.mark.parametrize(("units", "taken"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_takes_bfloat16_where_there_are_units_for_it_and_says_so(
    data, tmp_path, monkeypatch, units, taken
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: units)
    said: list[str] = []
    config = replace(tiny_config(), precision="auto", steps=1)
    assert train(config, data, tmp_path / "auto", accelerator="cpu", note=said.append).finished
    assert said == [f"precision: {taken}, as `auto` takes it on this cpu"]
    rows = {}
    for name in ("auto", taken):
        if name != "auto":
            train(replace(config, precision=taken), data, tmp_path / name, accelerator="cpu")
        rows[name] = read_curves(tmp_path / name / "curves.csv")[-1]["loss"]
    assert rows["auto"] == rows[taken]


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
def test_a_missing_device_is_named(data, tmp_path) -> None:
    with pytest.raises(
        InputError, match="1 CUDA devices are asked for, this machine has 0; use the CPU or fewer"
    ):
        train(tiny_config(), data, tmp_path, accelerator="cuda")
    with pytest.raises(ConfigError, match="0 devices: give a number from 1 to 1,024"):
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
