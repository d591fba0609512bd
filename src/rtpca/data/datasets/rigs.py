"""Joints of a BVH by the names that programs give them, without a mapping file.

Bones are named for the joint where they begin: what MotionBuilder, Mixamo, LAFAN1, ZEGGS and Perception
Neuron call `LeftUpLeg`, `LeftLeg`, `LeftFoot`, Rokoko `LeftThigh`, `LeftShin`, Bandai Namco `UpperLeg_L`,
Unreal `thigh_l`, `calf_l`, SOMA `LeftLeg`, `LeftShin`, Daz `lThighBend`, `lShin`, MakeHuman `upperleg01.L`,
`lowerleg01.L`, Motive `LThigh`, `LShin` and Acclaim `lfemur`, `ltibia` are hip, knee and ankle; Xsens,
100STYLE, Character Studio, Advanced Skeleton and SMPL name the joints themselves, `LeftHip`, `LeftKnee`,
`LeftAnkle`. Namespaces and prefixes (`mixamorig:`, `Character1_`, `CC_Base_`, `Bip01 `, `J_Bip_`,
`ValveBiped.`, `DEF-`), and what is behind (`_JNT`, `_stretch.l`, `.x`), do not matter. The hierarchy must
agree with the names: a knee hangs from its hip.

What is made of them, where lengths are those of the file's own body:

- hips, knees, ankles, shoulders, elbows and wrists are the file's joints, the pelvis the middle of the hips;
- `thorax` is 70 % the first joint of the neck and 30 % the middle of the shoulders;
- `spine` lies 48 % of the way from pelvis to thorax along the joints of the spine;
- `neck` (nose height) lies a tenth of the neck beyond the head's joint;
- `head` lies 14 % of a leg (12 cm) from the head's joint, towards its end, or as the neck points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.datasets.mappings import JointMapping
from rtpca.skeletons.combination import WeightedSum, combine
from rtpca.skeletons.spelling import point_of

_LEGS = (("up_leg", "leg", "foot"), ("hip", "knee", "ankle"), ("hip", "knee", "foot"))
_ARMS = (
    ("arm", "forearm", "hand"),
    ("shoulder", "elbow", "wrist"),
    ("shoulder", "elbow", "hand"),
    ("shoulder", "forearm", "hand"),
    ("arm", "forearm", "wrist"),
)
"""Names that a limb's joints have together, as `point_of` gives them; the first that are all there count."""
_RIGIFY_HEAD = "spine 006"
"""Its spine goes on into neck and head."""
_PREFIXED_AT_LEAST, _LONGEST_PREFIX = 10, 3
_ORNAMENTS = {"bend", "stretch", "jnt", "bone", "c", "m", "x"}
"""Words that say which kind of bone this is, or that it is in the middle."""
_BONES = {
    **{"femur": "thigh", "tibia": "shin", "humerus": "upperarm", "radius": "forearm"},
    **{"uarm": "upperarm", "farm": "forearm"},
}
"""Acclaim's and Motive's words for parts of limbs."""
_HEAD_ABOVE, _NOSE_BEYOND, _SPINE_SHARE = 0.14, 0.1, 0.48
_SHORT = 0.04
"""A bone that is shorter, over the length of a leg, points nowhere."""
_FRAMES_MEASURED = 50


@dataclass(frozen=True)
class _Tree:
    """A hierarchy by the places of its joints."""

    parents: tuple[int, ...]

    def above(self, joint: int) -> Iterator[int]:
        """The joints that a joint hangs from, the nearest first."""
        while (joint := self.parents[joint]) >= 0:
            yield joint


def mapping_by_names(
    joint_names: Sequence[str], parents: Sequence[int], positions: DoubleArray
) -> JointMapping | None:
    """The mapping of a body whose joints have names that are known.

    Args:
        joint_names: `(J,)` as in the file.
        parents: `(J,)` place of the joint that each hangs from, -1 for the root.
        positions: `(F, J, 3)` in any unit and axes.

    Returns:
        How to make h36m17 of it; None where the names do not show one whole body.
    """
    tree = _Tree(tuple(parents))
    for points in _readings(joint_names):
        limbs = _limbs(points, tree)
        trunk = None if limbs is None else _trunk(points, limbs, tree, joint_names)
        if limbs is not None and trunk is not None:
            return JointMapping("names", _recipe(limbs, trunk, joint_names, positions))
    return None


def _readings(joint_names: Sequence[str]) -> Iterator[list[str | None]]:
    """What the names may mean: as they are, and without a prefix that many of them have."""
    # A namespace ends at a colon.
    words = [_words(name.rpartition(":")[2]) for name in joint_names]
    begins = Counter(
        tuple(name[:count]) for name in words for count in range(1, _LONGEST_PREFIX + 1) if len(name) > count
    )
    common = [begin for begin, count in begins.most_common() if count >= _PREFIXED_AT_LEAST]
    for prefix in ((), *common):
        bare = [
            name[len(prefix) :] if tuple(name[: len(prefix)]) == prefix and len(name) > len(prefix) else name
            for name in words
        ]
        yield _meanings([" ".join(name) for name in bare])
        yield _meanings([" ".join(_plain(name)) for name in bare])


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", apart) if word]


def _plain(words: Sequence[str]) -> list[str]:
    """The words of a name without ornaments and the number of the first of several bones."""
    together = "".join(words).lower()
    for word, usual in _BONES.items():
        if together in (f"l{word}", f"r{word}", f"left{word}", f"right{word}"):
            return [together[: -len(word)], usual]
    kept = [re.sub(r"(?<=[a-z])0?1$", "", word) for word in words if word.lower() not in _ORNAMENTS]
    return kept or list(words)


