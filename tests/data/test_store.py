"""The prepared file: round trips, appending, whole-or-nothing writing, damage noticed."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.attribution import Attribution
from rtpca.data.recording import Recording
from rtpca.data.store import DatasetWriter, open_dataset, write_dataset
from rtpca.errors import InputError
from rtpca.geometry import Camera, Intrinsics
from rtpca.geometry.lens import from_videopose3d
from rtpca.skeletons import get_skeleton

TERMS = Attribution(
    "studio", "Studio takes", "CC0", acknowledgement="Thanks", licence_text="No rights\nreserved"
)


def recording(name: str = "a/b:c.bvh@3-9", frames: int = 5, joints: int = 17, **changes) -> Recording:
    values = np.random.default_rng(len(name) + frames).normal(size=(frames, joints, 3)).astype(np.float32)
    found = Recording(name, values, 59.94, "person 1", "walking", "train", "studio", "CC0")
    return replace(found, **changes)


def leftovers(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_round_trip_keeps_every_bit_and_word(tmp_path):
    path = tmp_path / "data.h5"
    given_recordings = [recording(), recording("ünï", 1, split="test", action=""), recording("long", 9000)]
    write_dataset(path, given_recordings, [TERMS])
    with open_dataset(path) as dataset:
        assert dataset.names() == ("a/b:c.bvh@3-9", "ünï", "long")
        assert dataset.names("test") == ("ünï",)
        assert dataset.splits() == {"train": 2, "test": 1}
        assert dataset.skeleton == get_skeleton("h36m17")
        assert dataset.attributions == (TERMS,)
        assert len(dataset) == 3
        for wanted, found in zip(given_recordings, dataset.iterate(), strict=True):
            np.testing.assert_array_equal(found.positions3d, wanted.positions3d)
            assert found.positions3d.dtype == np.float32
            assert replace(found, positions3d=wanted.positions3d) is not None
            for field in (
                "name",
                "fps",
                "subject",
                "action",
                "split",
                "source",
                "licence",
                "keypoints2d",
                "cameras",
                "valid",
            ):
                assert getattr(found, field) == getattr(wanted, field)
            info = dataset.info(wanted.name)
            assert (info.num_frames, info.split) == (wanted.num_frames, wanted.split)
            assert info.duration_s == pytest.approx(wanted.num_frames / 59.94)
    assert leftovers(tmp_path) == ["data.h5"]


def test_cameras_and_own_keypoints_come_back(tmp_path, rng):
    def camera(distortion: bool) -> Camera:
        lens = Intrinsics(
            focal_px=torch.tensor([1145.0, 1143.8], dtype=torch.float64),
            principal_px=torch.tensor([512.5, 515.4], dtype=torch.float64),
            image_size=torch.tensor([1000.0, 1002.0], dtype=torch.float64),
            distortion=torch.from_numpy(rng.normal(size=5)) if distortion else None,
        )
        return Camera(lens, torch.from_numpy(rng.normal(size=(3, 3))), torch.from_numpy(rng.normal(size=3)))

    cameras = (camera(True), camera(False))
    keypoints = {"60457274": rng.normal(size=(5, 15, 3)).astype(np.float32)}
    wanted = recording(
        joints=15, cameras=cameras, camera_names=("54138969", "60457274"), keypoints2d=keypoints
    )
    write_dataset(tmp_path / "data.h5", [wanted], skeleton="humaneva15")
    with open_dataset(tmp_path / "data.h5") as dataset:
        assert dataset.skeleton.name == "humaneva15"
        found = dataset.read(wanted.name)
    assert found.camera_names == wanted.camera_names
    assert found.keypoints2d is not None
    assert found.cameras is not None
    assert list(found.keypoints2d) == ["60457274"]
    np.testing.assert_array_equal(found.keypoints2d["60457274"], keypoints["60457274"])
    for one, other in zip(found.cameras, cameras, strict=True):
        assert torch.equal(one.R_cam_from_world, other.R_cam_from_world)
        assert torch.equal(one.center_world, other.center_world)
        for name in ("focal_px", "principal_px", "image_size"):
            assert torch.equal(getattr(one.intrinsics, name), getattr(other.intrinsics, name))
        assert (one.intrinsics.distortion is None) == (other.intrinsics.distortion is None)
    assert torch.equal(found.cameras[0].intrinsics.distortion, cameras[0].intrinsics.distortion)
    with h5py.File(tmp_path / "data.h5") as file:
        stored = file["sequences/000000/cameras/54138969"]
        assert sorted(stored) == sorted(
            ("R_cam_from_world", "center_world", "focal_px", "principal_px", "size_wh", "distortion")
        )


def test_lenses_of_older_files_mean_what_they_meant(tmp_path):
    """Version 1: k1, k2, k3, p1, p2 by VideoPose3D's formula; what is appended says its own order."""
    lens = Intrinsics(
        *(torch.tensor([1.0, 1.0]).double(),) * 3, torch.tensor([0.1, 0.2, 0.02, 0.03]).double()
    )
    camera = Camera(lens, torch.eye(3).double(), torch.zeros(3).double())
    path = tmp_path / "data.h5"
    write_dataset(path, [recording("old", cameras=(camera,), camera_names=("a",))])
    with h5py.File(path, "r+") as file:
        del file["sequences/000000/cameras/a/distortion"]
        file["sequences/000000/cameras/a/distortion"] = np.array([0.1, 0.2, 0.3, 0.02, 0.03])
        file.attrs["format_version"] = 1
    new = replace(lens, fisheye=True)
    write_dataset(
        path,
        [recording("new", cameras=(replace(camera, intrinsics=new),), camera_names=("a",))],
        append=True,
    )
    with h5py.File(path) as file:
        assert file.attrs["format_version"] == 2
    with open_dataset(path) as dataset:
        old_lens = dataset.read("old").cameras[0].intrinsics
        new_lens = dataset.read("new").cameras[0].intrinsics
    expected = from_videopose3d(torch.tensor([0.1, 0.2, 0.3]).double(), torch.tensor([0.02, 0.03]).double())
    torch.testing.assert_close(old_lens.distortion, expected)
    assert not old_lens.fisheye
    assert torch.equal(new_lens.distortion, lens.distortion)
    assert new_lens.fisheye


