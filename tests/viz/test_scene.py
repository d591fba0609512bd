from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rtpca.errors import InputError
from rtpca.inference import estimate_ground
from rtpca.inference.ground import ANKLE_HEIGHT_M
from rtpca.skeletons import get_skeleton
from rtpca.viz.scene import build_scene

H36M = get_skeleton("h36m17")


def test_people_stand_upright_on_the_floor(people) -> None:
    scene = build_scene(people)
    for joints in scene.joints_m:
        assert (joints[:, H36M.index("head"), 2] > joints[:, H36M.index("pelvis"), 2]).all()
        lowest = joints[..., 2].min(axis=1)
        assert np.abs(lowest - ANKLE_HEIGHT_M).max() < 0.06
    assert scene.low_m[2] == 0


def test_people_stand_where_they_stand_in_exports(people) -> None:
    ground = estimate_ground(*people)
    for person, joints in zip(people, build_scene(people).joints_m, strict=True):
        x, up, toward = np.moveaxis(ground.place(person), -1, 0)
        assert joints == pytest.approx(np.stack([x, -toward, up], axis=-1), abs=1e-5)


def test_poses_keep_their_shape_and_people_their_distance(people) -> None:
    scene = build_scene(people)
    turn = scene.turn_from_cam
    first, second = scene.joints_m
    assert first - first[:, :1] == pytest.approx(people[0].poses3d @ turn.T, abs=1e-5)
    apart = second[40:, 0] - first[40:, 0]  # 1.5 m to the right, 0.5 m behind
    assert apart[:, :2] == pytest.approx(np.tile([1.5, 0.5], (len(apart), 1)), abs=0.1)
    level = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    assert np.degrees(np.arccos((np.trace(turn @ level.T) - 1) / 2)) < 5


def test_a_camera_that_looks_down_does_not_sink_the_feet(person) -> None:
    # With a camera pitched by 10 degrees, who walks away rises in camera axes.
    sloping = person.root.copy()
    sloping[:, 1] -= np.tan(np.radians(10)) * sloping[:, 2]
    (joints,) = build_scene([dataclasses.replace(person, root=sloping)]).joints_m
    assert np.abs(joints[..., 2].min(axis=1) - ANKLE_HEIGHT_M).max() < 0.25


def test_a_jump_stays_a_jump(person) -> None:
    jumping = person.root.copy()
    jumping[200:215, 1] -= 0.5
    (joints,) = build_scene([dataclasses.replace(person, root=jumping)]).joints_m
    assert joints[207, :, 2].min() > 0.35


def test_who_stands_on_something_stays_above_the_others(people) -> None:
    raised = people[0].root.copy()
    raised[:, 1] -= 1.5
    roof, ground = build_scene([dataclasses.replace(people[0], root=raised), people[1]]).joints_m
    assert np.median(roof[..., 2].min(axis=1)) == pytest.approx(1.5, abs=0.25)
    assert np.abs(ground[..., 2].min(axis=1) - ANKLE_HEIGHT_M).max() < 0.1


def test_a_trembling_distance_does_not_tilt_the_floor(person, rng) -> None:
    # Feet of a person who stands 5 m away move along their viewing ray, 1.2 m down.
    trembling = np.repeat(person.root[300:301], person.frames, axis=0)
    standing = np.repeat(person.poses3d[300:301], person.frames, axis=0)
    trembling *= 1 + rng.normal(0, 0.02, (person.frames, 1)).astype(np.float32)
    (joints,) = build_scene([dataclasses.replace(person, root=trembling, poses3d=standing)]).joints_m
    assert np.abs(joints[..., 2].min(axis=1) - ANKLE_HEIGHT_M).max() < 0.08


def test_an_unknown_root_puts_the_person_in_the_middle(person) -> None:
    unknown = dataclasses.replace(person, root=np.full_like(person.root, np.nan))
    scene = build_scene([unknown])
    assert np.isfinite(scene.joints_m[0]).all()
    assert scene.joints_m[0][:, 0, :2] == pytest.approx(0)


def test_far_outliers_and_unseen_frames_do_not_blow_up_the_scene(person) -> None:
    valid = person.valid.copy()
    valid[100:] = False
    root = person.root.copy()
    root[150:] += 50
    scene = build_scene([dataclasses.replace(person, root=root, valid=valid)])
    assert (scene.high_m - scene.low_m).max() < 8


def test_results_of_different_clips_are_refused(person) -> None:
    with pytest.raises(InputError, match=r"person 1 has fps 30.0, person 2 has 25"):
        build_scene([person, dataclasses.replace(person, fps=25.0)])
