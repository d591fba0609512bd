from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rtpca.errors import InputError
from rtpca.files import write_lines, written_together, written_whole
from rtpca.files.writing import LockedFolder


def test_the_file_appears_when_the_block_ends(tmp_path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with written_whole(target) as scratch:
        assert scratch.parent.parent == tmp_path
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


@pytest.mark.parametrize("name", [f"a{LONGEST}", "ä" * 300 + ".txt", "a." + "b" * 254])
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


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full: free some space and try again; nothing is left half-written"),
        (errno.EDQUOT, "no space is left of what you may use"),
        (errno.EFBIG, "the file would be larger than the system allows"),
        (errno.EIO, "the disk does not answer"),
    ],
)
def test_what_the_disk_refuses_is_one_line_and_leaves_what_was_there(tmp_path, number, said) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_halfway() -> None:
        with written_whole(target) as scratch:
            scratch.write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(InputError, match=f"cannot write in {tmp_path}: {said}"):
        fail_halfway()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_errors_of_other_files_are_left_to_their_readers(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "a.txt"):
        (tmp_path / "absent.txt").read_text()


HANGS_WHILE_WRITING = """
import sys, time
from rtpca.files import written_whole
with written_whole(sys.argv[1]) as scratch:
    scratch.write_text("half")
    print(flush=True)
    time.sleep(600)
"""


def hanging_writer(target: Path) -> subprocess.Popen[bytes]:
    """A process that is in the middle of writing."""
    words = [sys.executable, "-c", HANGS_WHILE_WRITING, str(target)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_what_a_killed_process_left_goes_with_the_next_writing_and_what_others_write_stays(tmp_path) -> None:
    killed, running = hanging_writer(tmp_path / "killed.txt"), hanging_writer(tmp_path / "running.txt")
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(os.listdir(tmp_path)) == 2
        write_lines(tmp_path / "mine.txt", [])
        left = sorted(path.name for path in tmp_path.rglob("*"))
        assert left == [left[0], "mine.txt", "running.txt"]
    finally:
        running.kill()
        running.wait()


def test_a_locked_folder_is_of_its_user_where_that_is_asked_for(tmp_path) -> None:
    folder = LockedFolder(tmp_path, "rtpca-app-*", mode=0o700)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    again = LockedFolder(tmp_path, "rtpca-app-*", mode=0o700)
    assert sorted(tmp_path.iterdir()) == sorted([folder.path, again.path])
    for each in (folder, again):
        each.remove()
    assert list(tmp_path.iterdir()) == []
