from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rtpca.errors import InputError
from rtpca.viz import SceneRenderer, save_gif

SMALL = (400, 160)


def test_the_gif_takes_as_long_as_the_motion(tmp_path, person, shortened) -> None:
    clip = shortened(person, 45)
    path = save_gif(tmp_path / "a.gif", SceneRenderer([clip], SMALL), gif_fps=10)
    with Image.open(path) as gif:
        total_ms = 0
        for index in range(gif.n_frames):
            gif.seek(index)
            total_ms += gif.info["duration"]
        assert gif.n_frames == 15
        assert gif.info["loop"] == 0
        assert gif.size == SMALL
    assert total_ms == pytest.approx(1000 * clip.frames / clip.fps, abs=100)


def test_slow_motion_is_not_padded_and_one_frame_is_enough(tmp_path, person, shortened) -> None:
    slow = shortened(person, 4, fps=5.0)
    assert Image.open(save_gif(tmp_path / "a.gif", SceneRenderer([slow], SMALL))).n_frames == 4
    single = shortened(person, 1)
    assert Image.open(save_gif(tmp_path / "b.gif", SceneRenderer([single], SMALL))).n_frames == 1


def test_images_are_read_one_by_one_and_only_as_far_as_needed(tmp_path, person, shortened) -> None:
    read: list[int] = []

    def images():
        for index in range(1000):
            read.append(index)
            yield np.full((90, 160, 3), 40, dtype=np.uint8)

    path = save_gif(tmp_path / "a.gif", SceneRenderer([shortened(person, 9)], SMALL), images(), gif_fps=10)
    assert Image.open(path).n_frames == 3
    assert read == list(range(7))  # frames 0, 3 and 6 are shown


def test_colours_are_right_after_a_black_beginning(tmp_path, person, shortened) -> None:
    clip = shortened(person, 12)
    across = np.linspace(0, 255, 160).astype(np.uint8)
    colourful = np.stack(np.broadcast_arrays(across, across[:90, None], np.uint8(128)), axis=-1)

    def images():
        for frame in range(12):
            yield colourful if frame >= 4 else np.zeros_like(colourful)

    renderer = SceneRenderer([clip], SMALL)
    with Image.open(save_gif(tmp_path / "a.gif", renderer, images(), gif_fps=10)) as gif:
        gif.seek(gif.n_frames - 1)
        shown = np.asarray(gif.convert("RGB")).astype(int)
    *_, drawn = renderer.pictures(images(), range(0, 12, 3))
    assert np.abs(shown - drawn).mean() < 5


def test_an_interrupted_gif_leaves_the_old_one(tmp_path, person, shortened) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_gif(path, SceneRenderer([shortened(person, 9)], SMALL), progress=stop)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gif"]


def test_a_rate_that_is_none_is_refused(tmp_path, person) -> None:
    with pytest.raises(InputError, match="gif_fps is 0"):
        save_gif(tmp_path / "a.gif", SceneRenderer([person], SMALL), gif_fps=0)
    assert not list(tmp_path.iterdir())
