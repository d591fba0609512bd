"""The routes, their limits, and who may use them."""

from __future__ import annotations

import re
import threading

import pytest

from rtpca.app import Outcome
from rtpca.errors import InputError


def copy(path, options, progress):
    """Work that takes no time: the upload and a viewer come back."""
    (options.folder / "copy.npz").write_bytes(path.read_bytes())
    (options.folder / "viewer.html").write_text("<p>viewer")
    return Outcome({"copy.npz": "the upload", "viewer.html": "the viewer"})


def test_a_file_goes_in_and_files_come_out(serving) -> None:
    with serving(copy) as server:
        status, _, job = server.ask("POST", "/jobs?name=walk.npz", b"abc")
        assert (status, job["state"]) == (201, "waiting")
        done = server.wait(job["id"])
        assert done["files"] == {"copy.npz": "the upload", "viewer.html": "the viewer"}
        status, headers, content = server.ask("GET", f"/jobs/{job['id']}/files/copy.npz")
        assert (status, content) == (200, b"abc")
        assert headers["content-disposition"] == 'attachment; filename="walk-copy.npz"'
        status, headers, content = server.ask("GET", f"/jobs/{job['id']}/files/viewer.html")
        assert (content, headers.get_content_type()) == (b"<p>viewer", "text/html")
        assert headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")


def test_a_file_that_goes_while_it_is_fetched_is_not_found(serving, caplog) -> None:
    """As where a job is removed, or the page ends, between the question and the answer."""
    with serving(copy) as server:
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        server.wait(number)
        for path in (server.jobs.folder / number / "files").iterdir():
            path.unlink()
        for name in ("copy.npz", "viewer.html"):
            assert server.ask("GET", f"/jobs/{number}/files/{name}")[0] == 404
    assert caplog.text == ""


def test_a_download_has_the_uploads_name_in_any_letters(serving) -> None:
    with serving(copy) as server:
        number = server.ask("POST", "/jobs?name=tanz%20%C3%BC%22.npz", b"abc")[2]["id"]
        server.wait(number)
        headers = server.ask("GET", f"/jobs/{number}/files/copy.npz")[1]
    assert headers["content-disposition"] == "attachment; filename*=utf-8''tanz%20%C3%BC%22-copy.npz"


def test_the_upload_goes_after_the_work_and_the_files_when_removed(serving) -> None:
    with serving(copy) as server:
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        server.wait(number)
        assert [path.name for path in (server.jobs.folder / number).iterdir()] == ["files"]
        assert server.ask("DELETE", f"/jobs/{number}")[0] == 204
        assert list(server.jobs.folder.iterdir()) == []
        assert server.ask("GET", f"/jobs/{number}")[0] == 404
        assert server.ask("GET", f"/jobs/{number}/files/copy.npz")[0] == 404


def test_options_reach_the_work_and_unknown_formats_do_not(serving) -> None:
    seen = []

    def note(path, options, progress):
        seen.append((path.name, options.name, options.render, options.exports))
        seen.append((options.skeleton, options.image_size, options.fps))
        return Outcome({})

    with serving(note) as server:
        query = "name=..%2f..%2fa%20b.NPZ&render=0&exports=csv,evil,bvh&skeleton=coco17"
        query += "&width=1920&height=1080&fps=29.97"
        server.wait(server.ask("POST", f"/jobs?{query}", b"abc")[2]["id"])
        server.wait(server.ask("POST", "/jobs?name=b.npz&width=&height=&fps=", b"abc")[2]["id"])
        for wrong in ("width=1920", "width=a&height=2", "fps=fast"):
            status, _, answer = server.ask("POST", f"/jobs?name=b.npz&{wrong}", b"abc")
            assert (status, answer["error"].startswith("give the image size as")) == (400, True)
        for wrong in ("178", "tall", "1=1.7,1=1.8"):
            status, _, answer = server.ask("POST", f"/jobs?name=b.npz&stature={wrong}", b"abc")
            assert (status, answer["error"].startswith("the stature on this page is")) == (400, True)
    assert seen[:2] == [("upload.npz", "a b.NPZ", False, ("csv", "bvh")), ("coco17", (1920, 1080), 29.97)]
    assert seen[2:] == [("upload.npz", "b.npz", True, ()), ("auto", None, None)]


def test_a_users_mistake_is_one_line_with_the_files_own_name(serving) -> None:
    def refuse(path, options, progress):
        raise InputError(f"{path}: nobody\n is in view")

    with serving(refuse) as server:
        done = server.wait(server.ask("POST", "/jobs?name=walk.npz", b"abc")[2]["id"])
        assert (done["state"], done["error"]) == ("failed", "walk.npz: nobody is in view")


def test_what_is_to_be_said_beside_the_files_comes_with_them(serving) -> None:
    def note(path, options, progress):
        return Outcome({}, [f"{path}: person 2 is left out"])

    with serving(note) as server:
        done = server.wait(server.ask("POST", "/jobs?name=walk.npz", b"abc")[2]["id"])
        assert (done["state"], done["notes"]) == ("done", ["walk.npz: person 2 is left out"])


