from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtpca.errors import InputError, ShapeError
from rtpca.inference import LiftResult
from rtpca.skeletons import get_skeleton


@pytest.fixture
def result(rng) -> LiftResult:
    return LiftResult(
        poses3d=rng.normal(size=(6, 17, 3)).astype(np.float32),
        root=rng.normal(size=(6, 3)).astype(np.float32),
        confidence=rng.uniform(size=(6, 17)).astype(np.float32),
        keypoints2d=np.where(rng.uniform(size=(6, 17, 1)) < 0.2, np.nan, 100)
        .repeat(2, axis=2)
        .astype(np.float32),
        valid=np.array([True, False] * 3),
        image_size=(1920, 1080),
        fps=29.97,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
        notes=("not in the file",),
    )


def test_the_file_holds_exactly_what_is_documented(result, tmp_path: Path):
    path = result.save(tmp_path / "out.npz")
    with np.load(path, allow_pickle=False) as file:
        content = dict(file)
    assert {key: (value.dtype.kind, value.shape) for key, value in content.items()} == {
        "poses3d": ("f", (6, 17, 3)),
        "root": ("f", (6, 3)),
        "confidence": ("f", (6, 17)),
        "keypoints2d": ("f", (6, 17, 2)),
        "valid": ("b", (6,)),
        "image_size": ("i", (2,)),
        "fps": ("f", ()),
        "skeleton": ("U", ()),
        "joint_names": ("U", (17,)),
        "stature_m": ("f", ()),
        "stature_known": ("b", ()),
    }
    assert content["poses3d"].dtype == np.float32
    assert content["image_size"].tolist() == [1920, 1080]
    assert float(content["fps"]) == 29.97
    assert content["joint_names"][0] == "pelvis"


def test_load_gives_back_what_save_wrote(result, tmp_path: Path):
    loaded = LiftResult.load(result.save(tmp_path / "out.npz"))
    for name in ("poses3d", "root", "confidence", "keypoints2d", "valid"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(result, name))
    assert (loaded.image_size, loaded.fps, loaded.skeleton) == ((1920, 1080), 29.97, "h36m17")
    assert loaded.joint_names == result.joint_names
    assert loaded.notes == ()


def test_another_ending_is_kept(result, tmp_path: Path):
    result.save(tmp_path / "out.poses")
    assert [path.name for path in tmp_path.iterdir()] == ["out.poses"]


def test_a_failing_disk_leaves_the_old_file_and_nothing_half_written(result, tmp_path: Path, monkeypatch):
    path = tmp_path / "out.npz"
    path.write_bytes(b"before")

    def full_disk(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(InputError, match="No space left on device"):
        result.save(path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said(result, tmp_path: Path):
    with pytest.raises(InputError, match="make it first"):
        result.save(tmp_path / "nowhere" / "out.npz")


def test_foreign_and_inconsistent_files_are_refused(result, tmp_path: Path):
    np.savez(tmp_path / "foreign.npz", keypoints=np.zeros(3))
    with pytest.raises(InputError, match="not a lifting result, it has no poses3d"):
        LiftResult.load(tmp_path / "foreign.npz")
    path = result.save(tmp_path / "out.npz")
    content = dict(np.load(path)) | {"root": np.zeros((5, 3))}
    np.savez(path, **content)
    with pytest.raises(ShapeError, match=r"root has shape \(5, 3\)"):
        LiftResult.load(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="truncated"):
        LiftResult.load(path)


def test_radii_are_kept_in_the_file_and_found_for_any_share(result, tmp_path: Path):
    with pytest.raises(InputError, match="the poses have no uncertainty"):
        result.radius()
    uncertainty = np.full((6, 17), 0.08, np.float32)
    sure = replace(result, uncertainty=uncertainty, uncertainty_steepness=np.full(17, 2.0, np.float32))
    loaded = LiftResult.load(sure.save(tmp_path / "out.npz"))
    np.testing.assert_array_equal(loaded.radius(), uncertainty)
    # Odds of 9 at 90 % and of 1 at 50 %: the radius falls by their ratio to the power 1 / steepness.
    np.testing.assert_allclose(loaded.radius(0.5), uncertainty / 3, rtol=1e-6)
    with pytest.raises(InputError, match="level=90: give a share between 0 and 1"):
        loaded.radius(90)
    with np.load(tmp_path / "out.npz") as file:
        content = {key: file[key] for key in file if key != "uncertainty_steepness"}
    np.savez(tmp_path / "half.npz", **content)
    with pytest.raises(InputError, match="it has no uncertainty_steepness"):
        LiftResult.load(tmp_path / "half.npz")
