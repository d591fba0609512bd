"""One file, one answer: by `rtpca lift`, `rtpca.lift_path`, `rtpca app` and `rtpca stream`.

A further format is one more line in `GOOD` or `BAD`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import rtpca
from rtpca.app import Job, JobQueue
from rtpca.app.process import LiftProcess
from rtpca.cli.main import main
from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import RtpcaError
from rtpca.inference import LiftResult
from rtpca.pipeline import LiftOptions
from rtpca.skeletons import get_skeleton
from rtpca.video import open_live

FRAMES = 20
FIELDS = {"joint set": "--skeleton", "image size": "--image-size", "frames per second": "--fps"}
H36M = list(get_skeleton("h36m17").joints)


def walk(shift_px: float = 0) -> np.ndarray:
    """(F, 17, 3) of h36m17: pixels and scores."""
    points = load_demo_clip().keypoints.keypoints_px[:FRAMES] + np.float32(shift_px)
    return np.concatenate([points, np.ones((*points.shape[:2], 1), np.float32)], axis=2)


def written(name: str, content: bytes | str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def arrays(name: str, **values) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.savez(folder / name, **values)
        return folder / name

    return write


def array(name: str, values: np.ndarray) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.save(folder / name, values)
        return folder / name

    return write


def cut(write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def half(folder: Path) -> Path:
        path = write(folder)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return half


def annotations() -> str:
    """COCO annotations of two people, with joint names and the size of the images."""
    images = [{"id": frame, "width": 2000, "height": 2000} for frame in range(FRAMES)]
    found = [
        {"image_id": frame, "track_id": number, "keypoints": joints.reshape(-1).tolist()}
        for number in range(2)
        for frame, joints in enumerate(walk(300 * number))
    ]
    return json.dumps({"images": images, "annotations": found, "categories": [{"keypoints": H36M}]})


def mmpose() -> str:
    frames = [
        {
            "frame_id": frame,
            "instances": [{"keypoints": one[:, :2].tolist(), "keypoint_scores": one[:, 2].tolist()}],
        }
        for frame, one in enumerate(walk())
    ]
    return json.dumps(frames)


KNOWN = {"image_size": [2000, 2000], "fps": 30.0, "skeleton": "h36m17"}
GOOD = {
    "npz": arrays("walk.npz", keypoints=walk(), **KNOWN),
    "npz that says nothing": arrays("walk.npz", keypoints=walk()),
    "npy": array("walk.npy", walk()),
    "annotations of two people": written("walk.json", annotations()),
    "mmpose": written("walk.json", mmpose()),
}
BAD = {
    "an empty file": written("walk.npz", b""),
    "half an archive": cut(arrays("walk.npz", keypoints=walk())),
    "no array of numbers": array("walk.npy", np.array(["a", "b"])),
    "two axes": array("walk.npy", np.ones((17, 2))),
    "nobody": arrays("walk.npz", keypoints=walk() * np.nan, **KNOWN),
    "two joints": arrays("walk.npz", keypoints=np.where(np.arange(17)[:, None] < 2, walk(), np.nan), **KNOWN),
    "parts of the image": array("walk.npy", walk() / 2000),
    "five joints": array("walk.npy", walk()[:, :5]),
    "a joint set that nobody knows": arrays("walk.npz", keypoints=walk(), **KNOWN | {"skeleton": "octopus"}),
    "a rate of zero": arrays("walk.npz", keypoints=walk(), **KNOWN | {"fps": 0.0}),
    "an image of no size": arrays("walk.npz", keypoints=walk(), **KNOWN | {"image_size": [0, 0]}),
    "no json": written("walk.json", '{"people": ['),
    "an empty list": written("walk.json", "[]"),
    "json of something else": written("walk.json", '{"name": "walk"}'),
    "a script for a film": written("walk.mp4", "ffconcat version 1.0\nfile other.mp4\n"),
    "noise for a film": written("walk.mp4", np.random.default_rng(0).bytes(5000)),
    "an empty film": written("walk.mp4", b""),
    "half a photograph": written("walk.jpg", b"\xff\xd8\xff\xe0\x00\x04ab" + bytes(300)),
    "a film that is a picture of a phone": written(
        "walk.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)
    ),
}


@pytest.fixture
def by_page(tmp_path, monkeypatch, weights) -> Callable[[Path], Job]:
    """Puts a file through the page's queue."""
    scratch = tmp_path / "temporary"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    queue = JobQueue(LiftProcess(LiftOptions(weights=weights, device="cpu")))
    queue.start()

    def put_through(path: Path, skeleton: str = "auto", **said) -> Job:
        job = queue.open(path.name, path.suffix, False, (), skeleton, **said)
        job.upload.write_bytes(path.read_bytes())
        queue.submit(job)
        until_s = time.monotonic() + 120
        while job.state not in ("done", "failed"):
            assert time.monotonic() < until_s, f"the page still says {job.note!r}"
            time.sleep(0.01)
        return job

    yield put_through
    queue.close()


