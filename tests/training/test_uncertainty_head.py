"""An uncertainty head on a frozen body: poses stay, the head learns, is calibrated and resumes exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_recipe import tiny_config

from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.models import load_checkpoint
from rtpca.training import train
from rtpca.training.curves import read_curves
from rtpca.training.losses import likelihood_loss

BODY = ("model.in_channels=3", "model.drop_path=0.3", "input.normalisation=person")
HEAD = (
    "model.uncertainty=true",
    "optim.train=uncertainty",
    "optim.ema=0.9",
    "optim.lr=0.01",
    "loss={position: 0, consistency: 0, velocity: 0}",
    "augment={}",
    "steps=30",
    "checkpoint_every=5",
    "val_every=100",
)


@pytest.fixture(scope="module")
def body(data, tmp_path_factory):
    """Weights without a head."""
    return train(tiny_config(*BODY), data, tmp_path_factory.mktemp("body"), accelerator="cpu").weights


@pytest.fixture(scope="module")
def headed(data, body, tmp_path_factory):
    """A finished run that added one, and what was said of it."""
    notes: list[str] = []
    out = tmp_path_factory.mktemp("headed")
    options = {"accelerator": "cpu", "weights": body, "note": notes.append}
    return train(tiny_config(*HEAD), data, out, **options).weights, notes


def test_the_poses_stay_to_the_last_bit_and_the_head_learns(body, headed) -> None:
    weights, notes = headed
    before, after = load_checkpoint(body), load_checkpoint(weights)
    # Model and input are those of the weights, whatever the recipe leaves open.
    assert after.config.in_channels == 3
    assert after.input == before.input
    assert notes == [f"{body} has no uncertainty head: it is new, all else is as in the weights"]
    kept = {key: tensor for key, tensor in after.model.state_dict().items() if "scale_head" not in key}
    assert kept.keys() == before.model.state_dict().keys()
    assert all(torch.equal(tensor, kept[key]) for key, tensor in before.model.state_dict().items())
    keypoints = torch.randn(3, 9, 17, 3)
    with torch.no_grad():
        assert torch.equal(before.model(keypoints), after.model(keypoints))
    losses = [float(row["loss"]) for row in read_curves(weights.parent / "curves.csv")]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.2


def test_half_and_nine_tenths_of_the_validation_errors_lie_within_for_all_keypoints(data, headed) -> None:
    weights = load_checkpoint(headed[0])
    rows = []
    with open_dataset(data) as dataset:
        for how in ({}, {"noise_px": 5.0}, {"detector_noise": True}):
            config = EvalConfig(all_cameras=False, **how)
            errors = evaluate(weights.model, weights.input, dataset.iterate("val"), config)
            rows.append(summarise(errors, calibration=weights.calibration).all_frames)
    assert min(row.within_50 for row in rows) == pytest.approx(50, abs=0.4)
    assert min(row.within_90 for row in rows) == pytest.approx(90, abs=0.4)
    assert all(row.radius_90_mm > 0 for row in rows)


def test_a_resumed_head_is_the_head_of_an_uninterrupted_run(data, body, headed, tmp_path) -> None:
    config = tiny_config(*HEAD)
    first = train(config, data, tmp_path, accelerator="cpu", weights=body, max_time_s=0.0)
    assert not first.finished
    assert load_checkpoint(first.weights).calibration is None
    again = train(config, data, tmp_path, accelerator="cpu", weights=body, resume=True)
    assert again.finished
    whole, parts = load_checkpoint(headed[0]), load_checkpoint(again.weights)
    for key, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, parts.model.state_dict()[key])
    assert whole.calibration == parts.calibration


def test_body_and_head_are_trained_together_too(data, tmp_path) -> None:
    together = ("model.uncertainty=true", "steps=3", "loss.likelihood_detached=false", "val_every=100")
    result = train(tiny_config(*together), data, tmp_path, accelerator="cpu")
    assert load_checkpoint(result.weights).calibration is not None


def test_the_root_has_no_part_in_the_likelihood() -> None:
    predicted, target = torch.randn(2, 3, 17, 3), torch.randn(2, 3, 17, 3)
    target = target - target[:, :, :1]
    scale = torch.full((2, 3, 17), 0.1)
    moved = predicted + torch.randn(2, 3, 1, 3)
    loss = likelihood_loss(predicted, target, scale, 0)
    torch.testing.assert_close(loss, likelihood_loss(moved, target, scale, 0), rtol=1e-4, atol=1e-4)
    scale[..., 0] = 50.0
    assert torch.equal(loss, likelihood_loss(predicted, target, scale, 0))


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (("optim.train=uncertainty",), ConfigError, "set model.uncertainty=true"),
        (("model.uncertainty=true", "loss.likelihood=0"), ConfigError, "likelihood is 0"),
        (("optim.train=head",), ConfigError, "optim.train='head' must be 'all' or 'uncertainty'"),
        ((*HEAD, "optim.optimizer=muon"), ConfigError, "set optim.optimizer=adamw"),
        (("model.uncertainty=true", "loss={position: 0, velocity: 0}"), ConfigError, "are both 0"),
        (HEAD, TrainingError, "name them, `weights`"),
    ],
)
def test_recipes_that_cannot_be_are_refused(data, tmp_path, overrides, error, message) -> None:
    with pytest.raises(error, match=message):
        train(tiny_config(*overrides), data, tmp_path, accelerator="cpu")


def test_weights_of_another_architecture_get_no_head(data, tmp_path) -> None:
    small = "model={arch: poseformer, frames: 9, joint_dim: 8, depth: 1, heads: 2}"
    other = train(tiny_config(small, "steps=1"), data, tmp_path / "a", accelerator="cpu")
    with pytest.raises(ConfigError, match="weights of poseformer"):
        train(tiny_config(*HEAD), data, tmp_path / "b", accelerator="cpu", weights=other.weights)


def test_without_a_validation_split_nothing_is_calibrated_in_silence(body, tmp_path) -> None:
    path = tmp_path / "train-only.h5"
    write_dataset(path, [clip for clip in synthetic_recordings(frames=60) if clip.split == "train"])
    with pytest.raises(
        InputError, match="the uncertainty is calibrated on data.val_split='val', but .* has no split 'val'"
    ):
        train(tiny_config(*HEAD), path, tmp_path / "run", accelerator="cpu", weights=body)
