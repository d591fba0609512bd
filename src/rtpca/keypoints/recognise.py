"""Which joint set keypoints have: by name, by the number of joints, by the shape of the body."""

from __future__ import annotations

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import ConfigError, InputError
from rtpca.skeletons import Skeleton, get_skeleton, skeleton_names

_RECOGNISED = (
    "coco17",
    "h36m17",
    "mpi_inf_3dhp17",
    "halpe26",
    "body25",
    "mediapipe33",
    "coco_wholebody133",
    "mpii16",
    "humaneva15",
)
_OTHER_NAMES = {
    "coco": "coco17",
    "detectron": "coco17",
    "h36m": "h36m17",
    "human36m": "h36m17",
    "halpe": "halpe26",
    "body_25": "body25",
    "openpose": "body25",
    "mediapipe": "mediapipe33",
    "blazepose": "mediapipe33",
    "coco_wholebody": "coco_wholebody133",
    "cocowholebody": "coco_wholebody133",
    "mpii": "mpii16",
    "humaneva": "humaneva15",
    "mpi_inf_3dhp": "mpi_inf_3dhp17",
    "3dhp": "mpi_inf_3dhp17",
}
# What only the right order of 17 joints makes true: a joint lies close to the middle of two others, or, for
# COCO, the four other points of the face close to the nose.
_MIDDLES = {"h36m17": ((0, 1, 4), (8, 11, 14)), "mpi_inf_3dhp17": ((14, 8, 11), (1, 2, 5))}
_FACE = {"coco17": (0, (1, 2, 3, 4))}
_LOOKED_AT = 200
_CLEARLY_BETTER = 0.75
_WORST_FIT = 0.35


def known_skeleton(name: str) -> Skeleton | None:
    """The skeleton behind what a file calls it ("coco", "H36M", "body_25"), or None."""
    plain = name.strip().lower().replace("-", "_")
    plain = _OTHER_NAMES.get(plain, plain)
    return get_skeleton(plain) if plain in skeleton_names() else None


def skeleton_of(given: str | Skeleton) -> Skeleton | None:
    """The skeleton that a user names or hands over; None for "auto".

    Raises:
        ConfigError: there is no skeleton of that name.
    """
    if isinstance(given, Skeleton) or given == "auto":
        return given if isinstance(given, Skeleton) else None
    skeleton = known_skeleton(given)
    if skeleton is None:
        raise ConfigError(f"unknown skeleton {given!r}: choose auto or one of {', '.join(skeleton_names())}")
    return skeleton


def sets_of_as_many_joints(count: int) -> list[str]:
    """The joint sets among those that are recognised that have so many joints."""
    return [name for name in _RECOGNISED if get_skeleton(name).num_joints == count]


def recognise_skeleton(keypoints_px: FloatArray, scores: FloatArray) -> tuple[Skeleton, str]:
    """Recognise a joint set by its number of joints and, where several have as many, by the body's shape.

    With 17 joints, either the first five are a face, close together (COCO), or the pelvis lies between the
    hips and the base of the neck between the shoulders, at the places where Human3.6M or MPI-INF-3DHP has
    them. On motion capture seen from four sides, the right set fits at least three times better than the
    others over a clip, and 1.7 times in every single frame.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.

    Returns:
        The skeleton, and a note for the user.

    Raises:
        InputError: no joint set has so many joints, or several fit the body alike.
    """
    count = keypoints_px.shape[1]
    candidates = sets_of_as_many_joints(count)
    if not candidates:
        known = ", ".join(f"{name} {get_skeleton(name).num_joints}" for name in _RECOGNISED)
        raise InputError(f"keypoints have {count} joints; joint sets that are recognised: {known}")
    if len(candidates) == 1:
        return get_skeleton(candidates[0]), f"{count} joints: recognised as {candidates[0]}"
    misfits = {name: body_misfit(keypoints_px, scores, name) for name in candidates}
    first, second = sorted(misfits, key=misfits.__getitem__)[:2]
    if not misfits[first] < min(_CLEARLY_BETTER * misfits[second], _WORST_FIT):
        raise InputError(
            f"keypoints have {count} joints, as {' and '.join(candidates)} have, and the body's shape "
            "does not tell which it is: say it with `skeleton`"
        )
    return get_skeleton(first), (
        f"{count} joints: recognised as {first} by the shape of the body (`skeleton` says otherwise)"
    )


def body_misfit(keypoints_px: FloatArray, scores: FloatArray, name: str) -> float:
    """How badly a body fits a 17-joint set, as a part of its size: median over up to 200 frames.

    Args:
        keypoints_px: (F, 17, 2) pixels.
        scores: (F, 17), 0 where missing.
        name: "coco17", "h36m17" or "mpi_inf_3dhp17".

    Returns:
        The distances that should be small, over the body's size; infinite if no frame shows the joints in
        question.
    """
    frames = np.flatnonzero((scores > 0).sum(axis=1) >= 3)
    if not len(frames):
        return float("inf")
    frames = frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)]
    points = np.where((scores[frames] > 0)[..., None], keypoints_px[frames], np.nan)  # (n, 17, 2)
    size = np.nanmax(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=1)  # (n,)
    if name in _FACE:
        nose, others = _FACE[name]
        distances = np.linalg.norm(points[:, list(others)] - points[:, nose, None], axis=2)
        seen = np.isfinite(distances)
        misfit = np.where(seen.sum(axis=1) >= 2, np.where(seen, distances, 0).max(axis=1), np.nan)
    else:
        misfit = np.zeros(len(points))
        for middle, one, other in _MIDDLES[name]:
            expected = (points[:, one] + points[:, other]) / 2
            misfit = misfit + np.linalg.norm(points[:, middle] - expected, axis=1)
    usable = np.isfinite(misfit) & (size > 0)
    return float(np.median(misfit[usable] / size[usable])) if usable.any() else float("inf")
