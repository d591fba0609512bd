"""Archives of public data sets: recognised by content, refused when damaged, foreign or hostile."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import struct
import zipfile

import numpy as np
import pytest
from archive_changes import RunsOnLoad, changed, contents_of, save
from numpy.lib import format as npy_format

from rtpca.data.datasets.h36m import ATTRIBUTION
from rtpca.data.datasets.prepare import prepare
from rtpca.data.formats import archives
from rtpca.data.formats.archives import find_archives, imitation_terms, read_archive
from rtpca.data.store import open_dataset
from rtpca.errors import InputError


def test_files_are_told_apart_by_what_they_hold(h36m_files, humaneva_files, mpi_files, tmp_path):
    for index, path in enumerate([*h36m_files, *humaneva_files, *mpi_files]):
        shutil.copy(path, tmp_path / f"{index}.npz")
    np.savez(tmp_path / "other.npz", data=np.arange(3), joints=np.zeros(4))
    (tmp_path / "notes.txt").write_text("mine")
    found = {
        dataset: [(archive.path.name, archive.array) for archive in find_archives([tmp_path], dataset)]
        for dataset in ("h36m", "humaneva", "mpi-inf-3dhp")
    }
    assert found == {
        "h36m": [("0.npz", "positions_3d"), ("1.npz", "positions_2d"), ("2.npz", "positions_2d")],
        "humaneva": [("3.npz", "positions_3d"), ("4.npz", "positions_2d")],
        "mpi-inf-3dhp": [("5.npz", "data"), ("6.npz", "data")],
    }


def test_a_file_given_twice_counts_once(h36m_files):
    assert len(find_archives([h36m_files[0], h36m_files[0], h36m_files[0].parent], "h36m")) == 3


def test_a_named_file_of_another_dataset_says_which_verb_reads_it(humaneva_files, mpi_files):
    with pytest.raises(InputError, match="holds HumanEva-I; prepare it with `rtpca prepare humaneva`"):
        find_archives([humaneva_files[0]], "h36m")
    with pytest.raises(InputError, match="holds MPI-INF-3DHP; prepare it with `rtpca prepare mpi-inf-3dhp`"):
        find_archives([mpi_files[0]], "h36m")


def test_named_files_of_no_dataset_are_refused(tmp_path):
    np.savez(tmp_path / "plain.npz", poses=np.zeros(3))
    (tmp_path / "text.csv").write_text("1,2,3")
    with pytest.raises(
        InputError, match=r"plain.npz: an archive of other data \(its arrays: poses\); needed"
    ):
        find_archives([tmp_path / "plain.npz"], "h36m")
    with pytest.raises(InputError, match="text.csv: not an .npz archive"):
        find_archives([tmp_path / "text.csv"], "h36m")
    with pytest.raises(InputError, match="none.npz: no such file or folder"):
        find_archives([tmp_path / "none.npz"], "h36m")


@pytest.mark.parametrize("keep", [0, 3, 200, -30, -200])
def test_truncated_files_are_one_clear_error(h36m_files, tmp_path, keep):
    path = tmp_path / "data_3d_h36m.npz"
    path.write_bytes(h36m_files[0].read_bytes()[:keep])
    with pytest.raises(InputError, match="data_3d_h36m.npz: not an .npz archive, or truncated"):
        prepare("h36m", [path], tmp_path / "out.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data_3d_h36m.npz"]


def test_a_flipped_byte_anywhere_is_noticed_or_harmless(h36m_files, tmp_path, rng):
    content = h36m_files[0].read_bytes()
    path, output = tmp_path / "data_3d_h36m.npz", tmp_path / "out.h5"
    refused = 0
    for position in rng.integers(0, len(content), size=25):
        damaged = bytearray(content)
        damaged[position] ^= 0x41
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            prepare("h36m", [path], output)
        refused += not output.exists()
        output.unlink(missing_ok=True)
    assert refused >= 24


def hostile_archive(path, trap, key):
    return save(path, {"positions_3d": {key: {"Walking": RunsOnLoad(os.mkdir, str(trap))}}})


@pytest.mark.parametrize("key", ["S1", "unheard of"])
@pytest.mark.parametrize("by_folder", [False, True])
def test_hostile_files_are_refused_and_nothing_of_them_is_run(tmp_path, key, by_folder):
    folder, trap, output = tmp_path / "in", tmp_path / "trap", tmp_path / "out.h5"
    folder.mkdir()
    path = hostile_archive(folder / "data_3d_h36m.npz", trap, key)
    with pytest.raises(InputError, match="only numpy arrays and plain containers are read, and nothing"):
        prepare("h36m", [folder if by_folder else path], output)
    assert not trap.exists()
    assert not output.exists()
    assert np.load(path, allow_pickle=True)["positions_3d"] is not None
    assert trap.exists(), "the file would have run something"


def test_hostile_metadata_of_a_2d_file_are_refused(h36m_files, tmp_path):
    trap = tmp_path / "trap"
    path = changed(
        h36m_files[1], tmp_path / "2d.npz", lambda c: c["metadata"].update(x=RunsOnLoad(os.mkdir, str(trap)))
    )
    with pytest.raises(InputError, match="nothing of the file was run"):
        prepare("h36m", [h36m_files[0], path], tmp_path / "out.h5")
    assert not trap.exists()


def test_archives_that_unpack_to_more_than_memory_are_refused_unread(h36m_files, tmp_path, monkeypatch):
    path = shutil.copy(h36m_files[0], tmp_path / "bomb.npz")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as opened:
        size = next(info.file_size for info in opened.infolist() if info.filename == "positions_3d.npy")
    directory = content.rindex(struct.pack("<L", size))
    content[directory : directory + 4] = struct.pack("<L", 0xFFFF0000)
    path.write_bytes(content)
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1 << 31)
    with pytest.raises(InputError, match="unpack to 4,294,902,516 bytes, and files of its kind"):
        read_archive(archives.Archive(path, "positions_3d"))


def test_files_of_old_numpy_are_recognised_and_read(h36m_files, tmp_path):
    """They hold pickles of protocol 2, in which arrays are text."""
    path = tmp_path / "data_3d_h36m.npz"
    positions = np.array(contents_of(h36m_files[0])["positions_3d"], dtype=object)
    with zipfile.ZipFile(path, "w") as archive, archive.open("positions_3d.npy", "w") as member:
        npy_format.write_array_header_1_0(member, npy_format.header_data_from_array_1_0(positions))
        pickle.dump(positions, member, protocol=2)
    assert find_archives([path], "h36m")
    with pytest.raises(InputError, match="holds Human3.6M"):
        find_archives([path], "humaneva")
    prepare("h36m", [path], tmp_path / "old.h5")
    prepare("h36m", [h36m_files[0]], tmp_path / "new.h5")
    with open_dataset(tmp_path / "old.h5") as old, open_dataset(tmp_path / "new.h5") as new:
        for name in new.names():
            np.testing.assert_array_equal(old.read(name).positions3d, new.read(name).positions3d)


@pytest.mark.parametrize("content", [[1, 2], {1: {}}, "text", None])
def test_archives_without_a_dictionary_are_refused(tmp_path, content):
    path = save(tmp_path / "x.npz", {"positions_3d": content})
    with pytest.raises(InputError, match="'positions_3d' is no dictionary by names"):
        prepare("h36m", [path], tmp_path / "out.h5")


def test_imitated_files_carry_the_terms_of_their_motion():
    terms = imitation_terms('{"title": "Imitation", "licence": "CC0"}', ATTRIBUTION)
    assert (terms.source, terms.title, terms.licence) == ("h36m", "Imitation", "CC0")
    assert imitation_terms(None, ATTRIBUTION) is ATTRIBUTION
    for damaged in ("{", "[]", "{}"):
        with pytest.raises(InputError, match="note 'imitation' of the imitated files is damaged"):
            imitation_terms(damaged, ATTRIBUTION)
