from __future__ import annotations

import numpy as np
import pytest
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, InputError
from rtpca.keypoints.recognise import known_skeleton, recognise_skeleton, skeleton_of
from rtpca.skeletons import get_skeleton, skeleton_names


def as_coco(h: np.ndarray) -> np.ndarray:
    """(F, 17, 3) COCO joints on a body given in h36m17: a face is put where the head is."""
    side = h[:, 14] - h[:, 11]
    side = side / np.linalg.norm(side, axis=1, keepdims=True)
    forward = np.cross(h[:, 10] - h[:, 8], side)
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    up = np.array([0, 0.03, 0])
    head = h[:, 9]
    face = [head + 0.08 * forward]
    face += [head + 0.05 * forward + up - 0.03 * side, head + 0.05 * forward + up + 0.03 * side]
    face += [head - 0.03 * forward - 0.075 * side, head - 0.03 * forward + 0.075 * side]
    return np.stack([*face, *(h[:, i] for i in (11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3))], axis=1)


def as_3dhp(h: np.ndarray) -> np.ndarray:
    return h[:, [10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 0, 7, 9]]


BODIES = {"coco17": as_coco, "h36m17": lambda h: h, "mpi_inf_3dhp17": as_3dhp}


def views(kind: str, name: str, seed: int) -> np.ndarray:
    """(4, F, 17, 2) pixels of a generated motion from four sides."""
    world = generate_motion(kind, frames=40, fps=20, seed=seed)
    camera = evaluation_cameras(torch.as_tensor(world))
    body = torch.as_tensor(BODIES[name](world).astype(np.float32))
    return camera.project(camera.world_to_camera(body.expand(4, -1, -1, -1))).numpy()


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("kind", ["walk", "squat", "wave"])
def test_sets_of_17_joints_are_told_apart_by_the_body(name, kind):
    for seed in range(3):
        for points in views(kind, name, seed):
            skeleton, note = recognise_skeleton(points, np.ones(points.shape[:2], np.float32))
            assert skeleton.name == name
            assert name in note
            # So are single frames, and frames with joints missing.
            for frame in range(0, 40, 8):
                single = points[frame : frame + 1]
                assert recognise_skeleton(single, np.ones((1, 17), np.float32))[0].name == name


def test_an_upper_body_in_profile_is_recognised():
    points = views("wave", "coco17", 1)[0]
    scores = np.ones(points.shape[:2], np.float32)
    scores[:, [2, 4]] = 0
    scores[:, 11:] = 0
    assert recognise_skeleton(points, scores)[0].name == "coco17"


@pytest.mark.parametrize("joints", [26, 25, 33, 133, 16, 15])
def test_other_numbers_of_joints_speak_for_themselves(joints, rng):
    points = rng.uniform(0, 500, (4, joints, 2)).astype(np.float32)
    skeleton, note = recognise_skeleton(points, np.ones((4, joints), np.float32))
    assert skeleton.num_joints == joints
    assert note == f"{joints} joints: recognised as {skeleton.name}"


def test_a_cloud_of_17_points_is_not_guessed_at(rng):
    points = rng.uniform(0, 900, (30, 17, 2)).astype(np.float32)
    with pytest.raises(InputError, match="say it with `skeleton`"):
        recognise_skeleton(points, np.ones((30, 17), np.float32))


def test_names_as_files_write_them():
    written = {
        "coco": "coco17",
        "H36M": "h36m17",
        "body_25": "body25",
        "Halpe": "halpe26",
        "coco-wholebody": "coco_wholebody133",
        **{name: name for name in skeleton_names()},
    }
    assert all(known_skeleton(name) is get_skeleton(meant) for name, meant in written.items())
    assert known_skeleton("nonsense") is None


def test_a_name_or_a_skeleton_is_taken_as_given():
    assert skeleton_of("coco") is get_skeleton("coco17")
    assert skeleton_of(get_skeleton("body25")) is get_skeleton("body25")
    assert skeleton_of("auto") is None
    with pytest.raises(ConfigError, match="unknown skeleton 'centaur': choose auto or one of h36m17"):
        skeleton_of("centaur")


def test_a_number_of_joints_that_no_set_has_is_refused(rng):
    points = rng.uniform(0, 500, (4, 12, 2)).astype(np.float32)
    with pytest.raises(InputError, match="12 joints; joint sets that are recognised: coco17 17"):
        recognise_skeleton(points, np.ones((4, 12), np.float32))
