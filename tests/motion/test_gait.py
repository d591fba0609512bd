"""Gait of bodies that are made to walk: that is found, and nothing where nobody walks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bodies import about, posed
from rtpca.cli.main import main
from rtpca.errors import InputError
from rtpca.inference import LiftResult
from rtpca.motion import find_gait
from rtpca.skeletons import get_skeleton

SKELETON = get_skeleton("h36m17")
LEG_M = 0.87
# From the world that bodies stand in, y up, to a level camera's axes.
TO_CAMERA = np.diag([1.0, -1.0, -1.0])


def result_of(joints, fps: float) -> LiftResult:
    """(F, 17, 3) joints in the world, as if lifted without error by a level camera."""
    cam = (np.asarray(joints) @ TO_CAMERA.T + [0, 0, 6]).astype(np.float32)
    frames = len(cam)
    return LiftResult(
        poses3d=cam - cam[:, :1],
        root=cam[:, 0],
        confidence=np.ones((frames, 17), np.float32),
        keypoints2d=np.zeros((frames, 17, 2), np.float32),
        valid=np.ones(frames, bool),
        image_size=(640, 480),
        fps=fps,
        skeleton="h36m17",
        joint_names=SKELETON.joints,
    )


def walker(
    steps_per_min=100.0, swing_deg=25.0, fps=50.0, seconds=5.0, heading=0.0, speed=1.0, lag=0.5
) -> LiftResult:
    """Legs that swing like pendulums; the left one `lag` of a cycle after the right one."""
    stride_s = 120 / steps_per_min
    frames = []
    for time_s in np.arange(round(seconds * fps)) / fps:
        phase = 2 * np.pi * time_s / stride_s
        body = posed(
            {
                "hip_flexion_r": swing_deg * np.sin(phase),
                "hip_flexion_l": swing_deg * np.sin(phase - 2 * np.pi * lag),
                "hip_adduction_r": 2.0,
                "hip_adduction_l": 2.0,
                "arm_flex_r": -10 * np.sin(phase),
                "arm_flex_l": 10 * np.sin(phase),
                "elbow_flex_r": 30.0,
                "elbow_flex_l": 30.0,
            }
        )
        frames.append((body + [speed * time_s, 0, 0]) @ about("y", heading).T)
    return result_of(np.stack(frames), fps)


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(st.floats(50, 140), st.floats(14, 35), st.sampled_from([20.0, 29.97, 60.0, 120.0]), st.floats(-3, 3))
def test_a_walk_has_the_steps_that_it_was_made_of(steps_per_min, swing_deg, fps, heading) -> None:
    gait = find_gait(walker(steps_per_min, swing_deg, fps, 6.0, heading))
    assert gait.steps_per_min == pytest.approx(steps_per_min, rel=0.01)
    stride_s = 120 / steps_per_min
    first = {"right": 0.25 * stride_s, "left": 0.75 * stride_s}
    for side, strikes in gait.strikes_s.items():
        np.testing.assert_allclose(strikes, first[side] + stride_s * np.arange(len(strikes)), atol=0.02)
        assert len(strikes) >= 2
        np.testing.assert_allclose(gait.offs_s[side] - strikes[:-1], stride_s / 2, atol=0.03)
    expected_m = 2 * LEG_M * np.sin(np.radians(swing_deg))
    measures = gait.measures()
    # Smoothing takes a little off the peaks of quick steps.
    assert measures["step_length_m"]["mean"] == pytest.approx(expected_m, rel=0.06)
    assert measures["step_width_m"]["mean"] == pytest.approx(
        0.26 - 2 * LEG_M * np.sin(np.radians(2)), abs=0.03
    )
    assert measures["stance_percent"]["mean"] == pytest.approx(50, abs=3)
    assert abs(measures["step_time_s"]["symmetry_percent"]) < 3
    assert gait.notes == ()


def test_the_mirror_image_walks_with_the_sides_exchanged() -> None:
    walk = walker(lag=0.45)
    mirrored = replace(
        walk,
        poses3d=(walk.poses3d * np.float32([-1, 1, 1]))[:, list(SKELETON.mirror)],
        root=walk.root * np.float32([-1, 1, 1]),
    )
    here, there = find_gait(walk), find_gait(mirrored)
    np.testing.assert_allclose(here.strikes_s["right"], there.strikes_s["left"], atol=1e-4)
    rows, others = here.measures(), there.measures()
    for name, row in rows.items():
        assert others[name]["right"] == pytest.approx(row["left"], abs=1e-3)
    assert rows["step_time_s"]["symmetry_percent"] > 5  # the left foot comes early
    assert others["step_time_s"]["symmetry_percent"] == pytest.approx(
        -rows["step_time_s"]["symmetry_percent"], abs=0.1
    )


def test_cycles_follow_the_angles() -> None:
    gait = find_gait(walker(swing_deg=20.0))
    for name in ("hip_flexion_r", "hip_flexion_l"):
        curves = gait.curves_deg[name]
        assert curves.shape == (len(gait.strides_s["right" if name.endswith("r") else "left"]), 101)
        expected = 20 * np.cos(2 * np.pi * np.linspace(0, 1, 101))
        np.testing.assert_allclose(curves, np.broadcast_to(expected, curves.shape), atol=1.5)


def test_what_is_not_seen_is_no_step() -> None:
    walk = walker(seconds=10.0)
    whole = find_gait(walk)
    valid = walk.valid.copy()
    valid[240:260] = False
    parts = find_gait(replace(walk, valid=valid))
    assert len(parts.steps) < len(whole.steps)
    assert all(step.end_s < 4.8 or step.start_s > 5.2 for step in parts.steps)


def test_who_goes_backwards_and_who_runs_is_told() -> None:
    back = find_gait(walker(speed=-1.0))
    assert "backwards" in back.notes[0]
    assert back.measures()["step_length_m"]["mean"] > 0.5
    assert "running" in find_gait(walker(steps_per_min=170.0)).notes[0]


def still(seconds=3.0):
    return np.repeat(posed({"elbow_flex_r": 20.0})[None], round(50 * seconds), axis=0)


def squats():
    bend = 45 - 45 * np.cos(2 * np.pi * np.arange(200) / 60)
    return np.stack(
        [
            posed({f"{name}_{side}": at for side in "rl" for name in ("hip_flexion", "knee_angle")})
            for at in bend
        ]
    )


def one_leg_swings():
    return np.stack([posed({"hip_flexion_r": 30 * np.sin(0.13 * frame)}) for frame in range(250)])


def trembling():
    return still() + np.random.default_rng(0).normal(0, 0.03, (150, 17, 3))


@pytest.mark.parametrize("joints", [still(), squats(), one_leg_swings(), trembling(), still()[:1]])
def test_where_nobody_walks_there_is_no_gait(joints) -> None:
    with pytest.raises(InputError, match="nobody walks here"):
        find_gait(result_of(joints, 50.0))


def test_nobody_and_no_numbers_are_refused() -> None:
    walk = walker()
    with pytest.raises(InputError, match="nobody walks here"):
        find_gait(replace(walk, valid=np.zeros_like(walk.valid)))
    broken = walk.poses3d.copy()
    broken[9, 3] = np.nan
    with pytest.raises(InputError, match="not finite"):
        find_gait(replace(walk, poses3d=broken))
    with pytest.raises(InputError, match="'coco17' has no gait"):
        find_gait(replace(walk, skeleton="coco17"))


def test_the_command_prints_writes_and_draws(tmp_path, capsys) -> None:
    walker().save(tmp_path / "walk.npz")
    words = ["gait", str(tmp_path / "walk.npz"), "--json", str(tmp_path / "g.json")]
    assert main([*words, "--plot", str(tmp_path / "g.png")]) == 0
    told = capsys.readouterr().out
    assert "step length, cm" in told
    assert "100.0 steps/min" in told
    content = json.loads((tmp_path / "g.json").read_text())
    assert content["steps_per_min"] == pytest.approx(100, abs=1)
    assert content["cycles_deg"]["knee_angle_r"]["cycles"] >= 2
    assert content["cycles_deg"]["hip_flexion_l"]["mean"][0] == pytest.approx(25, abs=2)
    assert (tmp_path / "g.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "still.npz: nobody walks here"),
        (["--plot", "g.pdf"], "--plot is g.pdf: give a file that ends in .png"),
        (["--json", "nowhere/g.json"], "there is no folder nowhere"),
        (["--plot", "nowhere/g.png"], "nobody walks here"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capsys, words, message) -> None:
    monkeypatch.chdir(tmp_path)
    result_of(still(), 50.0).save("still.npz")
    assert main(["gait", "still.npz", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["still.npz"]
