"""The uncertainty head, its density, and its calibration."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from rtpca.errors import CheckpointError, ConfigError
from rtpca.models import InputSpec, ScaleCalibration, build_model, load_checkpoint, save_checkpoint
from rtpca.models.cost import count_parameters
from rtpca.models.uncertainty import negative_log_likelihood, radius_ratio

SIZES = {"frames": 6, "joints": 17, "dim": 8, "depth": 2, "heads": 2}


def pair():
    """The same network without and with a head."""
    models = []
    for uncertainty in (False, True):
        torch.manual_seed(0)
        models.append(build_model("rtpca", **SIZES, uncertainty=uncertainty).eval())
    return models


def test_without_the_head_the_network_is_what_it_was() -> None:
    plain, headed = pair()
    assert plain.state_dict().keys() == {key for key in headed.state_dict() if "scale_head" not in key}
    assert all(torch.equal(tensor, headed.state_dict()[key]) for key, tensor in plain.state_dict().items())
    assert count_parameters(build_model("rtpca").config) == 33_847_219
    keypoints = torch.randn(2, 6, 17, 2)
    with torch.no_grad():
        poses, scale = headed.forward_with_scale(keypoints)
        assert torch.equal(plain(keypoints), poses)
        assert torch.equal(headed(keypoints), poses)
    assert scale.shape == (2, 6, 17)
    assert (scale > 0).all()
    with pytest.raises(ConfigError, match="no uncertainty head"):
        plain.forward_with_scale(keypoints)


def test_a_detached_scale_leaves_the_body_without_gradient() -> None:
    _, model = pair()
    keypoints = torch.randn(2, 6, 17, 2)
    for detached in (True, False):
        model.zero_grad()
        model.forward_with_scale(keypoints, detached=detached)[1].log().sum().backward()
        body = [p.grad for name, p in model.named_parameters() if name.startswith("spatial_blocks")]
        assert all(p.grad is not None for p in model.scale_head.parameters())
        assert all((grad is None) == detached for grad in body)


@pytest.mark.parametrize("dof", [0.7, 4.0, 50.0])
def test_the_density_integrates_to_one(dof) -> None:
    # Over shells of the radius r = t / (1 - t), so that the whole of space is covered.
    t = torch.linspace(0, 1, 200_001, dtype=torch.float64)[1:-1]
    r = t / (1 - t)
    density = (-negative_log_likelihood(r, torch.full_like(r, 0.3), dof)).exp()
    total = torch.trapezoid(density * 4 * math.pi * r.square() / (1 - t).square(), t)
    assert float(total) == pytest.approx(1, abs=2e-3)


@given(distance=st.floats(0.001, 2), factor=st.floats(1.05, 10))
def test_the_likelihood_pulls_the_scale_towards_the_distance(distance, factor) -> None:
    # d/dlog s of the loss is 3 - (v + 3) u / (1 + u), u = (r / s)^2 / v, which is 0 where r^2 = 3 s^2.
    best = distance / math.sqrt(3)
    for scale, sign in ((best * factor, 1), (best / factor, -1)):
        log_scale = torch.tensor(math.log(scale), dtype=torch.float64, requires_grad=True)
        negative_log_likelihood(torch.tensor(distance, dtype=torch.float64), log_scale.exp()).backward()
        assert sign * log_scale.grad > 0


def errors(steepness: float, joints: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-logistic errors, 0 at the root, and scales that are wrong by a factor."""
    rng = np.random.default_rng(seed)
    scale, share = rng.uniform(0.01, 0.1, (count, joints)), rng.uniform(size=(count, joints))
    error = scale * (share / (1 - share)) ** (1 / steepness)
    error[:, 0] = 0
    return error, scale / np.arange(1, joints + 1)


@settings(max_examples=10, deadline=None)
@given(steepness=st.floats(0.7, 8), seed=st.integers(0, 1000))
def test_a_calibration_claims_what_new_errors_do(steepness, seed) -> None:
    calibration = ScaleCalibration.fit(*errors(steepness, 3, 20_000, seed))
    error, scale = errors(steepness, 3, 20_000, seed + 5000)
    for level in (0.3, 0.5, 0.9, 0.97):
        share = (error <= calibration.radius_m(scale, level))[:, 1:].mean(axis=0)
        assert share == pytest.approx([level] * 2, abs=0.02)
    assert (calibration.radius_m(scale)[:, 0] == 0).all()


