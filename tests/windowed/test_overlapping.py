from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtpca.errors import InputError
from rtpca.windowed.blend import Blender, blend_weights, fill_between, join_phases, unknown_runs
from rtpca.windowed.overlapping import WindowPlan, rate_steps, window_starts

plans = st.builds(
    WindowPlan,
    frames=st.integers(1, 200),
    window=st.integers(1, 30),
    stride=st.integers(1, 5),
    upsample=st.just(1),
) | st.builds(
    WindowPlan,
    frames=st.integers(1, 60),
    window=st.integers(1, 30),
    stride=st.just(1),
    upsample=st.integers(1, 5),
)


@given(plan=plans, size=st.integers(1, 7))
def test_every_frame_is_in_a_window_and_windows_hold_what_they_say(plan, size):
    covered = np.zeros(plan.frames, dtype=int)
    count = 0
    for batch in plan.batches(size):
        assert 1 <= len(batch.before) <= size
        assert (
            batch.before.shape == batch.after.shape == batch.fraction.shape == (len(batch.slots), plan.window)
        )
        count += len(batch.slots)
        for row, (slots, frames) in enumerate(zip(batch.slots, batch.frames, strict=True)):
            assert len(set(frames.tolist())) == len(frames)
            np.testing.assert_array_equal(batch.before[row, slots], frames)
            assert not batch.fraction[row, slots].any()
            covered[frames] += 1
        assert 0 <= batch.before.min() <= batch.after.max() < plan.frames
    assert count == plan.count
    # Each frame has a window of its own or two that overlap; the last window may overlap one more.
    assert covered.min() >= 1
    assert covered.max() <= 4 or plan.window < 4


@given(plan=plans)
def test_places_of_a_window_are_evenly_spaced_in_time(plan):
    for batch in plan.batches(64):
        times = batch.before + batch.fraction * (batch.after - batch.before)
        steps = np.diff(times, axis=1)
        inside = (times[:, :-1] != times[:, 1:]) & (np.abs(steps) > 1e-6)
        np.testing.assert_allclose(steps[inside], plan.stride / plan.upsample, rtol=1e-3)


@given(plan=plans, value=st.floats(-5, 5, width=32))
def test_blending_a_constant_is_that_constant(plan, value):
    blender = Blender(plan.frames, plan.window, (2, 3))
    for batch in plan.batches(8):
        for slots, frames in zip(batch.slots, batch.frames, strict=True):
            blender.add(np.full((plan.window, 2, 3), value, np.float32), slots, frames)
    blended, covered = blender.finish()
    assert covered.all()
    np.testing.assert_allclose(blended, value, rtol=1e-5, atol=1e-6)


@given(window=st.integers(1, 300))
def test_blend_weights_are_never_zero_and_symmetric(window):
    weights = blend_weights(window)
    assert weights.min() > 0
    np.testing.assert_allclose(weights, weights[::-1], atol=1e-6)
    assert weights.argmax() in (window // 2, (window - 1) // 2)


def test_blending_hand_worked():
    # Two windows of 4 with hop 2 over 6 frames: weights sin^2(22.5 deg) = 0.1464 and 0.8536.
    blender = Blender(6, 4, ())
    blender.add(np.zeros(4, np.float32), np.arange(4), np.arange(4))
    blender.add(np.ones(4, np.float32), np.arange(4), np.arange(2, 6))
    blended, _ = blender.finish()
    np.testing.assert_allclose(blended, [0, 0, 0.1464466, 0.8535534, 1, 1], atol=1e-6)


def test_starts_are_half_a_window_apart_and_end_at_the_end():
    assert window_starts(10, 4, 2).tolist() == [0, 2, 4, 6]
    assert window_starts(11, 4, 2).tolist() == [0, 2, 4, 6, 7]
    assert window_starts(4, 4, 2).tolist() == [0]
    assert window_starts(1, 4, 2).tolist() == [-1]


@pytest.mark.parametrize(
    ("fps", "steps"),
    [
        (20, (1, 1)),
        (25, (1, 1)),
        (23.976, (1, 1)),
        (29.97, (2, 1)),
        (30, (2, 1)),
        (59.94, (3, 1)),
        (50, (3, 1)),
        (48, (2, 1)),
        (120, (6, 1)),
        (15, (1, 1)),
        (10, (1, 2)),
    ]
    + [(5, (1, 4)), (1, (1, 20))],
)
def test_rate_steps(fps, steps):
    assert rate_steps(fps, 20) == steps


@given(fps=st.floats(0.5, 1000))
def test_the_network_sees_about_its_own_rate(fps):
    stride, upsample = rate_steps(fps, 20)
    assert 1 in (stride, upsample)
    assert 0.707 <= fps / stride * upsample / 20 <= 1.4143


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_impossible_rates_are_refused(fps):
    with pytest.raises(InputError, match="fps"):
        rate_steps(fps, 20)


def test_joining_removes_what_repeats_with_the_phases():
    for stride in (2, 3, 4, 6):
        pattern = np.resize(np.random.default_rng(stride).normal(size=stride), 40).astype(np.float32)
        values = pattern.copy()
        join_phases(values, np.ones(40, dtype=bool), stride)
        inner = slice(stride // 2, 40 - stride // 2)
        np.testing.assert_allclose(values[inner], pattern[:stride].mean(), atol=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stride=st.integers(1, 7),
    known=st.lists(st.booleans(), min_size=1, max_size=40),
    at_once=st.integers(4, 9),
)
def test_joining_keeps_straight_lines_and_unknown_frames(stride, known, at_once, monkeypatch):
    known = np.array(known)
    line = np.arange(len(known), dtype=np.float32)[:, None] * [2, -3] + 5
    values = np.where(known[:, None], line, 1e9).astype(np.float32)
    with monkeypatch.context() as patch:
        patch.setattr("rtpca.windowed.blend._JOINED_AT_ONCE", at_once)
        join_phases(values, known, stride)
    np.testing.assert_allclose(values[known], line[known], rtol=1e-5)
    assert (values[~known] == 1e9).all()


def test_joining_in_pieces_equals_joining_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    values, known = rng.normal(size=(50, 3)).astype(np.float32), rng.uniform(size=50) < 0.8
    at_once, in_pieces = values.copy(), values.copy()
    join_phases(at_once, known, 5)
    monkeypatch.setattr("rtpca.windowed.blend._JOINED_AT_ONCE", 4)
    join_phases(in_pieces, known, 5)
    np.testing.assert_allclose(in_pieces, at_once, atol=1e-6)


def test_fill_between_runs_straight_and_holds_the_ends():
    values = np.array([[9], [1], [9], [9], [4], [9]], dtype=np.float32)
    known = np.array([False, True, False, False, True, False])
    fill_between(values, known)
    np.testing.assert_allclose(values[:, 0], [1, 1, 2, 3, 4, 4])


@given(known=st.lists(st.booleans(), min_size=1, max_size=30))
def test_unknown_runs_are_what_is_not_known(known):
    marked = np.ones(len(known), dtype=bool)
    for first, end in unknown_runs(np.array(known)):
        assert first < end
        marked[first:end] = False
    np.testing.assert_array_equal(marked, known)
