"""What no body can be is refused with its likely cause, what is seldom is told, what people do is neither."""

from __future__ import annotations

import numpy as np
import pytest

from rig_files import NAMINGS, rig_bvh
from rtpca.data.datasets.axes import AXES, file_axis, y_up_from
from rtpca.data.datasets.body_check import BodyCheck
from rtpca.data.datasets.options import UP_AXES, PrepareOptions
from rtpca.data.datasets.prepare import prepare
from rtpca.data.datasets.units import likely_unit
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, InputError
from rtpca.metrics import stature_m
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return generate_motion("walk", 90, 30.0, 0).astype(np.float64)


def take(positions: np.ndarray, name: str = "pack.npz:walk", fps: float = 30.0) -> Recording:
    return Recording(name, positions.astype(np.float32), fps, "a", "b", "train", "pack", "mine")


@pytest.fixture(scope="module")
def lying() -> np.ndarray:
    """Somebody who waves, on the back, on a floor at y = 0, head along z."""
    wave = generate_motion("wave", 90, 30.0, 0).astype(np.float64)
    turned = np.stack([wave[..., 0], -wave[..., 2], wave[..., 1]], axis=-1)
    return turned - turned[:, :1] + [0.3, 0.12, 4.0]


def says(*recordings: Recording, **known: object) -> list[str]:
    check = BodyCheck(mendable=True, **known)
    for recording in recordings:
        check.add(recording, H36M)
    return check.notes()


@pytest.mark.parametrize("kind", ["walk", "squat", "wave"])
@pytest.mark.parametrize("seed", range(3))
def test_of_people_nothing_is_told(kind, seed):
    assert says(take(generate_motion(kind, 120, 30.0, seed))) == []


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (
            100.0,
            "m long, at 1 metres per unit; its unit looks like centimetres: give `metres_per_unit` 0.01",
        ),
        (1000.0, "its unit looks like millimetres: give `metres_per_unit` 0.001"),
        (39.37, "its unit looks like inches: give `metres_per_unit` 0.0254"),
        (17.72, "its unit looks like CMU"),
        (3.28, "its unit looks like feet"),
        (0.001, r"the body would be 1\.\d mm tall"),
        (0.0, "all joints lie in one point"),
        (7e5, "give the true unit as `metres_per_unit`, or the person's height as `stature_m`"),
    ],
)
def test_bodies_of_impossible_size_are_refused_with_the_likely_unit(walk, scale, message):
    check = BodyCheck(mendable=True)
    check.expect("pack.npz", 1.0, "y", None, H36M)
    with pytest.raises(InputError, match=rf"^pack.npz:walk: .*{message}"):
        check.add(take(walk * scale), H36M)


def test_a_data_set_without_options_recommends_none(walk):
    with pytest.raises(InputError, match=r"m tall.*; the file is damaged, or in another length unit"):
        BodyCheck().add(take(walk * 1000), H36M)
    with pytest.raises(
        InputError, match="0.03 frames a second are no rate of a recording; the file is damaged"
    ):
        BodyCheck().add(take(walk, fps=0.03), H36M)


def test_small_and_tall_people_and_children_are_told(walk):
    assert says(take(walk * 0.6)) == []  # a child of a metre
    (note,) = says(take(walk * 0.4), take(walk, "pack.npz:second"))
    assert "bodies are 0.6" in note
    assert "is the length unit right? (1 of 2 takes, pack.npz:walk first)" in note
    assert "is the length unit right" in says(take(walk * 1.5))[0]


@pytest.mark.parametrize("fps", [0.03, 0.5, 3000.0])
def test_rates_of_no_recording_are_refused(walk, fps):
    with pytest.raises(
        InputError, match=r"frames a second are no rate of a recording; give the true rate as `fps`"
    ):
        says(take(walk, fps=fps))


def test_slow_rates_and_jumps_are_told(walk):
    assert "fewer than 8 frames a second" in says(take(walk, fps=5.0))[0]
    assert "faster than 25 m/s; are the frame rate and" in says(take(walk, fps=1000.0))[0]


