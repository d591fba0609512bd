from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.inference import Lifter
from rtpca.keypoints.repair import LIMBS, repair_keypoints
from rtpca.models import load_checkpoint
from rtpca.skeletons import get_skeleton, joint_weights

H36M = get_skeleton("h36m17")
LEGS, ARMS = (
    [[H36M.index(f"{side}_{joint}") for side in ("left", "right")] for joint in limb] for limb in LIMBS
)
ALL = LEGS + ARMS


def from_the_side(world: np.ndarray) -> np.ndarray:
    """(F, 17, 2) pixels of somebody who walks across the picture: the legs cross at every step."""
    heading = world[-1, 0] - world[0, 0]
    heading = heading * [1, 0, 1] / np.linalg.norm(heading * [1, 0, 1])
    offset = world - world[:, 0].mean(axis=0)
    depth = 5 + offset @ np.cross(heading, [0, 1, 0])
    return np.stack([1000 * (offset @ heading) / depth + 500, 500 - 1000 * offset[..., 1] / depth], axis=-1)


def walk_from_the_side(seed: int = 3, fps: float = 30, frames: int = 90) -> np.ndarray:
    return from_the_side(generate_motion("walk", frames=frames, fps=fps, seed=seed)).astype(np.float32)


def swapped(points: np.ndarray, pairs: list[list[int]], frames: slice) -> np.ndarray:
    changed = points.copy()
    for left, right in pairs:
        changed[frames, [left, right]] = points[frames, [right, left]]
    return changed


def repaired(points: np.ndarray, fps: float = 30, scores: np.ndarray | None = None):
    points, scores = points.copy(), np.ones(points.shape[:2], np.float32) if scores is None else scores.copy()
    repair = repair_keypoints(points, scores, fps)
    return points, scores, repair


@pytest.mark.parametrize("pairs", [LEGS, ARMS, LEGS[1:], LEGS[2:], ALL])
@pytest.mark.parametrize("length", [1, 4, 12])
def test_exchanged_sides_are_put_right(pairs, length):
    points = walk_from_the_side()
    # Where the feet and hands are apart: an exchange where they cross changes nothing that matters.
    apart = np.abs(points[:, LEGS[2][0], 0] - points[:, LEGS[2][1], 0])[20:60]
    first = 20 + int(apart.argmax())
    fixed, _, repair = repaired(swapped(points, pairs, slice(first, first + length)))
    np.testing.assert_array_equal(fixed, points)
    assert repair.exchanged.any(axis=1).sum() == length
    assert not repair.outliers.any()


@pytest.mark.parametrize("pairs", [LEGS, LEGS[2:], ARMS])
def test_noisy_sides_seen_from_the_side_are_put_right(pairs, rng):
    put_in = left = 0.0
    for seed in range(12):
        points = walk_from_the_side(seed) + rng.normal(0, 5, (90, 17, 2)).astype(np.float32)
        wrong = swapped(points, pairs, slice(20 + 4 * seed, 24 + 4 * seed))
        fixed, _, repair = repaired(wrong)
        put_in += float(np.abs(wrong - points).sum())
        left += float(np.abs(fixed - points)[~repair.outliers].sum())
    assert left < 0.1 * put_in


@pytest.mark.parametrize("fps", [10, 15, 25, 30, 60])
@pytest.mark.parametrize("noise_px", [0, 2, 5])
def test_legs_that_cross_are_left_alone(fps, noise_px, rng):
    for seed in range(3):
        points = walk_from_the_side(seed, fps, 120)
        points += rng.normal(0, noise_px, points.shape).astype(np.float32)
        _, _, repair = repaired(points, fps)
        assert not repair.exchanged.any()
        assert repair.outliers.mean() < 1e-3