def test_a_calibration_is_exact_at_its_levels_whatever_the_errors_are() -> None:
    rng = np.random.default_rng(0)
    scale = np.full((999, 2), 0.05)
    for error in (rng.gamma(2.0, 0.02, (999, 2)), rng.normal(0.3, 0.001, (999, 2))):
        calibration = ScaleCalibration.fit(error, scale)
        for level in (0.5, 0.9):
            share = (error <= calibration.radius_m(scale, level))[:, 1].mean()
            assert share == pytest.approx(level, abs=0.002)


def test_people_who_differ_are_allowed_for() -> None:
    rng = np.random.default_rng(1)

    def group(count: int) -> tuple[np.ndarray, list[str]]:
        """Errors of people, each with a factor of their own, under a scale of 1."""
        factors = np.exp(0.4 * rng.normal(size=count))
        error = np.concatenate([factor * rng.gamma(4.0, 0.25, (400, 2)) for factor in factors])
        return error, [f"person {number // 400}" for number in range(len(error))]

    shares = np.zeros((30, 2))
    for trial in range(len(shares)):
        (error, people), (new, _) = group(5), group(40)
        for column, told in enumerate((None, people)):
            calibration = ScaleCalibration.fit(error, np.ones_like(error), told)
            shares[trial, column] = (new <= calibration.radius_m(np.ones_like(new)))[:, 1].mean()
    pooled, told = shares.mean(axis=0)
    assert pooled < told
    assert told == pytest.approx(0.9, abs=0.03)
    alone = ScaleCalibration.fit(error, np.ones_like(error), ["somebody"] * len(error))
    assert alone == ScaleCalibration.fit(error, np.ones_like(error))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), several_people=st.booleans())
def test_the_kind_of_keypoints_that_is_held_worst_is_held(seed, several_people) -> None:
    rng = np.random.default_rng(seed)
    kinds = np.array(["clean", "noisy", "noisiest"])[np.arange(9000) % 3]
    people = [f"person {number // 3000}" if several_people else "somebody" for number in range(9000)]
    factor = np.where(kinds == "clean", 1.0, np.where(kinds == "noisy", 1.2, 1.5))
    error = factor[:, None] * rng.gamma(4.0, 0.25, (9000, 3))
    calibration = ScaleCalibration.fit(error, np.ones_like(error), people, kinds.tolist())
    for level in (0.5, 0.9):
        within = (error <= calibration.radius_m(np.ones_like(error), level))[:, 1:]
        shares = [within[kinds == kind].mean() for kind in ("noisiest", "noisy", "clean")]
        assert shares[0] == pytest.approx(level, abs=0.01)
        assert shares == sorted(shares)


def test_share_and_radius_are_inverse_and_levels_are_linked_by_the_tail() -> None:
    calibration = ScaleCalibration((0.0, 0.7, 2.0), (1.0, 2.0, 20.0))
    scale = np.array([[0.02, 0.02, 0.02], [0.05, 0.1, 0.2]])
    radius = calibration.radius_m(scale, 0.6)
    for frame, joint in ((0, 1), (0, 2), (1, 1), (1, 2)):
        share = calibration.share_within(scale, float(radius[frame, joint]))
        assert share[frame, joint] == pytest.approx(0.6)
    assert (calibration.share_within(scale, 0.1)[:, 0] == 1).all()
    ratio = radius_ratio(np.array(calibration.steepness), 0.6)
    np.testing.assert_allclose(calibration.radius_m(scale) * ratio, radius)


def test_weights_carry_head_and_calibration(tmp_path) -> None:
    _, model = pair()
    calibration = ScaleCalibration((0.0, *[1.5] * 16), (1.0, *[3.0] * 16))
    path = tmp_path / "headed.safetensors"
    save_checkpoint(path, model, InputSpec(), calibration=calibration)
    found = load_checkpoint(path)
    assert found.config.uncertainty
    assert found.calibration == calibration
    save_checkpoint(path, model, InputSpec())
    assert load_checkpoint(path).calibration is None


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        '{"factor": [1], "steepness": [1]}',
        '{"steepness": 3}',
        f'{{"factor": {[-1] * 17}, "steepness": {[1] * 17}}}',
    ],
)
def test_a_damaged_calibration_is_refused(tmp_path, text) -> None:
    _, model = pair()
    path = tmp_path / "headed.safetensors"
    save_checkpoint(path, model, InputSpec())
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(load_file(path), path, metadata | {"calibration": text})
    with pytest.raises(CheckpointError, match="metadata cannot be read"):
        load_checkpoint(path)
