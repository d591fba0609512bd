from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError, ShapeError
from rtpca.skeletons import get_skeleton
from rtpca.viz import comparison_figure, save_png
from rtpca.viz.colors import LEFT, RIGHT

H36M = get_skeleton("h36m17")
CLIP = load_demo_clip()


def figure(poses=CLIP.truth_poses3d, frames=(0, 50), **options):
    return comparison_figure(CLIP.keypoints.keypoints_px, poses, H36M, list(frames), **options)


def test_headings_give_the_mean_error_in_millimetres_and_the_time() -> None:
    lifted = CLIP.truth_poses3d + np.float32([0.03, 0.04, 0.0])  # 50 mm off at every joint
    drawn = figure(lifted, truth_m=CLIP.truth_poses3d, fps=CLIP.keypoints.fps)
    headings = [axes.get_title() for axes in drawn.axes]
    assert headings == ["0.0 s", "50 mm", "", "1.7 s", "50 mm", ""]


def test_lifted_pose_and_truth_share_one_scale() -> None:
    drawn = figure(1.2 * CLIP.truth_poses3d, truth_m=CLIP.truth_poses3d)
    limits = {axes.get_zlim() for axes in drawn.axes if axes.name == "3d"}
    assert len(limits) == 1


def test_without_truth_there_is_no_third_row() -> None:
    assert len(figure().axes) == 4


def test_the_picture_shows_both_sides_in_their_colours(tmp_path) -> None:
    path = save_png(figure(truth_m=CLIP.truth_poses3d), tmp_path / "picture.png")
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    for color in (LEFT, RIGHT):
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == wanted).all(axis=-1).sum() > 200
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.png"]


def test_the_two_sides_are_not_swapped() -> None:
    # The person faces the camera at the end of the clip: their left is on the image's right.
    last = CLIP.keypoints.keypoints_px[-1]
    assert last[H36M.index("left_hip"), 0] > last[H36M.index("right_hip"), 0]


def test_missing_keypoints_are_drawn_around() -> None:
    keypoints = CLIP.keypoints.keypoints_px.copy()
    keypoints[0, 3] = np.nan
    keypoints[50] = np.nan
    drawn = comparison_figure(keypoints, CLIP.truth_poses3d, H36M, [0, 50])
    first, unseen = (axes for axes in drawn.axes if axes.name != "3d")
    assert len(first.collections[0].get_segments()) == len(H36M.bones) - 1  # joint 3 is an end
    assert len(unseen.collections[0].get_segments()) == 0


@pytest.mark.parametrize("frames", [[], [-1], [CLIP.keypoints.frames]])
def test_frames_outside_of_the_clip_are_refused(frames) -> None:
    with pytest.raises(InputError, match=f"from 0 to {CLIP.keypoints.frames - 1}"):
        figure(frames=frames)


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ShapeError, match="keypoints_px"):
        comparison_figure(CLIP.keypoints.keypoints_px[:-1], CLIP.truth_poses3d, H36M, [0])