def test_frames_that_do_not_count_come_back(tmp_path):
    valid = np.array([True, False, False, True, True])
    write_dataset(tmp_path / "data.h5", [recording(valid=valid)])
    with open_dataset(tmp_path / "data.h5") as dataset:
        found = dataset.read(dataset.names()[0]).valid
    np.testing.assert_array_equal(found, valid, strict=True)


def test_appending_keeps_what_was_there_and_newer_terms_win(tmp_path):
    path = tmp_path / "data.h5"
    write_dataset(path, [recording("one")], [TERMS, Attribution("other", "Other", "MIT")])
    write_dataset(path, [recording("two")], [replace(TERMS, licence="CC-BY")], append=True)
    with open_dataset(path) as dataset:
        assert dataset.names() == ("one", "two")
        assert {a.source: a.licence for a in dataset.attributions} == {"studio": "CC-BY", "other": "MIT"}
        np.testing.assert_array_equal(dataset.read("one").positions3d, recording("one").positions3d)
    write_dataset(path, [recording("three")], [TERMS])
    with open_dataset(path) as dataset:
        assert dataset.names() == ("three",)


def test_appending_to_nothing_makes_the_file(tmp_path):
    write_dataset(tmp_path / "data.h5", [recording()], append=True)
    with open_dataset(tmp_path / "data.h5") as dataset:
        assert len(dataset) == 1


@pytest.mark.parametrize("append", [True, False])
@pytest.mark.parametrize("error", [ValueError("broken source"), KeyboardInterrupt(), SystemExit(143)])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path, append, error):
    path = tmp_path / "data.h5"
    write_dataset(path, [recording("one")])
    before = path.read_bytes()

    def interrupted():
        yield recording("two")
        raise error

    with pytest.raises(type(error)):
        write_dataset(path, interrupted(), append=append)
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == ["data.h5"]


def test_a_name_given_twice_is_refused_also_when_appending(tmp_path):
    path = tmp_path / "data.h5"
    with pytest.raises(InputError, match="already holds a sequence 'one'; was the same source given twice"):
        write_dataset(path, [recording("one"), recording("one")])
    assert leftovers(tmp_path) == []
    write_dataset(path, [recording("one")])
    with pytest.raises(InputError, match="already holds a sequence 'one'"):
        write_dataset(path, [recording("one")], append=True)


def test_another_skeleton_cannot_be_appended(tmp_path):
    write_dataset(tmp_path / "data.h5", [recording()])
    with pytest.raises(InputError, match="holds h36m17, cannot take humaneva15"):
        write_dataset(tmp_path / "data.h5", [recording("b", joints=15)], skeleton="humaneva15", append=True)


BAD = [
    ({"positions3d": np.zeros((4, 15, 3), np.float32)}, r"shape \(4, 15, 3\), needed is \(F, J=17, 3\)"),
    ({"positions3d": np.zeros((0, 17, 3), np.float32)}, "F >= 1"),
    ({"positions3d": np.full((4, 17, 3), np.nan, np.float32)}, "not finite"),
    ({"valid": np.ones(3, bool)}, r"valid is bool of shape \(3,\), needed is bool \(F=5,\)"),
    ({"valid": np.ones(4)}, "valid is float64"),
    ({"fps": 0.0}, "frame rate is 0.0"),
    ({"fps": float("nan")}, "frame rate is nan"),
    ({"camera_names": ("a", "a")}, "must differ"),
    ({"camera_names": ("a/b",)}, "no '/'"),
    ({"cameras": (), "camera_names": ("a",)}, "0 cameras but 1 camera names"),
    ({"keypoints2d": {"a": np.zeros((5, 17, 2), np.float32)}}, "keypoints2d of 'a', but the cameras are"),
    (
        {"keypoints2d": {"a": np.zeros((4, 17, 2), np.float32)}, "camera_names": ("a",)},
        r"\(F=5, J=17, 2 or 3\)",
    ),
]


