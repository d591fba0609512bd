"""All known skeletons by name, and how they combine into h36m17."""

from __future__ import annotations

import importlib
from functools import cache

from rtpca.errors import ConfigError
from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.combination import Combination, alternatives

_IN_IMAGES = (
    "h36m17",
    "coco17",
    "halpe26",
    "body25",
    "mediapipe33",
    "coco_wholebody133",
    "mpii16",
    "coco18",
    "coco23",
    "coco25",
    "body25b",
    "halpe136",
    "mpi15",
    "posetrack15",
    "posetrack17",
    "crowdpose14",
    "aic14",
    "lsp14",
    "penn_action13",
    "jhmdb15",
    "h36m16",
    "humaneva15",
    "mpi_inf_3dhp17",
    "kinect25",
    "azure_kinect32",
    "smpl24",
)
_NAMES = (
    *_IN_IMAGES,
    "cmu_asf31",
    "cmu_bvh",
    "cmu38",
    "freemocap",
)
_OF_NAMES = "named_body"
"""What a file's own names are put together to: no set that a user would choose."""


def skeleton_names() -> tuple[str, ...]:
    """Names of all known skeletons: the lifted one, then detectors, data sets, motion capture."""
    return _NAMES


def image_skeletons() -> tuple[Skeleton, ...]:
    """The skeletons of keypoints in images, the usual ones first; those of motion capture are left out."""
    return tuple(get_skeleton(name) for name in _IN_IMAGES)


@cache
def get_skeleton(name: str) -> Skeleton:
    """A skeleton by its name.

    Args:
        name: one of `skeleton_names()`.

    Returns:
        The skeleton.

    Raises:
        ConfigError: there is no such skeleton; the message lists the known ones.
    """
    if name not in _NAMES:
        raise ConfigError(f"unknown skeleton {name!r}: choose one of {', '.join(_NAMES)}")
    skeleton: Skeleton = importlib.import_module(f"rtpca.skeletons.{name}").SKELETON
    return skeleton


def combination_between(source: Skeleton, target: Skeleton) -> Combination:
    """How to make the target's joints out of the source's.

    Joints of the same name are copied, unless the source's own combination (in its file) says better: what
    one joint set calls neck is another's thorax. Only h36m17 has combinations; for other targets and for
    skeletons of the user's own, names decide.

    Args:
        source: skeleton of the data; its joints may be in any order.
        target: skeleton wanted.

    Returns:
        The combination; target joints without an entry cannot be known from the source.
    """
    combination: Combination = {joint: {joint: 1.0} for joint in target.joints if joint in source.joints}
    if target.name == "h36m17" and source.name in (*_NAMES, _OF_NAMES) and source.name != "h36m17":
        own: Combination = importlib.import_module(f"rtpca.skeletons.{source.name}").TO_H36M17
        combination = {**combination, **own}
    if source.name != _OF_NAMES:
        return combination
    # Only some of its joints are there.
    there = set(source.joints)
    return {
        joint: tuple(one for one in alternatives(combination, joint) if there.issuperset(one))
        for joint in combination
    }
