"""Files of joint angles, and what OpenSim is handed."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError
from rtpca.export import save_angles, save_mot, save_opensim
from rtpca.export.opensim import MARKERS
from rtpca.export.world import world_motion
from rtpca.geometry.angles import ANGLES
from rtpca.inference import estimate_ground


def test_the_table_has_the_angles_in_degrees_and_nan_where_there_are_none(tmp_path, short) -> None:
    with open(save_angles(tmp_path / "a.csv", short), newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "time_s", "valid", *(f"{name}_deg" for name in ANGLES)]
    angles = short.angles()
    for name in ANGLES:
        found = np.array([float(row[f"{name}_deg"]) for row in rows])
        np.testing.assert_allclose(found, angles.degrees(name), atol=1e-3)
    assert {rows[5][f"{name}_deg"] for name in ANGLES} == {"NaN"}  # nobody is seen
    assert {row["ankle_angle_r_deg"] for row in rows} == {"NaN"}


def test_the_table_says_how_far_an_angle_may_be_off(tmp_path, short) -> None:
    radii = np.full((12, 17), 0.05, np.float32)
    sure = replace(short, uncertainty=radii, uncertainty_steepness=np.ones(17, np.float32))
    with open(save_angles(tmp_path / "a.csv", sure), newline="") as file:
        rows = list(csv.DictReader(file))
    angles = sure.angles()
    assert float(rows[2]["knee_angle_l_within_deg"]) == pytest.approx(
        angles.half_width_degrees("knee_angle_l")[2], abs=1e-3
    )
    with pytest.raises(InputError, match="no interval"):
        short.angles().half_width_degrees("knee_angle_l")


def read_mot(path):
    lines = path.read_text().splitlines()
    end = lines.index("endheader")
    table = np.array([[float(cell) for cell in line.split("\t")] for line in lines[end + 2 :]])
    return lines[:end], dict(zip(lines[end + 1].split("\t"), table.T, strict=True))


def test_a_motion_holds_what_is_known_and_bridges_the_rest(tmp_path, short) -> None:
    ground = estimate_ground(short)
    head, columns = read_mot(save_mot(tmp_path / "a.mot", short, ground))
    assert head[:5] == ["a", "version=1", "nRows=12", f"nColumns={len(columns)}", "inDegrees=yes"]
    assert "Frames without anybody, filled: 3." in head
    angles = short.angles(ground)
    for name in ANGLES:
        values = angles.degrees(name)
        known = np.isfinite(values)
        assert (name in columns) == known.any()
        if name in columns:
            np.testing.assert_allclose(columns[name][known], values[known], atol=1e-5)
    knee = columns["knee_angle_r"]
    np.testing.assert_allclose(np.diff(knee[3:8]), np.diff(knee[3:5])[0], atol=1e-5)  # straight across
    assert all(np.isfinite(column).all() for column in columns.values())


def test_a_turned_pelvis_carries_its_hips(tmp_path, truth) -> None:
    _, columns = read_mot(save_mot(tmp_path / "a.mot", truth, estimate_ground(truth)))
    tilt, bend, turn = (np.radians(columns[f"pelvis_{name}"]) for name in ("tilt", "list", "rotation"))
    hips = world_motion(truth, estimate_ground(truth)).joints_m[:, [1, 4]].mean(axis=1)
    up = np.stack([-np.sin(tilt) * np.cos(bend), np.cos(tilt) * np.cos(bend), np.sin(bend)], axis=-1)
    away = np.column_stack([columns[f"pelvis_t{axis}"] for axis in "xyz"]) - hips
    np.testing.assert_allclose((away * up).sum(axis=1), 0.0785, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), np.hypot(0.0785, 0.0564), atol=1e-5)
    assert np.ptp(turn) > 0.5


def test_opensim_is_handed_markers_and_setups_that_name_each_other(tmp_path, short) -> None:
    ground = estimate_ground(short)
    path = save_opensim(tmp_path / "w.opensim.trc", short, ground)
    names = {".trc", ".markers.xml", ".scaling.xml", ".ik.xml"}
    assert {file.name for file in tmp_path.iterdir()} == {f"w.opensim{name}" for name in names}
    lines = path.read_text().splitlines()
    assert lines[3].split("\t")[2::3] == [*MARKERS, ""][: len(MARKERS)]
    rows = [line.split("\t") for line in lines[6:]]
    # A frame without any marker ends OpenSim's inverse kinematics: there is none.
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "8", "9", "10", "11", "12"]
    np.testing.assert_allclose(
        [float(row[1]) for row in rows], np.flatnonzero(short.valid) / short.fps, atol=1e-8
    )
    joints = world_motion(short, ground).joints_m
    place = 2 + 3 * list(MARKERS).index("LKnee")
    np.testing.assert_allclose(
        [float(cell) for cell in rows[4][place : place + 3]], 1000 * joints[7, 5], atol=1e-2
    )
    scaling = ET.parse(tmp_path / "w.opensim.scaling.xml")
    kinematics = ET.parse(tmp_path / "w.opensim.ik.xml")
    assert scaling.findtext(".//marker_set_file") == "w.opensim.markers.xml"
    assert scaling.findtext(".//output_model_file") == kinematics.findtext(".//model_file")
    assert {tree.findtext(".//marker_file") for tree in (scaling, kinematics)} == {"w.opensim.trc"}
    first, last = map(float, scaling.findtext(".//time_range").split())
    assert (first, last) == pytest.approx(
        (7 / short.fps, 11 / short.fps)
    )  # the longest stretch with somebody
    placed = {one.get("name") for one in ET.parse(tmp_path / "w.opensim.markers.xml").iter("Marker")}
    assert placed == {one.get("name") for one in kinematics.iter("IKMarkerTask")} == set(MARKERS)


def test_a_clip_that_shows_nobody_is_nothing_for_opensim(tmp_path, short) -> None:
    with pytest.raises(InputError, match="nobody is seen"):
        save_opensim(tmp_path / "w.opensim.trc", replace(short, valid=np.zeros(12, bool)))
    assert list(tmp_path.iterdir()) == []
    head, columns = read_mot(save_mot(tmp_path / "a.mot", replace(short, valid=np.zeros(12, bool))))
    assert set(columns) == {"time", "pelvis_tx", "pelvis_ty", "pelvis_tz"}
    assert "nothing" in head[-2]


def test_angles_of_lifted_poses_have_intervals_that_grow_with_the_radii(truth) -> None:
    clip = load_demo_clip()
    radii = np.full((clip.keypoints.frames, 17), 0.02, np.float32)
    steep = np.ones(17, np.float32)
    one, two = (replace(truth, uncertainty=k * radii, uncertainty_steepness=steep).angles() for k in (1, 2))
    widths = one.half_width_rad, two.half_width_rad
    known = np.isfinite(one.values_rad)
    np.testing.assert_array_equal(np.isfinite(widths[0]), known)
    small = known & (np.nan_to_num(widths[1]) < 3)
    np.testing.assert_allclose(widths[1][small], 2 * widths[0][small], rtol=1e-6)
    narrow = replace(truth, uncertainty=radii, uncertainty_steepness=steep).angles(level=0.5)
    assert (narrow.half_width_rad[known] <= widths[0][known]).all()
    with pytest.raises(InputError, match="choose of pelvis_tilt"):
        one.degrees("knee_angle")
