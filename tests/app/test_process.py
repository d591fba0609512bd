"""The work behind the page, as its queue runs it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rtpca.app import Job, JobQueue
from rtpca.app.process import LiftProcess
from rtpca.data.demo_clip import load_demo_clip
from rtpca.pipeline import LiftOptions
from rtpca.skeletons import get_skeleton

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


def people_file(path: Path, whole: int) -> Path:
    """COCO annotations of `whole` people, and two more of whom two joints are seen in a frame or two."""
    points = load_demo_clip().keypoints.keypoints_px[:30]
    images = [{"id": frame, "width": 2000, "height": 2000} for frame in range(30)]
    found = []
    for number in range(whole + 2):
        joints = np.concatenate([points + 400 * number, np.full((*points.shape[:2], 1), 2)], axis=2)
        if number >= whole:
            joints = joints[: whole + 2 - number]
            joints[:, 2:, 2] = 0
        for frame, one in enumerate(joints):
            found.append({"image_id": frame, "track_id": number, "keypoints": one.reshape(-1).tolist()})
    joint_names = list(get_skeleton("h36m17").joints)
    document = {"images": images, "annotations": found, "categories": [{"keypoints": joint_names}]}
    path.write_text(json.dumps(document))
    return path


def test_people_who_cannot_be_lifted_are_said_and_the_others_lifted(tmp_path, run, weights) -> None:
    job = run(
        LiftProcess(LiftOptions(weights=weights, device="cpu")),
        people_file(tmp_path / "hall.json", 2),
        ("csv",),
    )
    assert (job.state, job.error) == ("done", "")
    assert list(job.files) == [
        "poses3d.npz",
        "poses3d-person2.npz",
        "poses3d.csv",
        "poses3d-person2.csv",
        "viewer.html",
    ]
    left_out = [note for note in job.notes if "left out" in note]
    assert [note.split(": no frame shows enough")[0] for note in left_out] == [
        "person 3 is left out, later ones move up: hall.json",
        "person 4 is left out: hall.json",
    ]


def test_a_file_of_nobody_who_can_be_lifted_is_one_error(tmp_path, run, weights) -> None:
    job = run(LiftProcess(LiftOptions(weights=weights, device="cpu")), people_file(tmp_path / "hall.json", 0))
    assert job.state == "failed"
    assert job.error.startswith("hall.json: no frame shows enough of a person")


def test_what_is_said_of_a_person_names_the_users_file(tmp_path, run, weights) -> None:
    points = load_demo_clip().keypoints.keypoints_px[:30]
    upload = tmp_path / "my walks.npz"
    np.savez(upload, positions_2d=np.array({"S1": {"Walk": [points * np.nan, points]}}, dtype=object))
    job = run(LiftProcess(LiftOptions(weights=weights, device="cpu")), upload)
    (note,) = [note for note in job.notes if "left out" in note]
    assert note.startswith("person 1 is left out, later ones move up: my walks.npz, S1 / Walk / camera 0: ")
    assert "poses3d.npz" in job.files


def test_sequences_of_other_lengths_and_people_beyond_the_eighth_are_said(tmp_path, run, weights) -> None:
    points = load_demo_clip().keypoints.keypoints_px[:30]
    upload = tmp_path / "walks.npz"
    views = [points[:20], points, *[points[:20]] * 7]
    np.savez(upload, positions_2d=np.array({"S1": {"Walk": views}}, dtype=object))
    job = run(LiftProcess(LiftOptions(weights=weights, device="cpu")), upload)
    assert [note for note in job.notes if note.startswith(("only", "left out"))] == [
        "only the first 8 of 9 people are taken here: more with rtpca lift --person all",
        "left out, as not as long as the first: 1 of 8 sequences; rtpca lift --person N lifts each of them",
    ]
    assert len([name for name in job.files if name.endswith(".npz")]) == 7


def test_notes_are_in_the_words_of_the_page(tmp_path, run, weights) -> None:
    np.savez(tmp_path / "walk.npz", keypoints=load_demo_clip().keypoints.keypoints_px[:30], fps=30)
    job = run(LiftProcess(LiftOptions(weights=weights, device="cpu")), tmp_path / "walk.npz")
    assert (job.state, job.error) == ("done", "")
    assert any(
        "recognised as h36m17" in note and "the joint set on this page says otherwise" in note
        for note in job.notes
    )
    assert any("better with the image size on this page" in note for note in job.notes)
    assert not any("`" in note for note in job.notes)
