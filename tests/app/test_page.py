"""The command as a program, and its page in a real browser: a file in, viewer and files out, nothing left."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from browser import Watched, chromium, eventually
from rtpca.data.demo_clip import load_demo_clip
from rtpca.inference import LiftResult

STUCK_S = 120
MOVING = "motion.gif" if importlib.util.find_spec("av") is None else "motion.mp4"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """Uploads: a good clip, one too long, one of nobody, one of somebody and nobody, one too large."""
    folder = tmp_path_factory.mktemp("uploads")
    clip = load_demo_clip()
    keypoints = np.concatenate([clip.keypoints.keypoints_px, clip.keypoints.scores[..., None]], axis=-1)
    common = {"image_size": np.array(clip.keypoints.image_size), "skeleton": np.array("h36m17")}
    np.savez(folder / "walk <b>.npz", keypoints=keypoints[:60], fps=np.array(30.0), **common)
    np.savez(folder / "long.npz", keypoints=keypoints, fps=np.array(1.0), **common)
    np.savez(folder / "nobody.npz", keypoints=np.full((9, 17, 2), np.nan), fps=np.array(30.0), **common)
    np.savez(folder / "foreign.npz", keypoints=keypoints[:60], skeleton=np.array("octopus"))
    views = {"S1": {"Walk": [keypoints[:60, :, :2] * np.nan, keypoints[:60, :, :2]]}}
    metadata = np.array({"layout_name": "h36m"}, dtype=object)
    np.savez(folder / "two.npz", positions_2d=np.array(views, dtype=object), metadata=metadata)
    (folder / "large.json").write_bytes(b" " * 2_100_000)
    return folder


@pytest.fixture(scope="module")
def served(browser, weights, tmp_path_factory):
    """The page of a running `rtpca app`; afterwards nothing is left in its folder of temporary files."""
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'rtpca[app]'")
    del browser
    temporary = tmp_path_factory.mktemp("temporary")
    command = [sys.executable, "-m", "rtpca.cli.main", "app", "--port", "0", "--weights", weights]
    program = subprocess.Popen(
        [*command, "--max-mb", "2", "--max-seconds", "60", "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "200"},
    )
    try:
        said = program.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said + program.stderr.read()
        yield found[0], temporary
    finally:
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=300)
    assert (program.returncode, err) == (0, "")
    assert "all files are removed" in out
    assert list(temporary.iterdir()) == []


def uploads(temporary: Path) -> list[Path]:
    # The program may remove a folder meanwhile, which `Path.rglob` takes amiss.
    return [Path(folder, name) for folder, _, names in os.walk(temporary) for name in names]


def lifted(page) -> None:
    """Wait for the result: as long as the work goes on, and not when the page says that it failed."""
    said, since_s = "", time.monotonic()
    while not page.is_visible("#result"):
        assert not page.is_visible("#error"), page.inner_text("#error")
        now = page.text_content("#note") or ""
        if now != said:
            said, since_s = now, time.monotonic()
        assert time.monotonic() - since_s < STUCK_S, f"for {STUCK_S} s the page says {said!r}"
        page.wait_for_timeout(20)


def test_drop_a_file_see_the_viewer_take_the_files_and_leave_nothing(
    browser, served, files, tmp_path
) -> None:
    address, temporary = served
    watched = Watched(browser, viewport={"width": 1280, "height": 900})
    page = watched.page
    page.goto(address)
    page.set_input_files("#file", files / "walk <b>.npz")
    lifted(page)
    viewer = page.frame_locator("#viewer")
    assert viewer.locator("#facts").inner_text() == "1 person, 60 frames, 2.0 s at 30 per second"
    assert viewer.locator("#title").inner_text() == "walk <b>.npz"
    viewer.locator("#play").click()
    clock = viewer.locator("#clock")
    eventually(page, lambda: "frame 0 " not in clock.inner_text())

    assert page.locator("#files a").all_inner_texts() == ["poses3d.npz", "viewer.html", MOVING]
    with page.expect_download() as download:
        page.click("text=poses3d.npz")
    saved = tmp_path / "poses.npz"
    download.value.save_as(saved)
    assert download.value.suggested_filename.endswith("-poses3d.npz")
    assert LiftResult.load(saved).poses3d.shape == (60, 17, 3)
    assert not [path for path in uploads(temporary) if path.name.startswith("upload")]

    page.click("#remove")
    eventually(page, lambda: not uploads(temporary))
    assert page.is_visible("#drop")
    assert watched.errors == []
    assert all(url.startswith((address, "data:")) for url in watched.requests)
    page.close()


def test_who_is_left_out_is_said_beside_the_files(browser, served, files) -> None:
    page = Watched(browser).page
    page.goto(served[0])
    page.set_input_files("#file", files / "two.npz")
    lifted(page)
    notes = page.locator("#notes li").all_inner_texts()
    (note,) = [note for note in notes if "left out" in note]
    assert note.startswith("person 1 is left out, later ones move up: two.npz, S1 / Walk / camera 0: ")
    page.click("#remove")
    page.set_input_files("#file", files / "walk <b>.npz")
    lifted(page)
    assert not [note for note in page.locator("#notes li").all_inner_texts() if "left out" in note]
    page.close()


def test_closing_the_page_removes_its_files(browser, served, files) -> None:
    address, temporary = served
    first, second = Watched(browser).page, Watched(browser).page
    second.goto(address)
    first.goto(address)
    first.uncheck("#render")
    first.set_input_files("#file", files / "walk <b>.npz")
    lifted(first)
    assert first.locator("#files a").all_inner_texts() == ["poses3d.npz", "viewer.html"]
    first.close(run_before_unload=True)
    eventually(second, lambda: not uploads(temporary))
    second.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("large.json", "large.json: 2 MB are more than this page takes (2 MB)"),
        ("long.npz", "at most 60 s are taken here: cut it, or allow more with rtpca app --max-seconds"),
        ("nobody.npz", "no"),
        ("tiny.safetensors", "this kind of file is not known; drop one of .mp4"),
    ],
)
def test_what_cannot_be_lifted_is_one_line_on_the_page(
    browser, served, files, weights, name, message
) -> None:
    address, temporary = served
    page = Watched(browser).page
    page.goto(address)
    page.set_input_files("#file", weights if name.endswith(".safetensors") else files / name)
    eventually(page, lambda: page.is_visible("#error"))
    assert message in page.inner_text("#error")
    assert page.is_visible("#drop")
    eventually(page, lambda: not uploads(temporary))
    page.close()


def test_what_a_file_does_not_say_is_said_in_the_fields_and_it_is_sent_again(browser, served, files) -> None:
    page = Watched(browser).page
    page.goto(served[0])
    page.set_input_files("#file", files / "foreign.npz")
    eventually(page, lambda: page.is_visible("#error"))
    assert "the joint set on this page" in page.inner_text("#error")
    page.select_option("#skeleton", "h36m17")
    page.fill("#fps", "24")
    page.click("text=Send foreign.npz again")
    lifted(page)
    assert "60 frames, 2.5 s at 24" in page.frame_locator("#viewer").locator("#facts").inner_text()
    page.close()


def test_files_left_in_an_open_page_go_when_the_program_ends(browser, served, files) -> None:
    address, temporary = served
    page = Watched(browser).page
    page.goto(address)
    page.set_input_files("#file", files / "walk <b>.npz")
    lifted(page)
    # The page stays open; the fixture ends the program and looks.
    assert uploads(temporary)
