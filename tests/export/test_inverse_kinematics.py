from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rtpca.data.synthetic import generate_motion
from rtpca.export.body import BODY, BODY_INDEX, H36M_IN_BODY, fit_offsets
from rtpca.export.inverse_kinematics import BodyMotion, euler_degrees, fit_motion
from rtpca.skeletons import get_skeleton, joint_weights

ORDERS = sorted({joint.order for joint in BODY})


def h36m(motion: BodyMotion) -> np.ndarray:
    return motion.positions()[:, list(H36M_IN_BODY)]


@pytest.mark.parametrize("kind", ["walk", "squat", "wave"])
def test_motion_of_fixed_lengths_is_followed(kind):
    world = generate_motion(kind, frames=60, fps=30, seed=2).astype(np.float64)
    error_m = np.linalg.norm(h36m(fit_motion(world, 30)) - world, axis=-1)
    assert error_m.mean() < 0.006


def test_real_motion_is_followed(shared_data):
    with np.load(shared_data / "data" / "cmu_actions.npz") as pack:
        positions, offsets = pack["positions"], pack["offsets"]  # an archive unpacks at every look
    takes = [positions[a:b:8] for a, b in zip(offsets[:8], offsets[1:9], strict=True)]
    for take in takes:
        world = (joint_weights("cmu38") @ take).astype(np.float64)
        error_m = np.linalg.norm(h36m(fit_motion(world, 15)) - world, axis=-1)
        assert error_m.mean() < 0.008


def test_changing_lengths_are_followed_within_what_they_change(rng):
    world = generate_motion("walk", frames=60, fps=30, seed=4).astype(np.float64)
    shaken = world + rng.normal(0, 0.015, world.shape)
    error_m = np.linalg.norm(h36m(fit_motion(shaken, 30)) - shaken, axis=-1)
    assert error_m.mean() < 0.02


@given(seed=st.integers(0, 10_000))
def test_positions_of_the_body_give_its_rotations_back(seed):
    """Forward and inverse kinematics are inverse: the fitted body stands where the first one stood."""
    rng = np.random.default_rng(seed)
    offsets = fit_offsets(generate_motion("walk", frames=20, fps=30, seed=seed % 7).astype(np.float64))
    turns = Rotation.random(4, random_state=seed).as_matrix()
    rotations = Rotation.from_rotvec(rng.normal(0, 0.4, (4 * len(BODY), 3))).as_matrix()
    motion = BodyMotion(offsets, rng.normal(0, 1, (4, 3)), rotations.reshape(4, len(BODY), 3, 3))
    motion.rotations[:, 0] = turns
    # What carries no bone of its own cannot be seen; a leaf turns with its parent.
    again = fit_motion(h36m(motion), 30)
    np.testing.assert_allclose(h36m(again), h36m(motion), atol=0.02)


def test_rotations_are_rotations():
    motion = fit_motion(generate_motion("wave", frames=40, fps=30, seed=1).astype(np.float64), 30)
    product = motion.rotations @ np.swapaxes(motion.rotations, -1, -2)
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), product.shape), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(motion.rotations), 1, atol=1e-9)


def test_knees_bend_about_the_sideways_axis_and_backwards():
    motion = fit_motion(generate_motion("squat", frames=90, fps=30, seed=1).astype(np.float64), 30)
    for side in ("left", "right"):
        knee = Rotation.from_matrix(motion.rotations[:, BODY_INDEX[f"{side}_knee"]]).as_rotvec()
        deepest = knee[np.linalg.norm(knee, axis=1).argmax()]
        assert deepest[0] > 1.0
        assert abs(deepest[1:]).max() < 0.3 * deepest[0]


def test_a_standing_body_faces_forward_with_its_left_hand_to_its_left():
    world = generate_motion("squat", frames=10, fps=30, seed=0).astype(np.float64)
    joints = get_skeleton("h36m17")
    pelvis = fit_motion(world, 30).rotations[0, 0]
    across = world[0, joints.index("left_hip")] - world[0, joints.index("right_hip")]
    assert (pelvis[:, 0] @ across) / np.linalg.norm(across) > 0.99
    assert pelvis[1, 1] > 0.9


@given(
    order=st.sampled_from(ORDERS),
    angles=st.lists(st.floats(-3.1, 3.1), min_size=3, max_size=3),
)
def test_euler_angles_give_the_rotation_back(order, angles):
    rotation = Rotation.from_euler("xyz", angles).as_matrix()
    degrees = euler_degrees(rotation[None], order)[0]
    again = np.eye(3)
    for axis, angle in zip(order, degrees, strict=True):
        again = again @ Rotation.from_euler(axis.lower(), angle, degrees=True).as_matrix()
    np.testing.assert_allclose(again, rotation, atol=1e-6)


def test_euler_angles_do_not_jump_over_several_turns():
    turning = Rotation.from_euler("y", np.linspace(0, 6 * np.pi, 200)[:, None]).as_matrix()
    assert np.abs(np.diff(euler_degrees(turning, "YXZ"), axis=0)).max() < 6


def test_a_pose_in_which_everything_is_in_one_place_is_no_error():
    motion = fit_motion(np.zeros((3, 17, 3)), 30)
    assert np.isfinite(motion.rotations).all()
    assert np.isfinite(motion.positions()).all()
