from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rtpca.errors import InputError, ShapeError
from rtpca.skeletons import get_skeleton
from rtpca.viz import SceneRenderer, picture_size
from rtpca.viz.colors import LEFT, PALETTES, RIGHT
from rtpca.viz.projection import Rect, floor_lines, parallel_view

H36M = get_skeleton("h36m17")
FOOTER_PX = 32  # the legend shows the colours too


def rgb(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def where(picture: np.ndarray, color: str) -> np.ndarray:
    """(N, 2) x, y of the pixels above the legend that are nearly this colour."""
    body = picture[:-FOOTER_PX].astype(int)
    rows, columns = np.nonzero((np.abs(body - rgb(color)) <= 12).all(axis=-1))
    return np.stack([columns, rows], axis=-1)


def test_a_picture_has_the_size_asked_for_and_both_halves_show_both_sides(person) -> None:
    picture = SceneRenderer([person], (1280, 480)).draw(None, 60)
    assert picture.shape == (480, 1280, 3)
    assert picture.dtype == np.uint8
    for color in (LEFT, RIGHT):
        x = where(picture, color)[:, 0]
        assert (x < 640).sum() > 50
        assert (x > 760).sum() > 50


def test_left_is_left_in_both_halves(person) -> None:
    # At the end of the clip the person faces the camera: their left is on the right of the picture.
    picture = SceneRenderer([person]).draw(None, person.frames - 1)
    left, right = where(picture, LEFT)[:, 0], where(picture, RIGHT)[:, 0]
    for half in (lambda x: x[x < 700], lambda x: x[x > 760]):
        assert half(left).mean() > half(right).mean()


def test_the_overlay_lies_on_its_keypoints(person) -> None:
    renderer = SceneRenderer([person])
    picture = renderer.draw(np.full((1080, 1920, 3), 255, dtype=np.uint8), 100)
    image = renderer._image
    for joint, color in (("left_ankle", LEFT), ("right_wrist", RIGHT)):
        x, y = person.keypoints2d[100, H36M.index(joint)] * image.width / 1920
        distance = np.linalg.norm(where(picture, color) - [image.left + x, image.top + y], axis=-1)
        assert distance.min() < 2


def test_the_image_is_shown_whole(person) -> None:
    image = np.zeros((108, 192, 3), dtype=np.uint8)
    image[:54, :96] = [250, 10, 10]
    renderer = SceneRenderer(
        [dataclasses.replace(person, keypoints2d=np.full_like(person.keypoints2d, np.nan))]
    )
    picture, rect = renderer.draw(image, 0), renderer._image
    inside = picture[int(rect.top) + 3 : int(rect.bottom) - 3, int(rect.left) + 3 : int(rect.right) - 3]
    height, width = inside.shape[:2]
    assert (inside[: height // 2 - 5, : width // 2 - 5] == [250, 10, 10]).all()
    assert (inside[height // 2 + 5 :, width // 2 + 5 :] == 0).all()


def test_several_people_have_colours_of_their_own_and_are_left_out_while_not_in_view(people) -> None:
    renderer = SceneRenderer(people)
    second = PALETTES[1].right
    assert len(where(renderer.draw(None, 10), second)) == 0
    assert len(where(renderer.draw(None, 100), second)) > 100
    assert len(where(renderer.draw(None, 100), RIGHT)) > 100


def test_what_is_not_sure_fades(person) -> None:
    unsure = person.confidence.copy()
    unsure[:, list(H36M.left)] = 0
    picture = SceneRenderer([dataclasses.replace(person, confidence=unsure)]).draw(None, 60)
    assert len(where(picture, LEFT)) == 0
    assert len(where(picture, RIGHT)) > 100


def test_frames_in_any_order_give_the_same_pictures(people) -> None:
    one, other = SceneRenderer(people), SceneRenderer(people)
    other.draw(np.zeros((90, 160, 3), dtype=np.uint8), 200)
    assert (one.draw(None, 50) == other.draw(None, 50)).all()


def test_the_view_stands_still_and_holds_everybody_at_all_times(people) -> None:
    renderer = SceneRenderer(people)
    for joints, shown in zip(renderer.scene.joints_m, renderer.scene.shown, strict=True):
        points = renderer.view.to_px(joints[shown])
        assert (points[..., 0] > renderer._stage.left).all()
        assert (points[..., 0] < renderer._stage.right).all()
        assert (points[..., 1] > renderer._stage.top).all()
        assert (points[..., 1] < renderer._stage.bottom).all()


def test_the_view_keeps_lengths_and_up_is_up() -> None:
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    view = parallel_view(cube, Rect(0, 0, 300, 200), azimuth_deg=-90, elevation_deg=0)
    low, right, high = view.to_px([[0, 0, 0], [1, 0, 0], [0, 0, 1]])
    assert right - low == pytest.approx([view.px_per_m, 0])  # the camera's x points right
    assert high - low == pytest.approx([0, -view.px_per_m])
    near, far = view.nearness_m([[0, 0, 0], [0, 1, 0]])
    assert near > far


def test_the_floor_grid_covers_the_box() -> None:
    lines = floor_lines([-1.2, 0.1, 0.0], [0.3, 2.0, 1.8], 0.5)
    assert lines[..., 0].min() == -1.5
    assert lines[..., 0].max() == 0.5
    assert lines[..., 1].min() == 0.0
    assert lines[..., 1].max() == 2.0
    assert (lines[..., 2] == 0).all()
    assert len(lines) == 5 + 5


@pytest.mark.parametrize("image_size", [(1920, 1080), (1080, 1920), (500, 500), (4000, 300)])
def test_pictures_suit_any_shape_of_image(person, image_size) -> None:
    width, height = picture_size(image_size)
    assert (width % 2, height % 2) == (0, 0)
    renderer = SceneRenderer([dataclasses.replace(person, image_size=image_size)], (width, height))
    assert renderer._image.width / renderer._image.height == pytest.approx(
        image_size[0] / image_size[1], rel=0.02
    )
    assert renderer._stage.width > 0.35 * width
    assert renderer.draw(None, 0).shape == (height, width, 3)


def test_nobody_in_view_is_an_empty_scene(person, shortened) -> None:
    gone = shortened(
        person,
        5,
        valid=np.zeros(5, dtype=bool),
        root=np.full((5, 3), np.nan, dtype=np.float32),
        keypoints2d=np.full((5, 17, 2), np.nan, dtype=np.float32),
    )
    picture = SceneRenderer([gone]).draw(None, 2)
    assert len(where(picture, LEFT)) == 0


def test_where_images_end_the_canvas_is_empty(person, shortened) -> None:
    images = [np.zeros((90, 160, 3), dtype=np.uint8)] * 2
    renderer = SceneRenderer([shortened(person, 4)], (400, 160))
    pictures = list(renderer.pictures(images))
    assert len(pictures) == 4
    assert (pictures[3] == renderer.draw(None, 3)).all()
    assert (pictures[1] != renderer.draw(None, 1)).any()


def test_what_does_not_fit_is_refused(people, person, shortened) -> None:
    with pytest.raises(InputError, match="there is nobody"):
        SceneRenderer([])
    with pytest.raises(InputError, match="person 1 has frames 336, person 2 has 5"):
        SceneRenderer([person, shortened(person, 5)])
    with pytest.raises(InputError, match="10 x 10 pixels is too small"):
        SceneRenderer([person], (10, 10))
    with pytest.raises(ShapeError, match="1 truths for 2 people"):
        SceneRenderer(people, truth_m=[person.poses3d])
    with pytest.raises(ShapeError, match="truth_m"):
        SceneRenderer([person], truth_m=[person.poses3d[:5]])
    renderer = SceneRenderer([person])
    with pytest.raises(InputError, match="no frame 336: give one from 0 to 335"):
        renderer.draw(None, 336)
    with pytest.raises(ShapeError, match="frame_rgb"):
        renderer.draw(np.zeros((90, 160), dtype=np.uint8), 0)