def plain(message: str, path: Path) -> str:
    """A message without how its door names the file and the options."""
    text = message.strip().splitlines()[-1].removeprefix("rtpca: error: ").replace(str(path), path.name)
    text = text.replace("rtpca lift --", "--")
    text = re.sub(
        r"the (joint set|image size|frames per second) on this page", lambda field: FIELDS[field[1]], text
    )
    return re.sub(r"`(\w+)`", lambda option: "--" + option[1].replace("_", "-"), text)


@pytest.mark.parametrize("kind", GOOD)
def test_good_files_become_the_same_poses(tmp_path, capsys, by_page, weights, kind):
    path = GOOD[kind](tmp_path)
    options = {"weights": weights, "device": "cpu"}
    people = rtpca.lift_path(path, person="all", **options)
    words = ["--weights", weights, "--device", "cpu"]
    assert main(["lift", str(path), "-o", str(tmp_path / "out.npz"), "--person", "all", *words]) == 0
    said = capsys.readouterr().out
    job = by_page(path)
    assert job.error == ""
    lifter = rtpca.Lifter.from_pretrained(weights, "cpu")
    for number, person in enumerate(people, start=1):
        suffix = "" if number == 1 else f"-person{number}"
        for other in (
            LiftResult.load(tmp_path / f"out{suffix}.npz"),
            LiftResult.load(job.options.folder / f"poses3d{suffix}.npz"),
            lifter(rtpca.read_keypoints(path, person=number)),
        ):
            np.testing.assert_array_equal(other.poses3d, person.poses3d)
            np.testing.assert_array_equal(other.confidence, person.confidence)
            assert (other.image_size, other.fps) == (person.image_size, person.fps)
        assert all(plain(note, path) in plain_lines(said, path) for note in person.notes)
    live = open_live(str(path), person=1)
    assert (live.image_size, len(list(live.frames))) == (people[0].image_size, FRAMES)
    assert {note for note in people[0].notes if "not given" in note} == {
        note for note in live.notes if "not given" in note
    }
    assert main(["stream", str(path), "--latency", "0", *words]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + FRAMES


def test_what_a_file_needs_may_be_said_on_the_page_as_on_the_command_line(tmp_path, by_page, weights):
    path = arrays("walk.npz", keypoints=walk(), skeleton="octopus")(tmp_path)
    assert "the joint set on this page" in by_page(path).error
    said = {"skeleton": "h36m17", "image_size": (2000, 1500), "fps": 24.0}
    job = by_page(path, **said)
    assert job.error == ""
    words = ["--skeleton", "h36m17", "--image-size", "2000", "1500", "--fps", "24", "--weights", weights]
    assert main(["lift", str(path), "-o", str(tmp_path / "out.npz"), "--device", "cpu", *words]) == 0
    page, command = (
        LiftResult.load(at / name)
        for at, name in ((job.options.folder, "poses3d.npz"), (tmp_path, "out.npz"))
    )
    np.testing.assert_array_equal(page.poses3d, command.poses3d)
    assert (page.image_size, page.fps) == (command.image_size, command.fps) == ((2000, 1500), 24.0)
    assert by_page(path, **said | {"fps": -1.0}).state == "failed"


def plain_lines(said: str, path: Path) -> str:
    return "\n".join(plain(line, path) for line in said.splitlines())


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_in_the_same_words(tmp_path, capsys, by_page, weights, kind):
    path = BAD[kind](tmp_path)
    if path.suffix in (".mp4", ".jpg", ".heic"):
        pytest.importorskip("av", reason="PyAV is not installed: pip install 'rtpca[video]'")
    with pytest.raises(RtpcaError) as raised:
        rtpca.lift_path(path, weights=weights, device="cpu")
    expected = plain(str(raised.value), path)
    assert path.name in expected
    words = ["--weights", weights, "--device", "cpu"]
    for verb in (["lift", str(path), "-o", str(tmp_path / "out.npz")], ["stream", str(path)]):
        assert main([*verb, *words]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert plain(said, path) == expected
    job = by_page(path)
    assert job.state == "failed"
    assert plain(job.error, path) == expected
