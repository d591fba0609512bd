"""Conversion between skeletons by joint name, with scores carried along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rtpca.checks import check_axes, check_scores
from rtpca.errors import ConfigError
from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.recipe import alternatives, check_recipe, recipe_matrix
from rtpca.skeletons.registry import get_skeleton, recipe_between


@dataclass(frozen=True, eq=False)
class ConvertedKeypoints:
    """Keypoints in another skeleton, and what had to be made up.

    Attributes:
        keypoints: (F, J, C) coordinates, NaN where missing.
        scores: (F, J) scores, 0 where missing.
        skeleton: the skeleton that the arrays now have.
        derived: names of joints computed from several source joints rather than copied.
        missing: names of joints that the source skeleton cannot give at all.
    """

    keypoints: npt.NDArray[np.floating]
    scores: npt.NDArray[np.floating]
    skeleton: Skeleton
    derived: tuple[str, ...]
    missing: tuple[str, ...]


def convert_keypoints(
    keypoints: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    source: str | Skeleton,
    target: str | Skeleton = "h36m17",
) -> ConvertedKeypoints:
    """Convert keypoints from one skeleton to another, joint by joint, by name.

    A source joint counts as seen where its coordinates are finite and its score is above 0. A derived joint
    gets the lowest score of its sources. Where a source is not seen, the next alternative of the recipe is
    tried (one ear instead of both); where none is left the result is NaN with score 0.

    Args:
        keypoints: (F, J_source, C) coordinates in any unit; C is 2, or 3 for positions.
        scores: (F, J_source) scores.
        source: skeleton of `keypoints`, or its name. Its joints may be in any order.
        target: skeleton wanted, or its name.

    Returns:
        The converted keypoints, in the floating dtype of `keypoints`.

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
    recipe = recipe_between(source, target)
    check_recipe(recipe, source.joints, target.joints)

    # Whole-number pixels have no NaN: they become floats.
    keypoints = keypoints.astype(np.result_type(keypoints, np.float32), copy=False)
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)
    seen = np.isfinite(keypoints).all(axis=-1) & (np.nan_to_num(scores) > 0)
    out = np.full((len(keypoints), target.num_joints, keypoints.shape[2]), np.nan, dtype=keypoints.dtype)
    out_scores = np.zeros((len(keypoints), target.num_joints), dtype=scores.dtype)
    derived: list[str] = []
    missing: list[str] = []
    for index, joint in enumerate(target.joints):
        sums = alternatives(recipe, joint)
        if not sums:
            missing.append(joint)
        elif len(sums[0]) > 1:
            derived.append(joint)
        open_frames = np.ones(len(keypoints), dtype=bool)
        for weighted_sum in sums:
            used = [source.index(name) for name in weighted_sum]
            frames = open_frames & seen[:, used].all(axis=1)
            rows = np.flatnonzero(frames)
            weights = np.array(list(weighted_sum.values()))
            out[rows, index] = np.einsum("j,fjc->fc", weights, keypoints[rows[:, None], used])
            out_scores[rows, index] = scores[rows[:, None], used].min(axis=1)
            open_frames &= ~frames
    return ConvertedKeypoints(out, out_scores, target, tuple(derived), tuple(missing))


def joint_recipe(source: str | Skeleton, target: str | Skeleton = "h36m17") -> npt.NDArray[np.float64]:
    """The weights that turn one skeleton's joints into another's: `target = weights @ source`, in 2D or 3D.

    Args:
        source: skeleton of the data, or its name.
        target: skeleton wanted, or its name.

    Returns:
        (J_target, J_source) weights, rows sum to 1.

    Raises:
        ConfigError: a skeleton is unknown, or a target joint cannot be known from the source.

    Example:
        >>> positions_h36m17 = joint_recipe("cmu_asf31") @ positions  # (17, 31) @ (F, 31, 3)
    """
    source, target = _resolve(source), _resolve(target)
    weights = recipe_matrix(recipe_between(source, target), source.joints, target.joints)
    unknown = [joint for joint, row in zip(target.joints, weights, strict=True) if np.isnan(row).any()]
    if unknown:
        raise ConfigError(f"{target.name} joints that {source.name} cannot give: {', '.join(unknown)}")
    return weights


def _resolve(skeleton: str | Skeleton) -> Skeleton:
    return get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
