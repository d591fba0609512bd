"""What a data file is to a table: dataset, kind of 2D input, identity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.data.views import fixed_cameras
from rtpca.reproduce.datafile import content_hash, read_data_file


def data_set_file(path, source, error_px):
    """Generated motion in the dress of a public data set: own cameras, own 2D keypoints with an error."""
    rng = np.random.default_rng(0)
    recordings = []
    for recording in synthetic_recordings(frames=20):
        cameras = fixed_cameras(recording).to(dtype=torch.float64)
        each = tuple(cameras[number] for number in range(cameras.batch_shape[0]))
        names = tuple(f"camera{number}" for number in range(len(each)))
        joints = torch.from_numpy(recording.positions3d).double()
        points = {}
        for name, camera in zip(names, each, strict=True):
            true_px = camera.project(camera.world_to_camera(joints)).numpy()
            points[name] = (true_px + error_px * rng.standard_normal(true_px.shape)).astype(np.float32)
        recordings.append(
            replace(recording, source=source, cameras=each, camera_names=names, keypoints2d=points)
        )
    write_dataset(path, recordings)
    return read_data_file(path)


def test_open_motion_capture_is_of_no_data_set(data) -> None:
    assert (data.dataset, data.detected, data.tag) == ("mocap", False, "")
    assert (data.skeleton, data.joints, data.splits["test"], data.train_frames) == ("h36m17", 17, 3, 90)
    assert len(data.subjects) == 1


def test_true_keypoints_are_told_from_detections(tmp_path) -> None:
    true = data_set_file(tmp_path / "gt.h5", "h36m", 0.01)
    detected = data_set_file(tmp_path / "cpn.h5", "h36m", 5.0)
    assert (true.dataset, true.detected, true.tag) == ("h36m", False, "")
    assert (detected.dataset, detected.detected, detected.tag) == ("h36m", True, "-detected")


def test_runs_on_other_data_sets_have_names_of_their_own(tmp_path) -> None:
    assert data_set_file(tmp_path / "he.h5", "humaneva", 0.0).tag == "-humaneva"
    assert data_set_file(tmp_path / "3dhp.h5", "mpi-inf-3dhp", 9.0).tag == "-mpi-inf-3dhp-detected"


def test_the_identity_is_that_of_the_content(data_path, tmp_path, data) -> None:
    copy = tmp_path / "renamed.h5"
    copy.write_bytes(data_path.read_bytes())
    assert read_data_file(copy).sha256 == data.sha256 == content_hash(data_path)