def test_crossed_sides_and_mirrored_axes_are_told():
    crouched = generate_motion("squat", 90, 30.0, 0)
    for wrong in (crouched[:, list(H36M.mirror)], crouched * [-1, 1, 1], crouched * [1, 1, -1]):
        (note,) = says(take(wrong))
        assert note.startswith("pack.npz: knees bend backwards: left and right are exchanged")
    turned = np.stack([crouched[..., 2], crouched[..., 1], -crouched[..., 0]], axis=-1)
    assert says(take(turned)) == []


def test_wrong_joints_are_told(walk):
    long_thigh = walk.copy()
    long_thigh[:, H36M.index("left_knee")] += 0.8 * (
        walk[:, H36M.index("left_ankle")] - walk[:, H36M.index("left_knee")]
    )
    long_thigh[:, H36M.index("right_knee")] += 0.8 * (
        walk[:, H36M.index("right_ankle")] - walk[:, H36M.index("right_knee")]
    )
    assert any(
        "a thigh is" in note and "is the joint mapping right?" in note for note in says(take(long_thigh))
    )
    one_side = walk.copy()
    one_side[:, H36M.index("left_wrist")] += 2.0 * (
        walk[:, H36M.index("left_wrist")] - walk[:, H36M.index("left_elbow")]
    )
    assert any("left and right differ in length" in note for note in says(take(one_side)))
    rubber = walk.copy()
    rubber[:, H36M.index("left_wrist")] += np.linspace(0, 0.5, len(walk))[:, None]
    assert any("change their lengths" in note for note in says(take(rubber)))


@pytest.mark.parametrize("axis", UP_AXES)
def test_every_axis_can_be_up(axis):
    points = np.random.default_rng(0).normal(size=(5, 3))
    turned = y_up_from(points, axis)
    np.testing.assert_allclose(turned[:, 1], points @ AXES[axis])
    basis = y_up_from(np.eye(3), axis)
    assert np.linalg.det(basis) == pytest.approx(1.0)
    for world in UP_AXES:
        np.testing.assert_allclose(turned @ AXES[world], points @ AXES[file_axis(world, axis)])


def as_file(walk: np.ndarray, axis: str) -> np.ndarray:
    """Joints as a file has them in which another axis is up."""
    basis = y_up_from(np.eye(3), axis)
    return walk @ np.linalg.inv(basis)


def npz(path, takes: dict[str, np.ndarray]):
    np.savez(
        path,
        positions=np.concatenate(list(takes.values())).astype(np.float32),
        offsets=np.cumsum([0, *(len(positions) for positions in takes.values())]),
        names=np.array(list(takes)),
        actions=np.array(list(takes)),
        joint_names=np.array(H36M.joints),
        fps=np.array(30),
    )
    return path


