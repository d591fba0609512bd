from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.geometry import Intrinsics
from rtpca.inference import Lifter
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints.repair import repair_keypoints
from rtpca.keypoints.sides import PAIRS
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.skeletons import get_skeleton, joint_weights

H36M = get_skeleton("h36m17")
LEGS, ARMS = PAIRS[:3].tolist(), PAIRS[3:].tolist()
ALL = LEGS + ARMS


def from_the_side(world: np.ndarray) -> np.ndarray:
    """(F, 17, 2) pixels of somebody who walks across the picture: the legs cross at every step."""
    heading = world[-1, 0] - world[0, 0]
    heading = heading * [1, 0, 1] / np.linalg.norm(heading * [1, 0, 1])
    offset = world - world[:, 0].mean(axis=0)
    depth = 5 - offset @ np.cross(heading, [0, 1, 0])
    return np.stack([1000 * (offset @ heading) / depth + 500, 500 - 1000 * offset[..., 1] / depth], axis=-1)


def walk_from_the_side(seed: int = 3, fps: float = 30, frames: int = 90) -> np.ndarray:
    return from_the_side(generate_motion("walk", frames=frames, fps=fps, seed=seed)).astype(np.float32)


def swapped(points: np.ndarray, pairs: list[list[int]], frames: slice) -> np.ndarray:
    changed = points.copy()
    for left, right in pairs:
        changed[frames, [left, right]] = points[frames, [right, left]]
    return changed


@cache
def network() -> Checkpoint:
    checkpoint = load_checkpoint("rtpca-s")
    checkpoint.model.eval()
    return checkpoint


def repaired(points: np.ndarray, fps: float = 30, scores: np.ndarray | None = None):
    points, scores = points.copy(), np.ones(points.shape[:2], np.float32) if scores is None else scores.copy()
    judge = SideJudge(network(), Intrinsics.of_image((1000, 1000), None), fps)
    repair = repair_keypoints(points, scores, fps, judge)
    return points, scores, repair


@pytest.mark.parametrize(
    ("pairs", "length"),
    [(LEGS, 1), (LEGS, 12), (ARMS, 4), (LEGS[1:], 4), (LEGS[2:], 12), (ALL, 1), (LEGS[:2], 4)],
)
def test_exchanged_sides_are_put_right(pairs, length):
    points = walk_from_the_side()
    # Where the feet and hands are apart: an exchange where they cross changes nothing that matters.
    apart = np.abs(points[:, LEGS[2][0], 0] - points[:, LEGS[2][1], 0])[20:60]
    first = 20 + int(apart.argmax())
    fixed, _, repair = repaired(swapped(points, pairs, slice(first, first + length)))
    np.testing.assert_array_equal(fixed, points)
    assert repair.exchanged.any(axis=1).sum() == length
    assert not repair.outliers.any()


def test_of_noisy_sides_seen_from_the_side_most_are_put_right_and_none_wrong(rng):
    right = wrong = put_in = 0
    for seed in range(4):
        points = walk_from_the_side(seed) + rng.normal(0, 5, (90, 17, 2)).astype(np.float32)
        when = slice(20 + 4 * seed, 28 + 4 * seed)
        truth = np.zeros((90, 17), dtype=bool)
        truth[when, np.ravel(LEGS[1:])] = True
        _, _, repair = repaired(swapped(points, LEGS[1:], when))
        put_in += int(truth.sum())
        right += int((repair.exchanged & truth).sum())
        # Hips that lie in the same place may change over or not.
        apart = np.linalg.norm(points - points[:, list(H36M.mirror)], axis=-1) > 15
        wrong += int((repair.exchanged & ~truth & apart).sum())
    assert right > 0.5 * put_in
    assert wrong < 0.05 * put_in


@pytest.mark.parametrize(("fps", "noise_px"), [(10, 0), (15, 5), (25, 2), (30, 5), (60, 5)])
def test_legs_that_cross_are_left_alone(fps, noise_px, rng):
    for seed in range(2):
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
    for take in takes[:24:2]:
        world = (joint_weights("cmu38") @ take).astype(np.float32)[:300]
        points = torch.from_numpy(world)
        camera = evaluation_cameras(points)
        seen = camera.project(camera.world_to_camera(points.expand(4, -1, -1, -1))).numpy()
        for view in seen[::3]:
            _, _, repair = repaired(view)
            changed += int(repair.exchanged.sum() + repair.outliers.sum())
            total += repair.exchanged.size
    assert changed / total < 1e-4


@pytest.mark.parametrize("frames", [60, 90])
def test_legs_exchanged_for_most_or_all_of_a_clip_are_put_right(shared_data, frames):
    with np.load(shared_data / "data" / "cmu_actions.npz") as pack:
        take = pack["positions"][pack["offsets"][80] :][::4][:90]
    world = torch.from_numpy((joint_weights("cmu38") @ take).astype(np.float32))
    camera = evaluation_cameras(world)[0]
    points = camera.project(camera.world_to_camera(world)).numpy()
    fixed, _, repair = repaired(swapped(points, LEGS, slice(0, frames)))
    np.testing.assert_array_equal(fixed, points)
    assert any("put right" in note for note in repair.notes())


def test_no_half_of_a_body_exchanged_as_a_whole_is_made_worse():
    """Which half is right may not be decided: then both stay, which is said and lowers the confidence."""
    _, _, repair = repaired(swapped(walk_from_the_side(), ALL, slice(0, 45)))
    assert not repair.exchanged[45:].any()
    if not repair.exchanged[:45, np.ravel(ALL)].all():
        assert repair.doubt.max() > 0.1
        assert any("may be exchanged" in note for note in repair.notes())


class Whimsical:
    """A judge who says anything."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def window(self, middle: int, frames: int) -> np.ndarray:
        return np.clip(middle + np.arange(9) - 4, 0, frames - 1)

    def __call__(self, points_px: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        miss = np.where(scores > 0, self.rng.exponential(20, scores.shape), np.nan)
        return miss, self.rng.exponential(0.1, scores.shape)


@given(seed=st.integers(0, 1000))
def test_a_repair_only_exchanges_and_drops(seed):
    """Whatever comes in: every joint that is left was there before, on its own side or on the other."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 500, (20, 17, 2)).astype(np.float32)
    scores = (rng.random((20, 17)) > 0.3).astype(np.float32)
    points[scores == 0] = np.nan
    fixed, fixed_scores = points.copy(), scores.copy()
    repair = repair_keypoints(fixed, fixed_scores, 30, Whimsical(rng))
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
    assert repair.notes() == ["1 joint position jumps away and back: counted as missing"]


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
