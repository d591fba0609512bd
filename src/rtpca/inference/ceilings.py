"""What a joint's confidence cannot exceed, whatever the other signs say.

A network guesses what it does not see, and is steady in that, so that nothing trembles and the mirror image
agrees; so it is with bodies of a few pixels, and through a lens that does not exist. Three things are
measured here instead: how far a joint may be from all that is seen, how much of the body a pixel is, and
whether there is a lens of such a focal length. What follows from the first two, for hands another thing than
for hips, was measured on bodies of the validation split, of which parts were hidden, or which were made
small: `tools/fit_ceilings.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from scipy.ndimage import distance_transform_edt

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.geometry import Intrinsics
from rtpca.skeletons import get_skeleton
from rtpca.skeletons.adult import standing_adult

_SKELETON = get_skeleton("h36m17")
PARTS = {
    "trunk": ("pelvis", "hip", "spine", "thorax", "shoulder"),
    "head": ("neck", "head"),
    **{part: (part,) for part in ("elbow", "wrist", "knee", "ankle")},
}
"""Joints that are measured together, by what their names end with."""
_PART_OF = [next(part for part, ends in PARTS.items() if name.endswith(ends)) for name in _SKELETON.joints]
_HIDDEN_SPEED_M_S = 1.0
"""Somebody who is not seen may have moved that fast."""
_NEVER_S = 1e3
_USUAL_FOCAL = (0.2, 16.0)
"""Focal lengths of lenses, as parts of the image's diagonal: 9 to 690 mm in terms of a 35 mm camera."""
_ABSURD = 2.5
"""So many times beyond that, the confidence is at most `_LOWEST`."""
_LOWEST = 0.1
_MOST_OF_A_BODY, _SMALLEST_M = 12, 0.25
"""So many joints are at least so far from their middle, in the mean, even of somebody who crouches."""


@dataclass(frozen=True, eq=False)
class Ceilings:
    """Shares of joints within 100 mm of the truth, by how much of them is known.

    Attributes:
        unseen_m: (U,) rising distances of a joint from what is seen, metres.
        unseen_share: (U,) falling shares of each of `PARTS`.
        pixel_m: (P,) rising sizes of a pixel at the body, metres.
        pixel_share: (P,) falling shares.
    """

    unseen_m: DoubleArray
    unseen_share: dict[str, DoubleArray]
    pixel_m: DoubleArray
    pixel_share: DoubleArray


@lru_cache(maxsize=1)
def load_ceilings() -> Ceilings:
    """The measured shares that ship with the package."""
    text = (resources.files("rtpca") / "assets" / "confidence.json").read_text(encoding="utf-8")
    content = json.loads(text)["ceilings"]
    unseen = {part: np.array(shares) for part, shares in content.pop("unseen_share").items()}
    return Ceilings(unseen_share=unseen, **{name: np.array(values) for name, values in content.items()})


def highest_confidence(
    poses3d: FloatArray, keypoints_px: FloatArray, scores: FloatArray, intrinsics: Intrinsics, fps: float
) -> FloatArray:
    """What the confidence of each joint cannot exceed.

    Args:
        poses3d: (F, 17, 3) metres.
        keypoints_px: (F, 17, 2) pixels; NaN where missing.
        scores: (F, 17), 0 where missing.
        intrinsics: Of the camera, on the CPU.
        fps: Frames per second.

    Returns:
        (F, 17) in [0, 1].
    """
    known = load_ceilings()
    distance = unseen_distance(poses3d, scores > 0, fps)
    unseen = np.stack(
        [
            np.interp(distance[:, joint], known.unseen_m, known.unseen_share[part])
            for joint, part in enumerate(_PART_OF)
        ],
        axis=1,
    )
    coarse = np.interp(pixel_size(poses3d, keypoints_px), known.pixel_m, known.pixel_share)
    return np.minimum(np.minimum(unseen, coarse[:, None]), lens_share(intrinsics)).astype(np.float32)