@pytest.mark.parametrize("axis", UP_AXES[1:])
def test_files_with_another_axis_up_are_refused_with_the_option_that_reads_them(walk, axis, tmp_path):
    path = npz(tmp_path / "pack.npz", {"a": as_file(walk, axis), "b": as_file(walk + [3, 0, -2], axis)})
    with pytest.raises(ConfigError, match=rf"in all takes \(2\).* give `up_axis` {axis};"):
        prepare("joint-positions", [path], tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()
    report = prepare("joint-positions", [path], tmp_path / "out.h5", PrepareOptions(up_axis=axis))
    assert not any(note.startswith("warning") for note in report.notes)
    with open_dataset(tmp_path / "out.h5") as dataset:
        np.testing.assert_allclose(dataset.read("pack.npz:a").positions3d, walk, atol=1e-5)
    wrong = prepare("joint-positions", [path], tmp_path / "out.h5", PrepareOptions(up_axis="y"))
    assert any(note.startswith("warning: pack.npz: the people are") for note in wrong.notes)


def test_people_who_lie_among_others_or_alone_are_no_error(walk, lying, tmp_path):
    assert says(take(walk), take(lying, "pack.npz:sleep")) == []
    assert says(take(lying)) == []
    path = npz(tmp_path / "pack.npz", {"sleep": lying})
    report = prepare("joint-positions", [path], tmp_path / "out.h5")
    assert not any(note.startswith("warning") for note in report.notes)


def test_people_in_all_positions_show_the_floor_by_what_they_touch(walk):
    on_the_spot = walk - walk[:, :1] * [1, 0, 1]
    standing = on_the_spot - [0, walk[..., 1].min(), 0]
    down = np.stack([standing[..., 1], -standing[..., 0], standing[..., 2]], axis=-1)
    down -= [0, down[..., 1].min(), 0]
    rolling = np.concatenate([standing[:30], down[:30] + [0, 0, 3], down[30:60] + [0, 0, 6]])
    assert not any("floor" in note for note in says(take(rolling)))
    for axis in ("z", "-z", "-y"):
        turned = as_file(rolling, axis)
        (note,) = (note for note in says(take(turned)) if "floor" in note)
        assert f"keep to one floor across {axis} as they do not across y" in note
        assert note.endswith(f"where {axis} points up, give `up_axis` {axis}")
        assert not any("floor" in note for note in says(take(turned), take(walk, "pack.npz:other")))


def test_somebody_in_the_air_for_a_moment_is_told_and_not_refused(walk):
    """A dive for a ball, cut out of its take."""
    dive = as_file(walk, "z")[:25] + [0, 2.0, 0]
    (note,) = says(take(dive))
    assert "lying in all takes (1)" in note


def test_a_rest_pose_tells_a_sleeper_from_another_axis(walk):
    for rest, refused in ((walk[0], False), (as_file(walk, "z")[0], True)):
        check = BodyCheck(mendable=True)
        check.expect("pack.npz", 1.0, "y", rest, H36M)
        check.add(take(as_file(walk, "z") - as_file(walk, "z")[:1, :1] + [0, 0.1, 0]), H36M)
        if refused:
            with pytest.raises(ConfigError, match="with their heads along z; where z points up"):
                check.notes()
        else:
            assert check.notes() == []


@pytest.mark.parametrize(
    ("height", "name"),
    [
        (1.7, "metres"),
        (172, "centimetres"),
        (1720, "millimetres"),
        (68, "inches"),
        (31, "CMU"),
        (95, "centimetres"),
    ],
)
def test_units_are_known_by_the_height_of_people(height, name):
    unit = likely_unit(height)
    assert unit is not None
    assert unit[0].startswith(name)


@pytest.mark.parametrize("height", [0.0, 1e-9, 7e5, float("inf"), float("nan")])
def test_what_is_nobody_s_height_has_no_unit(height):
    assert likely_unit(height) is None


def test_height_is_that_of_the_bones_in_any_position(walk):
    assert stature_m(walk, H36M) == pytest.approx(stature_m(walk[..., [1, 2, 0]], H36M), rel=1e-6)
    assert 1.5 < stature_m(walk, H36M) < 1.95


# BVH files, through the reader.


def prepared(tmp_path, text: str, **options):
    (tmp_path / "walk.bvh").write_text(text)
    return prepare("bvh", [tmp_path / "walk.bvh"], tmp_path / "out.h5", PrepareOptions(**options))


def lowest_ankle(tmp_path) -> float:
    with open_dataset(tmp_path / "out.h5") as dataset:
        (one,) = dataset.iterate()
    ankles = one.positions3d[:, [H36M.index("left_ankle"), H36M.index("right_ankle")], 1]
    return float(ankles.min())


XSENS = NAMINGS["xsens"]


def test_a_frame_time_that_is_the_rate_is_refused_unless_the_rate_is_given(tmp_path):
    text = rig_bvh(XSENS, frame_time="30")
    with pytest.raises(
        ConfigError, match=r"walk.bvh: its Frame Time is '30' .* itself, 30 fps; give .* as `fps`"
    ):
        prepared(tmp_path, text)
    prepared(tmp_path, text, fps=30.0)
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert next(dataset.iterate()).fps == 30.0


@pytest.mark.parametrize(
    ("scale", "unit"), [(1.0, "centimetres"), (0.01, "metres"), (10, "millimetres"), (1 / 2.54, "inches")]
)
def test_a_unit_that_nobody_states_is_that_of_people_and_told(tmp_path, scale, unit):
    report = prepared(tmp_path, rig_bvh(XSENS, scale=scale))
    assert any(f"lengths are taken as {unit}" in note for note in report.notes)
    assert lowest_ankle(tmp_path) == pytest.approx(0.1, abs=0.1)


def test_a_unit_that_fits_nobody_is_asked_for(tmp_path):
    with pytest.raises(
        ConfigError, match=r"walk.bvh: its length unit is not known, .*`metres_per_unit`.*`stature_m`"
    ):
        prepared(tmp_path, rig_bvh(XSENS, scale=500))
    prepared(tmp_path, rig_bvh(XSENS, scale=500), stature_m=1.7)


def test_a_unit_that_cannot_be_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"walk.bvh: the body would be \d+ m tall.* give `metres_per_unit` 0.01"
    ):
        prepared(tmp_path, rig_bvh(XSENS), metres_per_unit=1.0)


