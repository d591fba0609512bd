"""Facts about public data sets against the reference values."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rtpca.data.datasets.facts import (
    facts,
    h36m_cameras,
    humaneva_cameras,
    level_camera,
    projected,
    y_up,
    z_up,
)
from rtpca.data.datasets.h36m import KEPT_OF_32
from rtpca.data.datasets.mpi_inf_3dhp import CAMERAS, KEPT_OF_28
from rtpca.geometry import normalise_screen
from rtpca.skeletons import get_skeleton


@pytest.fixture
def reference(shared_data):
    return json.loads((shared_data / "golden" / "cameras.json").read_text())


def test_h36m_cameras_see_the_reference_points_where_videopose3d_does(reference):
    checks = reference["h36m"]["checks"]
    world = y_up(np.array(checks["world_points_m"]))
    assert set(checks["cameras"]) == {"S1", "S5", "S6", "S7", "S8", "S9", "S11"}
    for subject, entries in checks["cameras"].items():
        cameras = h36m_cameras(subject)
        assert list(cameras) == [entry["camera"] for entry in entries]
        for entry, camera in zip(entries, cameras.values(), strict=True):
            in_camera = camera.world_to_camera(torch.from_numpy(world)).numpy()
            np.testing.assert_allclose(in_camera, entry["camera_space_m"], rtol=0, atol=2e-6)
            pixels = projected(camera, world)
            np.testing.assert_allclose(pixels, entry["pixels"], rtol=0, atol=5e-4)
            norm = normalise_screen(torch.from_numpy(pixels), camera.intrinsics.image_size)
            np.testing.assert_allclose(norm, entry["normalised_2d"], rtol=0, atol=1e-6)


def test_humaneva_cameras_see_the_reference_points_where_videopose3d_does(reference):
    checks = reference["humaneva15"]["checks"]
    world = torch.from_numpy(y_up(np.array(checks["world_points_m"])))
    for subject, entries in checks["cameras"].items():
        cameras = humaneva_cameras(subject)
        assert list(cameras) == [entry["camera"] for entry in entries]
        for entry, camera in zip(entries, cameras.values(), strict=True):
            in_camera = camera.world_to_camera(world).numpy()
            np.testing.assert_allclose(in_camera, entry["camera_space_m"], rtol=0, atol=2e-6)


def test_joints_and_sequences_are_those_of_the_reference(reference):
    h36m, mpi = reference["h36m"], reference["mpi_inf_3dhp"]
    assert list(KEPT_OF_32) == h36m["joints_kept_32_to_17"]
    assert list(KEPT_OF_28) == mpi["joints_selected_28_to_17"]
    names = [mpi["joints_28_names"][joint] for joint in KEPT_OF_28]
    assert list(get_skeleton("mpi_inf_3dhp17").joints) == names
    assert list(CAMERAS) == mpi["train_cameras_used"]
    known = facts("mpi-inf-3dhp")
    train = {name: [v["frames"], v["fps"]] for name, v in known["train"].items()}
    assert train == mpi["train_sequences_frames_fps"]
    for name, sequence in mpi["test_sequences"].items():
        ours = known["test"][name]
        assert (ours["size_wh"], ours["frames"]) == (sequence["resolution_px"], sequence["frames"])
        assert ours["valid_frames"] == sequence["valid_frames"]
    assert sum(sequence["valid_frames"] for sequence in known["test"].values()) == 2929


def test_cameras_stand_upright_above_the_floor():
    for subject in ("S1", "S5", "S6", "S7", "S8", "S9", "S11"):
        for camera in h36m_cameras(subject).values():
            assert 1.4 < camera.center_world[1] < 1.7
            assert camera.R_cam_from_world[1, 1] < -0.9  # the image's y axis points down
    for camera in humaneva_cameras("S2").values():
        assert 1.4 < camera.center_world[1] < 1.6
        assert camera.R_cam_from_world[1, 1] < -0.9
    level = level_camera((2048, 2048)).R_cam_from_world
    assert torch.linalg.det(level) == 1
    assert level[1, 1] == -1


def test_the_two_ways_of_pointing_up_are_inverse(rng):
    points = rng.normal(size=(4, 3)).astype(np.float32)
    np.testing.assert_array_equal(z_up(y_up(points)), points)
    np.testing.assert_array_equal(y_up(np.array([0.0, 0.0, 1.0])), [0, 1, 0])
    turn = np.stack([y_up(axis) for axis in np.eye(3)])
    assert np.linalg.det(turn) == pytest.approx(1)
