"""Clients that stop in the middle, and disks that are full or gone: the server says so and goes on."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from rtpca.app import JobQueue, Outcome
from rtpca.errors import InputError

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'rtpca[app]'")
from rtpca.app import patience


def copy(path, options, progress) -> Outcome:
    (options.folder / "copy.npz").write_bytes(path.read_bytes())
    return Outcome({"copy.npz": "the upload"})


@contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        yield connection


def headers(server, length: int) -> bytes:
    lines = [
        "POST /jobs?name=a.npz HTTP/1.1",
        f"host: 127.0.0.1:{server.port}",
        f"x-rtpca-token: {server.token}",
        f"content-length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def send_slowly(connection: socket.socket, pieces: list[bytes]) -> None:
    for piece in pieces:
        time.sleep(0.05)
        connection.sendall(piece)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: 1\r\n"])
def test_headers_that_do_not_end_are_not_waited_for(serving, monkeypatch, sent):
    monkeypatch.setattr(patience, "HEADERS_S", 0.3)
    with serving(copy) as server:
        with connected(server) as connection:
            connection.sendall(sent)
            assert answer(connection) == b""
        assert server.ask("GET", "/")[0] == 200


def test_the_headers_of_a_second_request_are_not_waited_for_either(serving, monkeypatch):
    monkeypatch.setattr(patience, "HEADERS_S", 0.3)
    with serving(copy) as server, connected(server) as connection:
        whole = f"GET / HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        connection.sendall(whole)
        time.sleep(0.2)
        connection.sendall(whole[:20])
        assert answer(connection).count(b"HTTP/1.1 200") == 1


def test_headers_that_come_slowly_are_not_waited_for(serving, monkeypatch):
    """Each piece comes in time; all together they do not."""
    monkeypatch.setattr(patience, "HEADERS_S", 0.5)
    with serving(copy) as server, connected(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            send_slowly(connection, [f"x-{number}: 1\r\n".encode() for number in range(100)])


def test_an_upload_that_stalls_ends_and_leaves_its_place_to_others(serving, monkeypatch):
    monkeypatch.setattr(patience, "_STALLED_S", 0.3)
    with serving(copy, max_waiting=0) as server:
        with connected(server) as connection:
            connection.sendall(headers(server, 1000) + b"half")
            said = answer(connection)
            assert b"408" in said.split(b"\r\n")[0]
            assert b"the upload of a.npz has stalled (nothing came for 0 s): try again" in said
        assert list(server.jobs.folder.iterdir()) == []
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        assert server.wait(number)["state"] == "done"


def test_an_upload_by_the_drop_ends(serving, monkeypatch):
    monkeypatch.setattr(patience, "_START_S", 0.2)
    with serving(copy) as server, connected(server) as connection:
        connection.sendall(headers(server, 1000))
        with pytest.raises(ConnectionError):
            send_slowly(connection, [b"x"] * 200)
        assert server.ask("GET", "/")[0] == 200


def test_more_headers_than_any_browser_sends_are_refused(serving):
    with serving(copy) as server:
        status, _, said = server.ask("GET", "/", **{f"x_{number}": "1" for number in range(120)})
        assert (status, said["error"]) == (431, "more headers than any browser sends")
        assert server.ask("GET", "/", x_long="1" * 40_000)[0] == 431


def test_two_uploads_at_once_do_not_mix(serving):
    with serving(copy) as server:
        with connected(server) as first, connected(server) as second:
            for connection, letter in ((first, b"a"), (second, b"b")):
                connection.sendall(headers(server, 2000) + letter * 1000)
            for connection, letter in ((second, b"b"), (first, b"a")):
                connection.sendall(letter * 1000)
                assert connection.recv(20).startswith(b"HTTP/1.1 201")
        jobs = list(server.jobs._jobs.values())
        contents = set()
        for job in jobs:
            server.wait(job.id)
            contents.add(server.ask("GET", f"/jobs/{job.id}/files/copy.npz")[2])
        assert contents == {b"a" * 2000, b"b" * 2000}


# ---- disks


def test_a_folder_that_cannot_take_uploads_is_one_line_and_the_server_goes_on(serving):
    with serving(copy) as server:
        folder = server.jobs.folder
        folder.rmdir()
        folder.write_bytes(b"in the way")
        status, _, said = server.ask("POST", "/jobs?name=a.npz", b"abc")
        assert status == 507
        assert said["error"].startswith(f"the upload cannot be stored in {folder}: Not a directory")
        folder.unlink()
        folder.mkdir()
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        assert server.wait(number)["state"] == "done"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left"), "the disk is full: free some space and try again"),
        (
            OSError(errno.EROFS, "Read-only file system", "/x/poses3d.npz"),
            "poses3d.npz: the disk can only be read",
        ),
        (OSError(errno.EIO, "Input/output error"), "the disk does not answer: see that it is still there"),
        (MemoryError(), "a.npz needs more memory than there is"),
    ],
)
def test_what_the_system_does_to_the_work_is_one_line(serving, caplog, error, said):
    def fail(path, options, progress):
        raise error

    with serving(fail) as server:
        done = server.wait(server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"])
    assert done["state"] == "failed"
    assert done["error"].startswith(said)
    assert caplog.text == ""


def test_work_that_fails_because_its_job_was_removed_says_nothing(serving, caplog):
    began, go = threading.Event(), threading.Event()

    def stubborn(path, options, progress):
        began.set()
        go.wait(30)
        raise ZeroDivisionError

    with serving(stubborn) as server:
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        assert began.wait(30)
        server.ask("DELETE", f"/jobs/{number}")
        go.set()
    assert caplog.text == ""


# ---- what a program that was killed leaves

_KILLED = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from rtpca.app import JobQueue
jobs = JobQueue(None)
jobs.start()
jobs.open("a.mp4", ".mp4", False, (), "auto").upload.write_bytes(bytes(1000))
print("made", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_uploads_of_a_program_that_was_killed_are_removed_and_those_of_a_running_one_are_not(temporary):
    command = [sys.executable, "-c", _KILLED, str(temporary)]
    jobs = JobQueue(copy)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"made\n"
        (theirs,) = temporary.iterdir()
        jobs.start()
        jobs.close()
        assert list(temporary.iterdir()) == [theirs]
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    jobs = JobQueue(copy)
    jobs.start()
    assert list(temporary.iterdir()) == [jobs.folder]
    assert jobs.folder.stat().st_mode & 0o777 == 0o700
    jobs.close()
    assert list(temporary.iterdir()) == []


def test_no_room_for_a_folder_is_one_line(temporary, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "gone"))
    with pytest.raises(InputError, match=r"cannot write in .*gone: No such file"):
        JobQueue(copy).start()