@pytest.mark.parametrize("how", ["add", "replace"])
def test_the_root_s_offset_is_added_or_replaced_as_the_data_show(tmp_path, how):
    """The same movement as two kinds of programs write it, and without a rest place."""
    plain = rig_bvh(XSENS)
    prepared(tmp_path, plain)
    wanted = lowest_ankle(tmp_path)
    text = rig_bvh(XSENS, rest_offset=True)
    if how == "add":
        head, table = text.split("Frame Time: 0.0333333\n")
        rows = [line.split() for line in table.splitlines()]
        moved = [[row[0], f"{float(row[1]) - 97:.5f}", *row[2:]] for row in rows]
        text = head + "Frame Time: 0.0333333\n" + "\n".join(map(" ".join, moved))
    report = prepared(tmp_path, text)
    assert lowest_ankle(tmp_path) == pytest.approx(wanted, abs=1e-5)
    said = "are added to its OFFSET" if how == "add" else "are its place and replace its OFFSET"
    assert any(said in note and "`root_offset`" in note for note in report.notes)
    other = "replace" if how == "add" else "add"
    prepared(tmp_path, text, root_offset=other)
    assert lowest_ankle(tmp_path) == pytest.approx(wanted + (0.97 if other == "add" else -0.97), abs=1e-5)
    assert any("OFFSET" in note for note in prepared(tmp_path, text, root_offset="auto").notes)


def test_a_take_that_does_not_tell_goes_with_those_before_it(tmp_path):
    lifted = rig_bvh(XSENS, rest_offset=True)
    head, table = lifted.split("Frame Time: 0.0333333\n")
    rows = [line.split() for line in table.splitlines()]
    # Somebody hangs half a leg above the floor: as far from one reading as from the other.
    hanging = [[row[0], f"{97 * 0.52:.5f}", *row[2:]] for row in rows]
    (tmp_path / "a.bvh").write_text(lifted)
    (tmp_path / "b.bvh").write_text(head + "Frame Time: 0.0333333\n" + "\n".join(map(" ".join, hanging)))
    alone = prepare("bvh", [tmp_path / "b.bvh"], tmp_path / "b.h5")
    assert any("cannot be told" in note for note in alone.notes)
    both = prepare("bvh", [tmp_path / "a.bvh", tmp_path / "b.bvh"], tmp_path / "out.h5")
    assert not any("cannot be told" in note for note in both.notes)


def z_up(text: str) -> str:
    """Someone who stands and walks on in a world in which z is up, limbs held still."""
    lines = text.splitlines()
    table = next(index for index, line in enumerate(lines) if line.startswith("Frame Time")) + 1
    for index, line in enumerate(lines):
        words = line.split()
        if words[0] == "OFFSET":
            x, y, z = map(float, words[1:])
            lines[index] = f"OFFSET {x} {-z} {y}"
        elif index >= table:
            x, y, z = map(float, words[:3])
            lines[index] = " ".join([f"{x} {-z} {y}", *"0" * (len(words) - 3)])
    return "\n".join(lines)


def test_a_bvh_with_z_up_is_refused_and_read_when_told(tmp_path):
    text = z_up(rig_bvh(XSENS))
    with pytest.raises(ConfigError, match=r"walk.bvh: the people are lying .* along z; where z points up"):
        prepared(tmp_path, text)
    report = prepared(tmp_path, text, up_axis="z")
    assert lowest_ankle(tmp_path) == pytest.approx(0.1, abs=0.1)
    assert not any(note.startswith("warning") for note in report.notes)


def test_a_bvh_of_somebody_who_lies_is_read(tmp_path):
    lines = rig_bvh(XSENS).splitlines()
    table = next(index for index, line in enumerate(lines) if line.startswith("Frame Time")) + 1
    for index in range(table, len(lines)):
        words = lines[index].split()
        lines[index] = " ".join(["0", "12", words[2], "0", "-90", "0", *words[6:]])
    report = prepared(tmp_path, "\n".join(lines))
    assert not any(note.startswith("warning") for note in report.notes)
