"""Refinement of a lifted clip: bones of one length for as long as it lasts.

A network predicts every frame's bones anew, so they stretch and shrink by centimetres; those of a person do
not. The joints of each frame are moved as little as makes their bones nearly as long as they are over the
clip, and rather towards and away from the camera, where the network is least sure, than across.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.inference.smoothing import bone_lengths
from rtpca.skeletons import get_skeleton

_SKELETON = get_skeleton("h36m17")
_JOINTS = _SKELETON.num_joints
# Standard deviations in metres: of a predicted joint across the line of sight and along it, and of a bone's
# length about that of the clip.
_ACROSS_M, _ALONG_M, _LENGTH_M = 0.03, 0.06, 0.005
_STEPS = 3
_CHUNK = 1 << 11
"""Frames at once, to save memory."""


def with_steady_bones(poses: FloatArray, root: FloatArray, valid: BoolArray) -> FloatArray:
    """Poses whose bones hardly change their length from frame to frame.

    The length of a bone is the median over the frames that are valid, of left and right together. Least
    squares of how far joints are moved and how far lengths are off, by Gauss-Newton steps.

    Args:
        poses: (F, 17, 3) lifted joints, pelvis at the origin, camera axes, metres, finite.
        root: (F, 3) the pelvis in camera axes, for the lines of sight; where it is not finite, they are
            taken to be parallel.
        valid: (F,) frames in which the person was seen; without one the poses are returned as they are.

    Returns:
        (F, 17, 3) poses.
    """
    if not valid.any():
        return poses
    lengths = _clip_lengths(poses[valid])
    refined = np.empty_like(poses)
    for start in range(0, len(poses), _CHUNK):
        part = slice(start, start + _CHUNK)
        refined[part] = _steady(poses[part].astype(np.float64), root[part].astype(np.float64), lengths)
    return refined


def _clip_lengths(poses: FloatArray) -> DoubleArray:
    """Length of each bone of the clip, (bones,)."""
    lengths = np.median(bone_lengths(poses), axis=0)
    number = {bone: place for place, bone in enumerate(_SKELETON.bones)}
    mirror = _SKELETON.mirror
    opposite = [number[mirror[parent], mirror[end]] for parent, end in _SKELETON.bones]
    return (lengths + lengths[opposite]) / 2


def _steady(poses: DoubleArray, root: DoubleArray, lengths: DoubleArray) -> DoubleArray:
    """Poses (F, 17, 3) with bones of about these lengths (bones,)."""
    frames, free = len(poses), _JOINTS - 1  # the pelvis stays
    near = _certainty(poses, root)
    moved = poses.copy()
    for _ in range(_STEPS):
        normal = np.zeros((frames, _JOINTS, _JOINTS, 3, 3))
        joints = np.arange(_JOINTS)
        normal[:, joints, joints] = near
        slope = (near @ (moved - poses)[..., None])[..., 0]
        for (parent, end), length in zip(_SKELETON.bones, lengths, strict=True):
            bone = moved[:, end] - moved[:, parent]
            now = np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)
            way = bone / now
            pull = way * (now - length) / _LENGTH_M**2
            stiff = way[:, :, None] * way[:, None, :] / _LENGTH_M**2
            normal[:, end, end] += stiff
            normal[:, parent, parent] += stiff
            normal[:, end, parent] -= stiff
            normal[:, parent, end] -= stiff
            slope[:, end] += pull
            slope[:, parent] -= pull
        square = normal[:, 1:, 1:].swapaxes(2, 3).reshape(frames, 3 * free, 3 * free)
        step = np.linalg.solve(square, -slope[:, 1:].reshape(frames, 3 * free, 1))
        moved[:, 1:] += step.reshape(frames, free, 3)
    return moved


def _certainty(poses: DoubleArray, root: DoubleArray) -> DoubleArray:
    """Inverse covariances of predicted joints, (F, 17, 3, 3)."""
    seen_at = poses + root[:, None]
    distance = np.linalg.norm(seen_at, axis=-1, keepdims=True)
    known = np.isfinite(distance) & (distance > 1e-6)
    sight = np.where(known, seen_at / np.where(known, distance, 1.0), (0.0, 0.0, 1.0))
    along = sight[..., :, None] * sight[..., None, :]
    return np.eye(3) / _ACROSS_M**2 + (1 / _ALONG_M**2 - 1 / _ACROSS_M**2) * along
