"""Joint positions in `.npz`: read back, and hostile or damaged files refused without unpickling."""

from __future__ import annotations

import pickle
import zipfile

import numpy as np
import pytest

from rtpca.data.formats.joint_positions import read_joint_positions
from rtpca.errors import InputError


class Bomb:
    """Raises when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the file was unpickled",))


def arrays() -> dict[str, np.ndarray]:
    return {
        "positions": np.arange(5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3),
        "offsets": np.array([0, 2, 5]),
        "names": np.array(["walking/one", "walking/two"]),
        "actions": np.array(["walking", "walking"]),
        "joint_names": np.array(["Hips", "Head"]),
        "fps": np.array(120),
        "performer": np.array(["16", ""]),
    }


def test_takes_are_read_back(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays())
    takes = read_joint_positions(tmp_path / "a.npz")
    np.testing.assert_array_equal(takes.positions, arrays()["positions"])
    assert takes.offsets == (0, 2, 5)
    assert takes.names == ("walking/one", "walking/two")
    assert takes.performers == ("16", "")
    assert takes.fps == 120.0


def test_performers_may_be_left_out(tmp_path):
    np.savez(tmp_path / "a.npz", **{k: v for k, v in arrays().items() if k != "performer"})
    assert read_joint_positions(tmp_path / "a.npz").performers == ("", "")


@pytest.mark.parametrize("name", list(arrays()))
def test_object_arrays_are_refused_without_being_unpickled(tmp_path, name):
    np.savez(tmp_path / "a.npz", **{**arrays(), name: np.array([Bomb()], dtype=object)})
    with pytest.raises(InputError, match=f"a.npz, array '{name}': holds pickled"):
        read_joint_positions(tmp_path / "a.npz")


def test_a_bare_pickle_is_refused_without_being_unpickled(tmp_path):
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="a.npz: not an .npz archive, or truncated"):
        read_joint_positions(tmp_path / "a.npz")


def test_an_array_with_a_forged_shape_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays())
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["positions.npy"] = members["positions.npy"].replace(b"(5, 2, 3)", b"(99999999999999, 2, 3)")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="a.npz, array 'positions': damaged or truncated"):
        read_joint_positions(tmp_path / "a.npz")


def test_a_truncated_file_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays())
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[:-100])
    with pytest.raises(InputError, match="a.npz: not an .npz archive, or truncated"):
        read_joint_positions(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": np.zeros((5, 3, 3), np.float32)}, r"shape \(5, 3, 3\).*needed is \(N, J=2, 3\)"),
        ({"positions": np.zeros((5, 2, 3), np.int64)}, "needed is .* float"),
        ({"positions": np.full((5, 2, 3), np.inf, np.float32)}, "row 0 of 'positions' is not finite"),
        ({"offsets": np.array([0, 5])}, "needed are 3 whole numbers for 2 takes"),
        ({"offsets": np.array([0.0, 2.0, 5.0])}, "needed are 3 whole numbers"),
        ({"offsets": np.array([0, 2, 4])}, "must rise from 0 to the 5 rows"),
        ({"offsets": np.array([0, 5, 5])}, "must rise from 0 to the 5 rows"),
        ({"offsets": np.array([0, 7, 5])}, "must rise from 0 to the 5 rows"),
        ({"names": np.array(["one", "one"])}, "'names' holds a name twice"),
        ({"actions": np.array(["walking"])}, "2 names, 1 actions"),
        ({"names": np.array([1, 2])}, "'names' has type int64"),
        ({"fps": np.array([1, 2])}, "'fps' must be one number"),
        ({"fps": np.array(0)}, "'fps' must be one number above zero"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, changes, message):
    np.savez(tmp_path / "a.npz", **{**arrays(), **changes})
    with pytest.raises(InputError, match=f"a.npz: {message}" if message.startswith("'") else message):
        read_joint_positions(tmp_path / "a.npz")


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", positions=np.zeros((1, 2, 3)))
    with pytest.raises(InputError, match="has no array 'offsets'; needed are positions, offsets, names"):
        read_joint_positions(tmp_path / "a.npz")
