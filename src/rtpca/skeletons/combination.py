"""Combinations: each joint of one skeleton as a weighted sum of another skeleton's joints.

A combination is data: target joint -> {source joint: weight}. The weights of one target sum to 1; negative
ones extrapolate along a bone. A target may have several such sums, tried in order: the first whose sources
are all seen is taken (a profile view shows one ear only). Joints without an entry cannot be known from the
source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rtpca.errors import ConfigError

WeightedSum = Mapping[str, float]
Combination = Mapping[str, WeightedSum | Sequence[WeightedSum]]


def combine(*terms: tuple[float, WeightedSum]) -> WeightedSum:
    """A weighted sum of weighted sums, joint by joint.

    Args:
        terms: (weight, weighted sum) pairs.

    Returns:
        The sum; weights are rounded to 1e-9, joints whose weights cancel are left out.

    Example:
        >>> combine((0.5, {"nose": 1.0}), (0.5, {"left_ear": 0.5, "right_ear": 0.5}))
        {'nose': 0.5, 'left_ear': 0.25, 'right_ear': 0.25}
    """
    total: dict[str, float] = {}
    for weight, weighted_sum in terms:
        for joint, share in weighted_sum.items():
            total[joint] = round(total.get(joint, 0.0) + weight * share, 9)
    return {joint: weight for joint, weight in total.items() if weight != 0}


def alternatives(combination: Combination, target_joint: str) -> tuple[WeightedSum, ...]:
    """The weighted sums for one target joint, best first; empty where there is none."""
    entry = combination.get(target_joint, ())
    return (entry,) if isinstance(entry, Mapping) else tuple(entry)


def combination_matrix(
    combination: Combination, source_joints: Sequence[str], target_joints: Sequence[str]
) -> npt.NDArray[np.float64]:
    """The first choices as a weight matrix for `target = weights @ source`, in 2D or 3D.

    Args:
        combination: target joint -> weights of source joints.
        source_joints: (J_source,) names, in the order of the arrays.
        target_joints: (J_target,) names.

    Returns:
        (J_target, J_source) weights; each row sums to 1, or is NaN throughout where there is no entry.

    Raises:
        ConfigError: the combination names joints that do not exist, or weights that do not sum to 1.
    """
    check_combination(combination, source_joints, target_joints)
    weights = np.full((len(target_joints), len(source_joints)), np.nan)
    for row, target_joint in enumerate(target_joints):
        sums = alternatives(combination, target_joint)
        if sums:
            weights[row] = [sums[0].get(joint, 0.0) for joint in source_joints]
    return weights


def check_combination(
    combination: Combination, source_joints: Sequence[str], target_joints: Sequence[str]
) -> None:
    """Check that a combination speaks of existing joints and that its weights sum to 1.

    Raises:
        ConfigError: it does not; the message names the joint.
    """
    for target_joint in combination:
        if target_joint not in target_joints:
            raise ConfigError(
                f"combination of joints: {target_joint!r} is not in the target; it has: "
                f"{', '.join(target_joints)}"
            )
        for weighted_sum in alternatives(combination, target_joint):
            unknown = [joint for joint in weighted_sum if joint not in source_joints]
            if unknown:
                raise ConfigError(
                    f"combination for {target_joint!r}: the source has no {', '.join(unknown)}; it has: "
                    f"{', '.join(source_joints)}"
                )
            total = sum(weighted_sum.values())
            if abs(total - 1.0) > 1e-6:
                raise ConfigError(
                    f"combination for {target_joint!r}: the weights sum to {total:g}, needed is 1"
                )