def unseen_distance(poses3d: FloatArray, seen: BoolArray, fps: float) -> FloatArray:
    """How far each joint may be from what is known of the body.

    That is the length of the bones up to a joint that is seen, and the way that one may have gone since it
    was. A joint between others that are seen is held by them. Lifted bones that are not seen are too short,
    the mean of all their directions: those of the other side count, or of an adult.

    Args:
        poses3d: (F, 17, 3) metres.
        seen: (F, 17).
        fps: Frames per second.

    Returns:
        (F, 17) metres; 0 where a joint is seen.
    """
    along = _bone_ways(poses3d, seen)
    hidden_s = np.empty(seen.shape, dtype=np.float32)
    for joint in range(seen.shape[1]):
        own = seen[:, joint]
        hidden_s[:, joint] = np.asarray(distance_transform_edt(~own)) / fps if own.any() else _NEVER_S
    distance = np.empty(seen.shape, dtype=np.float32)
    for joint in range(seen.shape[1]):
        distance[:, joint] = (along[joint] + _HIDDEN_SPEED_M_S * hidden_s).min(axis=1)
        beyond = _below(joint)
        if beyond:
            distance[seen[:, beyond].any(axis=1), joint] = 0
    return distance


def pixel_size(poses3d: FloatArray, keypoints_px: FloatArray) -> FloatArray:
    """(F,) how many metres of the body a pixel is, by how far the seen joints lie from each other."""
    seen = np.isfinite(keypoints_px[..., :1])
    spread_m, spread_px = _spread(poses3d[..., :2], seen), _spread(keypoints_px, seen)
    # What is lifted of a body without extent has hardly any itself.
    spread_m = np.where(seen.sum(axis=(1, 2)) >= _MOST_OF_A_BODY, np.maximum(spread_m, _SMALLEST_M), spread_m)
    return (spread_m / np.maximum(spread_px, 1e-3)).astype(np.float32)


def lens_share(intrinsics: Intrinsics) -> float:
    """1 for the focal length of any lens there is, less beyond."""
    diagonal = float(intrinsics.image_size.norm())
    relative = float(intrinsics.focal_px.mean()) / diagonal
    shortest, longest = _USUAL_FOCAL
    beyond = max(shortest / relative, relative / longest, 1.0)
    return max(_LOWEST, 1 - (1 - _LOWEST) * float(np.log(beyond) / np.log(_ABSURD)))


def _spread(places: FloatArray, seen: BoolArray) -> FloatArray:
    """(F,) root of the mean squared distance of the seen places (F, J, 2) from their middle."""
    count = np.maximum(seen.sum(axis=1), 1)
    middle = np.where(seen, places, 0).sum(axis=1) / count
    squared = np.where(seen, places - middle[:, None], 0) ** 2
    return np.sqrt(squared.sum(axis=(1, 2)) / count[:, 0])


def _bone_ways(poses3d: FloatArray, seen: BoolArray) -> FloatArray:
    """(17, 17) metres from joint to joint along the bones, of their median lengths where they are seen."""
    lengths: dict[frozenset[int], float] = {}
    for parent, child in _SKELETON.bones:
        both = seen[:, parent] & seen[:, child]
        if both.any():
            bone = poses3d[both, child] - poses3d[both, parent]
            lengths[frozenset((parent, child))] = float(np.median(np.linalg.norm(bone, axis=1)))
    usual = standing_adult(_SKELETON)
    ways = np.full((_SKELETON.num_joints, _SKELETON.num_joints), np.inf)
    np.fill_diagonal(ways, 0)
    for bone in _SKELETON.bones:
        mirrored = frozenset(_SKELETON.mirror[joint] for joint in bone)
        adults = float(np.linalg.norm(usual[bone[1]] - usual[bone[0]]))
        length = lengths.get(frozenset(bone), lengths.get(mirrored, adults))
        ways[bone] = ways[bone[::-1]] = length
    for middle in range(len(ways)):
        ways = np.minimum(ways, ways[:, middle : middle + 1] + ways[middle])
    return ways.astype(np.float32)


def _below(joint: int) -> list[int]:
    """The joints that hang on one."""
    below = [child for parent, child in _SKELETON.bones if parent == joint]
    return below + [further for child in below for further in _below(child)]
