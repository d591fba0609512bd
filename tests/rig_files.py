"""BVH files of a body in motion, under the joint names of different programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

UPPER, LOWER, HEIGHT_CM = 42.0, 40.0, 97.0


@dataclass(frozen=True)
class Naming:
    """How a program calls its joints.

    Attributes:
        root: joints from the root to the one that legs and spine hang from.
        spine: joints of the spine from below; collars hang from the last one.
        neck: joints of the neck from below, and the head.
        head_end: the joint that ends the head, "" where it has an end site only.
        side: from "Left" or "Right" and a joint of a limb to its name.
        leg: hip, knee, ankle, toe.
        arm: collar, shoulder, elbow, wrist.
    """

    root: Sequence[str]
    spine: Sequence[str]
    neck: Sequence[str]
    head_end: str
    side: Callable[[str, str], str]
    leg: Sequence[str]
    arm: Sequence[str]


def before(side: str, name: str) -> str:
    return side + name


def letter_before(side: str, name: str) -> str:
    return f"{side[0]}_{name}"


def letter_behind(side: str, name: str) -> str:
    return f"{name}_{side[0]}"


def _with(prefix: str, naming: Naming) -> Naming:
    def named(names: Sequence[str]) -> list[str]:
        return [prefix + name for name in names]

    return Naming(
        named(naming.root),
        named(naming.spine),
        named(naming.neck),
        naming.head_end and prefix + naming.head_end,
        lambda side, name: prefix + naming.side(side, name),
        naming.leg,
        naming.arm,
    )


_BONES = ("UpLeg", "Leg", "Foot", "ToeBase"), ("Shoulder", "Arm", "ForeArm", "Hand")
_JOINTS = ("Hip", "Knee", "Ankle", "Toe"), ("Collar", "Shoulder", "Elbow", "Wrist")
_HUMAN_IK = Naming(["Hips"], ["Spine", "Spine1", "Spine2"], ["Neck", "Head"], "", before, *_BONES)
_MIXAMO = Naming(["Hips"], ["Spine", "Spine1", "Spine2"], ["Neck", "Head"], "HeadTop_End", before, *_BONES)

NAMINGS = {
    "mixamo": _with("mixamorig:", _MIXAMO),
    "mixamo in blender": _with("mixamorig1:", _MIXAMO),
    "mixamo in unity": _with("mixamorig", _MIXAMO),
    "mixamo without prefix": _MIXAMO,
    "motionbuilder": _with("Character1_", _HUMAN_IK),
    "lafan1": Naming(
        ["Hips"],
        ["Spine", "Spine1", "Spine2"],
        ["Neck", "Head"],
        "",
        before,
        ("UpLeg", "Leg", "Foot", "Toe"),
        _BONES[1],
    ),
    "zeggs": Naming(
        ["Hips"],
        ["Spine", "Spine1", "Spine2", "Spine3"],
        ["Neck", "Neck1", "Head"],
        "HeadEnd",
        before,
        *_BONES,
    ),
    "perception neuron": _with(
        "Robot_",
        Naming(["Hips"], ["Spine", "Spine1", "Spine2", "Spine3"], ["Neck", "Head"], "", before, *_BONES),
    ),
    "rokoko": Naming(
        ["Hips"],
        ["Spine1", "Spine2", "Spine3", "Spine4"],
        ["Neck", "Head"],
        "",
        before,
        ("Thigh", "Shin", "Foot", "Toe"),
        _BONES[1],
    ),
    "xsens": Naming(
        ["Hips"], ["Chest", "Chest2", "Chest3", "Chest4"], ["Neck", "Head"], "", before, *_JOINTS
    ),
    "character studio": Naming(["Hips"], ["Chest", "Chest2"], ["Neck", "Head"], "", before, *_JOINTS),
    "soma": Naming(
        ["Root", "Hips"],
        ["Spine1", "Spine2", "Chest"],
        ["Neck1", "Neck2", "Head"],
        "HeadEnd",
        before,
        ("Leg", "Shin", "Foot", "ToeBase"),
        _BONES[1],
    ),
    "bandai namco": Naming(
        ["joint_Root", "Hips"],
        ["Spine", "Chest"],
        ["Neck", "Head"],
        "",
        letter_behind,
        ("UpperLeg", "LowerLeg", "Foot", "Toes"),
        ("Shoulder", "UpperArm", "LowerArm", "Hand"),
    ),
    "unreal": Naming(
        ["root", "pelvis"],
        ["spine_01", "spine_02", "spine_03"],
        ["neck_01", "head"],
        "",
        lambda side, name: f"{name}_{side[0].lower()}",
        ("thigh", "calf", "foot", "ball"),
        ("clavicle", "upperarm", "lowerarm", "hand"),
    ),
    "biped": _with(
        "Bip01 ",
        Naming(
            ["Pelvis"],
            ["Spine", "Spine1", "Spine2"],
            ["Neck", "Head"],
            "",
            lambda side, name: f"{side[0]} {name}",
            ("Thigh", "Calf", "Foot", "Toe0"),
            ("Clavicle", "UpperArm", "Forearm", "Hand"),
        ),
    ),
    "character creator": _with(
        "CC_Base_",
        Naming(
            ["Hip", "Pelvis"],
            ["Waist", "Spine01", "Spine02"],
            ["NeckTwist01", "NeckTwist02", "Head"],
            "",
            letter_before,
            ("Thigh", "Calf", "Foot", "ToeBase"),
            ("Clavicle", "Upperarm", "Forearm", "Hand"),
        ),
    ),
    "smpl": Naming(["Pelvis"], ["Spine1", "Spine2", "Spine3"], ["Neck", "Head"], "", letter_before, *_JOINTS),
    "vroid": Naming(
        ["Root", "J_Bip_C_Hips"],
        ["J_Bip_C_Spine", "J_Bip_C_Chest", "J_Bip_C_UpperChest"],
        ["J_Bip_C_Neck", "J_Bip_C_Head"],
        "",
        lambda side, name: f"J_Bip_{side[0]}_{name}",
        ("UpperLeg", "LowerLeg", "Foot", "ToeBase"),
        ("Shoulder", "UpperArm", "LowerArm", "Hand"),
    ),
    "daz": Naming(
        ["hip", "pelvis"],
        ["abdomenLower", "abdomenUpper", "chestLower", "chestUpper"],
        ["neckLower", "neckUpper", "head"],
        "",
        lambda side, name: side[0].lower() + name,
        ("ThighBend", "Shin", "Foot", "Toe"),
        ("Collar", "ShldrBend", "ForearmBend", "Hand"),
    ),
    "makehuman": Naming(
        ["root"],
        ["spine05", "spine04", "spine03", "spine02", "spine01"],
        ["neck01", "neck02", "neck03", "head"],
        "",
        lambda side, name: f"{name}.{side[0]}",
        ("upperleg01", "lowerleg01", "foot", "toe1-1"),
        ("clavicle", "upperarm01", "lowerarm01", "wrist"),
    ),
    "source engine": _with(
        "ValveBiped.Bip01_",
        Naming(
            ["Pelvis"],
            ["Spine", "Spine1", "Spine2", "Spine4"],
            ["Neck1", "Head1"],
            "",
            letter_before,
            ("Thigh", "Calf", "Foot", "Toe0"),
            ("Clavicle", "UpperArm", "Forearm", "Hand"),
        ),
    ),
    "motive": _with(
        "Skeleton_001_",
        Naming(
            ["Hip"],
            ["Ab", "Chest"],
            ["Neck", "Head"],
            "",
            lambda side, name: side[0] + name,
            ("Thigh", "Shin", "Foot", "Toe"),
            ("Shoulder", "UArm", "FArm", "Hand"),
        ),
    ),
    "advanced skeleton": Naming(
        ["Root_M"],
        ["Spine1_M", "Spine2_M", "Chest_M"],
        ["Neck_M", "Head_M"],
        "HeadEnd_M",
        letter_behind,
        ("Hip", "Knee", "Ankle", "Toes"),
        ("Scapula", "Shoulder", "Elbow", "Wrist"),
    ),
    "auto-rig pro": Naming(
        ["root.x"],
        ["spine_01.x", "spine_02.x", "spine_03.x"],
        ["neck.x", "head.x"],
        "",
        lambda side, name: f"{name}.{side[0].lower()}",
        ("thigh_stretch", "leg_stretch", "foot", "toes_01"),
        ("shoulder", "arm_stretch", "forearm_stretch", "hand"),
    ),
    "acclaim": Naming(
        ["root"],
        ["lowerback", "upperback", "thorax"],
        ["lowerneck", "upperneck", "head"],
        "",
        lambda side, name: side[0].lower() + name,
        ("femur", "tibia", "foot", "toes"),
        ("clavicle", "humerus", "radius", "wrist"),
    ),
    "deepmotion": Naming(
        ["hips_JNT"],
        ["spine_JNT", "spine1_JNT", "spine2_JNT"],
        ["neck_JNT", "head_JNT"],
        "",
        lambda side, name: f"{side[0].lower()}_{name}_JNT",
        ("upleg", "leg", "foot", "toebase"),
        ("shoulder", "arm", "forearm", "hand"),
    ),
    "rigify": Naming(
        ["spine"],
        ["spine.001", "spine.002", "spine.003"],
        ["spine.004", "spine.005", "spine.006"],
        "",
        lambda side, name: f"{name}.{side[0]}",
        ("thigh", "shin", "foot", "toe"),
        ("shoulder", "upper_arm", "forearm", "hand"),
    ),
}
NAMINGS["rigify, deforming"] = _with("DEF-", NAMINGS["rigify"])


@dataclass
class _Joint:
    name: str
    offset: tuple[float, float, float]
    children: list[_Joint]


def _chain(names: Sequence[str], offsets: Sequence[tuple[float, float, float]]) -> _Joint:
    first = last = _Joint(names[0], offsets[0], [])
    for name, offset in zip(names[1:], offsets[1:], strict=True):
        last.children.append(_Joint(name, offset, []))
        last = last.children[0]
    return first


def _last(joint: _Joint) -> _Joint:
    return _last(joint.children[0]) if joint.children else joint


def _body(naming: Naming) -> _Joint:
    """Someone 1.7 m tall, y up, facing z, in centimetres."""
    root = _chain(naming.root, [(0.0, 0.0, 0.0)] * len(naming.root))
    hips = _last(root)
    count = len(naming.spine)
    spine = _chain(naming.spine, [(0.0, 40.0 / count, (-1.0) ** i) for i in range(count)])
    chest = _last(spine)
    necks = len(naming.neck) - 1
    names = [*naming.neck, naming.head_end] if naming.head_end else naming.neck
    offsets = [(0.0, 12.0, 0.0), *[(0.0, 10.0 / necks, 1.0)] * necks, (0.0, 17.0, 1.0)]
    chest.children.append(_chain(names, offsets[: len(names)]))
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        leg = [naming.side(side, name) for name in naming.leg]
        arm = [naming.side(side, name) for name in naming.arm]
        legs = [(9.0 * sign, -5.0, 0.0), (0.0, -UPPER, 0.0), (0.0, -LOWER, 0.0), (0.0, -6.0, 12.0)]
        arms = [
            (3.0 * sign, 9.0, 0.0),
            (15.0 * sign, 0.0, 0.0),
            (29.0 * sign, 0.0, 0.0),
            (26.0 * sign, 0.0, 0.0),
        ]
        hips.children.append(_chain(leg, legs))
        chest.children.append(_chain(arm, arms))
    hips.children.append(spine)
    return root


def rig_bvh(
    naming: Naming,
    frames: int = 40,
    seed: int = 0,
    frame_time: str = "0.0333333",
    scale: float = 1.0,
    rest_offset: bool = False,
) -> str:
    """Someone who moves arms, legs and trunk a little and walks on, as BVH.

    Args:
        naming: names of the joints.
        frames: number of frames.
        seed: of the movement.
        frame_time: as it is written.
        scale: of all lengths, which are centimetres.
        rest_offset: whether the rest place of the root is written as its OFFSET too.
    """
    lines: list[str] = ["HIERARCHY"]
    names: list[str] = []

    def add(joint: _Joint, depth: int) -> None:
        offset = (0.0, HEIGHT_CM, 0.0) if rest_offset and depth == 0 else joint.offset
        lines.append(f"{'JOINT' if depth else 'ROOT'} {joint.name}")
        lines.append("{")
        lines.append("OFFSET " + " ".join(f"{value * scale:.6g}" for value in offset))
        position = "" if depth else "Xposition Yposition Zposition "
        lines.append(f"CHANNELS {3 if depth else 6} {position}Zrotation Xrotation Yrotation")
        names.append(joint.name)
        for child in joint.children:
            add(child, depth + 1)
        if not joint.children:
            lines.extend(("End Site", "{", f"OFFSET 0 {5 * scale:.6g} 0", "}"))
        lines.append("}")

    add(_body(naming), 0)
    rng = np.random.default_rng(seed)
    phase = np.linspace(0.0, 4.0 * np.pi, frames)[:, None]
    angles = rng.uniform(4.0, 18.0, (1, 3 * len(names))) * np.sin(
        phase + rng.uniform(0, 6, (1, 3 * len(names)))
    )
    for index, name in enumerate(names):
        if name in naming.root:
            angles[:, 3 * index : 3 * index + 3] *= 0.2
        for side in ("Left", "Right"):
            if name == naming.side(side, naming.leg[1]):  # knees bend one way
                angles[:, 3 * index : 3 * index + 3] = [0.0, 35.0, 0.0] * (1.1 + np.sin(phase))
    place = np.concatenate([0 * phase, HEIGHT_CM + np.sin(2 * phase), 20 * phase], axis=1) * scale
    table = np.concatenate([place, angles], axis=1)
    lines += ["MOTION", f"Frames: {frames}", f"Frame Time: {frame_time}"]
    return "\n".join([*lines, *(" ".join(f"{value:.5f}" for value in row) for row in table)]) + "\n"
