from __future__ import annotations

import os

import pytest

from rtpca.errors import InputError
from rtpca.files import write_lines, written_whole


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
