from __future__ import annotations

import numpy as np
import pytest
import torch
from test_recognise import BODIES, views

from rtpca.data.cameras import evaluation_cameras
from rtpca.keypoints.plausibility import implausible
from rtpca.skeletons import get_skeleton, joint_weights

H36M17 = get_skeleton("h36m17")


def doubt(points: np.ndarray, name: str) -> str:
    return implausible(points, np.ones(points.shape[:2], np.float32), get_skeleton(name))


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("kind", ["walk", "squat", "wave"])
def test_a_body_in_its_own_order_is_not_doubted(name, kind):
    for seed in range(3):
        for points in views(kind, name, seed):
            assert doubt(points, name) == ""


@pytest.mark.parametrize("true", BODIES)
@pytest.mark.parametrize("taken", BODIES)
def test_another_joint_set_is_doubted_and_the_right_one_named(true, taken):
    if true == taken:
        return
    for kind in ("walk", "squat", "wave"):
        for points in views(kind, true, 1):
            said = doubt(points, taken)
            assert said.startswith("warning: this hardly looks like a body")
            assert f"taken for {taken}, but their order fits {true}: try `skeleton` {true}" in said


def with_swapped(points: np.ndarray, *names: str) -> np.ndarray:
    """Left and right of some joints exchanged, in h36m17."""
    order = list(range(17))
    for name in names:
        left, right = H36M17.index(f"left_{name}"), H36M17.index(f"right_{name}")
        order[left], order[right] = right, left
    return points[:, order]


@pytest.mark.parametrize(
    ("swapped", "said"),
    [
        (("hip", "knee", "ankle"), "left and right of the hips and of the shoulders are crossed"),
        (("shoulder", "elbow", "wrist"), "left and right of the hips and of the shoulders are crossed"),
        (("elbow", "wrist"), "left and right elbow are crossed"),
        (("wrist",), "left and right wrist are crossed"),
    ],
)
def test_crossed_sides_are_doubted_on_real_motion_and_the_rest_is_not(shared_data, rng, swapped, said):
    with np.load(shared_data / "data" / "cmu_actions.npz") as pack:
        positions, offsets = pack["positions"], pack["offsets"]
    doubted: list[bool] = []
    for take in range(0, len(offsets) - 1, 7):
        world = (joint_weights("cmu38") @ positions[offsets[take] : offsets[take + 1] : 6]).astype(np.float32)
        camera = evaluation_cameras(torch.as_tensor(world))
        body = torch.as_tensor(world).expand(4, -1, -1, -1)
        for points in camera.project(camera.world_to_camera(body)).numpy():
            noisy = points + rng.normal(0, 5, points.shape).astype(np.float32)
            assert doubt(noisy, "h36m17") == ""
            doubted.append(said in doubt(with_swapped(noisy, *swapped), "h36m17"))
    assert np.mean(doubted) > 0.95


def test_a_permuted_detector_is_doubted():
    """MediaPipe's joints written in the order of names, a mistake that no number of joints tells."""
    skeleton, coco = get_skeleton("mediapipe33"), get_skeleton("coco17")
    source = views("walk", "coco17", 2)[0]
    points = np.empty((len(source), 33, 2), np.float32)
    for index in range(33):
        nearest = index  # hands, feet and mouth lie where the joint before them is
        while skeleton.joints[nearest] not in coco.joints:
            nearest = skeleton.parents[nearest]
        points[:, index] = source[:, coco.index(skeleton.joints[nearest])]
    assert doubt(points, "mediapipe33") == ""
    said = doubt(points[:, np.argsort(skeleton.joints)], "mediapipe33")
    assert said.endswith("the joints are probably in another order than mediapipe33 has")


def test_a_few_frames_and_a_half_body_are_not_judged():
    points = views("walk", "coco17", 1)[0]
    assert doubt(points[:5], "h36m17") == ""
    scores = np.ones(points.shape[:2], np.float32)
    scores[:, 11:] = 0
    assert implausible(points, scores, get_skeleton("coco17")) == ""
