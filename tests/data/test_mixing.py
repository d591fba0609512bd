from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.body import bones_of, put_together, trunk_axes
from rtpca.data.mixing import MotionMixing, mix_motions
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, ShapeError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
LEGS = [
    H36M.index(name)
    for name in ("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle")
]
ARMS = [H36M.index(name) for name in ("left_elbow", "left_wrist", "right_elbow", "right_wrist")]
UPPER = [j for j in range(1, 17) if j not in LEGS]
ONLY_UPPER = MotionMixing(upper_share=1.0, arms_share=0.0, turn_share=0.0, tilt_share=0.0)
ONLY_ARMS = MotionMixing(upper_share=0.0, arms_share=1.0, turn_share=0.0, tilt_share=0.0)
ONLY_TURNS = MotionMixing(upper_share=0.0, arms_share=0.0, turn_share=1.0, tilt_share=0.0)
ONLY_TILT = MotionMixing(upper_share=0.0, arms_share=0.0, turn_share=0.0, tilt_share=1.0)


def windows(batch: int = 12, frames: int = 27) -> torch.Tensor:
    """Different motions of different people, each facing somewhere else."""
    kinds = ("walk", "squat", "wave")
    joints = torch.stack(
        [torch.from_numpy(generate_motion(kinds[b % 3], frames, 25, seed=b)) for b in range(batch)]
    ).double()
    angle = torch.arange(batch).double()
    zero, one = torch.zeros(batch).double(), torch.ones(batch).double()
    rows = [angle.cos(), zero, angle.sin(), zero, one, zero, -angle.sin(), zero, angle.cos()]
    turn = torch.stack(rows, -1).view(batch, 1, 3, 3)
    return joints @ turn.transpose(-1, -2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def lengths(joints: torch.Tensor) -> torch.Tensor:
    return bones_of(joints).norm(dim=-1)


def test_joints_are_their_bones_put_together():
    joints = windows()
    assert torch.allclose(put_together(joints[:, :, :1], bones_of(joints)), joints, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_motions_stay_motions_of_bodies(seed):
    """The pelvis keeps its path, bones keep a length over the window, and nothing jumps."""
    before = windows()
    after = mix_motions(
        before, MotionMixing(upper_share=0.7, arms_share=0.7, turn_share=0.7, tilt_share=0.5), seeded(seed)
    )
    assert after.isfinite().all()
    assert torch.equal(after[:, :, 0], before[:, :, 0])
    rigid = [j for j in range(16) if j + 1 not in (7, 8, 9, 10)]  # the trunk's joints are combinations
    assert lengths(after)[..., rigid].std(1).max() < 1e-6
    assert after.diff(dim=1).norm(dim=-1).max() < 0.5
    assert not torch.allclose(after, before)


def test_upper_bodies_change_and_legs_do_not():
    before = windows()
    after = mix_motions(before, ONLY_UPPER, seeded())
    assert torch.allclose(after[:, :, LEGS], before[:, :, LEGS], atol=1e-12)
    moved = (after - before)[:, :, UPPER].norm(dim=-1).amax((1, 2))
    assert (moved > 0.02).sum() > 6
    # Trunks face where the hips face: the donor's twist against its own hips, not against these.
    left = after[:, :, 4] - after[:, :, 1]
    shoulders = after[:, :, 11] - after[:, :, 14]
    level = torch.nn.functional.cosine_similarity(left[..., ::2], shoulders[..., ::2], dim=-1)
    assert level.min() > 0.7


def test_hips_that_stand_upright_have_no_heading_and_are_left_alone():
    facing_z = torch.from_numpy(generate_motion("walk", 27, 25)).double().expand(4, -1, -1, -1)
    on_their_side = facing_z[..., [1, 0, 2]]
    assert torch.equal(mix_motions(on_their_side, ONLY_UPPER, seeded()), on_their_side)


def test_arms_come_from_another_window_and_turn_with_the_trunk():
    before = windows()
    after = mix_motions(before, ONLY_ARMS, seeded())
    rest = [j for j in range(17) if j not in ARMS]
    assert torch.allclose(after[:, :, rest], before[:, :, rest], atol=1e-12)
    bones = [j - 1 for j in ARMS]

    def in_trunk(joints: torch.Tensor) -> torch.Tensor:
        return bones_of(joints)[:, :, bones] @ trunk_axes(joints).transpose(-1, -2)

    distance = (in_trunk(after)[:, None] - in_trunk(before)[None]).abs().amax((2, 3, 4))  # (B, donors)
    assert distance.min(1).values.max() < 1e-6


@pytest.mark.parametrize("bend_deg", [30.0, -20.0])
def test_a_trunk_bends_forwards_by_the_mean_angle(bend_deg):
    before = windows()
    config = MotionMixing(
        upper_share=0,
        arms_share=0,
        turn_share=1,
        tilt_share=0,
        bend_deg=0,
        lean_deg=0,
        twist_deg=0,
        arms_deg=0,
        legs_deg=0,
        bend_mean_deg=bend_deg,
    )
    after = mix_motions(before, config, seeded())
    axes = trunk_axes(before)
    neck = (after[:, :, 10] - after[:, :, 8])[..., None, :] @ axes.transpose(-1, -2)
    neck_before = (before[:, :, 10] - before[:, :, 8])[..., None, :] @ axes.transpose(-1, -2)
    angle = torch.atan2(neck[..., 2], neck[..., 1]) - torch.atan2(neck_before[..., 2], neck_before[..., 1])
    assert torch.allclose(angle, torch.full_like(angle, math.radians(bend_deg)), atol=1e-6)
    assert torch.allclose(after[:, :, LEGS], before[:, :, LEGS], atol=1e-12)


def test_turned_limbs_keep_their_own_bend():
    """Elbows and knees are not turned: they bend as they were recorded."""
    before = windows()
    after = mix_motions(before, ONLY_TURNS, seeded())

    def bends(joints: torch.Tensor) -> torch.Tensor:
        unit = torch.nn.functional.normalize(bones_of(joints), dim=-1)
        return torch.stack([(unit[:, :, a - 1] * unit[:, :, a]).sum(-1) for a in (2, 5, 12, 15)])

    assert torch.allclose(bends(after), bends(before), atol=1e-9)


def test_a_tilted_body_is_rigid_and_turns_about_a_level_axis():
    before = windows()
    after = mix_motions(before, ONLY_TILT, seeded())
    assert torch.allclose(lengths(after), lengths(before), atol=1e-12)
    distances = [torch.cdist(joints, joints) for joints in (before, after)]
    assert torch.allclose(*distances, atol=1e-6)
    assert ((after - before).norm(dim=-1).amax((1, 2)) > 0.05).sum() > 6


def test_shares_are_those_of_the_configuration():
    before = windows(3).repeat(400, 1, 1, 1)
    for share in (0.2, 0.6):
        after = mix_motions(before, replace(MotionMixing.none(), tilt_share=share), seeded())
        changed = (after != before).flatten(1).any(1).double().mean().item()
        assert changed == pytest.approx(share, abs=0.05)


def test_none_changes_nothing():
    before = windows()
    assert torch.equal(mix_motions(before, MotionMixing.none(), seeded()), before)


@pytest.mark.parametrize(
    "options", [{"upper_share": 1.5}, {"bend_deg": -1.0}, {"change": 2.0}, {"tilt_deg": 100.0}]
)
def test_wrong_values_are_errors(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        MotionMixing(**options)


def test_wrong_shapes_are_errors():
    with pytest.raises(ShapeError, match="h36m17"):
        mix_motions(torch.zeros(2, 5, 16, 3), MotionMixing(), seeded())
