"""A body put into a pose by joint angles, the way OpenSim's full-body model is: for tests."""

from __future__ import annotations

import numpy as np

from rtpca.skeletons import get_skeleton

JOINTS = get_skeleton("h36m17").joints


def about(axis: str, angle_rad: float) -> np.ndarray:
    """(3, 3) right-handed rotation about x, y or z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turned = np.eye(3)
    turned[first, first], turned[first, second], turned[second, first], turned[second, second] = c, -s, s, c
    return turned


def posed(deg: dict[str, float] | None = None) -> np.ndarray:
    """(17, 3) metres: x forward, y up, z to the person's right. Angles that are not named are 0."""
    rad = {name: np.radians(value) for name, value in (deg or {}).items()}

    def ball(*names: str, side: str = "r") -> np.ndarray:
        flexion, adduction, rotation = (rad.get(name, 0.0) for name in names)
        sign = 1.0 if side == "r" else -1.0
        return about("z", flexion) @ about("x", sign * adduction) @ about("y", sign * rotation)

    at: dict[str, np.ndarray] = {"pelvis": np.array([0.3, 1.0, -0.2])}
    pelvis = ball("pelvis_tilt", "pelvis_list", "pelvis_rotation")
    thorax = pelvis @ ball("lumbar_extension", "lumbar_bending", "lumbar_rotation")
    head = thorax @ ball("neck_flexion", "neck_bending", "neck_rotation")
    at["spine"] = at["pelvis"] + pelvis @ [0, 0.24, 0]
    at["thorax"] = at["spine"] + thorax @ [0, 0.26, 0]
    at["neck"] = at["thorax"] + head @ [0.02, 0.1, 0]
    at["head"] = at["thorax"] + head @ [0, 0.2, 0]
    for letter, side, z in (("r", "right", 1.0), ("l", "left", -1.0)):
        hip = pelvis @ ball(*(f"hip_{n}_{letter}" for n in ("flexion", "adduction", "rotation")), side=letter)
        at[f"{side}_hip"] = at["pelvis"] + pelvis @ [0, 0, 0.13 * z]
        at[f"{side}_knee"] = at[f"{side}_hip"] + hip @ [0, -0.45, 0]
        shank = hip @ about("z", -rad.get(f"knee_angle_{letter}", 0.0))
        at[f"{side}_ankle"] = at[f"{side}_knee"] + shank @ [0, -0.42, 0]
        arm = thorax @ ball(*(f"arm_{n}_{letter}" for n in ("flex", "add", "rot")), side=letter)
        at[f"{side}_shoulder"] = at["thorax"] + thorax @ [0, -0.06, 0.17 * z]
        at[f"{side}_elbow"] = at[f"{side}_shoulder"] + arm @ [0, -0.28, 0]
        fore = arm @ about("z", rad.get(f"elbow_flex_{letter}", 0.0))
        at[f"{side}_wrist"] = at[f"{side}_elbow"] + fore @ [0, -0.25, 0]
    return np.stack([at[name] for name in JOINTS])
