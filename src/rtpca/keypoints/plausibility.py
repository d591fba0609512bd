"""Does this look like a body? The joint order is what is most often wrong, and everything runs all the same.

Four measures of h36m17 keypoints in the image, over a whole clip. In brackets: their range on motion capture
from four sides, with 5 px of noise, and where the order is wrong.

- The longest bone as a part of the length of all bones (0.09 to 0.12; 0.12 to 0.21 in another joint set).
- How much longer a leg's bone is on one side than on the other (1.0 to 1.3; 1.3 to 23 in another joint set).
- Whether the line between the hips points the way of the line between the shoulders (0.7 to 1; -1 to -0.7
  where the sides of legs or arms are swapped).
- Bones as they are, over those to the other side's joint (0.4 to 1; 1.0 to 2.8 where joints are swapped).

And the way up: a body that stands on its head, or lies stretched out, in nearly all frames is one whose axes
mean something else more often than not. (A mirrored body is as good a body, seen from behind; only its
mirror's other sign, the exchanged axes, is seen.)
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import AnyFloatArray, BoolArray, FloatArray
from rtpca.keypoints.recognise import sets_of_as_many_joints
from rtpca.skeletons import Skeleton, convert_keypoints, get_skeleton

_H36M17 = get_skeleton("h36m17")
_FEWEST_FRAMES = 8
_LOOKED_AT = 500
_LONGEST_SHARE = 0.15
_SIDES_DIFFER = 1.8
_CLEARLY, _NEARLY_ALWAYS = 1.5, 0.9
# Where the head is in the image, its sign along x, and what else than lying it may come from.
_LYING = (
    ("left", -1, "if it does not, x and y are exchanged, or the picture is turned by 90 degrees"),
    ("right", 1, "if it does not, the picture is turned by 90 degrees, or x and y are exchanged with y up"),
)
_LEG_BONES = (("hip", "knee"), ("knee", "ankle"))
_CROSSING = {
    # from, to: ratio above which the two sides look swapped. Folded arms and crossed legs do occur.
    ("hip", "knee"): 1.03,
    ("knee", "ankle"): 1.1,
    ("shoulder", "elbow"): 1.08,
    ("elbow", "wrist"): 1.25,
}


def implausible(keypoints_px: FloatArray, scores: FloatArray, source: Skeleton) -> str:
    """What is wrong with a body, and its likely cause; empty where nothing looks wrong.

    Args:
        keypoints_px: (F, J, 2) pixels in the joints of `source`.
        scores: (F, J), 0 where missing.
        source: What the joints were taken for.

    Returns:
        One sentence for the user.
    """
    frames = np.flatnonzero((scores > 0).sum(axis=1) >= 3)
    if len(frames) < _FEWEST_FRAMES:
        return ""
    frames = frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)]
    points, seen = keypoints_px[frames], scores[frames]
    body = _as_h36m17(points, seen, source)
    signs = _signs(body)
    if not signs:
        return _turned(body)
    for name in sets_of_as_many_joints(source.num_joints):
        if name != source.name and not _signs(_as_h36m17(points, seen, get_skeleton(name))):
            cause = (
                f"the joints were taken for {source.name}, but their order fits {name}: try `skeleton` {name}"
            )
            break
    else:
        cause = f"the joints are probably in another order than {source.name} has"
    return f"warning: this hardly looks like a body ({'; '.join(signs)}): {cause}"


def _as_h36m17(points: FloatArray, scores: FloatArray, source: Skeleton) -> FloatArray:
    return convert_keypoints(points, scores, source, "h36m17")[0].astype(np.float32)


def _signs(points: FloatArray) -> list[str]:
    """What speaks against a body, of (F, 17, 2) h36m17 joints."""
    bones = {
        (_H36M17.joints[parent], _H36M17.joints[child]): _usual_length(points, parent, child)
        for parent, child in _H36M17.bones
    }
    lengths = np.array(list(bones.values()))
    signs: list[str] = []
    if np.isfinite(lengths).all() and lengths.max() > _LONGEST_SHARE * lengths.sum():
        parent, child = list(bones)[int(lengths.argmax())]
        signs.append(f"{parent} to {child} is {lengths.max() / np.median(lengths):.1f} times a usual bone")
    for upper, lower in _LEG_BONES:
        left, right = (bones[f"{side}_{upper}", f"{side}_{lower}"] for side in ("left", "right"))
        ratio = max(left, right) / max(min(left, right), 1e-6)
        if np.isfinite(ratio) and ratio > _SIDES_DIFFER:
            signs.append(f"{upper} to {lower} is {ratio:.1f} times as long on one side")
    if _facing(points) < 0:
        signs.append("left and right of the hips and of the shoulders are crossed")
    for (upper, lower), most in _CROSSING.items():
        if _crossing(points, upper, lower) > most:
            signs.append(f"left and right {lower} are crossed")
    return signs


def _turned(points: FloatArray) -> str:
    """What (F, 17, 2) h36m17 joints say against x to the right and y down, and the likely cause."""
    hips = (_joint(points, "left_hip") + _joint(points, "right_hip")) / 2
    trunk = _joint(points, "thorax") - hips
    trunk = trunk[np.isfinite(trunk).all(axis=1)]
    if len(trunk) >= _FEWEST_FRAMES and _along(trunk, 0, 1).mean() >= _NEARLY_ALWAYS:
        return (
            "warning: the body is upside down throughout: if it is not, y points up in these keypoints, and "
            "should point down (image height minus y)"
        )
    for ankle in ("left_ankle", "right_ankle"):
        both = np.concatenate([_joint(points, "thorax") - hips, _joint(points, ankle) - hips], axis=1)
        both = both[np.isfinite(both).all(axis=1)]
        for side, sign, cause in _LYING:
            lies = _along(both[:, :2], sign, 0) & _along(both[:, 2:], -sign, 0)
            if len(both) >= _FEWEST_FRAMES and lies.mean() >= _NEARLY_ALWAYS:
                return f"warning: the body lies stretched out throughout, its head to the {side}: {cause}"
    return ""


def _along(vectors: AnyFloatArray, x: int, y: int) -> BoolArray:
    """Which of (N, 2) vectors point clearly along an axis, given by the sign of x or y."""
    along, beside = (vectors[:, 0] * x, vectors[:, 1]) if x else (vectors[:, 1] * y, vectors[:, 0])
    return np.asarray(along > _CLEARLY * np.abs(beside))


def _joint(points: FloatArray, name: str) -> FloatArray:
    return points[:, _H36M17.index(name)]


def _usual_length(points: FloatArray, parent: int, child: int) -> float:
    """A bone's length when it is hardly foreshortened, in pixels; NaN where it is seldom seen."""
    lengths = np.linalg.norm(points[:, parent] - points[:, child], axis=1)
    lengths = lengths[np.isfinite(lengths)]
    return float(np.percentile(lengths, 90)) if len(lengths) >= _FEWEST_FRAMES else float("nan")


