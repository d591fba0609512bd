"""Drawing of the paper's figures: what is drawn where, one scale for all poses, the same files twice."""

from __future__ import annotations

import numpy as np
import pytest

from rtpca.errors import InputError, ShapeError
from rtpca.skeletons import get_skeleton
from rtpca.viz.attention_grid import attention_figure, unit_range
from rtpca.viz.error_latency import SpeedMark, error_latency_figure, speed_figure
from rtpca.viz.files import save_figure
from rtpca.viz.frame_errors import frame_error_figure
from rtpca.viz.pose_grid import PoseRow, pose_grid

SKELETON = get_skeleton("h36m17")


def standing(rng, scale: float = 1.0) -> np.ndarray:
    pose = rng.normal(scale=0.3 * scale, size=(17, 3))
    return pose - pose[:1]


def pose_row(rng, names=("ste", "rtpca"), off_m: float = 0.05) -> PoseRow:
    truth = standing(rng)
    return PoseRow(
        "walk\nmedian error",
        rng.uniform(0, 500, (17, 2)),
        truth,
        {name: truth + [off_m * (i + 1), 0, 0] for i, name in enumerate(names)},
    )


def texts(figure) -> list[str]:
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts] + [axes.get_title()]
    return found


def test_each_pose_is_headed_by_its_error_in_millimetres(rng) -> None:
    figure = pose_grid([pose_row(rng), pose_row(rng, off_m=0.1)], SKELETON)
    said = texts(figure)
    for words in ("50 mm", "100 mm", "200 mm", "2D input", "ground truth", "STE (MixSTE)", "RTPCA"):
        assert words in said
    assert len(figure.axes) == 2 * 4


def test_all_poses_share_view_and_scale(rng) -> None:
    rows = [pose_row(rng), PoseRow("x", rng.uniform(0, 9, (17, 2)), standing(rng, 2.0), {})]
    rows[1] = PoseRow(
        rows[1].label,
        rows[1].keypoints_px,
        rows[1].truth_m,
        {name: rows[1].truth_m for name in ("ste", "rtpca")},
    )
    figure = pose_grid(rows, SKELETON)
    solid = [axes for axes in figure.axes if axes.name == "3d"]
    assert len({(axes.elev, axes.azim) for axes in solid}) == 1
    spans = np.array(
        [[np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim()), np.ptp(axes.get_zlim())] for axes in solid]
    )
    assert np.allclose(spans, spans[0])
    assert spans[0, 0] == pytest.approx(spans[0, 1])


def test_rows_of_different_networks_and_no_rows_are_refused(rng) -> None:
    with pytest.raises(InputError, match="rows show different networks"):
        pose_grid([pose_row(rng), pose_row(rng, ("ste",))], SKELETON)
    with pytest.raises(InputError, match="no moment to draw"):
        pose_grid([], SKELETON)


def test_the_band_reaches_from_the_least_to_the_largest_take() -> None:
    errors = np.array([[10.0, 20.0, 30.0], [30.0, 40.0, 80.0]])
    figure = frame_error_figure({"rtpca": errors}, fps=50.0)
    (axes,) = figure.axes
    low, high, mean = (line.get_ydata() for line in axes.lines)
    assert np.array_equal(low, [10, 20, 30])
    assert np.array_equal(high, [30, 40, 80])
    assert np.array_equal(mean, [20, 30, 55])
    assert axes.get_ylim()[0] == 0


def test_frames_that_count_nowhere_stay_empty() -> None:
    errors = np.array([[10.0, np.nan, 30.0], [30.0, np.nan, 80.0]])
    mean = frame_error_figure({"rtpca": errors}, fps=50.0).axes[0].lines[2].get_ydata()
    assert np.isnan(mean[1])


def test_curves_of_different_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="must share one shape"):
        frame_error_figure({"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}, fps=50.0)


def test_each_map_is_scaled_by_itself() -> None:
    maps = np.stack([np.array([[1.0, 2.0], [3.0, 5.0]]), np.full((2, 2), 7.0)])
    scaled = unit_range(maps)
    assert scaled[0].tolist() == [[0.0, 0.25], [0.5, 1.0]]
    assert scaled[1].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_ours_is_the_first_row_of_maps_and_queries_run_down(rng) -> None:
    maps = {"rtpca": rng.uniform(size=(2, 5, 5)), "ste": rng.uniform(size=(2, 5, 5))}
    figure = attention_figure(maps, ["mean", "head 1"])
    first = figure.axes[0]
    assert first.get_ylabel().startswith("RTPCA")
    assert first.get_title() == "mean"
    assert first.get_ylim()[0] > first.get_ylim()[1]
    assert np.allclose(first.images[0].get_array(), unit_range(maps["rtpca"])[0])
    with pytest.raises(ShapeError, match=r"maps of ste must be \(N=1, F, K\)"):
        attention_figure({"ste": maps["ste"]}, ["mean"])


MARKS = [
    SpeedMark("rtpca", 27, 10.0, 0.4, 900.0, (60.0, 62.0), None),
    SpeedMark("rtpca", 243, 90.0, 0.4, 900.0, (), 19.5),
    SpeedMark("poseformer", 81, 20.0, 20.0, 90.0, (70.0,), 31.3),
]


def test_markers_stand_at_latency_and_mean_error_and_are_labelled() -> None:
    figure = error_latency_figure(MARKS)
    left, right = figure.axes
    measured = left.containers[0].lines[0]
    assert measured.get_xdata().tolist() == [10.0]
    assert measured.get_ydata().tolist() == [61.0]
    assert [text.get_text() for text in left.texts].count("F=27") == 1
    assert [text.get_text() for text in left.texts].count("F=81") == 2
    assert (left.get_xscale(), right.get_xlabel()) == ("log", "latency per predicted frame, batch 1 (ms)")
    hollow = [line for line in left.lines if line.get_markerfacecolor() == "none" and len(line.get_xdata())]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in hollow] == [(90.0, 19.5), (20.0, 31.3)]


def test_latency_alone_needs_no_errors() -> None:
    bare = [SpeedMark("rtpca", 27, 10.0, 0.4, 900.0), SpeedMark("ste", 27, 9.0, 0.3, 950.0)]
    assert len(speed_figure(bare).axes) == 3
    with pytest.raises(InputError, match="no errors to draw"):
        error_latency_figure(bare)


def test_the_same_figure_gives_the_same_files(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = save_figure(speed_figure(MARKS), tmp_path / "a" / "x.y")
    second = save_figure(speed_figure(MARKS), tmp_path / "b" / "x.y")
    assert [path.name for path in first] == ["x.y.png", "x.y.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
