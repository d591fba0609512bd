"""The work behind the page, as its queue runs it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from rtpca.app import Job, JobQueue
from rtpca.app.process import LiftProcess

sys.path.insert(0, str(Path(__file__).parents[1] / "video"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Puts an upload through a queue and gives the job when it has ended."""
    scratch = tmp_path / "temporary"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    queues: list[JobQueue] = []

    def put_through(process: LiftProcess, upload: Path, exports: tuple[str, ...] = ()) -> Job:
        queues.append(JobQueue(process))
        queues[-1].start()
        job = queues[-1].open(upload.name, upload.suffix, False, exports, "auto")
        job.upload.write_bytes(upload.read_bytes())
        queues[-1].submit(job)
        until = time.monotonic() + 300
        while job.state not in ("done", "failed"):
            assert time.monotonic() < until, "the work did not end"
            time.sleep(0.01)
        return job

    yield put_through
    for queue in queues:
        queue.close()
    assert list(scratch.iterdir()) == []


def test_advice_on_a_video_that_is_cut_off_names_the_users_file(tmp_path, run) -> None:
    pytest.importorskip("av", reason="PyAV is not installed: pip install 'rtpca[video]'")
    from clips import write_clip

    upload = write_clip(tmp_path / "my walk.mp4", 100, options={"movflags": "faststart"})
    upload.write_bytes(upload.read_bytes()[: upload.stat().st_size // 2])
    job = run(LiftProcess(), upload)
    assert job.state == "failed"
    assert job.error.startswith("my walk.mp4: the file is cut off")
    assert 'ffmpeg -i "my walk.mp4" -c:v' in job.error
    assert "upload" not in job.error