def _facing(points: FloatArray) -> float:
    """Cosine between the lines from right to left hip and shoulder, weighted by length; 1 if unknown."""
    hips = _joint(points, "left_hip") - _joint(points, "right_hip")
    shoulders = _joint(points, "left_shoulder") - _joint(points, "right_shoulder")
    both = np.isfinite(hips).all(axis=1) & np.isfinite(shoulders).all(axis=1)
    if both.sum() < _FEWEST_FRAMES:
        return 1.0
    along = (hips[both] * shoulders[both]).sum()
    return float(along / max((np.hypot(*hips[both].T) * np.hypot(*shoulders[both].T)).sum(), 1e-6))


def _crossing(points: FloatArray, upper: str, lower: str) -> float:
    """Mean length of a bone on both sides over that of its connections to the other side; 0 if unknown."""
    upper_left, upper_right = _joint(points, f"left_{upper}"), _joint(points, f"right_{upper}")
    lower_left, lower_right = _joint(points, f"left_{lower}"), _joint(points, f"right_{lower}")
    straight = np.hypot(*(upper_left - lower_left).T) + np.hypot(*(upper_right - lower_right).T)
    across = np.hypot(*(upper_left - lower_right).T) + np.hypot(*(upper_right - lower_left).T)
    all_four = np.isfinite(straight) & np.isfinite(across)
    if all_four.sum() < _FEWEST_FRAMES:
        return 0.0
    return float(straight[all_four].sum() / max(float(across[all_four].sum()), 1e-6))
