from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError, ShapeError
from rtpca.skeletons import get_skeleton
from rtpca.viz import draw_skeleton_3d, on_floor, pose_bounds, to_plot_axes
from rtpca.viz.colors import FLOOR, LEFT, MIDDLE, RIGHT, bone_colors, joint_colors

H36M = get_skeleton("h36m17")
POSE = load_demo_clip().truth_poses3d[60]


def bones_of(axes) -> list[Line3DCollection]:
    floor = to_hex(FLOOR)
    collections = [c for c in axes.collections if isinstance(c, Line3DCollection)]
    return [c for c in collections if to_hex(c.get_colors()[0]) != floor]


def axes_3d():
    return Figure().add_subplot(projection="3d")


def test_camera_down_is_drawn_downwards_and_depth_away_from_the_viewer() -> None:
    # Camera axes: x right, y down, z forward.
    assert to_plot_axes([1.0, 2.0, 3.0]).tolist() == [1.0, 3.0, -2.0]


def test_a_standing_person_is_drawn_upright() -> None:
    points = to_plot_axes(POSE)
    assert (
        points[H36M.index("head"), 2] > points[H36M.index("pelvis"), 2] > points[H36M.index("left_ankle"), 2]
    )


def test_left_and_right_have_their_colours() -> None:
    colors = joint_colors(H36M)
    assert colors[H36M.index("left_wrist")] == LEFT
    assert colors[H36M.index("right_ankle")] == RIGHT
    assert colors[H36M.index("thorax")] == MIDDLE
    # A bone takes the colour of its far end: pelvis -> right hip is the right's.
    assert bone_colors(H36M)[H36M.bones.index((0, 1))] == RIGHT


def test_every_bone_is_drawn_in_its_colour() -> None:
    axes = axes_3d()
    draw_skeleton_3d(axes, POSE, H36M)
    (bones,) = bones_of(axes)
    assert [to_hex(color) for color in bones.get_colors()] == list(bone_colors(H36M))


def test_bones_with_a_missing_end_are_left_out() -> None:
    pose = POSE.copy()
    pose[H36M.index("left_elbow")] = np.nan
    axes = axes_3d()
    draw_skeleton_3d(axes, pose, H36M)
    (bones,) = bones_of(axes)
    assert len(bones.get_colors()) == len(H36M.bones) - 2


def test_all_axes_have_one_scale() -> None:
    axes = axes_3d()
    draw_skeleton_3d(axes, POSE, H36M)
    spans = np.array([np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim()), np.ptp(axes.get_zlim())])
    box = np.asarray(axes._box_aspect)
    assert spans / spans[0] == pytest.approx(box / box[0])


@given(
    hnp.arrays(np.float64, (4, 17, 3), elements=st.floats(-2, 2)),
    st.floats(-3, 3),
)
def test_bounds_hold_every_pose_wherever_it_stands(poses: np.ndarray, shift: float) -> None:
    moved = poses + shift
    bounds = pose_bounds(poses, moved)
    points = to_plot_axes(np.concatenate([poses, moved])).reshape(-1, 3)
    assert (np.abs(points[:, :2] - bounds.center_m[:2]) <= bounds.width_m / 2).all()
    assert bounds.center_m[2] == pytest.approx(points[:, 2].min())
    assert points[:, 2].max() <= bounds.center_m[2] + bounds.height_m


def test_poses_on_the_floor_touch_it_and_keep_their_shape() -> None:
    poses = load_demo_clip().truth_poses3d[::20].astype(np.float64)
    standing = on_floor(poses)
    assert standing[..., 1].max(axis=-1) == pytest.approx(0, abs=1e-9)
    assert np.diff(standing, axis=1) == pytest.approx(np.diff(poses, axis=1), abs=1e-9)


def test_a_result_stands_on_the_floor_of_its_truth() -> None:
    truth = POSE[None].astype(np.float64)
    result = truth + [0.0, 0.1, 0.0]
    assert on_floor(result, truth)[..., 1].max() == pytest.approx(0.1)


def test_missing_joints_do_not_reach_the_floor() -> None:
    pose = POSE.copy()
    pose[H36M.index("left_ankle")] = np.nan
    assert np.nanmax(on_floor(pose)[..., 1]) == pytest.approx(0, abs=1e-6)
    assert np.isnan(on_floor(np.full((17, 3), np.nan))).all()


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(InputError, match="every joint is NaN"):
        pose_bounds(np.full((2, 17, 3), np.nan))
    with pytest.raises(ShapeError, match=r"\(16, 3\).*J=17"):
        draw_skeleton_3d(axes_3d(), np.zeros((16, 3)), H36M)
