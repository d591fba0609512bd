from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.errors import InputError
from rtpca.files.npz import npz_names, read_npy, read_npz


def test_plain_arrays_of_an_archive_equal_numpys(tmp_path: Path):
    path = tmp_path / "plain.npz"
    np.savez(
        path,
        a=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        name="coco17",
        empty=np.zeros((0, 3), np.int16),
    )
    arrays = read_npz(path, ["a", "name", "empty"])
    np.testing.assert_array_equal(arrays["a"], [[0, 1, 2], [3, 4, 5]])
    assert str(arrays["name"]) == "coco17"
    assert arrays["empty"].shape == (0, 3)


@given(cut=st.integers(0, 2000))
def test_truncated_archives_are_one_clear_line(tmp_path_factory, cut):
    buffer = io.BytesIO()
    np.savez(buffer, positions_2d=np.array({"S1": np.zeros((4, 17, 2))}, dtype=object), x=np.zeros(9))
    data = buffer.getvalue()
    path = tmp_path_factory.getbasetemp() / "cut.npz"
    path.write_bytes(data[: cut % len(data)])
    with pytest.raises(InputError, match="cut.npz"):
        read_npz(path, ["positions_2d", "x"])


def test_a_missing_file_says_so(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_npz(tmp_path / "absent.npz", ["x"])


def test_npy_shorter_than_its_header_says(tmp_path: Path):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.zeros(100))
    with pytest.raises(InputError, match="of 800 bytes"):
        read_npy(io.BytesIO(buffer.getvalue()[:-8]), "short.npy")


def test_object_arrays_are_refused_unread_where_unwanted(tmp_path: Path):
    path = tmp_path / "objects.npz"
    np.savez(path, keypoints=np.array({"a": 1}, dtype=object), fps=30)
    assert npz_names(path) == ["keypoints", "fps"]
    with pytest.raises(InputError, match="'keypoints': holds pickled Python objects"):
        read_npz(path, ["keypoints"], objects=False)