@pytest.mark.parametrize(("changes", "message"), BAD)
def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        write_dataset(tmp_path / "data.h5", [recording(**changes)])
    assert leftovers(tmp_path) == []


def test_foreign_files_are_neither_read_nor_overwritten(tmp_path):
    text, foreign = tmp_path / "notes.h5", tmp_path / "foreign.h5"
    text.write_text("my notes")
    with h5py.File(foreign, "w") as file:
        file["data"] = np.arange(3)
    with pytest.raises(InputError, match="notes.h5: no HDF5 file, or damaged or cut short"):
        open_dataset(text)
    with pytest.raises(InputError, match="foreign.h5: an HDF5 file, but not made by"):
        open_dataset(foreign)
    with pytest.raises(InputError, match="none.h5: no such file; make one with"):
        open_dataset(tmp_path / "none.h5")
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(InputError, match="is not touched; delete it or choose another output"):
            write_dataset(path, [recording()])
        assert path.read_bytes() == before
    with pytest.raises(InputError, match="it is a folder"):
        write_dataset(tmp_path, [recording()])
    with pytest.raises(InputError, match="no folder"):
        write_dataset(tmp_path / "none" / "data.h5", [recording()])


def test_an_empty_file_made_in_advance_may_be_written(tmp_path):
    (tmp_path / "data.h5").touch()
    write_dataset(tmp_path / "data.h5", [recording()])
    with open_dataset(tmp_path / "data.h5") as dataset:
        assert len(dataset) == 1


def test_a_file_of_a_newer_version_asks_for_an_update(tmp_path):
    path = tmp_path / "data.h5"
    write_dataset(path, [recording()])
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 99
    with pytest.raises(InputError, match="format version 99, this rtpca reads up to 2; update"):
        open_dataset(path)


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "data.h5"
    write_dataset(path, [recording("one", 200), recording("two", 3)], [TERMS])
    return path.read_bytes()


@given(st.floats(0, 0.999))
def test_a_truncated_file_is_refused(tmp_path_factory, whole_file, part):
    path = tmp_path_factory.mktemp("cut") / "data.h5"
    path.write_bytes(whole_file[: int(part * len(whole_file))])
    with pytest.raises(InputError, match=r"data.h5: no HDF5 file, or damaged or cut short"):
        open_dataset(path)


def test_a_flipped_bit_in_the_positions_is_noticed(tmp_path, whole_file):
    needle = recording("one", 200).positions3d[100].tobytes()
    place = whole_file.index(needle)
    damaged = bytearray(whole_file)
    damaged[place] ^= 1
    path = tmp_path / "data.h5"
    path.write_bytes(bytes(damaged))
    with open_dataset(path) as dataset:
        assert dataset.read("two").num_frames == 3
        with pytest.raises(InputError, match="data.h5: sequence 'one' is damaged .*prepare the data again"):
            dataset.read("one")


@given(st.integers(0, 10**9), st.integers(1, 255))
def test_any_damaged_byte_is_refused_or_harmless_but_never_crashes(
    tmp_path_factory, whole_file, place, change
):
    damaged = bytearray(whole_file)
    damaged[place % len(damaged)] ^= change
    path = tmp_path_factory.mktemp("byte") / "data.h5"
    path.write_bytes(bytes(damaged))
    try:
        with open_dataset(path) as dataset:
            for name in dataset.names():
                assert np.isfinite(dataset.read(name).positions3d).all()
    except InputError as error:
        assert "data.h5" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.__delitem__("attributions"),
        lambda file: file.__delitem__("sequences"),
        lambda file: file["sequences/000000"].__delitem__("positions3d"),
        lambda file: file["sequences/000000"].attrs.__delitem__("fps"),
        lambda file: file["sequences/000000"].attrs.__setitem__("fps", "fast"),
        lambda file: file["sequences/000000"].attrs.__setitem__("fps", -1.0),
        lambda file: file.attrs.__delitem__("skeleton"),
        lambda file: file.attrs.__setitem__("joint_names", "[]"),
        lambda file: file.attrs.__setitem__("skeleton", "octopus"),
    ],
)
def test_a_file_that_lacks_parts_is_refused(tmp_path, whole_file, damage):
    path = tmp_path / "data.h5"
    path.write_bytes(whole_file)
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(InputError, match="data.h5: .*(is damaged|prepare the data again)"):
        open_dataset(path)


def test_an_unknown_sequence_is_named(tmp_path, whole_file):
    path = tmp_path / "data.h5"
    path.write_bytes(whole_file)
    with (
        open_dataset(path) as dataset,
        pytest.raises(InputError, match="has no sequence 'three'.*the 2 that it has"),
    ):
        dataset.read("three")


def test_a_writer_outside_of_its_block_is_a_bug(tmp_path):
    with pytest.raises(RuntimeError, match="needs the `with` block"):
        DatasetWriter(tmp_path / "data.h5").add(recording())
