from __future__ import annotations

import os

import pytest

from rtpca.errors import InputError
from rtpca.files import write_lines, written_together, written_whole


def test_the_file_appears_when_the_block_ends(tmp_path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with written_whole(target) as scratch:
        assert scratch.parent == tmp_path
        assert scratch.suffix == ".txt"
        scratch.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_every_line_is_ended(tmp_path) -> None:
    target = tmp_path / "a.txt"
    assert write_lines(target, (text for text in ("0.5°", "", "b"))) == target
    assert target.read_bytes() == "0.5°\n\nb\n".encode()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_halfway() -> None:
        with written_whole(target) as scratch:
            scratch.write_text("half")
            raise error

    with pytest.raises(error):
        fail_halfway()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_others_may_read_the_file_as_any_other(tmp_path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with written_whole(tmp_path / "a") as scratch:
        scratch.touch()
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode


def test_a_missing_folder_or_a_folder_as_name_is_said(tmp_path) -> None:
    with (
        pytest.raises(InputError, match="there is no folder .*nowhere; make it first"),
        written_whole(tmp_path / "nowhere" / "a"),
    ):
        pass
    with pytest.raises(InputError, match="it is a folder"), written_whole(tmp_path):
        pass


LONGEST = "a" * 251 + ".txt"  # 255 characters: what the usual file systems take


def test_every_name_that_the_file_system_takes_can_be_written(tmp_path) -> None:
    with written_whole(tmp_path / LONGEST) as scratch:
        scratch.write_text("whole")
    with written_together() as scratch_of, written_whole(scratch_of(tmp_path / f"b{LONGEST[1:]}")) as scratch:
        scratch.write_text("together")
    assert sorted(os.listdir(tmp_path)) == [LONGEST, f"b{LONGEST[1:]}"]


@pytest.mark.parametrize("name", [f"a{LONGEST}", "ä" * 300 + ".txt", "a." + "b" * 250])
def test_a_name_that_is_too_long_is_said_and_leaves_nothing(tmp_path, name) -> None:
    said = (
        r"cannot write \S{,40}\.\.\.\S{,40}: the name is longer than the file system allows; give a shorter"
    )
    with pytest.raises(InputError, match=said), written_whole(tmp_path / name):
        pass
    assert os.listdir(tmp_path) == []


def test_of_several_files_a_name_that_is_too_long_is_said_at_once(tmp_path) -> None:
    with written_together() as scratch, pytest.raises(InputError, match="the name is longer"):
        scratch(tmp_path / f"a{LONGEST}")
    assert os.listdir(tmp_path) == []


def test_a_path_that_is_too_long_is_said(tmp_path) -> None:
    with pytest.raises(InputError, match="the name is longer"), written_whole(tmp_path / ("a/" * 3000 + "b")):
        pass