def test_a_bug_is_told_in_the_terminal_and_the_next_job_runs(serving, caplog) -> None:
    def stumble(path, options, progress):
        if path.read_bytes() == b"bad":
            raise ZeroDivisionError("secret detail")
        return Outcome({})

    with serving(stumble) as server:
        done = server.wait(server.ask("POST", "/jobs?name=a.npz", b"bad")[2]["id"])
        assert "unexpectedly" in done["error"]
        assert "secret" not in done["error"]
        assert server.wait(server.ask("POST", "/jobs?name=a.npz", b"good")[2]["id"])["state"] == "done"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("big.npz", b"x" * 2000, 413, "big.npz is larger than this page takes .* --max-mb"),
        ("a.exe", b"abc", 415, "a.exe: this kind of file is not known; drop one of .npz, .json"),
        ("", b"abc", 415, "the file: this kind"),
        ("empty.npz", b"", 400, "empty.npz is empty"),
    ],
)
def test_what_is_not_taken_is_said_and_leaves_nothing(serving, name, body, status, message) -> None:
    with serving(copy, max_bytes=1000) as server:
        got, _, answer = server.ask("POST", f"/jobs?name={name}", body)
        assert got == status
        assert re.search(message, answer["error"])
        assert list(server.jobs.folder.iterdir()) == []


def test_a_size_that_is_not_announced_is_counted(serving) -> None:
    with serving(copy, max_bytes=1000) as server:
        body = iter([b"x" * 600, b"x" * 600])  # sent in chunks, without a length
        status, _, answer = server.ask("POST", "/jobs?name=big.npz", body)
        assert status == 413
        assert "larger" in answer["error"]
        assert list(server.jobs.folder.iterdir()) == []


def test_one_works_two_wait_and_more_are_turned_away(serving) -> None:
    go = threading.Event()
    at_work: list[int] = []
    most = []

    def hold(path, options, progress):
        at_work.append(1)
        most.append(len(at_work))
        assert go.wait(30)
        at_work.pop()
        return Outcome({})

    with serving(hold, max_waiting=2) as server:
        numbers = [server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"] for _ in range(3)]
        status, _, answer = server.ask("POST", "/jobs?name=a.npz", b"abc")
        assert (status, answer["error"]) == (429, "3 jobs are at work or waiting; try again when one is done")
        go.set()
        assert [server.wait(number)["state"] for number in numbers] == ["done"] * 3
        assert server.ask("POST", "/jobs?name=a.npz", b"abc")[0] == 201
    assert set(most) == {1}


def test_a_job_that_is_removed_at_work_ends_at_its_next_step(serving) -> None:
    began, ended = threading.Event(), threading.Event()

    def long(path, options, progress):
        (options.folder / "half").write_bytes(b"half")
        try:
            for step in range(100_000):
                progress(step, 100_000, "working")
                began.set()
        finally:
            ended.set()
        return Outcome({})

    with serving(long) as server:
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        assert began.wait(10)
        server.ask("DELETE", f"/jobs/{number}")
        assert ended.wait(10)


def test_old_jobs_make_room(serving) -> None:
    with serving(copy, max_kept=2) as server:
        numbers = []
        for _ in range(4):
            numbers.append(server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"])
            server.wait(numbers[-1])
        states = [server.ask("GET", f"/jobs/{number}")[0] for number in numbers]
        assert states == [404, 200, 200, 200]  # room is made when the next one comes


# ---- who may use it


def test_only_names_that_the_work_gave_are_served(serving, tmp_path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    with serving(copy) as server:
        number = server.ask("POST", "/jobs?name=a.npz", b"abc")[2]["id"]
        server.wait(number)
        (server.jobs.folder / number / "files" / "other.txt").write_text("not of the work")
        for name in (
            "other.txt",
            "..%2f..%2f..%2f..%2fsecret.txt",
            "%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.txt",
            "%2fetc%2fpasswd",
            "",
        ):
            assert server.ask("GET", f"/jobs/{number}/files/{name}")[0] == 404, name
        for path in ("/assets/..%2fserver.py", "/assets/index.html", "/etc/passwd"):
            assert server.ask("GET", path)[0] == 404, path


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1]", ""])
def test_a_foreign_name_for_this_computer_is_refused(serving, host) -> None:
    with serving(copy) as server:
        for method, path in (("GET", "/"), ("POST", "/jobs?name=a.npz")):
            status, _, answer = server.ask(method, path, b"", host=host or "x")
            assert status == 403
            assert "127.0.0.1 and localhost only" in answer["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x_rtpca_token": ""},
        {"x_rtpca_token": "guessed"},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8888"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_page_may_not_send(serving, headers) -> None:
    with serving(copy) as server:
        status, _, answer = server.ask("POST", "/jobs?name=a.npz", b"abc", **headers)
        assert status == 403
        assert "another web page" in answer["error"] or "load it again" in answer["error"]
        assert list(server.jobs.folder.iterdir()) == []


def test_our_own_page_may_by_both_names(serving) -> None:
    with serving(copy) as server:
        for name in ("127.0.0.1", "localhost"):
            host = f"{name}:{server.port}"
            status, headers, _ = server.ask(
                "POST",
                "/jobs?name=a.npz",
                b"abc",
                host=host,
                origin=f"http://{host}",
                sec_fetch_site="same-origin",
            )
            assert status == 201
            assert "access-control-allow-origin" not in headers


def test_answers_may_not_be_framed_sniffed_or_kept(serving) -> None:
    with serving(copy) as server:
        headers = server.ask("GET", "/")[1]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_a_taken_port_is_said() -> None:
    pytest.importorskip("uvicorn")
    import socket

    from rtpca.app import JobQueue
    from rtpca.app.server import create_app, serve

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen at port {port} .*--port"):
            serve(create_app(JobQueue(copy), [".npz"]), port, lambda address: None)
