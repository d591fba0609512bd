"""Metrics: reference values, hand-worked values, and how they relate to each other."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from rtpca.errors import InputError, ShapeError
from rtpca.geometry import rotation_about
from rtpca.metrics import (
    AUC_THRESHOLDS_M,
    MPI_INF_3DHP_JOINTS,
    acceleration_error,
    auc,
    bone_length_error,
    bone_lengths,
    mpjpe,
    mpjve,
    n_mpjpe,
    p_mpjpe,
    pck,
)
from rtpca.skeletons import get_skeleton

SEEDS = st.integers(0, 2**31 - 1)
CASES = ["noise", "sequence", "mirrored", "similarity"]
MEASURES = {"mpjpe": mpjpe, "p_mpjpe": p_mpjpe, "n_mpjpe": n_mpjpe, "mean_velocity_error": mpjve}


@pytest.fixture(scope="module", name="golden")
def _golden(shared_data):
    return load_file(shared_data / "golden" / "metrics.safetensors")


def _poses(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, 17, 3, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("measure", MEASURES)
def test_position_and_velocity_agree_with_the_reference(golden, case, measure):
    pred, target = golden[f"{case}.predicted"], golden[f"{case}.target"]
    mean = MEASURES[measure](pred, target).mean()
    torch.testing.assert_close(mean, golden[f"{case}.{measure}"], atol=3e-7, rtol=0)
    precise = MEASURES[measure](pred.double(), target.double()).mean()
    torch.testing.assert_close(precise, golden[f"{case}.{measure}_float64"], atol=1e-12, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_aligned_error_of_each_frame_agrees_with_the_reference(golden, case):
    error = p_mpjpe(golden[f"{case}.predicted"].double(), golden[f"{case}.target"].double())
    torch.testing.assert_close(error, golden[f"{case}.p_mpjpe_per_frame_float64"], atol=1e-12, rtol=0)


def test_pck_and_auc_agree_with_the_reference(golden):
    pred, target = golden["pck.predicted"], golden["pck.target"]  # millimetres
    steps = golden["pck.thresholds"].tolist()
    joints = MPI_INF_3DHP_JOINTS
    percent = {
        "pck150_14_joints": pck(pred, target, 150, joints).mean(),
        "auc_14_joints": auc(pred, target, steps, joints).mean(),
        "pck150_17_joints": pck(pred, target, 150).mean(),
        "auc_17_joints": auc(pred, target, steps).mean(),
    }
    for name, value in percent.items():
        torch.testing.assert_close(100 * value, golden[f"pck.{name}"], atol=1e-9, rtol=0)
    curve = torch.stack([pck(pred, target, step, joints).mean() for step in steps[1:]])
    torch.testing.assert_close(curve, golden["pck.curve_14_joints"][1:])
    torch.testing.assert_close(mpjpe(pred.double(), target.double()).mean(), golden["pck.mpjpe_17_joints"])


def test_pck_by_joint_group_and_after_alignment_agrees_with_the_reference(golden):
    from rtpca.geometry import similarity_align

    pred, target = golden["pck.predicted"], golden["pck.target"]
    steps = golden["pck.thresholds"].tolist()
    groups = ([0], [1], [2, 5], [3, 6], [4, 7], [8, 11], [9, 12], [10, 13])
    for i, joints in enumerate(groups):
        torch.testing.assert_close(
            100 * pck(pred, target, 150, joints).mean(), golden["pck.pck150_by_group"][i]
        )
        torch.testing.assert_close(
            100 * auc(pred, target, steps, joints).mean(), golden["pck.auc_by_group"][i]
        )
    aligned = similarity_align(pred.double(), target.double())
    # The reference reached this one by single precision.
    torch.testing.assert_close(
        100 * pck(aligned, target, 150).mean(), golden["pck.p_pck150_17_joints"], atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        100 * auc(aligned, target, steps).mean(), golden["pck.p_auc_17_joints"], atol=1e-5, rtol=0
    )


def test_worked_by_hand():
    """Two joints, 3 cm and 4 cm off; then a step of 5 cm that the prediction does not make."""
    target = torch.zeros(2, 2, 3)
    pred = torch.tensor([[[0.03, 0, 0], [0, 0.04, 0]], [[0.03, 0, 0.05], [0, 0.04, 0.05]]])
    torch.testing.assert_close(mpjpe(pred, target)[0], torch.tensor(0.035))
    torch.testing.assert_close(mpjve(pred, target), torch.tensor([0.05]))
    torch.testing.assert_close(mpjve(pred, target, fps=50), torch.tensor([2.5]))


def test_acceleration_worked_by_hand():
    """x = t^2 / 2 with 0.02 per frame squared against standing still, at 50 fps: 0.02 * 2500."""
    frames = torch.arange(5.0)
    pred = torch.zeros(5, 17, 3)
    pred[..., 0] = 0.01 * frames.square()[:, None]
    error = acceleration_error(pred, torch.zeros(5, 17, 3))
    torch.testing.assert_close(error, torch.full((3,), 0.02))
    torch.testing.assert_close(
        acceleration_error(pred, torch.zeros(5, 17, 3), fps=50), torch.full((3,), 50.0)
    )


def test_thresholds_count_strictly_below():
    target = torch.zeros(1, 4, 3)
    pred = torch.zeros(1, 4, 3)
    pred[0, :, 0] = torch.tensor([0.0, 100.0, 150.0, 200.0])
    assert pck(pred, target, 150).tolist() == [0.5]
    assert pck(pred, target, 150, joints=[1]).tolist() == [1.0]
    # 0 mm: below the 30 upper of 31 thresholds; 100 mm: below 105, ..., 150.
    torch.testing.assert_close(
        auc(pred, target, range(0, 151, 5)), torch.tensor([(30 + 10) / 31 / 4]).double()
    )
    assert len(AUC_THRESHOLDS_M) == 31
    assert AUC_THRESHOLDS_M[-1] == pytest.approx(0.150)


@pytest.mark.parametrize("measure", [mpjpe, p_mpjpe, n_mpjpe, mpjve, acceleration_error])
@given(seed=SEEDS)
def test_an_error_is_zero_for_the_truth_and_scales_with_the_unit(measure, seed):
    pred, target = _poses(seed, 5), _poses(seed + 1, 5)
    # Alignment leaves rounding errors of the coordinates' size.
    torch.testing.assert_close(
        measure(target, target), torch.zeros_like(measure(target, target)), atol=1e-12, rtol=0
    )
    torch.testing.assert_close(measure(1000 * pred, 1000 * target), 1000 * measure(pred, target))
    assert (measure(pred, target) > 0).all()


@pytest.mark.parametrize("measure", [mpjpe, p_mpjpe, n_mpjpe])
@given(seed=SEEDS)
def test_turning_both_poses_changes_nothing(measure, seed):
    pred, target = _poses(seed, 3), _poses(seed + 1, 3)
    R = rotation_about(torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor(0.7).double())
    torch.testing.assert_close(measure(pred @ R.mT, target @ R.mT), measure(pred, target))


@given(seed=SEEDS, scale=st.floats(0.1, 10))
def test_n_mpjpe_does_not_see_the_scale_and_p_mpjpe_not_the_place(seed, scale):
    pred, target = _poses(seed, 4), _poses(seed + 1, 4)
    torch.testing.assert_close(n_mpjpe(scale * pred, target), n_mpjpe(pred, target))
    R = rotation_about(torch.tensor([3.0, 1.0, 2.0]).double(), torch.tensor(2.0).double())
    torch.testing.assert_close(p_mpjpe(scale * pred @ R.mT + 4, target), p_mpjpe(pred, target))


@given(seed=SEEDS)
def test_each_protocol_forgives_more_in_squared_distance(seed):
    """Fits are by least squares, so the order holds for squares: similarity <= scale only <= none."""
    from rtpca.geometry import similarity_align

    target = _poses(seed, 1)
    pred = target + 0.3 * _poses(seed + 1, 1)

    def squared(a):
        return (a - target).square().sum()

    scale = (pred * target).sum() / pred.square().sum()
    assert squared(similarity_align(pred, target)) <= squared(scale * pred) + 1e-12
    assert squared(scale * pred) <= squared(pred) + 1e-12
    # By the inequality of the means, the mean distance is below the root of the mean square.
    assert p_mpjpe(pred, target) <= (squared(pred) / 17).sqrt()


@given(seed=SEEDS)
def test_frames_do_not_influence_each_other_and_leading_axes_are_free(seed):
    pred, target = _poses(seed, 2, 3, 6), _poses(seed + 1, 2, 3, 6)
    for measure, short in ((mpjpe, 0), (p_mpjpe, 0), (n_mpjpe, 0), (mpjve, 1), (acceleration_error, 2)):
        value = measure(pred, target)
        assert value.shape == (2, 3, 6 - short)
        torch.testing.assert_close(value[1, 2], measure(pred[1, 2], target[1, 2]))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(
        p_mpjpe(pred[..., order, :, :], target[..., order, :, :]), p_mpjpe(pred, target)[..., order]
    )


@given(seed=SEEDS)
def test_pck_grows_with_the_threshold_and_auc_is_its_mean(seed):
    pred, target = _poses(seed, 4) * 0.05, _poses(seed + 1, 4) * 0.05
    curve = torch.stack([pck(pred, target, t) for t in AUC_THRESHOLDS_M[1:]])
    assert (curve.diff(dim=0) >= 0).all()
    torch.testing.assert_close(auc(pred, target), torch.cat([torch.zeros(1, 4), curve]).mean(dim=0))


def test_steady_offset_costs_position_but_not_motion():
    target = _poses(0, 6)
    pred = target + 0.1
    assert (mpjpe(pred, target) > 0.17).all()
    torch.testing.assert_close(mpjve(pred, target), torch.zeros(5).double(), atol=1e-12, rtol=0)


def test_arrays_are_as_good_as_tensors():
    pred, target = _poses(0, 3).numpy(), _poses(1, 3).numpy()
    for measure in (mpjpe, p_mpjpe, n_mpjpe, mpjve, acceleration_error):
        assert isinstance(measure(pred, target), torch.Tensor)
        torch.testing.assert_close(measure(pred, target), measure(torch.tensor(pred), torch.tensor(target)))
    assert mpjpe(pred.astype(np.float32), target.astype(np.float32)).dtype == torch.float32


def test_a_frame_with_nan_is_nan_and_others_are_not():
    pred, target = _poses(0, 3), _poses(1, 3)
    pred[1, 5, 0] = torch.nan
    for measure in (mpjpe, p_mpjpe, n_mpjpe):
        assert measure(pred, target).isnan().tolist() == [False, True, False]


def test_bones_of_the_truth_are_kept_by_every_motion():
    bones = get_skeleton("h36m17").bones
    target = _poses(0, 3)
    R = rotation_about(torch.tensor([1.0, 0.0, 1.0]).double(), torch.tensor(1.0).double())
    torch.testing.assert_close(
        bone_length_error(target @ R.mT + 1, target, bones), torch.zeros(3).double(), atol=1e-12, rtol=0
    )
    torch.testing.assert_close(bone_lengths(2 * target, bones), 2 * bone_lengths(target, bones))
    assert bone_lengths(target, bones).shape == (3, 16)
    torch.testing.assert_close(
        bone_length_error(2 * target, target, bones), bone_lengths(target, bones).mean(dim=-1)
    )


def test_mistakes_are_told_with_what_is_needed():
    with pytest.raises(ShapeError, match=r"pred has shape \(3, 17, 3\) but target has \(3, 16, 3\)"):
        mpjpe(torch.zeros(3, 17, 3), torch.zeros(3, 16, 3))
    with pytest.raises(ShapeError, match=r"pred has shape \(17, 3\), needed is \(..., F, J, 3\)"):
        mpjpe(torch.zeros(17, 3), torch.zeros(17, 3))
    with pytest.raises(ShapeError, match="order 2 need at least 3 frames"):
        acceleration_error(torch.zeros(2, 17, 3), torch.zeros(2, 17, 3))
    with pytest.raises(InputError, match="fps is 0: give a number above zero"):
        mpjve(torch.zeros(2, 17, 3), torch.zeros(2, 17, 3), fps=0)
    with pytest.raises(ShapeError, match="do not index the joints"):
        pck(torch.zeros(2, 17, 3), torch.zeros(2, 17, 3), 0.15, joints=[17])
    with pytest.raises(InputError, match="threshold is 0"):
        pck(torch.zeros(2, 17, 3), torch.zeros(2, 17, 3), 0)
