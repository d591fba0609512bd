"""OpenSim: markers, and the set-ups with which it scales a model to the person and lets it follow them.

The markers have the names of Pose2Sim's set for Halpe26 (BSD-3), of which the 17 joints know fourteen;
`Spine` is ours, since the hips alone do not tell how far the pelvis is tilted. Where they sit on the model is
ours too: h36m17's joints are centres of joints, not points on the skin, so hips, knees, ankles, shoulders,
elbows and wrists sit where the model's bodies turn. The names of bodies and coordinates are those of the
full-body model of Rajagopal et al. (2016) and of the ones made of it, such as Pose2Sim's.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtpca.arrays import BoolArray
from rtpca.errors import InputError
from rtpca.export.trc import save_markers
from rtpca.export.world import PathLike, world_motion
from rtpca.files import written_together
from rtpca.inference import Ground, LiftResult

ENDINGS = (".opensim.trc", ".opensim.markers.xml", ".opensim.scaling.xml", ".opensim.ik.xml")
"""What the files of the export end in."""
MODEL_ENDINGS = (".opensim.osim", ".opensim.mot")
"""What the files end in that OpenSim makes of them."""


@dataclass(frozen=True)
class Marker:
    """A marker and where it sits.

    Attributes:
        joint: The joint of h36m17.
        body: The body of the model that carries it.
        place_m: (x forward, y up, z right) in the body's axes, metres, on the unscaled model.
        weight: How much it counts when the model follows.
    """

    joint: str
    body: str
    place_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    weight: float = 1.0


def _markers() -> Mapping[str, Marker]:
    table = {
        "Hip": Marker("pelvis", "pelvis", (-0.0707, -0.0661, 0.0)),
        "Spine": Marker("spine", "torso", (0.02, 0.115, 0.0), 0.5),
        "Neck": Marker("thorax", "torso", (0.005, 0.4, 0.0)),
        "Head": Marker("head", "head", (0.035, 0.1, 0.0), 0.2),
    }
    for letter, side, end in (("R", "right", "r"), ("L", "left", "l")):
        table |= {
            f"{letter}Hip": Marker(f"{side}_hip", f"femur_{end}", weight=2.0),
            f"{letter}Knee": Marker(f"{side}_knee", f"tibia_{end}", weight=2.0),
            f"{letter}Ankle": Marker(f"{side}_ankle", f"talus_{end}", weight=2.0),
            f"{letter}Shoulder": Marker(f"{side}_shoulder", f"humerus_{end}"),
            f"{letter}Elbow": Marker(f"{side}_elbow", f"ulna_{end}"),
            f"{letter}Wrist": Marker(f"{side}_wrist", f"hand_{end}"),
        }
    return table


MARKERS = _markers()
"""Name of a marker and where it sits."""

_SCALED: tuple[tuple[str, tuple[tuple[str, str], ...], tuple[str, ...], str], ...] = (
    ("pelvis", (("RHip", "LHip"),), ("pelvis",), "Z"),
    ("trunk", (("RHip", "RShoulder"), ("LHip", "LShoulder")), ("pelvis", "torso"), "X Y"),
    ("shoulders", (("RShoulder", "LShoulder"),), ("torso",), "Z"),
    ("head", (("Neck", "Head"),), ("head",), "X Y Z"),
    (
        "thigh",
        (("RHip", "RKnee"), ("LHip", "LKnee")),
        ("femur_r", "femur_l", "patella_r", "patella_l"),
        "X Y Z",
    ),
    (
        "shank",
        (("RKnee", "RAnkle"), ("LKnee", "LAnkle")),
        tuple(f"{body}_{end}" for body in ("tibia", "talus", "calcn", "toes") for end in "rl"),
        "X Y Z",
    ),
    ("upper arm", (("RShoulder", "RElbow"), ("LShoulder", "LElbow")), ("humerus_r", "humerus_l"), "X Y Z"),
    (
        "forearm",
        (("RElbow", "RWrist"), ("LElbow", "LWrist")),
        tuple(f"{body}_{end}" for body in ("ulna", "radius", "hand") for end in "rl"),
        "X Y Z",
    ),
)
"""Measure, the markers between which it is taken (mean of several), the bodies that it scales, along what."""

_AT_REST = {
    **{f"L5_S1_{turn}": 0.02 for turn in ("Flex_Ext", "Lat_Bending", "axial_rotation")},
    **{f"lumbar_{turn}": 0.02 for turn in ("extension", "bending", "rotation")},
    **{f"neck_{turn}": 0.01 for turn in ("flexion", "bending", "rotation")},
    **{
        f"{name}_{end}": 0.01
        for name in ("hip_rotation", "ankle_angle", "subtalar_angle", "mtp_angle", "arm_rot", "pro_sup")
        for end in "rl"
    },
    **{f"{name}_{end}": 0.01 for name in ("wrist_flex", "wrist_dev") for end in "rl"},
}
"""Coordinates that the markers tell badly or not at all, and how strongly each is held at rest."""


@dataclass(frozen=True)
class ModelParts:
    """What a model of OpenSim has.

    Attributes:
        path: Its file.
        bodies: Names of its bodies.
        coordinates: Names of its coordinates.
    """

    path: Path
    bodies: frozenset[str]
    coordinates: frozenset[str]


POSE2SIM = ModelParts(
    Path("Model_Pose2Sim_simple.osim"),
    frozenset(body for _, _, scaled, _ in _SCALED for body in scaled if not body.startswith("patella")),
    frozenset(name for name in _AT_REST if not name.startswith("lumbar")),
)
"""The model that set-ups are for where none is given."""


def save_opensim(
    path: PathLike, result: LiftResult, ground: Ground | None = None, model: ModelParts = POSE2SIM
) -> Path:
    """Write what OpenSim needs to scale a model and to let it follow the person; see `Save`.

    Beside the markers (TRC) lie the set of markers, the set-up for scaling and that for inverse kinematics;
    the set-ups name each other's files and are run in their folder: first the scaling, which makes a model
    of the person's size (`.opensim.osim`), then the inverse kinematics, which makes its motion
    (`.opensim.mot`). A model is scaled by the longest stretch in which the person is seen; frames without
    anybody are left out, for a frame without any marker ends the inverse kinematics.

    Args:
        path: The file of markers; the others lie beside it, named by what stands before `.opensim.trc`.
        result: One person's poses.
        ground: Puts the floor at y = 0, which a model wants.
        model: The model that the set-ups are for.

    Returns:
        The path.

    Raises:
        InputError: see `Save`; or nobody is seen in the clip.
    """
    motion = world_motion(result, ground)
    if not motion.valid.any():
        raise InputError("nobody is seen in any frame: there is nothing that a model of OpenSim can follow")
    path = Path(path)
    markers = {name: one for name, one in MARKERS.items() if one.body in model.bodies}
    places = [motion.names.index(MARKERS[name].joint) for name in MARKERS]
    start, end = _longest(motion.valid)
    first_s, last_s = motion.times_s[start], motion.times_s[end]
    name = path.name.removesuffix(ENDINGS[0])
    _, marker_file, scaling_file, ik_file = (f"{name}{ending}" for ending in ENDINGS)
    model_file, motion_file = (f"{name}{ending}" for ending in MODEL_ENDINGS)
    with written_together() as scratch:
        trc = scratch(path)
        points = replace(motion, joints_m=motion.joints_m[:, places], names=tuple(MARKERS))
        save_markers(trc, points, gaps="left out")
        for file, document in (
            (marker_file, _marker_set(markers)),
            (
                scaling_file,
                _scaling(name, model, markers, path.name, marker_file, model_file, (first_s, last_s)),
            ),
            (
                ik_file,
                _inverse_kinematics(
                    model, markers, path.name, model_file, motion_file, (0.0, float(motion.times_s[-1]))
                ),
            ),
        ):
            _write(scratch(path.with_name(file)), document)
    return path


def _longest(valid: BoolArray) -> tuple[int, int]:
    """First and last frame of the longest stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2] - 1
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def _marker_set(markers: Mapping[str, Marker]) -> ET.Element:
    found = _element("MarkerSet", name="markers")
    objects = _child(found, "objects")
    for name, marker in markers.items():
        one = _child(objects, "Marker", name=name)
        _child(one, "socket_parent_frame", f"/bodyset/{marker.body}")
        _child(one, "location", _numbers(marker.place_m))
        _child(one, "fixed", "true")
    return found


