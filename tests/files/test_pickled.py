from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rtpca.errors import InputError
from rtpca.files.npz import npz_names, read_npz
from rtpca.files.pickled import read_pickle


class RunsOnLoad:
    """Pickles to a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def test_videopose3d_like_archive_round_trips(tmp_path: Path):
    tracks = {"S1": {"Walking 1": [np.arange(12, dtype=np.float32).reshape(1, 6, 2), np.ones((2, 6, 2))]}}
    metadata = {"layout_name": "h36m", "num_joints": 6, "keypoints_symmetry": [[4, 5], [1, 2]]}
    path = tmp_path / "data_2d.npz"
    np.savez_compressed(
        path, positions_2d=np.array(tracks, dtype=object), metadata=np.array(metadata, dtype=object)
    )
    arrays = read_npz(path, npz_names(path))
    assert arrays["metadata"].item() == metadata
    views = arrays["positions_2d"].item()["S1"]["Walking 1"]
    np.testing.assert_array_equal(views[0], tracks["S1"]["Walking 1"][0])
    assert views[0].dtype == np.float32
    assert views[1].shape == (2, 6, 2)


arrays_of_numbers = hnp.arrays(
    dtype=st.sampled_from(["<f4", ">f8", "<i8", "|b1", "<U5", "|S3", "<c8"]),
    shape=hnp.array_shapes(min_side=0, max_dims=3),
)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=9)
    | arrays_of_numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


@given(value=plain, protocol=st.integers(0, 5))
def test_plain_data_round_trip_in_every_protocol(tmp_path_factory, value, protocol):
    path = tmp_path_factory.getbasetemp() / "round_trip.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    np.testing.assert_equal(read_pickle(path), value)


@pytest.mark.parametrize("protocol", range(6))
def test_numpy_scalars_object_arrays_and_ordered_dicts(tmp_path: Path, protocol):
    nested = np.empty((2, 2), dtype=object)
    nested[0, 0], nested[1, 1] = np.arange(3.0), {"deep": np.float32(2.5)}
    value = collections.OrderedDict(
        array=nested, column=np.asfortranarray(np.eye(3)[:2]), big=np.arange(3, dtype=">i4")
    )
    path = tmp_path / "nested.pkl"
    path.write_bytes(pickle.dumps([value, value, {1, 2}, frozenset({"a"}), bytearray(b"xy")], protocol))
    first, second, *rest = read_pickle(path)
    assert first is second
    np.testing.assert_array_equal(first["array"][0, 0], [0, 1, 2])
    assert first["array"][1, 1]["deep"] == np.float32(2.5)
    np.testing.assert_array_equal(first["column"], np.eye(3)[:2])
    np.testing.assert_array_equal(first["big"], [0, 1, 2])
    assert rest == [{1, 2}, frozenset({"a"}), bytearray(b"xy")]


@pytest.mark.parametrize(("old", "new"), [(b"numpy._core", b"numpy.core"), (b"numpy.core", b"numpy._core")])
def test_names_of_both_numpy_generations_are_known(tmp_path: Path, old, new):
    data = pickle.dumps({"a": np.arange(4.0), "s": np.float64(3)}, 2)
    path = tmp_path / "generation.pkl"
    path.write_bytes(data.replace(old, new))
    np.testing.assert_equal(read_pickle(path), {"a": np.arange(4.0), "s": 3.0})


def test_python_2_pickle_with_byte_strings(tmp_path: Path):
    # What Python 2 wrote for numpy.array([1.0, -2.0]) under protocol 2: the raw bytes as a str constant.
    raw = np.array([1.0, -2.0]).tobytes()
    data = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10"
        + raw
        + b"tb."
    )
    path = tmp_path / "old.pkl"
    path.write_bytes(data)
    np.testing.assert_array_equal(read_pickle(path), [1.0, -2.0])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda trap: RunsOnLoad(os.mkdir, str(trap)), "posix.mkdir|os.mkdir|nt.mkdir"),
        (lambda trap: RunsOnLoad(eval, f"__import__('os').mkdir({str(trap)!r})"), "eval"),
        (lambda trap: RunsOnLoad(getattr, "text", "upper"), "getattr"),
        (lambda trap: np.load, "numpy.*load"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_hostile_pickle_is_refused_and_not_run(tmp_path: Path, call, named, protocol):
    trap = tmp_path / "trap"
    hostile = call(trap)
    path = tmp_path / "hostile.npz"
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    try:
        content = pickle.dumps({"positions_2d": hostile}, protocol)
    except TypeError:
        pytest.skip("this call cannot be pickled in the old protocol")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("positions_2d.npy", buffer.getvalue() + content)
    with pytest.raises(InputError, match=named) as caught:
        read_npz(path, npz_names(path))
    assert not trap.exists()
    assert "nothing of the file was run" in str(caught.value)
    assert "\n" not in str(caught.value)


def forged_object_array(dtype_flags: int, content: bytes) -> bytes:
    """An array of objects whose content is raw bytes: numpy's own reader would take them for addresses."""
    return (
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01K\x01\x85"
        b"cnumpy\ndtype\nX\x02\x00\x00\x00O8K\x00K\x01\x87R(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK"
        + bytes([dtype_flags])
        + b"tb\x89C"
        + bytes([len(content)])
        + content
        + b"tb."
    )


def test_forged_object_addresses_are_refused(tmp_path: Path):
    path = tmp_path / "forged.pkl"
    path.write_bytes(forged_object_array(0, b"\x41" * 8))
    with pytest.raises(InputError, match="does not fit its shape"):
        read_pickle(path)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.",  # bytearray(2147483647)
        b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R(K\x01tb.",
        b"\x80\x02cnumpy\ndtype\n.",  # a bare function
        b"\x80\x02c__builtin__\nset\n}X\x01\x00\x00\x00aK\x01sb.",  # set an attribute of a function
        b"\x80\x04\x95",
        b"",
        b"not a pickle at all",
    ],
)
def test_forged_and_damaged_streams_are_one_clear_line(tmp_path: Path, stream):
    path = tmp_path / "forged.pkl"
    path.write_bytes(stream)
    with pytest.raises(InputError, match="forged.pkl") as caught:
        read_pickle(path)
    assert "\n" not in str(caught.value)


def test_structured_dtypes_are_refused(tmp_path: Path):
    path = tmp_path / "structured.pkl"
    path.write_bytes(pickle.dumps(np.zeros(2, dtype=[("x", "f4"), ("y", "f4")])))
    with pytest.raises(InputError, match="array of type|structured"):
        read_pickle(path)


def test_a_missing_file_says_so(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_pickle(tmp_path / "absent.pkl")
