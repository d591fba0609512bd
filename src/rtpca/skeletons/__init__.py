"""Joint sets, one per file: names, parents, left and right, bones; conversion between them by name."""

from __future__ import annotations

from rtpca.skeletons.base import Skeleton, mirror_by_name
from rtpca.skeletons.convert import ConvertedKeypoints, convert_keypoints, joint_recipe
from rtpca.skeletons.recipe import Recipe, recipe_matrix
from rtpca.skeletons.registry import get_skeleton, skeleton_names

__all__ = [
    "ConvertedKeypoints",
    "Recipe",
    "Skeleton",
    "convert_keypoints",
    "get_skeleton",
    "joint_recipe",
    "mirror_by_name",
    "recipe_matrix",
    "skeleton_names",
]
