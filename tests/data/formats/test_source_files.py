"""Where raw files come from: folders, zips and single files look alike, damage is named."""

from __future__ import annotations

import os
import zipfile

import pytest

from rtpca.data.formats import source_files
from rtpca.data.formats.source_files import SourceFiles, decode_text
from rtpca.errors import InputError

FILES = {"acted/001.bvh": b"one", "acted/deep/002.BVH": b"two", "LICENSE.txt": b"free"}
HIDDEN = {"__MACOSX/acted/._001.bvh": b"x", "acted/.DS_Store": b"x"}


@pytest.fixture(params=["folder", "zip"])
def source(request, tmp_path) -> SourceFiles:
    if request.param == "zip":
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
            archive.mkdir("acted")
            for name, content in {**FILES, **HIDDEN}.items():
                archive.writestr(name, content)
        return SourceFiles(tmp_path / "pack.zip")
    for name, content in {**FILES, **HIDDEN}.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_bytes(content)
    return SourceFiles(tmp_path / "pack")


def test_folder_and_zip_show_the_same_files_without_hidden_ones(source):
    with source:
        assert source.members == ("LICENSE.txt", "acted/001.bvh", "acted/deep/002.BVH")
        assert source.with_suffix(".bvh") == ("acted/001.bvh", "acted/deep/002.BVH")
        assert source.read_bytes("acted/001.bvh") == b"one"
        assert source.parts("acted/001.bvh") == ("pack", "acted", "001.bvh")
        assert source.key("acted/001.bvh") == f"{source.path.name}:acted/001.bvh"
        assert str(source.path) in source.label("acted/001.bvh")
        assert not source.is_single_file


def test_a_single_file_is_known_by_its_folder(tmp_path):
    (tmp_path / "salsa").mkdir()
    (tmp_path / "salsa" / "01.bvh").write_bytes(b"one")
    source = SourceFiles(tmp_path / "salsa" / "01.bvh")
    assert source.is_single_file
    assert source.members == ("01.bvh",)
    assert source.parts("01.bvh") == ("salsa", "01.bvh")
    assert source.read_text("01.bvh") == "one"


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(InputError, match="none.zip: no such file or folder"):
        SourceFiles(tmp_path / "none.zip")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_zip_is_refused(tmp_path, part):
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.bvh", b"content" * 100)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(InputError, match="pack.zip: not a whole zip file .*get it again"):
        SourceFiles(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_inside_a_zip_is_named_by_member(tmp_path, method):
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("good.bvh", b"fine")
        archive.writestr("bad.bvh", bytes(range(256)) * 10)
    content = bytearray(path.read_bytes())
    place = content.index(b"bad.bvh") + 40
    content[place : place + 20] = bytes(20)
    path.write_bytes(bytes(content))
    with SourceFiles(path) as source:
        assert source.read_bytes("good.bvh") == b"fine"
        with pytest.raises(InputError, match="pack.zip:bad.bvh: cannot be read"):
            source.read_bytes("bad.bvh")


def test_a_member_that_unpacks_to_too_much_is_not_read(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "pack.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bvh", bytes(100_000))
    monkeypatch.setattr(source_files, "MAX_TEXT_BYTES", 1000)
    with (
        SourceFiles(tmp_path / "pack.zip") as source,
        pytest.raises(InputError, match="unpacks to 100,000 bytes"),
    ):
        source.read_bytes("bomb.bvh")


def test_devices_and_pipes_are_no_sources(tmp_path):
    (tmp_path / "endless.bvh").symlink_to("/dev/zero")
    with SourceFiles(tmp_path / "endless.bvh") as source, pytest.raises(InputError, match="a device, not"):
        source.read_bytes("endless.bvh")
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(InputError, match=r"pipe.zip: a pipe, not a file"):
        SourceFiles(tmp_path / "pipe.zip")


def test_text_of_any_encoding_is_decoded():
    assert decode_text("\ufeffHüfte".encode()) == "Hüfte"
    assert decode_text("Hüfte".encode("latin-1")) == "Hüfte"
