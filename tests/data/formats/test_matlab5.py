"""MATLAB 5 files: what scipy writes is read back, and nothing hostile gets further than one error."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from scipy.io import savemat

from rtpca.data.formats import matlab5
from rtpca.data.formats.matlab5 import read_variables, variable_names
from rtpca.errors import InputError

ARRAYS = {
    "doubles": np.arange(24.0).reshape(2, 3, 1, 4),
    "singles": np.float32([[1.5, -2.5]]),
    "one": np.array([[7]], dtype=np.uint8),
    "many": np.arange(-300, 300, dtype=np.int16)[:, None],
    "none": np.zeros((0, 3)),
}


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_cells_and_text_are_read_back(tmp_path, compressed, rng):
    cells = np.empty((3, 1), dtype=object)
    cells[:, 0] = [rng.normal(size=(4, 6)), rng.normal(size=(1, 2)).astype(np.float32), np.zeros((0, 0))]
    path = tmp_path / "x.mat"
    more = {"cells": cells, "text": "plain words", "a_structure": {"field": 1.0}}
    savemat(path, {**ARRAYS, **more}, do_compression=compressed)
    assert variable_names(path) == [*ARRAYS, "cells", "text", "a_structure"]
    values = read_variables(path, (*ARRAYS, "cells", "text", "absent"))
    assert set(values) == {*ARRAYS, "cells", "text"}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(values[name], array)
    assert values["text"] == "plain words"
    for given, wanted in zip(values["cells"], cells.ravel(), strict=True):
        np.testing.assert_array_equal(given, wanted)
    with pytest.raises(InputError, match="a_structure is no array of real numbers"):
        read_variables(path, ("a_structure",))


def element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def cell(content: bytes, name: bytes = b"", shape=(1, 1)) -> bytes:
    flags, dims = element(6, struct.pack("<II", 1, 0)), element(5, struct.pack("<ii", *shape))
    return element(14, flags + dims + element(1, name) + content)


def written(path, *variables: bytes):
    header = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack("<H", 0x0100) + b"IM"
    path.write_bytes(header + b"".join(variables))
    return path


def test_lists_in_lists_are_refused_however_deep(tmp_path):
    content = element(14, b"")
    for _ in range(2000):
        content = cell(content)
    path = written(tmp_path / "x.mat", cell(content, b"deep"))
    assert variable_names(path) == ["deep"]
    with pytest.raises(InputError, match="a member of a list is no array of real numbers"):
        read_variables(path, ("deep",))


def test_sizes_are_checked_before_anything_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(matlab5, "MAX_VARIABLE_BYTES", 1 << 20)
    bomb = zlib.compress(cell(bytes(1 << 22), b"bomb"))
    path = written(tmp_path / "x.mat", struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(InputError, match="a variable of more than"):
        read_variables(path, ("bomb",))
    path = written(tmp_path / "y.mat", cell(b"", b"many", shape=(1 << 30, 1 << 30)))
    with pytest.raises(InputError, match="an array of shape"):
        read_variables(path, ("many",))


@pytest.mark.parametrize("content", [b"", b"no file of MATLAB", bytes(500)])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "x.mat"
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged or no MATLAB 5 file"):
        variable_names(path)


def test_damage_is_an_error_or_harmless(tmp_path, rng):
    path = tmp_path / "x.mat"
    savemat(path, ARRAYS)
    content = path.read_bytes()
    for position in rng.integers(124, len(content), size=300):
        damaged = bytearray(content)
        damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_variables(path, tuple(ARRAYS))
        except InputError as error:
            shown = str(error)
            assert "\n" not in shown  # noqa: PT017
    for length in rng.integers(128, len(content), size=30):
        path.write_bytes(content[:length])
        try:
            found = read_variables(path, tuple(ARRAYS))
        except InputError:
            continue
        assert len(found) < len(ARRAYS)
