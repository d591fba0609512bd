"""A real server on a free port, with work that a test chooses."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from rtpca.app import JobQueue
from rtpca.models import InputSpec, build_model, save_checkpoint


@dataclass
class Served:
    """Where a server listens, and its folder of jobs."""

    port: int
    jobs: JobQueue
    token: str = field(default="", init=False)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, headers and content (JSON read) of an answer; `token=""` leaves the token out."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        fields.setdefault("x-rtpca-token", self.token)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        connection.request(method, path, body=body, headers={k: v for k, v in fields.items() if v})
        answer = connection.getresponse()
        content: Any = answer.read()
        connection.close()
        if answer.getheader("content-type") == "application/json":
            content = json.loads(content)
        return answer.status, answer.headers, content

    def wait(self, number: str) -> dict[str, Any]:
        """The status of a job when its work has ended."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            status = self.ask("GET", f"/jobs/{number}")[2]
            if status["state"] in ("done", "failed"):
                return status
            time.sleep(0.02)
        raise AssertionError("the work did not end")


@pytest.fixture
def serving(tmp_path, monkeypatch):
    """A function that serves some work in a folder of temporary files of the test's own."""
    pytest.importorskip("starlette", reason="starlette is not installed: pip install 'rtpca[app]'")
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'rtpca[app]'")
    from rtpca.app.server import create_app, make_server

    scratch = tmp_path / "temporary"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    @contextmanager
    def serve(process, max_bytes: int = 100_000, **options: Any) -> Generator[Served]:
        jobs = JobQueue(process, **options)
        app = create_app(jobs, [".npz", ".json"], ["bvh", "csv"], max_bytes)
        server = make_server(app)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        served = Served(server.servers[0].sockets[0].getsockname()[1], jobs)
        page = served.ask("GET", "/")[2].decode()
        served.token = re.search(r"token&quot;: &quot;([\w-]+)&quot;", page)[1]
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(20)
        assert list(scratch.iterdir()) == [], "files are left behind"

    return serve


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> str:
    """Path of random weights, so small that a job takes a moment."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    save_checkpoint(path, model, InputSpec(normalisation="person", fps=20.0))
    return str(path)
