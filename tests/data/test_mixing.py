from __future__ import annotations

import math

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
ONLY_FLEX = MotionMixing(upper_share=0.0, arms_share=0.0, turn_share=0.0, flex_share=1.0, tilt_share=0.0)


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
        before,
        MotionMixing(upper_share=0.7, arms_share=0.7, turn_share=0.7, flex_share=0.7, tilt_share=0.5),
        seeded(seed),
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
        bend=0,
        lean=0,
        twist=0,
        arms=0,
        legs=0,
        bend_mean=bend_deg,
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
    assert torch.allclose(bends(after), bends(before), atol=1e-9)


def bends(joints: torch.Tensor) -> torch.Tensor:
    """Cosines of how far knees and elbows are bent, (4, B, F)."""
    unit = torch.nn.functional.normalize(bones_of(joints), dim=-1)
    return torch.stack([(unit[:, :, a - 1] * unit[:, :, a]).sum(-1) for a in (2, 5, 12, 15)])


def test_knees_and_elbows_bend_about_their_hinges_and_only_forwards_or_backwards():
    before = windows()
    after = mix_motions(before, ONLY_FLEX, seeded())
    trunk = [0, 1, 4, 7, 8, 9, 10, 11, 14, 12, 15]
    assert torch.allclose(after[:, :, trunk], before[:, :, trunk], atol=1e-12)
    change = (bends(after).arccos() - bends(before).arccos()).abs().amax(-1)  # (4, B)
    assert ((change > math.radians(20)).double().mean(1) > 0.3).all()
    assert bends(after).arccos().max() < 2.7


def standing(bent_deg: float) -> torch.Tensor:
    """Windows of somebody who stands with arms hanging, looks along z, and bends all knees and elbows."""
    joints = torch.zeros(64, 9, 17, 3).double()
    for side, knee, elbow in ((-0.1, 2, 15), (0.1, 5, 12)):
        for joint, x, y in ((knee - 1, side, 0.0), (elbow - 1, 2 * side, 0.5)):
            joints[..., joint, :2] = torch.tensor([x, y]).double()
    for joint, y in ((7, 0.25), (8, 0.5), (9, 0.6), (10, 0.7)):
        joints[..., joint, 1] = y
    for root, back in ((1, -1), (4, -1), (11, 1), (14, 1)):
        angle = math.radians(bent_deg)
        joints[..., root + 1, :] = joints[..., root, :] - torch.tensor([0, 0.4, 0]).double()
        lower = torch.tensor([0, 0.4 * math.cos(angle), -back * 0.4 * math.sin(angle)]).double()
        joints[..., root + 2, :] = joints[..., root + 1, :] - lower
    return joints


@pytest.mark.parametrize("bent_deg", [0.0, 5.0, -5.0])
def test_limbs_that_are_nearly_straight_bend_as_bodies_do(bent_deg):
    """Shins backwards, forearms forwards; a thigh is raised by half of what its knee bends."""
    before = standing(bent_deg)
    after = mix_motions(before, ONLY_FLEX, seeded())
    bones = bones_of(after)

    def forwards(bone: int) -> torch.Tensor:
        """Angle in degrees by which a bone leads forwards from straight down."""
        return torch.atan2(bones[:, :, bone, 2], -bones[:, :, bone, 1]).rad2deg()

    for upper, lower in ((11, 12), (14, 15)):
        assert torch.equal(bones[:, :, upper], bones_of(before)[:, :, upper])
        assert forwards(lower).min() > 1.7
        assert forwards(lower).max() > 60
    for thigh, shin in ((1, 2), (4, 5)):
        knee = forwards(thigh) - forwards(shin)
        assert knee.min() > 1.7
        assert knee.max() > 60
        assert torch.allclose(forwards(thigh), (knee - bent_deg) / 2, atol=1e-6)


def test_an_arm_that_passes_the_way_elbows_bend_does_not_jump():
    angle = torch.linspace(0, math.pi, 181).double()  # of a straight arm, from hanging over forwards to up
    along = torch.stack([torch.zeros_like(angle), -angle.cos(), angle.sin()], -1)
    joints = standing(0.0)[:, :1].repeat(1, 181, 1, 1)
    for shoulder in (11, 14):
        joints[:, :, shoulder + 1] = joints[:, :, shoulder] + 0.4 * along
        joints[:, :, shoulder + 2] = joints[:, :, shoulder] + 0.8 * along
    after = mix_motions(joints, ONLY_FLEX, seeded())
    assert after.diff(dim=1).norm(dim=-1).max() < 0.1


def test_bones_without_a_length_stay_finite():
    joints = standing(0.0)
    joints[:, :, 15] = joints[:, :, 14]
    joints[:, :, 8] = joints[:, :, 0]
    assert mix_motions(joints, ONLY_FLEX, seeded()).isfinite().all()


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
        after = mix_motions(before, MotionMixing(0, 0, 0, tilt_share=share), seeded())
        changed = (after != before).flatten(1).any(1).double().mean().item()
        assert changed == pytest.approx(share, abs=0.05)


def test_none_changes_nothing():
    before = windows()
    assert torch.equal(mix_motions(before, MotionMixing.none(), seeded()), before)


@pytest.mark.parametrize("options", [{"upper_share": 1.5}, {"bend": -1.0}, {"change": 2.0}, {"tilt": 100.0}])
def test_wrong_values_are_errors(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        MotionMixing(**options)


def test_wrong_shapes_are_errors():
    with pytest.raises(ShapeError, match="h36m17"):
        mix_motions(torch.zeros(2, 5, 16, 3), MotionMixing(), seeded())
