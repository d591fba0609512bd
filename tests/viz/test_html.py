"""The viewer's page, as text and in a real browser."""

from __future__ import annotations

import base64
import dataclasses
import json
import re

import numpy as np
import pytest

from browser import Watched, chromium, eventually
from rtpca.errors import InputError
from rtpca.skeletons import get_skeleton
from rtpca.viz import save_html
from rtpca.viz.html import html_page

H36M = get_skeleton("h36m17")


def clip_of(page: str) -> dict:
    (text,) = re.findall(r'<script id="clip" type="application/json">(.*?)</script>', page, flags=re.DOTALL)
    return json.loads(text)


def integers(packed: dict, *shape: int) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(packed["data"]), dtype="<i2").reshape(shape).astype(float)
    values[values == -32768] = np.nan
    return values * packed["scale"]


def test_what_is_packed_comes_back_finer_than_one_sees(people) -> None:
    clip = clip_of(html_page(people))
    frames = people[0].frames
    for person, packed in zip(people, clip["people"], strict=True):
        poses = integers(packed["pose"], frames, 17, 3)
        assert poses == pytest.approx(person.poses3d, abs=1e-4)
        points = integers(packed["points"], frames, 17, 2)
        assert points == pytest.approx(person.keypoints2d, abs=0.1, nan_ok=True)
        root = np.frombuffer(base64.b64decode(packed["root"]), dtype="<f4").reshape(frames, 3)
        assert root == pytest.approx(person.root)
    assert clip["sides"] == "MRRRLLLMMMMLLLRRR"
    assert clip["joints"] == list(H36M.joints)


def test_three_thousand_frames_stay_small(person) -> None:
    frames = np.arange(3000) % person.frames
    arrays = ("poses3d", "root", "confidence", "keypoints2d", "valid")
    long = dataclasses.replace(person, **{name: getattr(person, name)[frames] for name in arrays})
    assert len(html_page([long])) < 1_000_000


def test_nothing_that_is_filled_in_can_leave_its_place(person, shortened) -> None:
    nasty = "</script><script>alert(1)</script><!-- {{clip}} {{script}}"
    page = html_page([shortened(person, 3)], names=[nasty], title=nasty)
    assert page.count("<script") == 2
    assert "alert(1)</script>" not in page
    assert clip_of(page)["people"][0]["name"] == nasty
    assert "&lt;/script&gt;" in page


def test_the_page_names_no_other_place(people) -> None:
    page = html_page(people)
    assert "default-src 'none'" in page
    assert not re.findall(r"https?://", page)


