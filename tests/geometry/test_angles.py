"""Joint angles: known poses have known angles, and nothing is told that the joints do not tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import about, posed
from rtpca.errors import ShapeError
from rtpca.geometry.angles import ANGLES, BALLS, body_angles, follow_angles
from rtpca.skeletons import get_skeleton

MIRROR = list(get_skeleton("h36m17").mirror)
TRUNK = slice(3, 3 * len(BALLS))
NEVER = {"neck_rotation", "ankle_angle_r", "ankle_angle_l"}

flexion = st.floats(-170, 170)
adduction = st.floats(-75, 75)
bend = st.floats(25, 150)


@st.composite
def poses(draw):
    """Angles of a body that bends enough to tell them all."""
    deg = {}
    for name in ANGLES:
        if name in NEVER:
            continue
        middle = name.removesuffix("_r").removesuffix("_l").endswith(("adduction", "add", "list", "bending"))
        hinge = name.startswith(("knee", "elbow"))
        deg[name] = draw(bend if hinge else adduction if middle else flexion)
    return deg


def told(joints) -> dict[str, float]:
    return dict(zip(ANGLES, np.degrees(body_angles(joints)), strict=True))


@settings(max_examples=60, deadline=None)
@given(poses())
def test_a_body_that_is_put_into_a_pose_has_its_angles(deg) -> None:
    found = told(posed(deg))
    assert {name for name, value in found.items() if np.isnan(value)} == NEVER
    for name, value in deg.items():
        assert (found[name] - value + 180) % 360 - 180 == pytest.approx(0, abs=1e-6), name


@settings(max_examples=40, deadline=None)
@given(poses(), st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-3, 3)] * 3))
def test_turning_and_moving_the_whole_body_changes_the_pelvis_alone(deg, turns, move) -> None:
    joints = posed(deg)
    turned = joints @ (about("x", turns[0]) @ about("y", turns[1]) @ about("z", turns[2])).T + move
    np.testing.assert_allclose(body_angles(turned)[3:], body_angles(joints)[3:], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(poses())
def test_the_mirror_image_has_the_sides_exchanged(deg) -> None:
    mirrored = told((posed(deg) * [1, 1, -1])[MIRROR])
    for name, value in told(posed(deg)).items():
        other = {"_r": "_l", "_l": "_r"}.get(name[-2:])
        partner = name if other is None else name[:-2] + other
        sideways = other is None and name.endswith(("list", "bending", "rotation"))
        np.testing.assert_allclose(mirrored[partner], -value if sideways else value, atol=1e-9, err_msg=name)


def test_who_stands_straight_has_no_angles_and_limbs_that_tell_no_rotation() -> None:
    found = told(posed())
    turns = {name for name in ANGLES if name.startswith(("hip_rotation", "arm_rot"))}
    assert {name for name, value in found.items() if np.isnan(value)} == NEVER | turns
    assert all(value == pytest.approx(0, abs=1e-6) for name, value in found.items() if value == value)


@pytest.mark.parametrize("side", "rl")
def test_signs_are_those_of_opensim(side) -> None:
    out = 1.0 if side == "r" else -1.0
    word = {"r": "right", "l": "left"}[side]
    at = {name: number for number, name in enumerate(get_skeleton("h36m17").joints)}
    pose = posed({f"hip_flexion_{side}": 90.0, f"knee_angle_{side}": 90.0})
    assert pose[at[f"{word}_knee"]] - pose[at[f"{word}_hip"]] == pytest.approx([0.45, 0, 0])  # forward
    assert pose[at[f"{word}_ankle"]] - pose[at[f"{word}_knee"]] == pytest.approx([0, -0.42, 0])
    pose = posed({f"arm_add_{side}": -80.0, f"elbow_flex_{side}": 90.0})
    assert (pose[at[f"{word}_elbow"]] - pose[at[f"{word}_shoulder"]])[2] * out > 0.27  # out to the side
    assert pose[at[f"{word}_wrist"]] - pose[at[f"{word}_elbow"]] == pytest.approx([0.25, 0, 0])
    pose = posed({f"hip_rotation_{side}": 30.0, f"knee_angle_{side}": 90.0})
    assert (pose[at[f"{word}_ankle"]] - pose[at[f"{word}_knee"]])[2] * out > 0.2  # inward: the shank goes out
    pose = posed({"lumbar_bending": 20.0, "lumbar_rotation": 30.0, "pelvis_tilt": 10.0})
    found = told(pose)
    names = ("lumbar_bending", "lumbar_rotation", "pelvis_tilt")
    assert [found[name] for name in names] == pytest.approx([20, 30, 10])
    assert pose[at["thorax"], 2] > pose[at["pelvis"], 2]  # to the right
    assert pose[at["right_shoulder"], 0] > pose[at["left_shoulder"], 0]  # to the left
    assert pose[at["spine"], 0] < pose[at["pelvis"], 0]  # back


@pytest.mark.parametrize("side", "rl")
def test_an_arm_straight_out_to_the_side_tells_no_flexion(side) -> None:
    found = told(posed({f"arm_add_{side}": -88.0, f"arm_flex_{side}": 40.0, f"elbow_flex_{side}": 60.0}))
    assert found[f"arm_add_{side}"] == pytest.approx(-88)
    assert np.isnan(found[f"arm_flex_{side}"])
    assert np.isnan(found[f"arm_rot_{side}"])
    assert found[f"elbow_flex_{side}"] == pytest.approx(60)


def test_bones_without_length_tell_nothing_and_leave_the_others() -> None:
    pose = posed({"knee_angle_r": 40.0, "elbow_flex_l": 70.0})
    pose[3] = pose[2]  # the right ankle lies in the knee
    found = told(pose)
    assert np.isnan(found["knee_angle_r"])
    assert np.isnan(found["hip_rotation_r"])
    assert found["elbow_flex_l"] == pytest.approx(70)
    assert np.isnan(body_angles(np.zeros((17, 3)))).all()
    with pytest.raises(ShapeError, match="J=17"):
        body_angles(np.zeros((16, 3)))


def clip(frames: list[dict[str, float]]) -> dict[str, np.ndarray]:
    raw = body_angles(np.stack([posed(frame) for frame in frames]))
    return dict(zip(ANGLES, np.degrees(follow_angles(raw)).T, strict=True))


def test_who_turns_about_themselves_has_no_jump() -> None:
    turn = np.arange(0.0, 900.0, 7.0)
    found = clip([{"pelvis_rotation": one} for one in turn])["pelvis_rotation"]
    np.testing.assert_allclose(np.diff(found), 7, atol=1e-6)
    assert abs(np.median(found)) <= 180


def test_an_arm_that_is_raised_sideways_over_the_head_goes_on_where_it_was() -> None:
    raised = np.arange(0.0, 150.0, 4.0)
    found = clip([{"arm_add_l": -one, "arm_flex_l": 12.0, "elbow_flex_l": 40.0} for one in raised])
    known = np.isfinite(found["arm_flex_l"])
    assert 0.75 < known.mean() < 1  # not where it points to the side
    np.testing.assert_allclose(found["arm_add_l"][known], -raised[known], atol=1e-6)
    np.testing.assert_allclose(found["arm_add_l"], -raised, atol=4.1)
    np.testing.assert_allclose(found["arm_flex_l"][known], 12, atol=1e-6)
    np.testing.assert_allclose(found["arm_rot_l"][known], 0, atol=1e-6)


def test_time_turned_back_has_the_same_angles() -> None:
    rng = np.random.default_rng(3)
    path = np.cumsum(rng.normal(0, 6, (200, len(ANGLES))), axis=0)
    frames = [dict(zip(ANGLES, row, strict=True)) for row in path]
    raw = body_angles(np.stack([posed(frame) for frame in frames]))
    np.testing.assert_allclose(follow_angles(raw[::-1])[::-1], follow_angles(raw), atol=1e-9)
    steps = np.abs(np.diff(follow_angles(raw)[:, TRUNK], axis=0))
    assert np.nanmax(steps) < np.pi


def test_following_changes_no_direction() -> None:
    rng = np.random.default_rng(4)
    raw = body_angles(rng.normal(size=(60, 17, 3)))
    followed = follow_angles(raw)
    np.testing.assert_array_equal(np.isnan(followed), np.isnan(raw))
    for ball in range(len(BALLS)):
        for before, after in zip(raw[:, 3 * ball :][:, :3], followed[:, 3 * ball :][:, :3], strict=True):
            if np.isfinite(before).all():
                one, two = (about("z", a) @ about("x", b) @ about("y", c) for a, b, c in (before, after))
                np.testing.assert_allclose(one, two, atol=1e-9)


def test_one_frame_and_none() -> None:
    assert follow_angles(body_angles(posed()[None])).shape == (1, len(ANGLES))
    assert follow_angles(body_angles(np.zeros((0, 17, 3)))).shape == (0, len(ANGLES))
