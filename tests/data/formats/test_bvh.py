"""Reading BVH: what is written is read back, forward kinematics agrees with scipy, damage is named."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from rtpca.data.formats.bvh import bvh_positions, frame_rate, parse_bvh
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError

ROTATION_ORDERS = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "ZX", "Y", ""]


@dataclass
class Node:
    """A joint to be written: `order` of its rotation channels, `slides` with position channels."""

    name: str
    offset: tuple[float, float, float]
    order: str
    slides: bool
    children: list[Node] = field(default_factory=list)

    def channels(self) -> list[str]:
        positions = ["Xposition", "Yposition", "Zposition"] if self.slides else []
        return positions + [f"{axis}rotation" for axis in self.order]


def numbers(limit: float) -> st.SearchStrategy[float]:
    return st.floats(-limit, limit, allow_nan=False).map(lambda value: round(value, 6) + 0.0)


@st.composite
def trees(draw, max_joints: int = 6) -> Node:
    """A random hierarchy with random channel orders."""
    count = draw(st.integers(1, max_joints))
    nodes: list[Node] = []
    for index in range(count):
        offset = draw(st.tuples(numbers(50), numbers(50), numbers(50)))
        order = draw(st.sampled_from(ROTATION_ORDERS))
        node = Node(f"joint.{index}", offset, order, index == 0 or draw(st.booleans()))
        if nodes:
            draw(st.sampled_from(nodes)).children.append(node)
        nodes.append(node)
    return nodes[0]


def walk(node: Node) -> list[Node]:
    return [node, *(found for child in node.children for found in walk(child))]


def hierarchy_lines(node: Node, word: str = "ROOT", indent: str = "") -> list[str]:
    inner = indent + "  "
    lines = [
        f"{indent}{word} {node.name}",
        indent + "{",
        inner + "OFFSET " + " ".join(map(repr, node.offset)),
    ]
    lines.append(f"{inner}CHANNELS {len(node.channels())} " + " ".join(node.channels()))
    for child in node.children:
        lines += hierarchy_lines(child, "JOINT", inner)
    if not node.children:
        lines += [inner + "End Site", inner + "{", inner + "  OFFSET 0 1 2", inner + "}"]
    return [*lines, indent + "}"]


def bvh_text(root: Node, values: np.ndarray, frame_time: str = "0.0333333") -> str:
    head = [
        "HIERARCHY",
        *hierarchy_lines(root),
        "MOTION",
        f"Frames: {len(values)}",
        f"Frame Time: {frame_time}",
    ]
    return "\n".join(head + [" ".join(map(repr, row)) for row in values.tolist()]) + "\n"


def expected_positions(root: Node, row: np.ndarray) -> dict[str, np.ndarray]:
    """Forward kinematics of one frame by scipy, joint by joint."""
    values = iter(row)
    found: dict[str, np.ndarray] = {}

    def visit(node: Node, origin: np.ndarray, parent: Rotation, is_root: bool) -> None:
        local = np.array(node.offset)
        if node.slides:
            moved = np.array([next(values) for _ in range(3)])
            local = local + moved if is_root else moved
        turned = parent
        for axis in node.order:
            turned = turned * Rotation.from_euler(axis, next(values), degrees=True)
        found[node.name] = origin + parent.apply(local)
        for child in node.children:
            visit(child, found[node.name], turned, False)
        if not node.children:
            found[f"{node.name}_End"] = found[node.name] + turned.apply([0.0, 1.0, 2.0])

    visit(root, np.zeros(3), Rotation.identity(), True)
    return found


@given(st.data())
def test_written_file_is_read_back_and_positions_agree_with_scipy(data):
    root = data.draw(trees())
    width = sum(len(node.channels()) for node in walk(root))
    frames = data.draw(st.integers(1, 3))
    rows = data.draw(
        st.lists(st.lists(numbers(720), min_size=width, max_size=width), min_size=frames, max_size=frames)
    )
    values = np.array(rows).reshape(frames, width)
    motion = parse_bvh(bvh_text(root, values), "a.bvh")
    np.testing.assert_array_equal(motion.values, values)
    assert frame_rate(motion.frame_time) == 30.0
    positions = bvh_positions(motion)
    for frame in range(frames):
        expected = expected_positions(root, values[frame])
        assert set(expected) == set(motion.joint_names)
        for index, name in enumerate(motion.joint_names):
            np.testing.assert_allclose(positions[frame, index], expected[name], atol=1e-8)


HAND_WORKED = """HIERARCHY
ROOT hip
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT knee
  {
    OFFSET 0 -4 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.00833333
10 20 30 0 0 0 0 0 0
10 20 30 90 0 0 0 90 0
"""


def test_root_position_is_added_to_its_offset():
    positions = bvh_positions(parse_bvh(HAND_WORKED, "a.bvh"))
    np.testing.assert_allclose(positions[0], [[11, 22, 33], [11, 18, 33], [11, 13, 33]])


def test_angles_are_applied_in_listed_order():
    # Frame 1: the hip's quarter turn about z sends the thigh (0, -4, 0) to (4, 0, 0); that of the knee
    # about x sends the shin (0, -5, 0) to (0, 0, -5), on which the hip's turn about z does nothing.
    positions = bvh_positions(parse_bvh(HAND_WORKED, "a.bvh"))
    np.testing.assert_allclose(positions[1], [[11, 22, 33], [15, 22, 33], [15, 22, 28]], atol=1e-12)


def test_position_channels_of_other_joints_replace_their_offset():
    text = HAND_WORKED.replace("CHANNELS 3 Zrotation", "CHANNELS 4 Yposition Zrotation")
    text = text.replace("0 0 0 0 0 0\n", "0 0 0 -7 0 0 0\n").replace("90 0 0 0 90 0\n", "0 0 0 -7 0 0 0\n")
    positions = bvh_positions(parse_bvh(text, "a.bvh"))
    np.testing.assert_allclose(positions[0, 1], [11, 22 - 7, 33])


@pytest.mark.parametrize(
    ("frame_time", "fps"),
    [
        ("0.00833333", 120.0),
        ("0.0083333", 120.0),
        ("8.33333e-03", 120.0),
        ("0.016666", 60.0),
        ("0.041667", 24.0),
        ("0.0333", 30.0),
        ("0.0333667", 30000 / 1001),
        ("0.0417083", 24000 / 1001),
        ("0.02", 50.0),
        ("0.0404", 1 / 0.0404),
        ("1", 1.0),
        ("0.001", 1000.0),
    ],
)
def test_frame_rate_undoes_the_rounding_of_the_header(frame_time, fps):
    motion = parse_bvh(HAND_WORKED.replace("0.00833333", frame_time), "a.bvh")
    assert frame_rate(motion.frame_time) == pytest.approx(fps, rel=1e-12)


@pytest.mark.parametrize(
    ("frame_time", "message"),
    [
        ("30", "Frame Time is '30' s, 0.033 frames a second; it seems to be the rate itself, 30 fps"),
        ("120.0", "seems to be the rate itself, 120 fps"),
        ("59.94", "seems to be the rate itself, 59.94 fps"),
        ("33.3333", "seems to be in milliseconds, for 30 fps"),
        ("8.3333", "seems to be in milliseconds, for 120 fps"),
        ("2.5", "0.4 frames a second$"),
        ("1e9", "1e-09 frames a second$"),
        ("0.00001", "too short for a recording"),
        ("0", "'0', which is no time"),
        ("-0.0333", "which is no time"),
        ("nan", "which is no time"),
        ("inf", "which is no time"),
        ("1e999999999", "0 frames a second$|no time"),
        ("fast", "'fast', which is no number"),
        ("", "which is no number"),
    ],
)
def test_a_frame_time_that_is_none_is_told_with_what_it_may_be(frame_time, message):
    with pytest.raises(ValueError, match=message):
        frame_rate(frame_time)


def test_what_is_added_for_the_rest_pose_is_known():
    motion = parse_bvh(HAND_WORKED, "a.bvh")
    np.testing.assert_array_equal(motion.root_shift, [1, 2, 3])
    np.testing.assert_array_equal(motion.rest, [[1, 2, 3], [1, -2, 3], [1, -7, 3]])
    text = HAND_WORKED.replace("CHANNELS 6 Xposition Yposition", "CHANNELS 4").replace("10 20 30", "30")
    motion = parse_bvh(text, "a.bvh")
    np.testing.assert_array_equal(motion.root_shift, [0, 0, 3])


def test_windows_line_ends_spelling_and_spaces_do_not_matter():
    text = HAND_WORKED.replace("ROOT hip\n{", "root  hip bone {").replace("CHANNELS", "Channels")
    text = text.replace("Zrotation", "ZROTATION").replace("Frame Time:", "frame  time:").replace("\n", "\r\n")
    motion = parse_bvh(text + "\r\n \r\n", "a.bvh")
    assert motion.joint_names[0] == "hip bone"
    np.testing.assert_array_equal(bvh_positions(motion), bvh_positions(parse_bvh(HAND_WORKED, "a.bvh")))


DAMAGED = [
    ("", "line 1: .*cut short"),
    ("\x00\x01 binary", "line 1: found .*HIERARCHY"),
    (HAND_WORKED.replace("ROOT", "JOINT"), "line 2: found 'JOINT', where a BVH file has ROOT"),
    (
        HAND_WORKED.replace("OFFSET 0 -4 0", "OFFSET 0 x 0"),
        "line 8: found 'x', where a number of the OFFSET of 'knee'",
    ),
    (HAND_WORKED.replace("OFFSET 0 -4 0", "OFFSET 0 nan 0"), "line 8: .*must be finite"),
    (HAND_WORKED.replace("    OFFSET 0 -4 0\n", ""), "line 13: 'knee' has no OFFSET"),
    (HAND_WORKED.replace("CHANNELS 3", "CHANNELS 9"), "line 9: 'knee' has 9 channels"),
    (HAND_WORKED.replace("CHANNELS 3", "CHANNELS 4"), "line 10: channel 'End' of 'knee' is unknown"),
    (
        HAND_WORKED.replace("Xrotation Yrotation\n    End", "Xrot Yrotation\n    End"),
        "line 9: channel 'Xrot'",
    ),
    (HAND_WORKED.replace("JOINT knee", "JOINT hip"), "'hip' occurs twice"),
    (HAND_WORKED.replace("JOINT knee", "JOINT"), "line 7: a joint without a name"),
    (HAND_WORKED.replace("MOTION", "ROOT second"), "line 16: a second ROOT"),
    (HAND_WORKED.replace("MOTION", "MOVEMENT"), "line 16: found 'MOVEMENT', where MOTION is needed"),
    (HAND_WORKED.replace("Frames: 2", "Frames: many"), "line 17: found 'Frames: many'"),
    (HAND_WORKED.replace("Frames: 2", "Frames: 0"), "line 17: 0 frames"),
    (HAND_WORKED.replace("Frames: 2", "Frames: 3"), "line 20: the header states 3 frames, but 2 .*cut short"),
    (HAND_WORKED.replace("Frames: 2", "Frames: 1"), "line 20: the header states 1 frames, but 2 .*altered"),
    (HAND_WORKED.replace("Frame Time: 0.00833333", "Frame Time 0.1"), "line 18: found 'Frame Time 0.1'"),
    (HAND_WORKED.replace("90 0 0 0 90 0", "90 0 0 0 90 1e300"), "line 20: .*too large for a body"),
    (HAND_WORKED.replace("OFFSET 0 -4 0", "OFFSET 0 -1e400 0"), "line 8: .*must be finite and of a body"),
    (
        HAND_WORKED.replace("90 0 0 0 90 0", "90 0 0 0 90"),
        "line 20: 8 numbers, but the hierarchy has 9 channels",
    ),
    (HAND_WORKED.replace("90 0 0 0 90 0", "90 0 0 0 90 O"), "line 20: .*'O'"),
    (HAND_WORKED.replace("90 0 0 0 90 0", "90 0 0 0 90 nan"), "line 20: .*not finite"),
]


@pytest.mark.parametrize(("text", "message"), DAMAGED)
def test_damage_is_named_with_file_and_line(text, message):
    with pytest.raises(
        InputError, match=f"^folder/a.bvh, {message}" if message.startswith("line") else message
    ):
        parse_bvh(text, "folder/a.bvh")


def test_a_hierarchy_of_any_depth_is_read_and_one_without_end_is_refused():
    def deep(joints: int) -> str:
        inner = "".join(f"JOINT j{n} {{ OFFSET 0 1 0 CHANNELS 0\n" for n in range(joints))
        head = "HIERARCHY ROOT hip { OFFSET 0 0 0 CHANNELS 1 Xrotation\n"
        return f"{head}{inner}{'} ' * (joints + 1)}\nMOTION\nFrames: 1\nFrame Time: 0.1\n0\n"

    assert bvh_positions(parse_bvh(deep(3000), "a.bvh"))[0, -1].tolist() == [0, 3000, 0]
    with pytest.raises(InputError, match=r"a.bvh, line \d+: more than 10000 joints are read from no file"):
        parse_bvh(deep(10_001), "a.bvh")


@pytest.mark.parametrize("frames", ["1000000000", "9" * 400, "9" * 5000])
def test_frames_that_are_not_there_cost_nothing(frames):
    with pytest.raises(InputError, match="a.bvh, line ") as caught:
        parse_bvh(HAND_WORKED.replace("Frames: 2", f"Frames: {frames}"), "a.bvh")
    assert len(str(caught.value)) < 200


def test_longer_tables_than_anybody_records_are_refused(monkeypatch):
    monkeypatch.setattr("rtpca.data.formats.bvh.MAX_NUMBERS", 17)
    with pytest.raises(InputError, match="2 frames of 9 channels are more than the 17 numbers that are read"):
        parse_bvh(HAND_WORKED, "a.bvh")


@given(st.integers(0, len(HAND_WORKED) - 20))
def test_a_file_cut_anywhere_is_refused_with_a_line(length):
    with pytest.raises(InputError, match=r"a.bvh, line \d+: "):
        parse_bvh(HAND_WORKED[:length], "a.bvh")


@given(st.text(max_size=200), st.integers(0, len(HAND_WORKED)))
def test_any_text_is_read_or_refused_but_never_crashes(noise, place):
    with contextlib.suppress(InputError):
        bvh_positions(parse_bvh(HAND_WORKED[:place] + noise + HAND_WORKED[place:], "a.bvh"))


@pytest.mark.parametrize(
    "key",
    [
        "cmu_bvh.zip:salsa/20.bvh",
        "cmu_bvh.zip:indian/08.bvh",
        "cmu_bvh.zip:martial/10.bvh",
        "react_idle_bvh.zip:acted/001_acted.bvh",
        "react_idle_bvh.zip:genuine/007_genuine.bvh",
        "react_idle_bvh.zip:acted/012_acted.bvh",
    ],
)
def test_positions_agree_with_the_reference(shared_data, key):
    reference = np.load(shared_data / "data" / "fk_reference.npz", allow_pickle=False)
    file, member = key.split(":")
    with SourceFiles(shared_data / "data" / file) as source:
        motion = parse_bvh(source.read_text(member), source.label(member))
    wanted = [motion.joint_names.index(name) for name in reference[f"{key}|joint_names"].tolist()]
    positions_m = bvh_positions(motion) * float(reference[f"{key}|metres_per_unit"])
    error = np.abs(positions_m[reference[f"{key}|frames"]][:, wanted] - reference[f"{key}|positions"])
    assert error.max() < 1e-6
