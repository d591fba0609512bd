"""Conversion between skeletons by joint name, with scores carried along."""

from __future__ import annotations

import numpy as np

from rtpca.arrays import AnyFloatArray, DoubleArray
from rtpca.checks import check_axes, check_scores
from rtpca.errors import ConfigError
from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import alternatives, check_combination, combination_matrix
from rtpca.skeletons.registry import combination_between, get_skeleton


def convert_keypoints(
    keypoints: AnyFloatArray,
    scores: AnyFloatArray,
    source: str | Skeleton,
    target: str | Skeleton = "h36m17",
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """Convert keypoints from one skeleton to another, joint by joint, by name.

    A source joint counts as seen where its coordinates are finite and its score is above 0. A derived joint
    gets the lowest score of its sources. Where a source is not seen, the next alternative of the combination
    is tried (one ear instead of both); where none is left the result is NaN with score 0.

    Args:
        keypoints: (F, J_source, C) coordinates in any unit; C is 2, or 3 for positions.
        scores: (F, J_source) scores.
        source: skeleton of `keypoints`, or its name. Its joints may be in any order.
        target: skeleton wanted, or its name.

    Returns:
        (F, J_target, C) coordinates in the floating dtype of `keypoints`, NaN where missing, and
        (F, J_target) scores, 0 where missing.

    Raises:
        ShapeError: the arrays do not fit the source skeleton.
        ConfigError: a skeleton is unknown.
    """
    source, target = _resolve(source), _resolve(target)
    check_axes(
        "keypoints",
        keypoints,
        "F",
        ("J", source.num_joints),
        "C",
        hint=f"skeleton {source.name} has {source.num_joints} joints",
    )
    check_scores(scores, keypoints)
    combination = combination_between(source, target)
    check_combination(combination, source.joints, target.joints)

    # Whole-number pixels have no NaN: they become floats.
    keypoints = keypoints.astype(np.result_type(keypoints, np.float32), copy=False)
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)
    seen = np.isfinite(keypoints).all(axis=-1) & (np.nan_to_num(scores) > 0)
    out = np.full((len(keypoints), target.num_joints, keypoints.shape[2]), np.nan, dtype=keypoints.dtype)
    out_scores = np.zeros((len(keypoints), target.num_joints), dtype=scores.dtype)
    for index, joint in enumerate(target.joints):
        open_frames = np.ones(len(keypoints), dtype=bool)
        for weighted_sum in alternatives(combination, joint):
            used = [source.index(name) for name in weighted_sum]
            frames = open_frames & seen[:, used].all(axis=1)
            rows = np.flatnonzero(frames)
            weights = np.array(list(weighted_sum.values()))
            out[rows, index] = np.einsum("j,fjc->fc", weights, keypoints[rows[:, None], used])
            out_scores[rows, index] = scores[rows[:, None], used].min(axis=1)
            open_frames &= ~frames
    return out, out_scores


def unknown_joints(source: str | Skeleton, target: str | Skeleton = "h36m17") -> tuple[str, ...]:
    """The joints of one skeleton that cannot be known from another's, whatever is seen.

    Args:
        source: skeleton of the data, or its name.
        target: skeleton wanted, or its name.

    Returns:
        Names of joints of the target.

    Raises:
        ConfigError: a skeleton is unknown.
    """
    source, target = _resolve(source), _resolve(target)
    known = combination_between(source, target)
    return tuple(joint for joint in target.joints if not alternatives(known, joint))


def joint_weights(source: str | Skeleton, target: str | Skeleton = "h36m17") -> DoubleArray:
    """The weights that turn one skeleton's joints into another's: `target = weights @ source`, in 2D or 3D.

    Args:
        source: skeleton of the data, or its name.
        target: skeleton wanted, or its name.

    Returns:
        (J_target, J_source) weights, rows sum to 1.

    Raises:
        ConfigError: a skeleton is unknown, or a target joint cannot be known from the source.

    Example:
        >>> positions_h36m17 = joint_weights("cmu_asf31") @ positions  # (17, 31) @ (F, 31, 3)
    """
    source, target = _resolve(source), _resolve(target)
    unknown = unknown_joints(source, target)
    if unknown:
        raise ConfigError(f"{target.name} joints that {source.name} cannot give: {', '.join(unknown)}")
    return combination_matrix(combination_between(source, target), source.joints, target.joints)


def _resolve(skeleton: str | Skeleton) -> Skeleton:
    return get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