def _scaling(
    name: str,
    model: ModelParts,
    markers: Mapping[str, Marker],
    trc: str,
    marker_file: str,
    model_file: str,
    time_range_s: tuple[float, float],
) -> ET.Element:
    tool = _element("ScaleTool", name=name)
    _child(tool, "mass", "-1")  # not known: the model's masses stay
    maker = _child(tool, "GenericModelMaker")
    _child(maker, "model_file", str(model.path))
    _child(maker, "marker_set_file", marker_file)
    scaler = _child(tool, "ModelScaler")
    _child(scaler, "apply", "true")
    _child(scaler, "scaling_order", "measurements")
    measures = _child(_child(scaler, "MeasurementSet"), "objects")
    for measure, pairs, bodies, axes in _SCALED:
        pairs = [pair for pair in pairs if all(marker in markers for marker in pair)]
        bodies = [body for body in bodies if body in model.bodies]
        if pairs and bodies:
            one = _child(measures, "Measurement", name=measure)
            _child(one, "apply", "true")
            objects = _child(_child(one, "MarkerPairSet"), "objects")
            for pair in pairs:
                _child(_child(objects, "MarkerPair"), "markers", " ".join(pair))
            objects = _child(_child(one, "BodyScaleSet"), "objects")
            for body in bodies:
                _child(_child(objects, "BodyScale", name=body), "axes", axes)
    _child(scaler, "marker_file", trc)
    _child(scaler, "time_range", _numbers(time_range_s))
    _child(scaler, "preserve_mass_distribution", "true")
    _child(scaler, "output_model_file", model_file)
    _child(_child(tool, "MarkerPlacer"), "apply", "false")  # joints are centres: nothing is to be moved
    return tool