def test_the_file_appears_whole_or_not_at_all(tmp_path, person) -> None:
    assert save_html(tmp_path / "out.html", [person]).read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(InputError, match="1 names for 2 people"):
        save_html(tmp_path / "out.html", [person, person], names=["one"])
    with pytest.raises(InputError, match="there is nobody"):
        save_html(tmp_path / "new.html", [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.html"]


# ---- in a browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(people, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("viewer") / "out.html"
    return save_html(path, people, names=["Ann", "<b>Bob</b>"], title="A & B").as_uri()


@pytest.fixture
def viewer(browser, address):
    """The page, opened; at the end it must have told no error and asked for nothing but itself."""
    watched = Watched(browser, viewport={"width": 1200, "height": 720})
    watched.page.goto(address)
    yield watched.page
    assert watched.errors == []
    assert [url for url in watched.requests if not url.startswith("data:")] == [address]
    watched.page.close()


def frame(page) -> int:
    return page.evaluate("rtpcaViewer.player.frame")


def settled(page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def place_of(page, panel: str, person: int, joint: str) -> tuple[float, float] | None:
    """Where a joint is drawn, in pixels of the page."""
    settled(page)
    found = page.evaluate(
        """([name, person, joint]) => {
            const panel = rtpcaViewer.panels[name];
            const box = panel.canvas.getBoundingClientRect();
            const spot = panel.spots.find((s) => s.person.index === person && s.joint === joint);
            return spot ? [box.left + spot.x, box.top + spot.y] : null;
        }""",
        [panel, person, H36M.index(joint)],
    )
    return None if found is None else (found[0], found[1])


def test_the_page_opens_and_says_what_it_shows(viewer, people) -> None:
    assert viewer.title() == "A & B"
    assert viewer.inner_text("#facts") == "2 people, 336 frames, 11.2 s at 30 per second"
    assert viewer.inner_text("#people").split() == ["Ann", "<b>Bob</b>"]
    assert frame(viewer) == 0


def test_play_moves_on_and_space_stops_it(viewer) -> None:
    viewer.click("#play")
    eventually(viewer, lambda: frame(viewer) > 3)
    assert viewer.inner_text("#play") == "Pause"
    viewer.keyboard.press("Space")
    settled(viewer)
    stopped = frame(viewer)
    viewer.wait_for_timeout(150)
    assert frame(viewer) == stopped
    assert viewer.inner_text("#play") == "Play"


def test_scrubbing_shows_the_frame(viewer, people) -> None:
    before = place_of(viewer, "scene", 0, "left_wrist")
    viewer.fill("#scrub", "200")
    settled(viewer)
    assert frame(viewer) == 200
    assert viewer.inner_text("#clock") == "6.67 s, frame 200 of 0 to 335"
    assert place_of(viewer, "scene", 0, "left_wrist") != before
    held = viewer.evaluate("rtpcaViewer.clip.people[0].cameraAt(200, 13)")
    assert held == pytest.approx(people[0].poses3d[200, 13] + people[0].root[200], abs=1e-3)


def test_keys_step_jump_and_stay_within_the_clip(viewer) -> None:
    for key, expected in (
        ("ArrowRight", 1),
        ("Shift+ArrowRight", 11),
        ("ArrowLeft", 10),
        ("End", 335),
        ("ArrowRight", 335),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        viewer.keyboard.press(key)
        assert frame(viewer) == expected, key


@pytest.mark.parametrize("panel", ["flat", "scene"])
def test_the_pointer_tells_a_joint_and_its_values(viewer, people, panel) -> None:
    viewer.fill("#scrub", "100")
    viewer.mouse.move(*place_of(viewer, panel, 0, "right_wrist"))
    settled(viewer)
    tip = viewer.inner_text("#tip")
    assert "right wrist, Ann" in tip
    joint = H36M.index("right_wrist")
    for value in people[0].poses3d[100, joint]:
        assert f"{value:.3f}" in tip
    assert f"{people[0].keypoints2d[100, joint, 0]:.1f}"[:-1] in tip
    viewer.select_option("#units", "mm")
    settled(viewer)
    assert f"{1000 * people[0].poses3d[100, joint, 1]:.0f}" in viewer.inner_text("#tip")
    viewer.mouse.move(5, 5)
    settled(viewer)
    assert viewer.locator("#tip").is_hidden()


def test_a_person_can_be_switched_off(viewer) -> None:
    viewer.fill("#scrub", "100")
    assert place_of(viewer, "scene", 1, "head")
    viewer.locator("#people input").nth(1).click()
    assert place_of(viewer, "scene", 1, "head") is None
    assert place_of(viewer, "flat", 1, "head") is None
    assert place_of(viewer, "scene", 0, "head")
    viewer.keyboard.press("2")
    assert place_of(viewer, "scene", 1, "head")


def test_who_is_out_of_view_is_hidden_or_faded(viewer) -> None:
    assert place_of(viewer, "scene", 1, "head") is None
    viewer.check("#ghosts")
    assert place_of(viewer, "scene", 1, "head")


def test_people_are_upright_and_left_is_left_seen_from_the_camera(viewer) -> None:
    viewer.select_option("#view", "camera")
    viewer.keyboard.press("End")  # the person faces the camera
    places = {
        name: place_of(viewer, "scene", 0, name) for name in ("head", "left_ankle", "left_hip", "right_hip")
    }
    assert places["head"][1] < places["left_hip"][1] < places["left_ankle"][1]
    assert places["left_hip"][0] > places["right_hip"][0]


def test_drag_turns_wheel_zooms_and_r_resets(viewer) -> None:
    start = place_of(viewer, "scene", 0, "head")
    box = viewer.locator("#scene").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    viewer.mouse.move(*middle)
    viewer.mouse.down()
    viewer.mouse.move(middle[0] + 120, middle[1] + 20, steps=4)
    viewer.mouse.up()
    turned = place_of(viewer, "scene", 0, "head")
    assert np.hypot(*np.subtract(turned, start)) > 20
    distance = viewer.evaluate("rtpcaViewer.camera.distance")
    viewer.mouse.wheel(0, -200)
    eventually(viewer, lambda: viewer.evaluate("rtpcaViewer.camera.distance") < distance)
    viewer.keyboard.press("r")
    assert place_of(viewer, "scene", 0, "head") == pytest.approx(start, abs=0.5)


def test_everybody_is_in_the_panel_at_the_start(viewer) -> None:
    box = viewer.locator("#scene").bounding_box()
    for moment in ("0", "100", "335"):
        viewer.fill("#scrub", moment)
        for joint in H36M.joints:
            x, y = place_of(viewer, "scene", 0, joint)
            assert box["x"] < x < box["x"] + box["width"]
            assert box["y"] < y < box["y"] + box["height"]


def test_light_and_dark_differ(viewer) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = viewer.evaluate(ground)
    viewer.keyboard.press("t")
    assert viewer.evaluate(ground) != light


def test_both_panels_are_painted(viewer) -> None:
    settled(viewer)
    colors = """(name) => {
        const pixels = rtpcaViewer.panels[name].context.getImageData(0, 0, 500, 400);
        return new Set(new Uint32Array(pixels.data.buffer)).size;
    }"""
    assert viewer.evaluate(colors, "flat") > 20
    assert viewer.evaluate(colors, "scene") > 20
