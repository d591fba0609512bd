"""MPI-INF-3DHP's files: both forms give the same recordings, in metres, with the frames that count."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest
import torch
from archive_changes import changed, contents_of
from scipy.io import loadmat, savemat

from rtpca.data.datasets.mpi_inf_3dhp import CAMERAS
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.prepare import prepare as prepare_dataset
from rtpca.data.store import open_dataset
from rtpca.errors import InputError
from rtpca.skeletons import get_skeleton


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.h5"


def prepare(files, output, **options):
    return prepare_dataset("mpi-inf-3dhp", files, output, PrepareOptions(**options))


def test_recordings_are_the_files_content_in_metres(mpi_files, output):
    prepare(mpi_files, output)
    train, test = (contents_of(path)["data"] for path in mpi_files)
    with open_dataset(output) as dataset:
        assert dataset.skeleton.name == "mpi_inf_3dhp17"
        assert dataset.splits() == {"train": 32, "test": 2}
        for recording in dataset.iterate():
            if recording.split == "test":
                entry = test[recording.name]
                np.testing.assert_array_equal(recording.valid, entry["valid"] == 1)
            else:
                sequence, camera = recording.name.replace("/", " ").split(" camera ")
                entry = train[sequence][0][camera]
                assert recording.valid is None
            (camera,) = recording.cameras
            world = torch.from_numpy(recording.positions3d).double()
            in_camera = camera.world_to_camera(world).numpy()
            np.testing.assert_allclose(in_camera * 1000, entry["data_3d"], rtol=0, atol=1e-3)
            (view,) = recording.keypoints2d.values()
            np.testing.assert_array_equal(view, entry["data_2d"].astype(np.float32))
            counted = slice(None) if recording.valid is None else recording.valid
            projected = camera.project(camera.world_to_camera(world)).numpy()
            np.testing.assert_allclose(projected[counted], view[counted], rtol=0, atol=2e-3)


def test_both_forms_of_the_dataset_are_the_same(mpi_files, mpi_folder, tmp_path):
    prepare(mpi_files, tmp_path / "npz.h5")
    prepare([mpi_folder], tmp_path / "mat.h5")
    with open_dataset(tmp_path / "npz.h5") as npz, open_dataset(tmp_path / "mat.h5") as mat:
        assert set(npz.names()) == set(mat.names())
        for name in npz.names():
            one, two = npz.read(name), mat.read(name)
            assert npz.info(name) == mat.info(name)
            np.testing.assert_array_equal(one.positions3d, two.positions3d)
            (view, other) = (next(iter(r.keypoints2d.values())) for r in (one, two))
            np.testing.assert_array_equal(view, other)
            np.testing.assert_array_equal(one.valid, two.valid)
            torch.testing.assert_close(one.cameras[0].intrinsics.focal_px, two.cameras[0].intrinsics.focal_px)


def test_sequences_are_described_as_the_protocol_needs(mpi_files, output):
    report = prepare(mpi_files, output, val_subjects=("S2",))
    with open_dataset(output) as dataset:
        info = dataset.info("S1/Seq2 camera 4")
        assert (info.subject, info.action, info.fps, info.split) == ("S1", "Seq2", 50, "train")
        assert dataset.info("S1/Seq1 camera 0").fps == 25
        assert dataset.info("S2/Seq1 camera 0").split == "val"
        info = dataset.info("TS5")
        assert (info.subject, info.action, info.split, info.source) == ("TS5", "TS5", "test", "mpi-inf-3dhp")
        cameras = {name.split()[-1] for name in dataset.names("train")}
        assert cameras == set(map(str, CAMERAS))
        sizes = {
            name: dataset.read(name).cameras[0].intrinsics.image_size.tolist()
            for name in dataset.names("test")
        }
        assert sizes == {"TS1": [2048, 2048], "TS5": [1920, 1080]}
        assert dataset.read("S1/Seq1 camera 0").cameras[0].intrinsics.image_size.tolist() == [2048, 2048]
        assert abs(float(dataset.read("TS5").cameras[0].intrinsics.focal_px[0]) - 1683.98) < 0.01
        # The world is level: a person stands upright in it.
        joints = dataset.read("S1/Seq1 camera 0").positions3d
        index = get_skeleton("mpi_inf_3dhp17").index
        assert (joints[:, index("head_top"), 1] > joints[:, index("pelvis"), 1]).all()
    valid = next(note for note in report.notes if note.startswith("TS1"))
    assert valid == "TS1: 3 valid frames, the published sequence has 603"


def test_published_test_sequences_have_the_published_valid_frames(library, tmp_path, output):
    from imitation.mpi_inf_3dhp import write_mpi_inf_3dhp

    files = write_mpi_inf_3dhp(library, tmp_path, frames=None, train=(), test=("TS5", "TS6"))
    report = prepare(files[1:], output)
    with open_dataset(output) as dataset:
        assert [dataset.read(name).valid.sum() for name in ("TS5", "TS6")] == [276, 452]
        assert [dataset.info(name).num_frames for name in ("TS5", "TS6")] == [320, 492]
    assert not any("valid frames" in note for note in report.notes)


def test_terms_are_the_datasets_unless_the_files_are_imitated(mpi_files, mpi_folder, tmp_path, output):
    for files in (mpi_files, [mpi_folder]):
        prepare(files, output)
        with open_dataset(output) as dataset:
            assert dataset.attributions[0].title.startswith("Imitated")
    prepare([changed(mpi_files[1], tmp_path / "real.npz", lambda c: c.pop("imitation"))], output)
    with open_dataset(output) as dataset:
        assert "non-commercial" in dataset.attributions[0].licence


def test_frames_that_do_not_count_may_hold_no_numbers(mpi_files, tmp_path, output):
    def spoil(contents):
        entry = contents["data"]["TS1"]
        entry["data_3d"][entry["valid"] == 0] = np.nan

    path = changed(mpi_files[1], tmp_path / "test.npz", spoil)
    prepare([path], output)
    with open_dataset(output) as dataset:
        recording = dataset.read("TS1")
        assert np.isfinite(recording.positions3d).all()
        assert recording.valid.sum() == 3


@pytest.mark.parametrize(
    ("which", "change", "message"),
    [
        (
            0,
            lambda d: d.update({"S1 Seq1": d["S1 Seq1"][0]}),
            "S1 Seq1: needed are the cameras' data and the",
        ),
        (0, lambda d: d["S1 Seq1"].__setitem__(1, "fast"), "its frame rate is 'fast'"),
        (0, lambda d: d["S1 Seq1"][0]["4"].pop("data_3d"), "camera 4, data_3d: no array of numbers"),
        (0, lambda d: d["S1 Seq1"][0]["4"].update(data_2d=np.zeros((30, 28, 2))), r"shape \(30, 28, 2\)"),
        (
            0,
            lambda d: d["S1 Seq1"][0]["4"].update(data_2d=np.zeros((29, 17, 2))),
            "29 frames in 2D but 30 in 3D",
        ),
        (0, lambda d: d["S1 Seq1"][0].update({"4": 3}), "camera 4: no dictionary by names"),
        (0, lambda d: d["S1 Seq1"][0]["4"].update(data_3d=np.full((30, 17, 3), np.inf)), "not finite"),
        (
            0,
            lambda d: d["S1 Seq1"][0]["4"].update(data_3d=np.ones((30, 17, 3))),
            "of 510 points are in front",
        ),
        (1, lambda d: d["TS1"].pop("valid"), "TS1: has no array 'valid'"),
        (
            1,
            lambda d: d["TS1"].update(valid=np.ones(7)),
            "7 marks of valid frames, 7 of them set, for 30 frames",
        ),
        (1, lambda d: d["TS1"].update(valid=np.zeros(30)), "0 of them set"),
        (1, lambda d: d["TS1"]["data_3d"].__setitem__(slice(None), np.nan), "not finite"),
    ],
)
def test_damaged_archives_are_one_clear_error(mpi_files, tmp_path, output, which, change, message):
    path = changed(mpi_files[which], tmp_path / "changed.npz", lambda c: change(c["data"]))
    with pytest.raises(InputError, match=message):
        prepare([path], output)
    assert not output.exists()


def test_sequences_that_nobody_knows_are_left_out(mpi_files, tmp_path, output):
    path = changed(mpi_files[1], tmp_path / "more.npz", lambda c: c["data"].update({"TS9": c["data"]["TS1"]}))
    report = prepare([path], output)
    assert "more.npz: TS9 left out, it is no sequence of the standard protocol" in report.notes


def test_test_annotations_may_be_matlab_5_files(mpi_folder, tmp_path, output):
    with h5py.File(mpi_folder / "TS1" / "annot_data.mat", "r") as file:
        arrays = {name: file[name][()] for name in ("annot2", "univ_annot3", "valid_frame")}
    (tmp_path / "TS1").mkdir()
    path = tmp_path / "TS1" / "annot_data.mat"
    savemat(path, {name: array.T for name, array in arrays.items()})
    prepare([path], output)
    with open_dataset(output) as dataset:
        view = dataset.read("TS1").keypoints2d["test"]
        np.testing.assert_array_equal(view, arrays["annot2"][:, 0].astype(np.float32))


def mat_copy(source, tmp_path, *folders):
    path = tmp_path.joinpath(*folders, source.name)
    path.parent.mkdir(parents=True)
    return shutil.copy(source, path)


def without(path, name):
    contents = {key: value for key, value in loadmat(path).items() if not key.startswith("_")}
    del contents[name]
    savemat(path, contents)


def test_annotations_outside_of_their_folders_are_refused(mpi_folder, tmp_path, output):
    path = mat_copy(mpi_folder / "S1" / "Seq1" / "annot.mat", tmp_path, "mine", "own")
    with pytest.raises(
        InputError, match="its folders do not say which sequence it is; keep the dataset's own"
    ):
        prepare([path], output)
    path = mat_copy(mpi_folder / "TS1" / "annot_data.mat", tmp_path, "test")
    with pytest.raises(InputError, match="its folders do not say which sequence"):
        prepare([path], output)


def test_annotations_without_their_variables_are_refused(mpi_folder, tmp_path, output):
    path = mat_copy(mpi_folder / "S1" / "Seq1" / "annot.mat", tmp_path, "S1", "Seq1")
    without(path, "univ_annot3")
    with pytest.raises(InputError, match="holds other variables; needed is an annot.mat or annot_data.mat"):
        prepare([path], output)
    with pytest.raises(InputError, match="no files of MPI-INF-3DHP found; needed are data_train_3dhp.npz"):
        prepare([tmp_path], output)


@pytest.mark.parametrize("folders", [("S1", "Seq1"), ("TS1",)])
def test_damaged_annotations_are_refused_or_harmless(mpi_folder, tmp_path, output, rng, folders):
    (source,) = mpi_folder.joinpath(*folders).iterdir()
    path = mat_copy(source, tmp_path / "in", *folders)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="damaged or no MATLAB file|holds other variables|has no "):
        prepare([path], output)
    for position in rng.integers(0, len(content), size=40):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        try:
            prepare([path], output)
        except InputError as error:
            shown = str(error)
        else:
            shown = ""
            output.unlink()
        assert "\n" not in shown
        assert not output.exists()


def test_links_out_of_a_test_annotation_are_not_followed(mpi_folder, tmp_path, output):
    path = mat_copy(mpi_folder / "TS1" / "annot_data.mat", tmp_path, "TS1")
    with h5py.File(path, "r+") as file:
        del file["annot2"]
        file["annot2"] = h5py.ExternalLink(mpi_folder / "TS5" / "annot_data.mat", "annot2")
    with pytest.raises(InputError, match="'annot2' is no array of this file"):
        prepare([path], output)


def test_huge_arrays_of_a_test_annotation_are_refused_unread(mpi_folder, tmp_path, output):
    path = mat_copy(mpi_folder / "TS1" / "annot_data.mat", tmp_path, "TS1")
    with h5py.File(path, "r+") as file:
        del file["annot2"]
        file.create_dataset("annot2", shape=(10**9, 1, 17, 2), dtype="f8", chunks=(1, 1, 17, 2))
    with pytest.raises(InputError, match=r"'annot2' is float64 of shape \(1000000000, 1, 17, 2\)"):
        prepare([path], output)
