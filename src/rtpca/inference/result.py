"""What lifting gives: 3D poses, the root's path, and how sure each joint is; as a file, or from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.checks import check_axes, check_frame_rate, check_pixels
from rtpca.errors import InputError
from rtpca.files import written_whole
from rtpca.files.npz import read_npz
from rtpca.inference.angles import JointAngles, joint_angles
from rtpca.models.uncertainty import radius_ratio

if TYPE_CHECKING:
    from rtpca.inference.ground import Ground

R_LEVEL_FROM_CAM: DoubleArray = np.diag([1.0, -1.0, -1.0])
"""Camera axes (x right, y down, z forward) turned upright, of a camera that is taken to be level."""

_ARRAYS = ("poses3d", "root", "confidence", "keypoints2d", "valid")
_OPTIONAL = ("uncertainty", "uncertainty_steepness")
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

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.poses3d)

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
        arrays = read_npz(path, (*_KEYS, *_OPTIONAL), objects=False)
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
        )


def _check_present(path: str | Path, arrays: Mapping[str, Any], keys: Sequence[str]) -> None:
    absent = [key for key in keys if key not in arrays]
    if absent:
        raise InputError(
            f"{path}: not a lifting result, it has no {', '.join(absent)}; give a file that "
            "`rtpca lift` wrote"
        )
