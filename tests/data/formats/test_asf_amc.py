"""Reading ASF/AMC: hand-worked positions, agreement with scipy and the reference, damage named by line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rtpca.data.formats.amc import amc_positions, parse_amc
from rtpca.data.formats.asf import parse_asf
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError

ASF = """# a skeleton of three bones
:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   anything, even begin and end
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name hip
     direction 1 0 0
     length 2
     axis 0 0 0  XYZ
  end
  begin
     id 2
     name thigh
     direction 0 -1 0
     length 4
     axis 0 0 90  XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
     id 3
     name shin
     direction 0 -1 0
     length 3
     axis 0 0 0 XYZ
    dof rx
    limits (-10.0 170.0)
  end
:hierarchy
  begin
    root hip
    hip thigh
    thigh shin
  end
"""

AMC = """#!OML:ASF somewhere
:FULLY-SPECIFIED
:DEGREES
1
root 10 20 30 0 0 0
thigh 0 0 0
shin 0
2
root 10 20 30 0 0 90
thigh 90 0 0
shin 90
"""


def positions(amc: str = AMC, asf: str = ASF) -> np.ndarray:
    skeleton = parse_asf(asf, "a.asf")
    return amc_positions(skeleton, parse_amc(amc, skeleton, "a.amc"))


def test_rest_pose_hangs_the_ends_of_the_bones_below_each_other():
    assert parse_asf(ASF, "a.asf").joint_names == ("root", "hip", "thigh", "shin")
    np.testing.assert_allclose(positions()[0], [[10, 20, 30], [12, 20, 30], [12, 16, 30], [12, 13, 30]])


def test_a_bone_turns_itself_about_its_own_axis():
    # Frame 2: the root's quarter turn about z sends the hip from +x to +y. The thigh's "x" axis is turned by
    # its axis line to +y, so its quarter turn is about y: (0, -4, 0) stays; the root turns it to (4, 0, 0).
    # The shin's quarter turn about x sends (0, -3, 0) to (0, 0, -3), the thigh's about y sends that to
    # (-3, 0, 0), the root's about z to (0, -3, 0).
    expected = [[10, 20, 30], [10, 22, 30], [14, 22, 30], [14, 19, 30]]
    np.testing.assert_allclose(positions()[1], expected, atol=1e-12)


def test_length_unit_is_a_scaled_inch():
    assert parse_asf(ASF, "a.asf").metres_per_unit == pytest.approx(0.0564444, abs=1e-7)


def test_radians_are_read_as_radians():
    turned = AMC.replace("90", repr(np.pi / 2)).replace(":DEGREES", ":RADIANS")
    np.testing.assert_allclose(positions(turned), positions(), atol=1e-12)


def angles(count: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(-720, 720, allow_nan=False), min_size=count, max_size=count)


@given(
    axis=angles(3),
    root=angles(3),
    thigh=angles(3),
    shin=st.floats(-720, 720),
    order=st.sampled_from(["XYZ", "ZYX"]),
)
def test_positions_agree_with_scipy(axis, root, thigh, shin, order):
    text = ASF.replace("axis 0 0 90  XYZ", f"axis {axis[0]!r} {axis[1]!r} {axis[2]!r}  {order}")
    lines = [
        f"root 1 2 3 {root[0]!r} {root[1]!r} {root[2]!r}",
        f"thigh {thigh[0]!r} {thigh[1]!r} {thigh[2]!r}",
    ]
    found = positions("\n".join([":DEGREES", "1", *lines, f"shin {shin!r}"]), text)[0]
    # Lower case means turns about fixed axes: the first is applied first.
    whole = Rotation.from_euler("xyz", root, degrees=True)
    c = Rotation.from_euler(order.lower(), axis, degrees=True)
    thigh_turn = whole * c * Rotation.from_euler("xyz", thigh, degrees=True) * c.inv()
    shin_turn = thigh_turn * Rotation.from_euler("x", shin, degrees=True)
    hip_end = np.array([1.0, 2, 3]) + whole.apply([2.0, 0, 0])
    knee = hip_end + thigh_turn.apply([0.0, -4, 0])
    np.testing.assert_allclose(
        found, [[1, 2, 3], hip_end, knee, knee + shin_turn.apply([0.0, -3, 0])], atol=1e-9
    )


DAMAGED_ASF = [
    ("", "line 1: the file ends and has no section :units"),
    ("some text", "line 1: found 'some text' before any ':' section"),
    (ASF.replace("length 0.45", "length zero"), "line 6: the length unit holds 'zero'"),
    (ASF.replace("length 0.45", "length 0"), "line 6: the length unit is 0"),
    (ASF.replace("  length 0.45\n", ""), "line 47: section :units states no length"),
    (ASF.replace("angle deg", "angle grad"), "line 7: the angle unit is 'grad'"),
    (ASF.replace("axis XYZ", "axis XYX"), "line 12: the axis order 'XYX'"),
    (
        ASF.replace("direction 1 0 0", "direction 1 0"),
        "line 19: the direction of 'hip' needs 3 numbers of a body",
    ),
    (
        ASF.replace("direction 1 0 0", "direction 1 0 inf"),
        "line 19: the direction of 'hip' needs 3 numbers of a body",
    ),
    (ASF.replace("dof rx ry rz", "dof rx l"), "line 29: degrees of freedom 'rx l'"),
    (ASF.replace("name thigh", "name hip"), "line 33: the bone that ends here has the name 'hip'"),
    (
        ASF.replace("     axis 0 0 0  XYZ\n  end", "     axis 0 0 0  XYZ"),
        "line 22: 'begin' inside the block of 'hip'",
    ),
    (ASF[: ASF.index("name shin") + 10], "line 36: the file ends inside the block of bone 'shin'"),
    (ASF[: ASF.index(":hierarchy")], "line 42: the file ends and has no section :hierarchy"),
    (ASF[: ASF.index("    root hip")], "line 44: the hierarchy does not connect the bone 'hip'"),
    (ASF.replace("    thigh shin\n", ""), "line 47: the hierarchy does not connect the bone 'shin'"),
    (ASF.replace("thigh shin\n", "thigh shine\n"), "line 47: the hierarchy names the bone 'shine'"),
    (ASF.replace("hip thigh\n", "hip thigh shin\n"), "line 47: the hierarchy gives 'shin' a second parent"),
    (ASF.replace("    root hip\n", ""), "line 45: the hierarchy names 'hip' as a parent"),
]


@pytest.mark.parametrize(("text", "message"), DAMAGED_ASF)
def test_damage_of_a_skeleton_is_named_with_file_and_line(text, message):
    with pytest.raises(InputError) as caught:
        parse_asf(text, "a.asf")
    assert str(caught.value).startswith(f"a.asf, {message}")


DAMAGED_AMC = [
    ("", "line 1: the file ends without any frame"),
    (":DEGREES\nroot 1 2 3 4 5 6\n", "line 2: found 'root 1 2 3 4 5 6' before the first frame number"),
    (AMC.replace("thigh 90 0 0\n", ""), "line 10: frame 2 ends without 'thigh'"),
    (AMC.replace("shin 0\n2", "2"), "line 7: frame 1 ends without 'shin'"),
    (AMC.replace("shin 90", "shin 9O"), "line 11: could not convert string to float: '9O'"),
    (AMC.replace("shin 90", "shin nan"), "line 11: 'nan' is not a finite number"),
    (AMC.replace("shin 90", "shin 90 1"), "line 11: 'shin' has 2 numbers where the skeleton says 1"),
    (AMC.replace("thigh 90 0 0", "thigh 90 0"), "line 10: 'thigh' has 2 numbers where the skeleton says 3"),
    (AMC.replace("shin 90", "thigh 90 0 0"), "line 11: 'thigh' is given twice in this frame"),
    (AMC.replace("shin 90", "wing 90"), "line 11: 'wing' is no moving bone of the skeleton"),
    (AMC.replace("shin 90", "hip 90"), "line 11: 'hip' is no moving bone of the skeleton"),
    (AMC.replace("\n2\n", "\n3\n"), "line 8: frame 3 follows frame 1"),
]


@pytest.mark.parametrize(("text", "message"), DAMAGED_AMC)
def test_damage_of_a_motion_is_named_with_file_and_line(text, message):
    with pytest.raises(InputError) as caught:
        positions(text)
    assert str(caught.value).startswith(f"a.amc, {message}")


@given(st.integers(0, len(AMC) - 9))
def test_a_motion_cut_inside_a_frame_is_refused(length):
    cut = AMC[:length]
    if cut.rstrip("\n").endswith("shin 0"):
        return  # a whole first frame: nothing in the format tells that a second one is missing
    with pytest.raises(InputError, match=r"a.amc, line \d+: "):
        positions(cut)


@given(st.text(max_size=100), st.integers(0, len(ASF)), st.integers(0, len(AMC)))
def test_any_text_is_read_or_refused_but_never_crashes(noise, place, motion_place):
    for amc, asf in (
        (AMC, ASF[:place] + noise + ASF[place:]),
        (AMC[:motion_place] + noise + AMC[motion_place:], ASF),
    ):
        try:
            found = positions(amc, asf)
        except InputError:
            continue
        assert found.shape[2] == 3


@pytest.mark.parametrize("key", ["01/01_01", "01/01_08", "02/02_05"])
def test_positions_agree_with_the_reference(shared_data, key):
    reference = np.load(shared_data / "data" / "fk_reference.npz", allow_pickle=False)
    member = f"all_asfamc/subjects/{key}.amc"
    with SourceFiles(shared_data / "data" / "cmu_asfamc.zip") as source:
        skeleton = parse_asf(source.read_text(f"{member[:-7]}.asf"), "skeleton")
        found = amc_positions(skeleton, parse_amc(source.read_text(member), skeleton, "motion"))
    key = f"cmu_asfamc.zip:{member}"
    wanted = [skeleton.joint_names.index(name) for name in reference[f"{key}|joint_names"].tolist()]
    positions_m = found[reference[f"{key}|frames"]][:, wanted] * skeleton.metres_per_unit
    assert np.abs(positions_m - reference[f"{key}|positions"]).max() < 1e-6


def test_bones_and_numbers_beyond_all_bodies_are_refused(monkeypatch):
    monkeypatch.setattr("rtpca.data.formats.asf.MAX_BONES", 1)
    with pytest.raises(InputError, match=r"a.asf, line \d+: more than 1 bones are read from no skeleton"):
        parse_asf(ASF, "a.asf")
    monkeypatch.undo()
    skeleton = parse_asf(ASF, "a.asf")
    for number in ("1e300", "-1e10", "9" * 400):
        with pytest.raises(InputError, match="is not a finite number, or too large for a body"):
            parse_amc(AMC.replace("shin 90", f"shin {number}"), skeleton, "a.amc")
    with pytest.raises(InputError, match=r"a.amc, line \d+: frame 9{30} follows frame"):
        parse_amc(AMC + "9" * 5000 + "\n", skeleton, "a.amc")
    monkeypatch.setattr("rtpca.data.formats.amc.MAX_NUMBERS", 1)
    with pytest.raises(InputError, match="more than 1 numbers are read from no motion; cut it"):
        parse_amc(AMC, skeleton, "a.amc")
