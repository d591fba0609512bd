"""Small files that ask for endless work or memory: refused in one line, before any of it is spent."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from rtpca.errors import ConfigError, InputError
from rtpca.files.hdf5 import MAX_ARRAY_BYTES, array_in, attributes_of, group_in
from rtpca.files.npz import read_npy_file, read_npz
from rtpca.files.pickled import read_pickle
from rtpca.files.yaml_text import read_yaml

NESTED = b"(K\x01K\x02" + b"2\x86" * 80
"""On the stack: a tuple of a pair twice, which is of a pair twice, and so on: its hash takes years."""
SET, DICT = b"cbuiltins\nset\n", b"cbuiltins\ndict\n"


def memo_beyond(index: int) -> bytes:
    return b"\x80\x02]r" + struct.pack("<I", index) + b"."


PICKLES = {
    "a set whose member takes years to hash": b"\x80\x02" + SET + b"](" + NESTED[1:] + b"e\x85R.",
    "a set in a newer stream": b"\x80\x04\x8f" + NESTED + b"\x90.",
    "a frozen set": b"\x80\x04" + NESTED + b"\x91.",
    "a key of a dictionary": b"\x80\x02}" + NESTED[1:] + b"K\x01s.",
    "a key among others": b"\x80\x02}" + NESTED + b"K\x01u.",
    "a dictionary of pairs": b"\x80\x02" + DICT + b"](" + NESTED[1:] + b"K\x01\x86e\x85R.",
    "keys that share their hash": pickle.dumps({(k + 1) * (2**61 - 1): 0 for k in range(9)}, 2),
    "bytes of any length": b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "an array of any length": b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R(K\x01tb.",
    "a frame longer than the stream": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
    "a text longer than the stream": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"N.",
    "bytes longer than the stream": b"\x80\x05\x96" + struct.pack("<Q", 1 << 62) + b"N.",
    "a number longer than the stream": b"\x80\x02\x8b" + struct.pack("<I", (1 << 31) - 1) + b"N.",
    "the same content many times": (
        b"\x80\x04B"
        + struct.pack("<I", 1 << 16)
        + bytes(1 << 16)
        + b"q\x00"
        + b"cbuiltins\nbytearray\nh\x00\x85R0" * 2000
        + b"N."
    ),
    "lists in lists": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
    "tuples in tuples": b"\x80\x02N" + b"\x85" * 200_000 + b".",
}


@pytest.mark.parametrize("what", PICKLES)
def test_pickles_that_ask_for_too_much_are_refused(tmp_path: Path, what: str, within) -> None:
    path = tmp_path / "bomb.pkl"
    path.write_bytes(PICKLES[what])
    with within(seconds=5, megabytes=200), pytest.raises(InputError, match="bomb.pkl") as caught:
        read_pickle(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("index", [1 << 20, (1 << 31) - 1, (1 << 32) - 1])
def test_a_place_far_beyond_the_table_takes_no_memory(tmp_path: Path, index: int, within) -> None:
    path = tmp_path / "sparse.pkl"
    path.write_bytes(memo_beyond(index))
    with within(seconds=5, megabytes=50):
        assert read_pickle(path) == []


def test_usual_names_are_still_names(tmp_path: Path) -> None:
    path = tmp_path / "names.pkl"
    value = {
        "a": 1,
        b"b": 2,
        ("S1", 3): 3,
        None: 4,
        2.5: 5,
        np.int64(7): 6,
        1 << 59: 7,
        "set": {1, "x", (1, 2)},
    }
    for protocol in range(6):
        path.write_bytes(pickle.dumps(value, protocol))
        assert read_pickle(path) == value


def member(shape: tuple[int, ...], content: bytes, descr: str = "<f4") -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": descr, "fortran_order": False, "shape": shape})
    return header.getvalue() + content


def archive(path: Path, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("shape", "content", "descr"),
    [
        ((1 << 40,), b"", "<f4"),
        ((1 << 20, 1 << 20, 1 << 20, 1 << 20), b"", "<f4"),
        ((1 << 62, 4), bytes(64), "<f8"),
        ((1 << 30, 0), b"", "<U0"),
        ((1 << 40,), b"", "<U0"),
        ((1,), bytes(64), f"<U{1 << 29}"),
        ((100,), bytes(64), "<f8"),
    ],
)
def test_arrays_smaller_than_they_say_are_refused(tmp_path, shape, content, descr, within) -> None:
    bare, packed = tmp_path / "claims.npy", tmp_path / "claims.npz"
    bare.write_bytes(member(shape, content, descr))
    archive(packed, "keypoints.npy", member(shape, content, descr))
    with within(seconds=5, megabytes=300):
        for read in (lambda: read_npy_file(bare), lambda: read_npz(packed, ["keypoints"])):
            if 0 in shape:
                read()
            else:
                with pytest.raises(InputError, match="claims"):
                    read()


def test_an_archive_that_unpacks_to_far_more_is_refused_before_it_is(tmp_path: Path, within) -> None:
    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("keypoints.npy", "w", force_zip64=True) as array,
    ):
        array.write(member((300 << 18,), b""))
        for _ in range(300):
            array.write(bytes(1 << 20))
    with within(seconds=5, megabytes=50), pytest.raises(InputError, match="times their size in the file"):
        read_npz(path, ["keypoints"])


def test_an_archive_whose_table_lies_about_sizes_gives_no_more_than_it_says(tmp_path: Path, within) -> None:
    path = archive(tmp_path / "lies.npz", "keypoints.npy", member((1 << 22,), bytes(1 << 24)))
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 1000)
    path.write_bytes(content)
    with within(seconds=5, megabytes=50), pytest.raises(InputError, match="lies.npz"):
        read_npz(path, ["keypoints"])


def external(file: h5py.File, folder: Path) -> None:
    other = folder / "other.h5"
    with h5py.File(other, "w") as written:
        written["x"] = np.zeros(4, np.float32)
    file["x"] = h5py.ExternalLink(str(other), "/x")


def soft(file: h5py.File, folder: Path) -> None:
    file["y"] = np.zeros(4, np.float32)
    file["x"] = h5py.SoftLink("/y")


def to_itself(file: h5py.File, folder: Path) -> None:
    file["x"] = h5py.SoftLink("/x")


def raw_storage(file: h5py.File, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(16))
    file.create_dataset("x", (4,), "f4", external=[(str(folder / "secret"), 0, 16)])


def virtual(file: h5py.File, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as written:
        written["x"] = np.zeros(4, np.float32)
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (4,))
    file.create_virtual_dataset("x", layout)


def unwritten(file: h5py.File, folder: Path) -> None:
    file.create_dataset("x", (1 << 32,), "f4", chunks=(1 << 20,))


def packed(file: h5py.File, folder: Path) -> None:
    x = file.create_dataset("x", (1 << 27,), "f4", chunks=(1 << 22,), compression="gzip")
    x[: 1 << 22] = 0


def too_large(file: h5py.File, folder: Path) -> None:
    file.create_dataset("x", (MAX_ARRAY_BYTES // 4 + 1,), "f4", chunks=(1 << 20,), compression="gzip")


def huge_pieces(file: h5py.File, folder: Path) -> None:
    file.create_dataset("x", (4,), "f4", maxshape=(None,), chunks=(1 << 28,), compression="gzip")


def texts_of_any_length(file: h5py.File, folder: Path) -> None:
    file["x"] = np.array(["a", "b"], dtype=h5py.string_dtype())


def references(file: h5py.File, folder: Path) -> None:
    file["y"] = np.zeros(3)
    file["x"] = np.array([file["y"].ref], dtype=h5py.ref_dtype)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (external, "leads to another place or file"),
        (soft, "leads to another place or file"),
        (to_itself, "leads to another place or file|has no x"),
        (raw_storage, "other places or files"),
        (virtual, "other places or files"),
        (unwritten, "claims 17,179,869,184 bytes, and 0 are stored"),
        (packed, "claims 536,870,912 bytes"),
        (too_large, "claims"),
        (huge_pieces, "stored in pieces of"),
        (texts_of_any_length, "is of type"),
        (references, "is of type"),
    ],
)
def test_arrays_that_are_not_in_their_file_are_refused(tmp_path: Path, write, message: str, within) -> None:
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w") as file:
        write(file, tmp_path)
    with (
        within(seconds=5, megabytes=100),
        h5py.File(path) as file,
        pytest.raises((ValueError, KeyError), match=message),
    ):
        array_in(file, "x")


def test_groups_and_attributes_of_strangers(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other.create_group("inside")
    with h5py.File(tmp_path / "hostile.h5", "w") as file:
        file["away"] = h5py.ExternalLink("other.h5", "/inside")
        file["x"] = np.zeros(2)
        file.create_group("large")
        for name in ("away", "x"):
            with pytest.raises(ValueError, match="leads to another place|is no group"):
                group_in(file, name)
        for name in ("..", ".", "", "large/..", "/"):
            with pytest.raises((ValueError, KeyError), match="no name|has no"):
                group_in(file, name)
    with h5py.File(tmp_path / "attributes.h5", "w", libver="latest", track_order=True) as file:
        file.attrs["long"] = np.zeros(1 << 18)
        with pytest.raises(ValueError, match="attribute long of / has the shape"):
            attributes_of(file)
    with h5py.File(tmp_path / "heap.h5", "w") as file:
        file.attrs["text"] = "of any length"
        with pytest.raises(ValueError, match="attribute text of / has no fixed length"):
            attributes_of(file)
        assert attributes_of(file, any_length=True) == {"text": "of any length"}


LAUGHS = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"b{one}: &{one} [{','.join([f'*{other}'] * 8)}]\n"
    for other, one in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 2020-01-01", None),
        (
            "a: !!python/object/apply:os.system [ls]",
            "a value of the kind tag:yaml.org,2002:python/object/apply",
        ),
        ("a: !!timestamp 2020-01-01", "a value of the kind tag:yaml.org,2002:timestamp"),
        ("a: !!binary aGk=", "a value of the kind tag:yaml.org,2002:binary"),
        ("a: !!set {x, y}", "a value of the kind"),
        ("a: !mine 3", "a value of the kind !mine"),
        ("[" * 40 + "]" * 40, "more than 32 levels"),
        ("- " * 40 + "x", "more than 32 levels"),
        ("[" * 100_000, "more than 32 levels"),
        ("a: &a [*a]", "a value within itself"),
        ("a: &a {b: *a}", "a value within itself"),
        (LAUGHS, "more than 10,000 values"),
        ("a: {<<: [&m {x: 1}, *m, *m]}\n", None),
        ("a: *nobody", "undefined alias"),
        ("a: " + "9" * 5000, "far too many digits"),
        ("a: 0x" + "f" * 5000, "far too many digits"),
        ("a: 1" + ":59" * 2000, "far too many digits"),
        ("a: 1" + "0" * 63 + "e99999999", "far too many digits"),
        ("a: 1\na: 2", "a twice"),
        ("? [a, b]\n: 1", "unhashable|not YAML"),
        ("a: \x00", "not YAML"),
        ("\tx: 1", "not YAML"),
        ("a: 1\n--- \nb: 2", "not YAML"),
    ],
)
def test_yaml_of_more_than_plain_values_is_refused(
    tmp_path: Path, text: str, message: str | None, within
) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_text(text)
    with within(seconds=5, megabytes=100):
        if message is None:
            assert read_yaml(path)
            return
        with pytest.raises(ConfigError, match=message) as caught:
            read_yaml(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_date_stays_a_text(tmp_path: Path) -> None:
    (tmp_path / "date.yaml").write_text("a: 2020-01-01\nb: 1e-3\nc: 12:30:45\n")
    assert read_yaml(tmp_path / "date.yaml") == {"a": "2020-01-01", "b": 0.001, "c": 45045}
