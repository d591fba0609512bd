"""Joint sets, one per file: names, parents, left and right, bones; conversion between them by name."""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton, mirror_by_name
from rtpca.skeletons.combination import Combination, combination_matrix
from rtpca.skeletons.convert import convert_keypoints, joint_weights, unknown_joints
from rtpca.skeletons.named import NamedJoints, named_joints
from rtpca.skeletons.registry import get_skeleton, image_skeletons, skeleton_names

__all__ = [
    "Combination",
    "NamedJoints",
    "Skeleton",
    "convert_keypoints",
    "get_skeleton",
    "image_skeletons",
    "joint_weights",
    "mirror_by_name",
    "combination_matrix",
    "named_joints",
    "skeleton_names",
    "unknown_joints",
]