def _meanings(bare: Sequence[str]) -> list[str | None]:
    points = ["head" if text == _RIGIFY_HEAD else point_of(text) for text in bare]
    # "leg" beside "shin" is the thigh.
    for side in ("left", "right"):
        legs = [index for index, point in enumerate(points) if point == f"{side}_leg"]
        shins = [index for index in legs if "shin" in bare[index].lower()]
        if len(legs) == 2 and len(shins) == 1:
            for index in legs:
                points[index] = f"{side}_leg" if index in shins else f"{side}_up_leg"
    return points


def _limbs(points: Sequence[str | None], tree: _Tree) -> dict[str, int] | None:
    """Places of hips to ankles and shoulders to wrists, by their names in h36m17."""
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for ours, choices in ((("hip", "knee", "ankle"), _LEGS), (("shoulder", "elbow", "wrist"), _ARMS)):
            chain = next(filter(None, (_chain(points, tree, side, names) for names in choices)), None)
            if chain is None:
                return None
            found |= {f"{side}_{joint}": place for joint, place in zip(ours, chain, strict=True)}
    return found if len(set(found.values())) == len(found) else None


def _chain(
    points: Sequence[str | None], tree: _Tree, side: str, names: Sequence[str]
) -> tuple[int, ...] | None:
    """Places of the joints of a limb, each hanging from the one before; None if they are not there once."""
    places: list[int] = []
    for name in names:
        here = [index for index, point in enumerate(points) if point == f"{side}_{name}"]
        if len(here) != 1 or (places and places[-1] not in tree.above(here[0])):
            return None
        places += here
    return tuple(places)


def _trunk(
    points: Sequence[str | None], limbs: dict[str, int], tree: _Tree, joint_names: Sequence[str]
) -> tuple[list[int], int, int] | None:
    """The joints of the spine from below, the last of them the neck; the head; what ends it, or -1."""
    heads = [index for index, point in enumerate(points) if point == "head"]
    if len(heads) != 1:
        return None
    head, way = heads[0], list(tree.above(heads[0]))
    shoulders, hips = (
        set(tree.above(limbs[f"left_{joint}"])) & set(tree.above(limbs[f"right_{joint}"])) & set(way)
        for joint in ("shoulder", "hip")
    )
    if not shoulders or not hips:
        return None
    # The nearest to the head that both hang from.
    branch, bottom = (min(joints, key=way.index) for joints in (shoulders, hips))
    neck = next((joint for joint in way if points[joint] == "neck"), None)
    if neck is None:
        between = way[: way.index(branch)]
        neck = between[-1] if between else branch
    spine = [joint for joint in way[way.index(neck) : way.index(bottom)] if joint != bottom][::-1]
    if not spine:
        return None
    ends = [
        index
        for index, parent in enumerate(tree.parents)
        if parent == head
        and (points[index] == "head_top" or re.search(r"(?i)(head|top|_)_?end(_m)?$", joint_names[index]))
    ]
    return spine, head, ends[0] if ends else -1


def _recipe(
    limbs: dict[str, int],
    trunk: tuple[list[int], int, int],
    joint_names: Sequence[str],
    positions: DoubleArray,
) -> dict[str, WeightedSum]:
    some = positions[:: max(1, len(positions) // _FRAMES_MEASURED)]

    def place(joints: WeightedSum) -> DoubleArray:
        return sum(
            (weight * some[:, joint_names.index(name)] for name, weight in joints.items()), np.zeros(3)
        )

    def apart(one: WeightedSum, other: WeightedSum) -> float:
        return float(np.median(np.linalg.norm(place(one) - place(other), axis=-1)))

    joint: dict[str, WeightedSum] = {name: {joint_names[index]: 1.0} for name, index in limbs.items()}
    spine, head_index, end_index = trunk
    neck, head = ({joint_names[index]: 1.0} for index in (spine[-1], head_index))
    pelvis = combine((0.5, joint["left_hip"]), (0.5, joint["right_hip"]))
    shoulders = combine((0.5, joint["left_shoulder"]), (0.5, joint["right_shoulder"]))
    thorax = combine((0.7, neck), (0.3, shoulders))
    leg = apart(joint["left_hip"], joint["left_knee"]) + apart(joint["left_knee"], joint["left_ankle"])
    # The way up the spine.
    steps: list[WeightedSum] = [pelvis, *({joint_names[index]: 1.0} for index in spine[:-1]), thorax]
    lengths = np.array([apart(one, other) for one, other in zip(steps, steps[1:], strict=False)])
    wanted = _SPINE_SHARE * float(lengths.sum())
    step = min(int(np.searchsorted(np.cumsum(lengths), wanted)), len(lengths) - 1)
    share = float((wanted - lengths[:step].sum()) / max(lengths[step], 1e-12))
    # Where the head points.
    points_from, points_to = neck, head
    if end_index >= 0 and apart(head, {joint_names[end_index]: 1.0}) > _SHORT * leg:
        points_from, points_to = head, {joint_names[end_index]: 1.0}
    beyond = _HEAD_ABOVE * leg / max(apart(points_from, points_to), _SHORT * leg)
    return {
        "pelvis": pelvis,
        **joint,
        "spine": combine((1 - share, steps[step]), (share, steps[step + 1])),
        "thorax": thorax,
        "neck": combine((1 + _NOSE_BEYOND, head), (-_NOSE_BEYOND, neck)),
        "head": combine((1.0, head), (beyond, points_to), (-beyond, points_from)),
    }
