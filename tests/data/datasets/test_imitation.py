"""Imitated files of public data sets have the published form, and are the same for the same seed."""

from __future__ import annotations

import json
import pickletools
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from archive_changes import contents_of
from scipy.io import loadmat

from imitation.detections import imitated_detections
from imitation.h36m import ACTIONS, write_h36m
from imitation.humaneva import FRAME_RANGES, write_humaneva
from imitation.motion import MotionLibrary
from rtpca.data.datasets.h36m import KEPT_OF_32
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import InputError


def test_h36m_files_have_the_published_form(h36m_files):
    assert [path.name for path in h36m_files] == [
        "data_3d_h36m.npz",
        "data_2d_h36m_gt.npz",
        "data_2d_h36m_cpn_ft_h36m_dbb.npz",
    ]
    positions = contents_of(h36m_files[0])["positions_3d"]
    assert set(positions) == {"S1", "S8", "S9", "S11"}
    assert set(positions["S1"]) == {"Directions", "Directions 1", "Walking", "Walking 1"}
    assert set(positions["S11"]) == {"Directions 1", "Walking", "Walking 1"}
    clip = positions["S1"]["Walking"]
    assert (clip.shape, clip.dtype) == ((30, 32, 3), np.float32)
    assert clip[..., 2].min() >= 0  # z is up
    height = clip[:, KEPT_OF_32[10], 2] - clip[:, KEPT_OF_32[3], 2]
    assert (height > 1).all()
    for path, layout in zip(h36m_files[1:], (None, "h36m"), strict=True):
        contents = contents_of(path)
        assert contents["metadata"].get("layout_name") == layout
        assert contents["metadata"]["num_joints"] == 17
        views = contents["positions_2d"]["S9"]["Walking 1"]
        assert isinstance(views, list)
        assert len(views) == 4
        assert all(view.shape[1:] == (17, 2) and view.dtype == np.float32 for view in views)


def test_pickles_are_those_of_numpy(h36m_files):
    with zipfile.ZipFile(h36m_files[0]) as archive:
        content = archive.read("positions_3d.npy")
    start = content.index(b"\n") + 1
    names = {arg for op, arg, _ in pickletools.genops(content[start:]) if op.name == "SHORT_BINUNICODE"}
    assert {"_reconstruct", "ndarray", "dtype", "S9"} <= names


def test_unused_joints_are_near_the_used_ones(h36m_files):
    clip = contents_of(h36m_files[0])["positions_3d"]["S1"]["Walking"]
    kept = clip[:, KEPT_OF_32]
    distance = np.linalg.norm(clip[:, :, None] - kept[:, None], axis=-1).min(axis=-1)
    assert distance.max() < 0.25


def test_the_same_seed_gives_the_same_files_and_another_others(tmp_path):
    def clip(seed):
        library = MotionLibrary(synthetic_recordings(frames=60), seed=seed)
        (path, *_) = write_h36m(library, tmp_path, frames=5, subjects=("S1",), actions=("Eating",))
        return contents_of(path)["positions_3d"]["S1"]["Eating 1"]

    np.testing.assert_array_equal(clip(1), clip(1))
    assert np.abs(clip(1) - clip(2)).max() > 0.01


def test_test_clips_are_made_from_test_recordings_only():
    recordings = synthetic_recordings(frames=60)
    lengths = {r.split: r.positions3d[0, 7] - r.positions3d[0, 0] for r in recordings}
    spine = {split: float(np.linalg.norm(bone)) for split, bone in lengths.items()}
    library = MotionLibrary(recordings)
    for key in map(str, range(20)):
        clip = library.clip(key, "test", 4, 25.0)
        assert np.linalg.norm(clip[0, 7] - clip[0, 0]) == pytest.approx(spine["test"], abs=1e-4)
        clip = library.clip(key, "train", 4, 25.0)
        assert min(abs(np.linalg.norm(clip[0, 7] - clip[0, 0]) - spine[s]) for s in ("train", "val")) < 1e-4


def test_clips_run_on_beyond_the_motion_without_a_jump():
    library = MotionLibrary(synthetic_recordings(frames=60, fps=50))
    clip = library.clip("long", "train", 500, 50.0)
    assert np.linalg.norm(np.diff(clip, axis=0), axis=-1).max() < 0.25
    assert np.linalg.norm(clip[:, 0, [0, 2]], axis=-1).max() <= 1.3
    assert clip[..., 1].min() == pytest.approx(0, abs=1e-6)


def test_published_lengths_add_up_to_the_published_size(library, tmp_path):
    frames = np.array(
        [
            round(2512 * library.rng(f"h36m {subject} {action + trial} 2D").uniform(0.4, 1.6))
            for subject in ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
            for action in ACTIONS
            for trial in ("", " 1")
        ]
    )
    assert frames.sum() * 4 == pytest.approx(2.1e6, rel=0.05)
    assert frames.max() < 4200
    paths = write_humaneva(library, tmp_path, frames=None, subjects=("S2",))
    clips = contents_of(paths[0])["positions_3d"]["Validate/S2"]
    first, end = FRAME_RANGES["Validate/S2"]["Jog 1"]
    assert len(clips["Jog 1 chunk0"]) + 4 + len(clips["Jog 1 chunk2"]) == end - first


def test_detections_are_off_by_some_pixels_and_rarely_by_many(rng):
    points = np.zeros((400, 17, 2), dtype=np.float32)
    found = imitated_detections(points, rng, extra_frames=2)
    assert found.shape == (402, 17, 2)
    off = np.linalg.norm(found, axis=-1)
    assert 3 < np.median(off) < 6
    assert 0.003 < (off > 25).mean() < 0.02
    following = np.corrcoef(found[1:, :, 0].ravel(), found[:-1, :, 0].ravel())[0, 1]
    assert following > 0.3


def test_training_annotations_have_14_cameras_and_28_joints(mpi_folder):
    contents = loadmat(mpi_folder / "S2" / "Seq1" / "annot.mat")
    assert contents["annot2"].shape == contents["univ_annot3"].shape == (14, 1)
    assert contents["annot2"][3, 0].shape == (30, 56)
    assert contents["univ_annot3"][13, 0].shape == (30, 84)
    depth = contents["univ_annot3"][0, 0].reshape(30, 28, 3)[..., 2]
    assert ((depth > 2000) & (depth < 7000)).all()  # millimetres


def test_files_say_what_they_were_made_from(h36m_files):
    terms = json.loads(contents_of(h36m_files[0])["imitation"])
    assert terms["licence"] == "generated by rtpca, no terms"


def test_the_tool_writes_files_or_says_what_is_wrong(tmp_path):
    write_dataset(tmp_path / "own.h5", synthetic_recordings(frames=10))
    tool = Path(__file__).parents[3] / "tools" / "make_dataset_files.py"

    def run(mocap):
        words = [sys.executable, tool, "humaneva", mocap, "-o", tmp_path / "out", "--frames", "8"]
        return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)

    done = run(tmp_path / "own.h5")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr
    assert (tmp_path / "out" / "data_3d_humaneva15.npz").is_file()
    failed = run(tmp_path / "none.h5")
    assert failed.returncode == 2
    assert "none.h5: no such file" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_motion_comes_from_prepared_files_with_the_lifted_skeleton(tmp_path):
    write_dataset(tmp_path / "own.h5", synthetic_recordings(frames=10))
    assert MotionLibrary.from_file(tmp_path / "own.h5").clip("x", "train", 3, 50.0).shape == (3, 17, 3)
    with pytest.raises(InputError, match="there are none"):
        MotionLibrary([])
