"""Which joint set keypoints have: by name, by the number of joints, by the shape of the body."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rtpca.errors import ConfigError, InputError
from rtpca.skeletons import Skeleton, get_skeleton, skeleton_names

FloatArray = npt.NDArray[np.float32]

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
_LOOKED_AT = 200
_CLEARLY_SHORTER = 0.85


def known_name(name: str) -> str | None:
    """The skeleton's name behind what a file calls it ("coco", "H36M", "body_25"), or None."""
    plain = name.strip().lower().replace("-", "_")
    plain = _OTHER_NAMES.get(plain, plain)
    return plain if plain in skeleton_names() else None


def resolve_skeleton(
    skeleton: str | Skeleton, keypoints_px: FloatArray, scores: FloatArray
) -> tuple[Skeleton, str]:
    """The skeleton that keypoints belong to.

    Args:
        skeleton: A skeleton, a name, or "auto".
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.

    Returns:
        The skeleton, and a note that says how it was recognised (empty where it was given).

    Raises:
        ConfigError: there is no skeleton of that name.
        InputError: "auto" cannot tell.
    """
    if isinstance(skeleton, Skeleton):
        return skeleton, ""
    if skeleton != "auto":
        name = known_name(skeleton)
        if name is None:
            raise ConfigError(
                f"unknown skeleton {skeleton!r}: choose auto or one of {', '.join(skeleton_names())}"
            )
        return get_skeleton(name), ""
    return recognise_skeleton(keypoints_px, scores)


def recognise_skeleton(keypoints_px: FloatArray, scores: FloatArray) -> tuple[Skeleton, str]:
    """Recognise a joint set by its number of joints and, where several have as many, by the body's shape.

    With joints in the wrong order, bones run criss-cross: COCO's face points, all close together, would be
    Human3.6M's pelvis and legs. So the joint set whose bones are the shortest in the image is the right one,
    by far.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.

    Returns:
        The skeleton, and a note for the user.

    Raises:
        InputError: no joint set has so many joints, or several fit the body alike.
    """
    count = keypoints_px.shape[1]
    candidates = [get_skeleton(name) for name in _RECOGNISED if get_skeleton(name).num_joints == count]
    if not candidates:
        known = ", ".join(f"{name} {get_skeleton(name).num_joints}" for name in _RECOGNISED)
        raise InputError(f"keypoints have {count} joints; joint sets that are recognised: {known}")
    if len(candidates) == 1:
        return candidates[0], f"{count} joints: recognised as {candidates[0].name}"
    lengths = {skeleton.name: mean_bone_length(keypoints_px, scores, skeleton) for skeleton in candidates}
    first, second = sorted(lengths, key=lengths.__getitem__)[:2]
    names = " and ".join(sorted(lengths))
    if not lengths[first] < _CLEARLY_SHORTER * lengths[second]:
        raise InputError(
            f"keypoints have {count} joints, as {names} have, and the body's shape does not tell which it "
            "is: say it with --skeleton NAME"
        )
    return get_skeleton(
        first
    ), f"{count} joints: recognised as {first} by the shape of the body (say otherwise with --skeleton)"


def mean_bone_length(keypoints_px: FloatArray, scores: FloatArray, skeleton: Skeleton) -> float:
    """Mean length of a skeleton's bones in the image, over the size of the body; infinite if none is seen.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.
        skeleton: Joint set to try.
    """
    frames = np.flatnonzero((scores > 0).sum(axis=1) >= 2)
    frames = (
        frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(int)]
        if len(frames)
        else frames
    )
    points = np.where((scores[frames] > 0)[..., None], keypoints_px[frames], np.nan)
    if not len(frames):
        return float("inf")
    size = (np.nanmax(points, axis=1) - np.nanmin(points, axis=1)).max(axis=1)  # (n,)
    parents, children = np.array(skeleton.bones).T
    lengths = (
        np.linalg.norm(points[:, parents] - points[:, children], axis=2) / np.maximum(size, 1e-6)[:, None]
    )
    seen = np.isfinite(lengths)
    return float(lengths[seen].mean()) if seen.any() else float("inf")
