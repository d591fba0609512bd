"""What a clip was filmed with, as far as somebody said: the camera against the keypoints, and its lens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from rtpca.arrays import FloatArray
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera, Intrinsics
from rtpca.keypoints import Keypoints

_CHUNK = 1 << 15
_SAME_ASPECT = 0.01


@dataclass(frozen=True)
class Filmed:
    """Lens and place of the camera of a clip.

    Attributes:
        camera: What somebody said, in pixels of the clip; or None.
        focal_px: Else its focal length, if that is known.
        image_size: (width, height) of the clip in pixels, if that is known.
        notes: What was found out about the two, one sentence each.
    """

    camera: Camera | None
    focal_px: float | tuple[float, float] | None
    image_size: tuple[int, int] | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        image_size: tuple[int, int] | None,
        camera: Camera | None,
        focal_px: float | tuple[float, float] | None,
        known_focal_px: tuple[float, float] | None = None,
    ) -> Filmed:
        """What is known, checked against each other.

        Args:
            image_size: Of the clip, or None.
            camera: What filmed it, or None.
            focal_px: What the user says of the focal length alone, or None.
            known_focal_px: What the keypoints say of it.

        Raises:
            ConfigError: camera and focal length are both given.
            InputError: the camera's pictures have another shape than the clip's.
        """
        if camera is None:
            return cls(None, known_focal_px if focal_px is None else focal_px, image_size)
        if focal_px is not None:
            raise ConfigError("`camera` and `focal_px` both say the focal length: give one of them")
        if camera.batch_shape:
            raise InputError(f"`camera` is a batch of {camera.batch_shape[0]}: give the one that filmed this")
        camera = camera.to("cpu", torch.float64)
        lens = camera.intrinsics
        if lens.size_wh is None or image_size is None:
            return cls(camera, None, lens.size_wh or image_size)
        width, height = lens.image_size.tolist()
        scale = np.array(image_size) / [width, height]
        if np.abs(scale - 1).max() < 1e-3:
            return cls(camera, None, image_size)
        theirs, ours = f"{width:g} x {height:g}", f"{image_size[0]} x {image_size[1]}"
        if abs(scale[0] / scale[1] - 1) > _SAME_ASPECT:
            turned = image_size[0] / height / (image_size[1] / width)
            hint = "; was one of them turned?" if abs(turned - 1) <= _SAME_ASPECT else ""
            raise InputError(
                f"the camera has pictures of {theirs} px, and this clip has {ours}: that is no enlargement, "
                f"and where a part was cut out is not known; give the camera of this clip{hint}"
            )
        factor = torch.from_numpy(scale)
        scaled = replace(lens, focal_px=lens.focal_px * factor, principal_px=lens.principal_px * factor)
        return cls(
            replace(camera, intrinsics=scaled),
            None,
            image_size,
            (f"the camera has pictures of {theirs} px, this clip has {ours}: taken for the same, enlarged",),
        )

    @property
    def assumed(self) -> bool:
        """Nobody said the focal length."""
        return self.camera is None and self.focal_px is None

    def intrinsics(self, image_size: tuple[int, int]) -> Intrinsics:
        """What sees the keypoints that `straight` gives: a pinhole, known or assumed; float32.

        Args:
            image_size: Of the clip, known or assumed.
        """
        if self.camera is None:
            return Intrinsics.of_image(image_size, self.focal_px)
        size = torch.tensor(image_size, dtype=torch.float32)
        return replace(self.camera.intrinsics.pinhole().to(dtype=torch.float32), image_size=size)

    def camera_of(self, image_size: tuple[int, int]) -> Camera | None:
        """What filmed the clip, with the image size that is known or assumed; None if nobody said."""
        return None if self.camera is None else _with_size(self.camera, image_size)

    def straight(self, keypoints: Keypoints) -> Keypoints:
        """The keypoints as a pinhole sees them; missing where the lens puts nothing.

        Raises:
            InputError: that is so for all of them.
        """
        if not self._bends:
            return keypoints
        points, scores = self.straight_arrays(keypoints.keypoints_px, keypoints.scores)
        seen, lost = int((keypoints.scores > 0).sum()), int(((keypoints.scores > 0) & (scores <= 0)).sum())
        why = "lie where this camera's lens puts nothing (undistortion diverges)"
        if lost == seen:
            raise InputError(f"all keypoints {why}: is it the camera of this clip?")
        notes = keypoints.notes
        if lost:
            note = f"warning: {lost} of {seen} keypoints {why}, and count as missing"
            notes = (*notes, f"{note}: is it the camera of this clip?")
        return replace(keypoints, keypoints_px=points, scores=scores, notes=notes)

    def straight_arrays(self, points_px: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points (F, J, 2) as a pinhole sees them, scores (F, J); NaN and 0 where the lens puts nothing."""
        if not self._bends:
            return points_px, scores
        points = self._each(points_px, back=False)
        return points, np.where(np.isfinite(points).all(axis=-1), scores, np.float32(0))

    def bent(self, keypoints_px: FloatArray) -> FloatArray:
        """Keypoints that `straight` gave as they are in the picture."""
        return self._each(keypoints_px, back=True) if self._bends else keypoints_px

    @property
    def _bends(self) -> bool:
        return self.camera is not None and self.camera.intrinsics.distortion is not None

    def _each(self, points_px: FloatArray, back: bool) -> FloatArray:
        """Points (F, J, 2) through the lens or back, in pieces to save memory."""
        assert self.camera is not None
        lens = self.camera.intrinsics
        way = lens.distorted if back else lens.undistorted
        result = np.empty_like(points_px)
        for start in range(0, len(points_px), _CHUNK):
            part = slice(start, start + _CHUNK)
            result[part] = way(torch.from_numpy(np.ascontiguousarray(points_px[part]))).numpy()
        return result


def _with_size(camera: Camera, image_size: tuple[int, int]) -> Camera:
    size = torch.tensor(image_size, dtype=torch.float64)
    return replace(camera, intrinsics=replace(camera.intrinsics, image_size=size))
