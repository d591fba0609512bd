"""Losses against hand-worked values and the reference implementation's numbers and gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from rtpca import metrics
from rtpca.errors import ConfigError
from rtpca.skeletons import get_skeleton
from rtpca.training.losses import (
    LossConfig,
    PoseLoss,
    joint_weights,
    temporal_consistency,
    velocity_error,
    weighted_mpjpe,
)


@pytest.fixture(scope="module")
def golden(shared_data):
    return load_file(shared_data / "golden" / "metrics.safetensors")


@pytest.mark.parametrize("case", ["loss17", "loss15"])
def test_terms_and_their_sum_equal_the_reference_s(golden, case) -> None:
    predicted = golden[f"{case}.predicted"].clone().requires_grad_()
    target, weights = golden[f"{case}.target"], golden[f"{case}.joint_weights"]
    position = weighted_mpjpe(predicted, target, weights)
    consistency = temporal_consistency(predicted, weights)
    velocity = velocity_error(predicted, target)
    for mine, name in (
        (position, "weighted_mpjpe"),
        (consistency, "temporal_consistency"),
        (velocity, "velocity"),
    ):
        torch.testing.assert_close(mine.detach(), golden[f"{case}.{name}"], rtol=2e-6, atol=0)
    total = position + 0.5 * consistency + 2.0 * velocity
    torch.testing.assert_close(total.detach(), golden[f"{case}.total"], rtol=2e-6, atol=0)
    total.backward()
    torch.testing.assert_close(predicted.grad, golden[f"{case}.gradient_of_total"], rtol=1e-4, atol=1e-8)


def test_the_configured_loss_with_the_authors_weights_is_the_reference_s_total(golden) -> None:
    loss = PoseLoss(LossConfig(joint_weights="authors"), "h36m17", "cpu")
    total, terms = loss(golden["loss17.predicted"], golden["loss17.target"])
    torch.testing.assert_close(total, golden["loss17.total"], rtol=2e-6, atol=0)
    assert list(terms) == ["position", "consistency", "velocity"]
    torch.testing.assert_close(
        terms["consistency"], 0.5 * golden["loss17.temporal_consistency"], rtol=2e-6, atol=0
    )
    torch.testing.assert_close(terms["velocity"], 2.0 * golden["loss17.velocity"], rtol=2e-6, atol=0)


@pytest.mark.parametrize("case", ["loss17", "loss15"])
def test_scaled_by_its_value_the_gradient_is_the_one_that_the_reference_applies(golden, case) -> None:
    skeleton = {"loss17": "h36m17", "loss15": "humaneva15"}[case]
    for scaled, name in ((False, "gradient_of_total"), (True, "gradient_as_applied")):
        predicted = golden[f"{case}.predicted"].clone().requires_grad_()
        loss = PoseLoss(LossConfig(joint_weights="authors", scaled_by_value=scaled), skeleton, "cpu")
        total, _ = loss(predicted, golden[f"{case}.target"])
        torch.testing.assert_close(total.detach(), golden[f"{case}.total"], rtol=2e-6, atol=0)
        loss.objective(total).backward()
        torch.testing.assert_close(predicted.grad, golden[f"{case}.{name}"], rtol=1e-4, atol=1e-8)


def test_the_authors_weights_are_their_array(golden) -> None:
    assert torch.equal(joint_weights("authors"), golden["loss17.joint_weights"])
    assert torch.equal(joint_weights("authors", "humaneva15"), golden["loss15.joint_weights"])


@pytest.mark.parametrize("kind", ["authors", "paper"])
def test_joint_sets_without_such_weights_are_refused(kind) -> None:
    with pytest.raises(ConfigError, match="not for coco17; use uniform"):
        joint_weights(kind, "coco17")


@pytest.mark.parametrize("skeleton", ["h36m17", "humaneva15", "mpi_inf_3dhp17"])
def test_the_paper_s_weights_go_by_body_part(skeleton) -> None:
    # MPI-INF-3DHP's neck is the base of it, as high as h36m17's thorax; h36m17's is as high as the chin.
    neck = 1.0 if skeleton == "mpi_inf_3dhp17" else 1.5
    parts = {
        1.0: {"pelvis", "hip", "spine", "thorax", "shoulder"},
        1.5: {"head", "head_top"},
        2.5: {"knee", "elbow"},
        4.0: {"ankle", "wrist"},
    }
    parts[neck].add("neck")
    names = get_skeleton(skeleton).joints
    for name, weight in zip(names, joint_weights("paper", skeleton).tolist(), strict=True):
        assert name.removeprefix("left_").removeprefix("right_") in parts[weight], name


def test_uniform_weights_are_one() -> None:
    assert joint_weights("uniform", "humaneva15").tolist() == [1.0] * 15


def test_hand_worked_values() -> None:
    # One sequence of 3 frames and 2 joints; the target stands still at the origin.
    target = torch.zeros(1, 3, 2, 3)
    predicted = torch.zeros(1, 3, 2, 3)
    predicted[0, 0, 1] = torch.tensor([3.0, 4.0, 0.0])  # distance 5, then back at once
    weights = torch.tensor([1.0, 4.0])
    assert weighted_mpjpe(predicted, target, weights).item() == pytest.approx(4 * 5 / 6)
    assert weighted_mpjpe(predicted, target, weights, squared=True).item() == pytest.approx(4 * 25 / 6)
    # Two steps, two joints, three coordinates: 4 (9 + 16) / 12.
    assert temporal_consistency(predicted, weights).item() == pytest.approx(4 * 25 / 12)
    # Unweighted: one step of length 5 among two steps of two joints.
    assert velocity_error(predicted, target).item() == pytest.approx(5 / 4)


def test_with_weights_of_one_the_terms_are_the_metrics() -> None:
    generator = torch.Generator().manual_seed(0)
    predicted, target = torch.randn(2, 3, 7, 17, 3, generator=generator)
    torch.testing.assert_close(
        weighted_mpjpe(predicted, target, torch.ones(17)), metrics.mpjpe(predicted, target).mean()
    )
    torch.testing.assert_close(velocity_error(predicted, target), metrics.mpjve(predicted, target).mean())


@settings(max_examples=10)
@given(scale=st.floats(0.1, 10.0), seed=st.integers(0, 100))
def test_consistency_looks_at_the_prediction_alone_and_grows_with_motion(scale, seed) -> None:
    predicted = torch.randn(2, 5, 17, 3, generator=torch.Generator().manual_seed(seed))
    weights = joint_weights("paper")
    value = temporal_consistency(predicted, weights)
    torch.testing.assert_close(temporal_consistency(scale * predicted, weights), scale**2 * value)
    assert temporal_consistency(predicted[:, :1].expand(2, 5, 17, 3), weights).item() == 0


@settings(max_examples=10)
@given(seed=st.integers(0, 100))
def test_velocity_ignores_a_constant_offset(seed) -> None:
    predicted, target = torch.randn(
        2, 2, 5, 17, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    torch.testing.assert_close(velocity_error(predicted + 1.0, target), velocity_error(predicted, target))


def test_the_normalised_term_forgives_the_size_of_a_pose_and_nothing_else() -> None:
    target = torch.randn(2, 4, 17, 3, generator=torch.Generator().manual_seed(0))
    loss = PoseLoss(LossConfig(position=0.0, consistency=0.0, normalised=0.5), "h36m17", "cpu")
    _, terms = loss(0.3 * target, target)
    assert terms["normalised"].item() == pytest.approx(0.0, abs=1e-6)
    turned = target[..., [1, 0, 2]]
    _, terms = loss(turned, target)
    torch.testing.assert_close(terms["normalised"], 0.5 * metrics.n_mpjpe(turned, target).mean())


def test_terms_of_weight_zero_are_left_out_and_a_single_frame_has_no_motion() -> None:
    predicted, target = torch.randn(2, 2, 4, 17, 3)
    _, terms = PoseLoss(LossConfig(consistency=0.0), "h36m17", "cpu")(predicted, target)
    assert list(terms) == ["position", "velocity"]
    total, terms = PoseLoss(LossConfig(), "h36m17", "cpu")(predicted[:, :1], target[:, :1])
    assert list(terms) == ["position"]
    assert total.isfinite()


def test_squared_is_the_paper_s_printed_formula() -> None:
    predicted, target = torch.randn(2, 2, 4, 17, 3, dtype=torch.float64)
    weights = joint_weights("paper").double()
    by_hand = sum(
        weights[j] * (predicted[b, f, j] - target[b, f, j]).square().sum()
        for b in range(2)
        for f in range(4)
        for j in range(17)
    ) / (2 * 4 * 17)
    torch.testing.assert_close(weighted_mpjpe(predicted, target, weights, squared=True), by_hand)


def test_perfect_predictions_have_a_finite_gradient() -> None:
    target = torch.randn(1, 5, 17, 3)
    predicted = target.clone().requires_grad_()
    total, _ = PoseLoss(LossConfig(), "h36m17", "cpu")(predicted, target)
    total.backward()
    assert predicted.grad.isfinite().all()
