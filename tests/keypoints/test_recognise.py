from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.joint_sets import with_joints_of
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, InputError
from rtpca.keypoints.recognise import known_skeleton, recognise_skeleton, skeleton_of
from rtpca.skeletons import get_skeleton, image_skeletons, skeleton_names

BODIES = ("coco17", "h36m17", "mpi_inf_3dhp17")
SETS = [skeleton.name for skeleton in image_skeletons() if skeleton.num_joints < 100]


def views(kind: str, name: str, seed: int) -> np.ndarray:
    """(4, F, J, 2) pixels of a generated motion from four sides, in the joints of a set."""
    world = generate_motion(kind, frames=40, fps=20, seed=seed)
    camera = evaluation_cameras(torch.as_tensor(world))
    body = torch.as_tensor(with_joints_of(world, get_skeleton(name)).astype(np.float32))
    return camera.project(camera.world_to_camera(body.expand(4, -1, -1, -1))).numpy()


def recognised(points: np.ndarray, scores: np.ndarray | None = None) -> str:
    return recognise_skeleton(points, np.ones(points.shape[:2], np.float32) if scores is None else scores)[
        0
    ].name


@pytest.mark.parametrize("name", SETS)
def test_each_set_is_told_by_the_body_in_a_clip_and_in_one_frame(name, rng):
    for kind in ("walk", "wave"):
        for points in views(kind, name, 1):
            seen = np.ones(points.shape[:2], np.float32)
            if name == "posetrack17":
                seen[:, 3:5] = 0  # its ears are not annotated
            assert recognised(points, seen) == name
            assert recognised(points[20:21], seen[:1]) == name
            noisy = points + rng.normal(0, 4, points.shape).astype(np.float32)
            some = np.where(rng.random(seen.shape) < 0.25, 0, seen).astype(np.float32)
            assert recognised(noisy, some) == name


@pytest.mark.parametrize("name", ["coco17", "body25", "body25b", "coco25", "kinect25", "h36m17", "halpe26"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_side_of_the_body_is_enough(name, side):
    skeleton = get_skeleton(name)
    points = views("walk", name, 2)[1]
    scores = np.ones(points.shape[:2], np.float32)
    scores[:, list(getattr(skeleton, side))] = 0
    assert recognised(points, scores) == name


def test_a_body_that_lies_or_stands_on_its_head_is_recognised():
    points = views("walk", "coco25", 0)[0]
    for turned in (points[..., ::-1], -points, points * [1, -1]):
        assert recognised(turned.astype(np.float32)) == "coco25"


def test_doubtful_joints_are_not_looked_at(rng):
    points = views("walk", "body25b", 0)[0]
    scores = rng.uniform(0.7, 0.9, points.shape[:2]).astype(np.float32)
    guessed = rng.random(scores.shape) < 0.3
    points[guessed] = rng.uniform(0, 1000, (int(guessed.sum()), 2))
    scores[guessed] = 0.05
    assert recognised(points, scores) == "body25b"


def test_where_two_sets_fit_alike_the_question_names_them():
    """One frame of AI Challenger's points, the arms stretched towards the camera: CrowdPose's fit as well."""
    points = views("squat", "aic14", 1)[1][20:21]
    with pytest.raises(InputError, match=r"crowdpose14 and aic14 and lsp14 .* they are \w+ or \w+"):
        recognise_skeleton(points, np.ones((1, 14), np.float32))


SHUFFLED_FROM = {
    name: views("walk", name, 3)[2][::10] for name in ("coco17", "body25", "halpe26", "mediapipe33")
}


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(["coco17", "body25", "halpe26", "mediapipe33"]))
def test_a_shuffled_order_is_not_guessed_at(seed, name):
    points = SHUFFLED_FROM[name]
    order = np.random.default_rng(seed).permutation(points.shape[1])
    try:
        found = recognised(points[:, order])
    except InputError:
        return
    # Chance may bring every joint close to its place.
    moved = np.linalg.norm(points[0, order] - points[0], axis=1)
    assert found == name
    assert np.median(moved) < 0.1 * np.ptp(points[0])


def test_an_upper_body_in_profile_is_recognised():
    points = views("wave", "coco17", 1)[0]
    scores = np.ones(points.shape[:2], np.float32)
    scores[:, [2, 4]] = 0
    scores[:, 11:] = 0
    assert recognise_skeleton(points, scores)[0].name == "coco17"


def test_a_cloud_of_17_points_is_not_guessed_at(rng):
    points = rng.uniform(0, 900, (30, 17, 2)).astype(np.float32)
    with pytest.raises(InputError, match="17 joints, as h36m17 and coco17 and .* body's shape does not fit"):
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
    with pytest.raises(InputError, match="12 joints; joint sets that are recognised: h36m17 17, coco17 17"):
        recognise_skeleton(points, np.ones((4, 12), np.float32))
