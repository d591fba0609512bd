"""What lifting gives: 3D poses, the root's path, and how sure each joint is; as a file, or from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.checks import check_axes, check_frame_rate, check_pixels
from rtpca.errors import InputError
from rtpca.files import written_whole
from rtpca.files.npz import read_npz
from rtpca.geometry import Camera, Intrinsics
from rtpca.inference.angles import JointAngles, joint_angles
from rtpca.metrics import stature_m
from rtpca.models.uncertainty import radius_ratio

if TYPE_CHECKING:
    from rtpca.inference.ground import Ground

R_LEVEL_FROM_CAM: DoubleArray = np.diag([1.0, -1.0, -1.0])
"""Camera axes (x right, y down, z forward) turned upright, of a camera that is taken to be level."""

_ARRAYS = ("poses3d", "root", "confidence", "keypoints2d", "valid")
_OPTIONAL = ("uncertainty", "uncertainty_steepness")
_CAMERA = ("focal_px", "principal_px", "R_cam_from_world", "center_world")
_CAMERA_OPTIONAL = ("distortion", "fisheye_distortion", "up_world", "world")
_KEYS = (*_ARRAYS, "image_size", "fps", "skeleton", "joint_names")


@dataclass(frozen=True)
class LiftResult:
    """3D poses of one person over time.

    Attributes:
        poses3d: (F, 17, 3) float32 metres, pelvis at the origin, camera axes (x right, y down, z forward).
            Always finite: frames that are not valid are filled from their neighbours.
        root: (F, 3) float32 metres: position of the pelvis in camera axes; NaN if no frame fixes it.
        confidence: (F, 17) float32 in [0, 1]: estimated share of such joints that lie within 100 mm of the
            truth (see `rtpca.inference.confidence`); 0 in frames that are not valid.
        keypoints2d: (F, 17, 2) float32 pixels: what was lifted, in the joints of `skeleton`; NaN where
            missing.
        valid: (F,) bool: the person was seen in this frame, or in frames shortly before and after.
        image_size: (width, height) in pixels.
        fps: Frames per second of the input.
        skeleton: Name of the lifted skeleton, "h36m17".
        joint_names: Names of its joints.
        uncertainty: (F, 17) float32 metres: radius round each joint that holds its true place in 9 of 10
            cases, the pelvis in its true place (docs/lifting.md); NaN in frames that are not valid. None from
            weights without an uncertainty head.
        uncertainty_steepness: (17,) float32 by which `radius` finds that of another share
            (see `rtpca.models.ScaleCalibration`).
        notes: What was recognised, assumed and found missing, one sentence each. Not part of the file.
        camera: What filmed it, if somebody said; it says where the poses are in its world.
        stature_known: The size is the person's own, by their stature; else it is what the network assumes.
    """

    poses3d: FloatArray
    root: FloatArray
    confidence: FloatArray
    keypoints2d: FloatArray
    valid: BoolArray
    image_size: tuple[int, int]
    fps: float
    skeleton: str
    joint_names: tuple[str, ...]
    uncertainty: FloatArray | None = None
    uncertainty_steepness: FloatArray | None = None
    notes: tuple[str, ...] = ()
    camera: Camera | None = None
    stature_known: bool = False

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.poses3d)

    @property
    def stature_m(self) -> float:
        """Stature in metres that the poses have, see `rtpca.metrics.stature_m`: known or assumed."""
        return stature_m(self.poses3d[self.valid] if self.valid.any() else self.poses3d)

    def joints_world(self) -> FloatArray:
        """(F, 17, 3) metres: the joints in the world that the camera stands in; NaN if the root is not known.

        Raises:
            InputError: nobody said where the camera stands.
        """
        if self.camera is None or not self.camera.placed:
            raise InputError(
                "nobody said where the camera stands: give a `camera` with rotation and translation"
            )
        joints_cam = torch.from_numpy(self.poses3d.astype(np.float64) + self.root[:, None])
        return self.camera.to(dtype=torch.float64).camera_to_world(joints_cam).numpy().astype(np.float32)

    def radius(self, level: float = 0.9) -> FloatArray:
        """(F, 17) metres: radius round each joint that holds its true place with probability `level`.

        Args:
            level: Between 0 and 1, both excluded.

        Raises:
            InputError: the weights had no uncertainty head, or the level is no such number.
        """
        if self.uncertainty is None or self.uncertainty_steepness is None:
            raise InputError(
                "the poses have no uncertainty: lift with weights that have a head for it (docs/lifting.md)"
            )
        if not 0.0 < level < 1.0:
            raise InputError(f"level={level}: give a share between 0 and 1, e.g. 0.9")
        return (self.uncertainty * radius_ratio(self.uncertainty_steepness, level)).astype(np.float32)

    def angles(self, ground: Ground | None = None, level: float = 0.9) -> JointAngles:
        """Joint angles over time, by OpenSim's names and signs (docs/angles.md).

        Args:
            ground: The world that the three angles of the pelvis are measured in, see
                `rtpca.inference.estimate_ground`; without one the camera is taken to be level. The other
                angles do not depend on it.
            level: The interval of each angle holds the true one in so much of all cases.

        Returns:
            The angles, without an interval where the weights had no uncertainty head.

        Raises:
            InputError: the result is of another skeleton than h36m17, or the level is no share.
        """
        if self.skeleton != "h36m17":
            raise InputError(f"skeleton {self.skeleton!r} has no angles: give a result in h36m17")
        radius_m = None if self.uncertainty is None else self.radius(level)
        world = R_LEVEL_FROM_CAM if ground is None else ground.R_world_from_cam
        return joint_angles(self.poses3d, world, self.valid, self.fps, radius_m, level)

    def save(self, path: str | Path) -> Path:
        """Write the result as `.npz`; the file appears whole or not at all.

        Args:
            path: File to write; replaced if it exists.

        Returns:
            The path.

        Raises:
            InputError: the folder does not exist or cannot be written to.
        """
        path = Path(path)
        content: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        if self.uncertainty is not None:
            content |= {name: getattr(self, name) for name in _OPTIONAL}
        content["image_size"] = np.array(self.image_size, dtype=np.int32)
        content["fps"] = np.array(self.fps, dtype=np.float64)
        content["skeleton"] = np.array(self.skeleton)
        content["joint_names"] = np.array(self.joint_names)
        content["stature_m"] = np.array(self.stature_m)
        content["stature_known"] = np.array(self.stature_known)
        if self.camera is not None:
            content |= _camera_arrays(self.camera)
            if self.camera.placed:
                content["joints_world"] = self.joints_world()
        with written_whole(path) as scratch:
            try:
                # Through an open file: numpy would append ".npz" to another ending.
                with open(scratch, "wb") as file:
                    np.savez(file, **content)
            except OSError as error:
                raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
        return path

    @classmethod
    def load(cls, path: str | Path) -> LiftResult:
        """Read a result that `save` wrote.

        Raises:
            InputError: the file is missing, damaged, or not a lifting result.
        """
        camera_names = tuple(f"camera_{name}" for name in (*_CAMERA, *_CAMERA_OPTIONAL))
        arrays = read_npz(path, (*_KEYS, *_OPTIONAL, *camera_names, "stature_known"), objects=False)
        _check_present(path, arrays, _KEYS)
        names = tuple(str(name) for name in np.atleast_1d(arrays["joint_names"]))
        joints = ("J", len(names))
        check_axes("poses3d", arrays["poses3d"], "F", joints, 3)
        frames = ("F", len(arrays["poses3d"]))
        check_axes("root", arrays["root"], frames, 3)
        check_axes("confidence", arrays["confidence"], frames, joints)
        check_axes("keypoints2d", arrays["keypoints2d"], frames, joints, 2)
        check_axes("valid", arrays["valid"], frames)
        check_axes("image_size", arrays["image_size"], 2)
        for name in ("fps", "skeleton"):
            check_axes(name, arrays[name])
        wrong = [name for name in (*_ARRAYS, "image_size", "fps") if arrays[name].dtype.kind not in "biuf"]
        if wrong:
            raise InputError(
                f"{path}: {', '.join(wrong)} hold no numbers; it is damaged or no lifting result"
            )
        uncertain = {name: arrays[name] for name in _OPTIONAL if name in arrays}
        if uncertain:
            _check_present(path, arrays, _OPTIONAL)
            check_axes("uncertainty", uncertain["uncertainty"], frames, joints)
            check_axes("uncertainty_steepness", uncertain["uncertainty_steepness"], joints)
        width, height = arrays["image_size"].tolist()
        return cls(
            poses3d=arrays["poses3d"],
            root=arrays["root"],
            confidence=arrays["confidence"],
            keypoints2d=arrays["keypoints2d"],
            valid=arrays["valid"].astype(bool),
            image_size=(int(check_pixels("image size", width)), int(check_pixels("image size", height))),
            fps=check_frame_rate("fps", float(arrays["fps"])),
            skeleton=str(arrays["skeleton"]),
            joint_names=names,
            uncertainty=uncertain.get("uncertainty"),
            uncertainty_steepness=uncertain.get("uncertainty_steepness"),
            camera=_camera_of(path, arrays),
            stature_known=bool(np.all(arrays.get("stature_known", False))),
        )


def _camera_arrays(camera: Camera) -> dict[str, Any]:
    """The arrays of a file that say what filmed it."""
    lens = camera.intrinsics
    values = (lens.focal_px, lens.principal_px, camera.R_cam_from_world, camera.center_world)
    content = {f"camera_{name}": plain.numpy() for name, plain in zip(_CAMERA, values, strict=True)}
    if lens.distortion is not None:
        content["camera_fisheye_distortion" if lens.fisheye else "camera_distortion"] = (
            lens.distortion.numpy()
        )
    if camera.up_world is not None:
        content["camera_up_world"] = np.array(camera.up_world)
    return content | {"camera_world": np.array(camera.placed)}


def _camera_of(path: str | Path, arrays: Mapping[str, Any]) -> Camera | None:
    """What filmed it, as `_camera_arrays` wrote it; None if nobody said."""
    stored = {name.removeprefix("camera_"): arrays[name] for name in arrays if name.startswith("camera_")}
    if not stored:
        return None
    _check_present(path, stored, (*_CAMERA, "world"))
    for name, sides in zip(_CAMERA, ((2,), (2,), (3, 3), (3,)), strict=True):
        check_axes(f"camera_{name}", stored[name], *sides)
    values = {name: array for name, array in stored.items() if name != "world"}
    if any(array.dtype.kind not in "biuf" or not np.isfinite(array).all() for array in values.values()):
        raise InputError(f"{path}: its camera holds something that is no number; it is damaged")
    tensors = {name: torch.from_numpy(array.astype(np.float64)) for name, array in values.items()}
    fisheye = tensors.get("fisheye_distortion")
    intrinsics = Intrinsics(
        tensors["focal_px"],
        tensors["principal_px"],
        torch.from_numpy(np.asarray(arrays["image_size"], dtype=np.float64)),
        tensors.get("distortion") if fisheye is None else fisheye,
        fisheye is not None,
    )
    up = None
    if "up_world" in tensors:
        check_axes("camera_up_world", tensors["up_world"], 3)
        x, y, z = tensors["up_world"].tolist()
        up = (x, y, z)
    placed = bool(np.all(stored["world"]))
    return Camera(intrinsics, tensors["R_cam_from_world"], tensors["center_world"], up, placed)


def _check_present(path: str | Path, arrays: Mapping[str, Any], keys: Sequence[str]) -> None:
    absent = [key for key in keys if key not in arrays]
    if absent:
        raise InputError(
            f"{path}: not a lifting result, it has no {', '.join(absent)}; give a file that "
            "`rtpca lift` wrote"
        )
