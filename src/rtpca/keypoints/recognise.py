"""Which joint set keypoints have: by name, or by the shape of the body."""

from __future__ import annotations

from functools import cache

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.errors import ConfigError, InputError
from rtpca.keypoints.likeness import likeness
from rtpca.skeletons import Skeleton, get_skeleton, image_skeletons, skeleton_names
from rtpca.skeletons.adult import standing_adult

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
    "body_25b": "body25b",
    "coco_25": "coco25",
    "coco_openpose": "coco18",
    "openpose_coco": "coco18",
    "openpose_mpi": "mpi15",
    "halpe_136": "halpe136",
    "posetrack18": "posetrack17",
    "posetrack2018": "posetrack17",
    "posetrack2017": "posetrack15",
    "crowdpose": "crowdpose14",
    "aic": "aic14",
    "ai_challenger": "aic14",
    "lsp": "lsp14",
    "penn_action": "penn_action13",
    "jhmdb": "jhmdb15",
    "sub_jhmdb": "jhmdb15",
    "ntu": "kinect25",
    "ntu_rgbd": "kinect25",
    "kinect": "kinect25",
    "kinect_v2": "kinect25",
    "azure_kinect": "azure_kinect32",
    "smpl": "smpl24",
    "movenet": "coco17",
    "posenet": "coco17",
    "yolo": "coco17",
}
# Joints that a set has in its list and hardly anywhere in its data: where they are seen, it is another set.
_SELDOM_SEEN = {"posetrack17": ("left_ear", "right_ear")}
_SELDOM = 0.2
_LOOKED_AT = 200
_WORST_FIT, _WORST_FIT_ALONE = 0.65, 0.7
"""Misfit up to which a body is one of a set: where several sets have as many joints, and where one has."""
_CLEAR_LEAD = 0.1
_CONFIDENT = 0.25
"""Joints with less than this part of the clip's usual score are not looked at."""
_SAME_PLACE_M = 0.03


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
    """The joint sets among those of images that have so many joints."""
    return [skeleton.name for skeleton in image_skeletons() if skeleton.num_joints == count]


def recognise_skeleton(keypoints_px: FloatArray, scores: FloatArray) -> tuple[Skeleton, str]:
    """Recognise a joint set by the shape of the body, among the sets that have as many joints.

    Never by the number of joints alone: the body has to fit the set, and clearly better than the others.
    `rtpca.keypoints.likeness` says what fitting means.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.

    Returns:
        The skeleton, and a note for the user.

    Raises:
        InputError: no joint set has so many joints, the body fits none, or several alike; the message names
            the candidates.
    """
    count = keypoints_px.shape[1]
    candidates = [skeleton for skeleton in image_skeletons() if skeleton.num_joints == count]
    if not candidates:
        known = ", ".join(f"{skeleton.name} {skeleton.num_joints}" for skeleton in image_skeletons())
        raise InputError(f"keypoints have {count} joints; joint sets that are recognised: {known}")
    points = _confident_points(keypoints_px, scores)
    left = [skeleton for skeleton in candidates if not _sees_too_much(points, skeleton)]
    ranked = sorted(
        ((likeness(points, skeleton), skeleton) for skeleton in left), key=lambda one: -one[0].gain.sum()
    )
    best, skeleton = ranked[0]
    worst = _WORST_FIT if len(candidates) > 1 else _WORST_FIT_ALONE
    names = " and ".join(one.name for one in candidates)
    if not best.misfit <= worst:
        raise InputError(
            f"keypoints have {count} joints, as {names} {'has' if len(candidates) == 1 else 'have'}, but the "
            "body's shape does not fit: the joints are in another order, or hardly seen; if they are in that "
            "order, say it with `skeleton`"
        )
    seen = np.isfinite(points).all(axis=2).any(axis=0)
    rivals = [
        other.name
        for their, other in ranked[1:]
        if not (alike := _same_joints(skeleton, other))[seen].all() and best.lead(their, alike) < _CLEAR_LEAD
    ]
    if rivals:
        raise InputError(
            f"keypoints have {count} joints, as {names} have, and the body's shape does not tell whether "
            f"they are {' or '.join([skeleton.name, *rivals])}: say it with `skeleton`"
        )
    return skeleton, (
        f"{count} joints: recognised as {skeleton.name} by the shape of the body (`skeleton` says otherwise)"
    )


def _confident_points(keypoints_px: FloatArray, scores: FloatArray) -> FloatArray:
    """(n, J, 2) points of up to 200 frames; NaN where a joint is not seen or doubtful."""
    frames = np.flatnonzero((scores > 0).sum(axis=1) >= 3)
    if not len(frames):
        raise InputError("no frame shows three joints: the joint set cannot be recognised; check the scores")
    frames = frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)]
    seen = scores[frames]
    enough = _CONFIDENT * np.percentile(seen[seen > 0], 95)
    return np.where((seen >= enough)[..., None], keypoints_px[frames], np.float32(np.nan))


def _sees_too_much(points: FloatArray, skeleton: Skeleton) -> bool:
    joints = [skeleton.index(joint) for joint in _SELDOM_SEEN.get(skeleton.name, ())]
    return bool(joints) and bool(np.isfinite(points[:, joints, 0]).mean() > _SELDOM)


@cache
def _same_joints(one: Skeleton, other: Skeleton) -> BoolArray:
    """(J,) whether two sets with as many joints have the same joint at a place of the list."""
    apart = np.linalg.norm(standing_adult(one) - standing_adult(other), axis=1)
    return np.asarray(apart < _SAME_PLACE_M)
