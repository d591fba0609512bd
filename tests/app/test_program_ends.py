"""`rtpca app` as a program that is ended in the middle of its work: quietly, and with nothing left."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'rtpca[app]'")

# The work computes without end, and never looks whether it is wanted.
_PROGRAM = """
import torch
from rtpca.app import process

def endless(self, path, options, progress):
    progress(1, 2, "computing")
    (options.folder / "half").write_bytes(bytes(1000))
    while True:
        torch.ones(400, 400) @ torch.ones(400, 400)

process.LiftProcess.__call__ = endless
from rtpca.cli.main import run
run()
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_a_program_at_work_ends_when_it_is_told_to(tmp_path, weights, sent, code):
    words = ["app", "--port", "0", "--weights", weights, "--device", "cpu"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)", program.stdout.readline())[1])

        def ask(method: str, path: str, body: bytes | None = None, token: str = "") -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request(method, path, body=body, headers={"x-rtpca-token": token})
            content = connection.getresponse().read()
            connection.close()
            return content

        token = re.search(r"token&quot;: &quot;([\w-]+)&quot;", ask("GET", "/").decode())[1]
        numbers = [json.loads(ask("POST", "/jobs?name=a.npz", b"abc", token))["id"] for _ in range(2)]
        while json.loads(ask("GET", f"/jobs/{numbers[0]}"))["note"] != "computing":
            assert program.poll() is None
        program.send_signal(sent)
        out, err = program.communicate(timeout=120)
    finally:
        program.kill()
    assert (program.returncode, err) == (code, "")
    assert ("all files are removed" in out) == (sent == signal.SIGINT)
    assert list(tmp_path.iterdir()) == []