def _inverse_kinematics(
    model: ModelParts,
    markers: Mapping[str, Marker],
    trc: str,
    model_file: str,
    motion_file: str,
    time_range_s: tuple[float, float],
) -> ET.Element:
    tool = _element("InverseKinematicsTool", name=motion_file.removesuffix(".mot"))
    _child(tool, "results_directory", ".")
    _child(tool, "model_file", model_file)
    _child(tool, "marker_file", trc)
    _child(tool, "time_range", _numbers(time_range_s))
    _child(tool, "output_motion_file", motion_file)
    _child(tool, "report_errors", "true")
    tasks = _child(_child(tool, "IKTaskSet"), "objects")
    for name, marker in markers.items():
        one = _child(tasks, "IKMarkerTask", name=name)
        _child(one, "apply", "true")
        _child(one, "weight", f"{marker.weight:g}")
    for name, weight in _AT_REST.items():
        if name in model.coordinates:
            one = _child(tasks, "IKCoordinateTask", name=name)
            _child(one, "apply", "true")
            _child(one, "weight", f"{weight:g}")
            _child(one, "value_type", "manual_value")
            _child(one, "value", "0")
    return tool


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, attributes)


def _child(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text
    return child


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)


def _write(path: Path, content: ET.Element) -> None:
    document = ET.Element("OpenSimDocument", Version="40000")
    document.append(content)
    ET.indent(document)
    path.write_bytes(ET.tostring(document, encoding="UTF-8", xml_declaration=True) + b"\n")