def test_real_motion_is_left_alone(shared_data):
    with np.load(shared_data / "data" / "cmu_actions.npz") as pack:
        positions, offsets = pack["positions"], pack["offsets"]  # an archive unpacks at every look
    takes = [positions[a:b:4] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    changed, total = 0, 0
    for take in takes[:24]:
        world = (joint_weights("cmu38") @ take).astype(np.float32)[:300]
        points = torch.from_numpy(world)
        camera = evaluation_cameras(points)
        seen = camera.project(camera.world_to_camera(points.expand(4, -1, -1, -1))).numpy()
        for view in seen:
            _, _, repair = repaired(view)
            changed += int(repair.exchanged.sum() + repair.outliers.sum())
            total += repair.exchanged.size
    assert changed / total < 1e-4


def test_the_larger_part_of_a_clip_counts_as_right():
    points = walk_from_the_side()
    wrong = swapped(points, ALL, slice(0, 65))
    fixed, _, _ = repaired(wrong)
    np.testing.assert_array_equal(fixed, swapped(points, ALL, slice(0, 90)))


def test_the_shoulders_say_which_legs_are_right_where_the_smaller_part_is():
    points = walk_from_the_side()
    fixed, _, _ = repaired(swapped(points, LEGS, slice(0, 70)))
    np.testing.assert_array_equal(fixed, points)


@given(seed=st.integers(0, 1000))
def test_a_repair_only_exchanges_and_drops(seed):
    """Whatever comes in: every joint that is left was there before, on its own side or on the other."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 500, (20, 17, 2)).astype(np.float32)
    scores = (rng.random((20, 17)) > 0.3).astype(np.float32)
    points[scores == 0] = np.nan
    fixed, fixed_scores, repair = repaired(points, 30, scores)
    mirror = list(H36M.mirror)
    expected = np.where(repair.exchanged[..., None], points[:, mirror], points)
    kept = fixed_scores > 0
    np.testing.assert_array_equal(fixed[kept], expected[kept])
    np.testing.assert_array_equal(
        kept, np.where(repair.exchanged, scores[:, mirror], scores).astype(bool) & ~repair.outliers
    )


def test_scores_are_exchanged_with_their_joints():
    points = walk_from_the_side()
    first = 20 + int(np.abs(points[20:60, 3, 0] - points[20:60, 6, 0]).argmax())
    scores = np.ones(points.shape[:2], np.float32)
    scores[:, 3] = 0.5  # the right ankle
    wrong_scores = scores.copy()
    wrong_scores[first : first + 3, [3, 6]] = scores[first : first + 3, [6, 3]]
    _, fixed_scores, _ = repaired(swapped(points, LEGS, slice(first, first + 3)), 30, wrong_scores)
    np.testing.assert_array_equal(fixed_scores, scores)


def test_an_exchange_after_a_gap_is_found():
    points = walk_from_the_side()
    first = 20 + int(np.abs(points[20:60, 3, 0] - points[20:60, 6, 0]).argmax())
    wrong = swapped(points, LEGS, slice(first, first + 6))
    scores = np.ones(points.shape[:2], np.float32)
    scores[first - 2 : first] = 0
    fixed, _, _ = repaired(wrong, 30, scores)
    np.testing.assert_array_equal(fixed[first:], points[first:])


def test_a_joint_that_jumps_for_a_frame_is_dropped():
    points = walk_from_the_side()
    wrong = points.copy()
    wrong[40, 13] += [150, -60]
    fixed, scores, repair = repaired(wrong)
    assert np.argwhere(repair.outliers).tolist() == [[40, 13]]
    assert scores[40, 13] == 0
    assert np.isnan(fixed[40, 13]).all()
    assert repair.notes() == ["1 joint positions jump away and back: counted as missing"]


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_a_few_frames_are_left_alone(frames):
    points = walk_from_the_side()[:frames]
    _, _, repair = repaired(points)
    assert not repair.exchanged.any()
    assert not repair.outliers.any()


def test_the_lifter_repairs_says_so_and_can_leave_it():
    points = walk_from_the_side()
    first = 20 + int(np.abs(points[20:60, 3, 0] - points[20:60, 6, 0]).argmax())
    wrong = swapped(points, LEGS, slice(first, first + 3))
    checkpoint = load_checkpoint("rtpca-s")
    result = Lifter(checkpoint, "cpu", flip=False)(wrong, (1000, 1000), 30, "h36m17")
    assert "left and right legs exchanged by the detector in 3 frames: put right" in result.notes
    np.testing.assert_array_equal(result.keypoints2d, points)
    result = Lifter(checkpoint, "cpu", flip=False, repair=False)(wrong, (1000, 1000), 30, "h36m17")
    np.testing.assert_array_equal(result.keypoints2d, wrong)
