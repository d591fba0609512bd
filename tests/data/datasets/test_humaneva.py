"""HumanEva-I's files: chunks, splits, and cameras whose intrinsics are found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from archive_changes import changed, contents_of

from imitation.humaneva import INTRINSICS
from rtpca.data.datasets.facts import y_up
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.prepare import prepare as prepare_dataset
from rtpca.data.store import open_dataset
from rtpca.errors import ConfigError, InputError
from rtpca.skeletons import get_skeleton


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.h5"


def prepare(files, output, **options):
    return prepare_dataset("humaneva", files, output, PrepareOptions(**options))


def test_positions_and_keypoints_are_those_of_the_files(humaneva_files, output):
    report = prepare(humaneva_files, output)
    positions = contents_of(humaneva_files[0])["positions_3d"]
    keypoints = contents_of(humaneva_files[1])["positions_2d"]
    with open_dataset(output) as dataset:
        assert dataset.skeleton.name == "humaneva15"
        assert len(dataset) == 24  # 2 subjects, train and test, 3 actions, 2 chunks
        for recording in dataset.iterate():
            key, clip = recording.name.rsplit("/", 1)
            np.testing.assert_array_equal(recording.positions3d, y_up(positions[key][clip]))
            for name, camera, view in zip(
                recording.camera_names, recording.cameras, keypoints[key][clip], strict=True
            ):
                np.testing.assert_array_equal(recording.keypoints2d[name], view)
                world = torch.from_numpy(recording.positions3d).double()
                projected = camera.project(camera.world_to_camera(world)).numpy()
                np.testing.assert_allclose(projected, view, rtol=0, atol=1e-3)
    assert report.takes == 24


def test_intrinsics_are_found_again(humaneva_files, output):
    report = prepare(humaneva_files, output)
    with open_dataset(output) as dataset:
        for name in ("Train/S1/Walking 1 chunk0", "Validate/S3/Box 1 chunk2"):
            recording = dataset.read(name)
            assert recording.camera_names == ("C1", "C2", "C3")
            for camera_name, camera in zip(recording.camera_names, recording.cameras, strict=True):
                focal, principal = INTRINSICS[camera_name]
                np.testing.assert_allclose(camera.intrinsics.focal_px, focal, atol=0.01)
                np.testing.assert_allclose(camera.intrinsics.principal_px, principal, atol=0.01)
                assert camera.intrinsics.image_size.tolist() == [640, 480]
                assert camera.intrinsics.distortion is None
    assert any(note.startswith("intrinsics fitted to 2D and 3D of each subject") for note in report.notes)


def test_sequences_are_described_as_the_protocol_needs(humaneva_files, output):
    prepare(humaneva_files, output, val_subjects=("S3",))
    with open_dataset(output) as dataset:
        info = dataset.info("Validate/S1/Jog 1 chunk2")
        assert (info.subject, info.action, info.split, info.fps) == ("S1", "Jog", "test", 60)
        assert info.source == "humaneva"
        assert dataset.info("Train/S1/Jog 1 chunk0").split == "train"
        assert dataset.info("Train/S3/Jog 1 chunk0").split == "val"
        assert dataset.info("Validate/S3/Jog 1 chunk0").split == "test"


def test_actions_are_chosen_by_name_or_its_beginning(humaneva_files, output):
    prepare(humaneva_files, output, actions=("Walk", "Box"))
    with open_dataset(output) as dataset:
        assert {dataset.info(name).action for name in dataset.names()} == {"Walking", "Box"}
    with pytest.raises(
        ConfigError, match=r"`actions` Dance: there is none in .*; choose of Box, Jog, Walking"
    ):
        prepare(humaneva_files, output, actions=("Walk", "Dance"))


def test_unlabeled_clips_damaged_ones_and_strangers_are_left_out(humaneva_files, tmp_path, output):
    def add(contents):
        clips = contents["positions_3d"]
        clips["Unlabeled/S4"] = clips["Train/S4"] = {"Walking 1 chunk0": clips["Train/S1"]["Box 1 chunk0"]}
        clips["Train/S3"]["ThrowCatch 1 chunk0"] = clips["Train/S1"]["Box 1 chunk0"]

    report = prepare([changed(humaneva_files[0], tmp_path / "3d.npz", add), humaneva_files[1]], output)
    assert "Unlabeled/S4: left out, no ground truth" in report.notes
    assert "Train/S4: left out, its cameras are not public" in report.notes
    damaged = "Train/S3/ThrowCatch 1 chunk0: left out, its motion capture is damaged"
    assert damaged in report.notes
    with open_dataset(output) as dataset:
        assert len(dataset) == 24


def test_a_2d_file_is_needed_and_named(humaneva_files, output):
    with pytest.raises(InputError, match=r"a 2D file is needed too.*data_2d_humaneva15_gt.npz"):
        prepare(humaneva_files[:1], output)
    with pytest.raises(InputError, match="needed is one 3D file of HumanEva-I"):
        prepare(humaneva_files[1:], output)


def test_2d_in_joints_that_cannot_be_used_says_so(humaneva_files, tmp_path, output):
    path = changed(
        humaneva_files[1], tmp_path / "2d.npz", lambda c: c.update(metadata={"layout_name": "coco"})
    )
    with pytest.raises(
        InputError, match="joints of coco17, which cannot be turned into those of the 3D file"
    ):
        prepare([humaneva_files[0], path], output)


def test_2d_and_3d_that_do_not_belong_together_are_noticed(humaneva_files, tmp_path, output):
    def mirror(contents):
        for clips in contents["positions_2d"].values():
            for clip in clips:
                clips[clip] = [640 - view for view in clips[clip]]

    path = changed(humaneva_files[1], tmp_path / "2d.npz", mirror)
    with pytest.raises(InputError, match="fit no camera"):
        prepare([humaneva_files[0], path], output)
    assert not output.exists()


def test_a_damaged_clip_stops_everything_or_is_skipped(humaneva_files, tmp_path, output):
    def cut(contents):
        contents["positions_3d"]["Train/S1"]["Box 1 chunk0"] = np.zeros((5, 14, 3))

    path = changed(humaneva_files[0], tmp_path / "3d.npz", cut)
    with pytest.raises(InputError, match=r"Train/S1/Box 1 chunk0: has shape \(5, 14, 3\)"):
        prepare([path, humaneva_files[1]], output)
    prepare([path, humaneva_files[1]], output, skip_damaged=True)
    with open_dataset(output) as dataset:
        assert len(dataset) == 23


def test_left_and_right_are_on_their_sides(humaneva_files, output):
    prepare(humaneva_files, output)
    index = get_skeleton("humaneva15").index
    with open_dataset(output) as dataset:
        joints = dataset.read("Train/S1/Walking 1 chunk0").positions3d
    hips = joints[:, index("left_hip")] - joints[:, index("right_hip")]
    shoulders = joints[:, index("left_shoulder")] - joints[:, index("right_shoulder")]
    assert ((hips * shoulders).sum(axis=-1) > 0).all()
    assert (joints[:, index("head"), 1] > joints[:, index("left_knee"), 1]).all()
