from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError, ShapeError
from rtpca.skeletons import get_skeleton
from rtpca.viz import save_gif

H36M = get_skeleton("h36m17")
CLIP = load_demo_clip()


def test_the_gif_takes_as_long_as_the_motion(tmp_path) -> None:
    frames = 45
    path = save_gif(
        tmp_path / "a.gif",
        CLIP.keypoints_px[:frames],
        CLIP.truth_poses3d[:frames],
        H36M,
        CLIP.fps,
        gif_fps=10,
    )
    with Image.open(path) as gif:
        total_ms = 0
        for index in range(gif.n_frames):
            gif.seek(index)
            total_ms += gif.info["duration"]
        assert gif.n_frames == 15
        assert gif.info["loop"] == 0
    assert total_ms == pytest.approx(1000 * frames / CLIP.fps, abs=100)


def test_slow_motion_is_not_padded_and_one_frame_is_enough(tmp_path) -> None:
    path = save_gif(tmp_path / "a.gif", CLIP.keypoints_px[:4], CLIP.truth_poses3d[:4], H36M, fps=5.0)
    assert Image.open(path).n_frames == 4
    path = save_gif(tmp_path / "b.gif", CLIP.keypoints_px[:1], CLIP.truth_poses3d[:1], H36M, fps=30.0)
    assert Image.open(path).n_frames == 1


def test_an_interrupted_gif_leaves_the_old_one(tmp_path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_gif(path, CLIP.keypoints_px[:9], CLIP.truth_poses3d[:9], H36M, CLIP.fps, on_frame=stop)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gif"]


def test_missing_keypoints_do_not_stop_the_gif(tmp_path) -> None:
    keypoints = CLIP.keypoints_px[:6].copy()
    keypoints[2] = np.nan
    save_gif(tmp_path / "a.gif", keypoints, CLIP.truth_poses3d[:6], H36M, CLIP.fps)


def test_what_does_not_fit_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="fps is 0"):
        save_gif(tmp_path / "a.gif", CLIP.keypoints_px[:6], CLIP.truth_poses3d[:6], H36M, 0)
    with pytest.raises(ShapeError, match="truth_m"):
        save_gif(
            tmp_path / "a.gif",
            CLIP.keypoints_px[:6],
            CLIP.truth_poses3d[:6],
            H36M,
            30,
            truth_m=CLIP.truth_poses3d[:5],
        )
