"""Live lifting: one frame of keypoints in, one pose out, always the same time later.

The network sees the last frames only: a window that ends with the newest keypoints. A pose some frames
before the end of its window is better, for it has a little future; how many is the latency, and it never
changes. The window is read at the network's own frame rate by time, so uneven or lost frames do no harm.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from rtpca.arrays import FloatArray
from rtpca.checks import check_axes
from rtpca.devices import resolve_device
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera, root_trajectory
from rtpca.inference.ceilings import highest_confidence
from rtpca.inference.confidence import joint_confidence, trouble_signs
from rtpca.inference.filmed import Filmed
from rtpca.inference.lifter import Device, as_network_sees, check_liftable
from rtpca.inference.smoothing import OneEuro
from rtpca.keypoints import ASSUMED_FPS
from rtpca.keypoints.gaps import (
    MIN_VISIBLE_JOINTS,
    bridge_gaps,
    drop_points,
    relative_scores,
    visible_frames,
)
from rtpca.keypoints.numbers import are_lengths, check_units, missing_joints, reach_below_zero
from rtpca.metrics import stature_m
from rtpca.metrics.stature import check_stature
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.skeletons import Skeleton, convert_keypoints, get_skeleton
from rtpca.windowed import Lifted, lift_windows

_H36M = get_skeleton("h36m17")
_SCORES_KEPT = 1000
_STATURES_KEPT = 600


@dataclass(frozen=True, eq=False)
class StreamPose:
    """One live pose.

    Attributes:
        time_s: The time that it shows: the newest frame's time less the latency.
        pose3d: (17, 3) metres, pelvis at the origin, camera axes; NaN if nothing was seen for a whole window.
        root: (3,) position of the pelvis in camera axes, metres; NaN where this frame does not fix it.
        confidence: (17,) see `LiftResult`.
        valid: The person was seen.
        uncertainty: (17,) metres, see `LiftResult`; None from weights without an uncertainty head.
    """

    time_s: float
    pose3d: FloatArray
    root: FloatArray
    confidence: FloatArray
    valid: bool
    uncertainty: FloatArray | None = None


class StreamLifter:
    """Lifts keypoints as they come.

    Example:
        >>> lifter = StreamLifter.from_pretrained(skeleton="coco17", image_size=(1280, 720))  # doctest: +SKIP
        >>> pose = lifter.push(keypoints, time_s)  # doctest: +SKIP
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        skeleton: str | Skeleton,
        image_size: tuple[int, int],
        device: Device = "auto",
        latency_frames: int = 2,
        flip: bool = False,
        one_euro: bool = False,
        focal_px: float | tuple[float, float] | None = None,
        min_score: float = 0.1,
        max_gap_s: float = 0.5,
        height_m: float | None = None,
        camera: Camera | None = None,
    ) -> None:
        """A lifter that has seen nothing yet.

        Args:
            checkpoint: The weights.
            skeleton: Joint set of the keypoints, by name, or a skeleton.
            image_size: (width, height) in pixels.
            device: Where to compute.
            latency_frames: How many of the network's frames a pose lies before the newest keypoints; 0 is
                instant and roughest.
            flip: Average with the mirror image: steadier, and the confidence is better, at half the speed.
            one_euro: Smooth poses and root with a One-Euro filter.
            focal_px: Focal length in pixels; without it that of a usual lens is assumed.
            min_score: See `Lifter`.
            max_gap_s: See `Lifter`; a joint that is missing in the newest frame is not bridged.
            height_m: See `Lifter`; the size settles in the first seconds.
            camera: See `Lifter`.

        Raises:
            ConfigError: the latency is longer than the network's window, the weights lift another skeleton
                than h36m17 or predict fewer frames than they see, or the device is not there.
            InputError: the image size or focal length is not above zero, the stature nobody's, or the camera
                of pictures of another shape.
        """
        if height_m is not None:
            check_stature("`height_m`", height_m)
        check_liftable(checkpoint)
        window = checkpoint.config.frames
        if not 0 <= latency_frames < window:
            raise ConfigError(
                f"a latency of {latency_frames} frames: {checkpoint.name!r} sees {window} frames; give 0 to "
                f"{window - 1}"
            )
        self.checkpoint = checkpoint
        self.skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        self.fps = checkpoint.input.fps or ASSUMED_FPS
        self._device = torch.device(resolve_device(device))
        checkpoint.model.to(self._device).eval()
        self._filmed = Filmed.of(image_size, camera, focal_px)
        self._intrinsics = self._filmed.intrinsics(image_size)
        self._height_m = height_m
        self._statures: deque[float] = deque(maxlen=_STATURES_KEPT)
        self._flip = flip
        self._latency_frames, self._min_score, self._max_gap_s = latency_frames, min_score, max_gap_s
        self._filters = (OneEuro(), OneEuro(min_cutoff_hz=0.75)) if one_euro else None
        # Times of the window's places before the newest frame.
        self._ages_s = np.arange(window - 1, -1, -1) / self.fps
        self._frames: deque[tuple[float, FloatArray]] = deque()
        self._scores: deque[FloatArray] = deque()
        self._first_s: float | None = None
        self._in_pixels = False

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | os.PathLike[str] = "rtpca-s", **options: Any
    ) -> StreamLifter:
        """A lifter with weights by name or from a `.safetensors` file.

        Args:
            name_or_path: "rtpca-s", or a path.
            options: The other arguments of `StreamLifter`; `skeleton` and `image_size` are needed.

        Raises:
            CheckpointError: there is no such name or file, or it is damaged or foreign.
            ConfigError: see `StreamLifter`.
            InputError: see `StreamLifter`.
        """
        return cls(load_checkpoint(name_or_path), **options)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out about the camera, one sentence each."""
        return self._filmed.notes

    @property
    def latency_s(self) -> float:
        """How long before the newest keypoints the pose lies, seconds; the same for every frame."""
        return self._latency_frames / self.fps

    def push(
        self, keypoints: npt.ArrayLike | None, time_s: float, scores: npt.ArrayLike | None = None
    ) -> StreamPose | None:
        """Take the next frame and give the pose of `latency_s` before.

        Args:
            keypoints: (J, 2) pixels, or (J, 3) with scores; NaN or score 0 where missing; None if nobody is
                there.
            time_s: When the frame was taken; later than the frame before.
            scores: (J,) instead of a third coordinate.

        Returns:
            The pose; None as long as the stream is younger than the latency.

        Raises:
            ShapeError: the keypoints do not fit the skeleton.
            InputError: the time is not later than that of the frame before, the scores are none, or
                whoever comes into sight is not given in pixels.
        """
        if not np.isfinite(time_s) or (self._frames and time_s <= self._frames[-1][0]):
            before = self._frames[-1][0] if self._frames else "none"
            raise InputError(f"a frame at {time_s} s after one at {before} s: give frames in order of time")
        points, seen_scores = self._converted(keypoints, scores)
        self._frames.append((time_s, points))
        self._scores.append(seen_scores)
        if self._first_s is None:
            self._first_s = time_s
        # One frame older than the window is kept, to read between.
        while len(self._frames) > 2 and self._frames[1][0] <= time_s - self._ages_s[0]:
            self._frames.popleft()
        # Scores are read relative to what was usual for a while, at least over the window.
        while len(self._scores) > max(_SCORES_KEPT, len(self._frames)):
            self._scores.popleft()
        if time_s - self.latency_s < self._first_s - 1e-9:
            return None
        return self._pose(time_s)

    def _converted(
        self, keypoints: npt.ArrayLike | None, scores: npt.ArrayLike | None
    ) -> tuple[FloatArray, FloatArray]:
        """(17, 2) pixels and (17,) scores in h36m17."""
        if keypoints is None:
            self._in_pixels = False
            return np.full((17, 2), np.nan, dtype=np.float32), np.zeros(17, dtype=np.float32)
        array = np.array(keypoints, dtype=np.float32)
        joints = ("J", self.skeleton.num_joints)
        check_axes(
            "keypoints", array[..., :2], joints, 2, hint=f"one frame of the skeleton {self.skeleton.name}"
        )
        if scores is None and array.shape[1] == 3:
            scores = array[:, 2]
        sure = np.ones(len(array), np.float32) if scores is None else np.array(scores, dtype=np.float32)
        check_axes("scores", sure, joints)
        points = array[:, :2]
        if reach_below_zero(sure) or are_lengths(sure):
            raise InputError(
                f"scores reach from {np.nanmin(sure):.3g} to {np.nanmax(sure):.3g}: these are no scores, "
                "which are never negative; leave depth out, and turn logits into probabilities"
            )
        missing = missing_joints(points[None], sure[None])[0]
        points, sure = np.where(missing[:, None], np.nan, points), np.where(missing, 0, sure)
        if missing.all():
            self._in_pixels = False  # whoever comes next is looked at anew
        elif not self._in_pixels and (~missing).sum() >= MIN_VISIBLE_JOINTS:
            check_units(points[None])
            self._in_pixels = True
        points, sure = self._filmed.straight_arrays(points[None], sure[None])
        converted, converted_scores = convert_keypoints(points, sure, self.skeleton, _H36M)
        converted, converted_scores = converted.astype(np.float32), converted_scores.astype(np.float32)
        drop_points(converted, converted_scores)
        return converted[0], converted_scores[0]

    def _pose(self, now_s: float) -> StreamPose:
        points, scores = self._window(now_s)
        place = len(scores) - 1 - self._latency_frames
        time_s = now_s - self.latency_s
        if not (scores > 0).any():
            nowhere = np.full((17, 3), np.nan, dtype=np.float32)
            return StreamPose(time_s, nowhere, nowhere[0], np.zeros(17, dtype=np.float32), False)
        lifted = self._lifted(points, scores)
        poses = lifted.poses.numpy()
        root = root_trajectory(
            torch.from_numpy(poses),
            torch.from_numpy(points),
            torch.from_numpy(scores),
            self._intrinsics,
        ).numpy()
        valid = visible_frames(scores)
        signs = trouble_signs(
            poses,
            None if lifted.mirror_m is None else lifted.mirror_m.numpy(),
            root,
            points,
            scores,
            self._intrinsics,
            self.fps,
        )
        highest = highest_confidence(poses, points, scores, self._intrinsics, self.fps)
        own = slice(place, place + 1)
        confidence = joint_confidence(signs[own], highest[own], valid[own])[0]
        scale = np.float32(1.0 if self._height_m is None else self._scale(self._height_m, poses[valid]))
        pose, pelvis = scale * poses[place], scale * root[place]
        if self._filters is not None:
            pose = self._filters[0](pose, time_s).astype(np.float32)
            if np.isfinite(pelvis).all():
                pelvis = self._filters[1](pelvis[None], time_s)[0].astype(np.float32)
        uncertainty, calibration = None, self.checkpoint.calibration
        if lifted.scale_m is not None and calibration is not None:
            uncertainty = scale * calibration.radius_m(lifted.scale_m[place].numpy()).astype(np.float32)
        return StreamPose(time_s, pose, pelvis, confidence, bool(valid[place]), uncertainty)

    def _scale(self, height_m: float, poses: FloatArray) -> float:
        """From the size that the network assumes, by and large, to the person's own."""
        if len(poses):
            self._statures.append(stature_m(poses))
        return height_m / float(np.mean(self._statures)) if self._statures else 1.0

    @torch.inference_mode()
    def _lifted(self, points: FloatArray, scores: FloatArray) -> Lifted:
        """What the network says of the (W, 17) places of a window."""
        points, scores = as_network_sees(self.checkpoint, points, scores)
        lifted = lift_windows(
            self.checkpoint.model,
            self.checkpoint.input,
            torch.from_numpy(points)[None].to(self._device),
            torch.from_numpy(scores)[None].to(self._device),
            self._intrinsics.to(self._device),
            flip=self._flip,
        )
        return lifted.each(lambda values: values[0].cpu())

    def _window(self, now_s: float) -> tuple[FloatArray, FloatArray]:
        """(W, 17, 2) pixels and (W, 17) scores at the network's rate; before the first frame, the first."""
        times = np.array([time for time, _ in self._frames])
        points = np.stack([frame for _, frame in self._frames])
        scores = relative_scores(np.stack(self._scores), self._min_score)[-len(times) :]
        rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else self.fps
        bridge_gaps(points, scores, max_gap=int(self._max_gap_s * rate + 1e-6))
        wanted = now_s - self._ages_s
        after = np.clip(np.searchsorted(times, wanted - 1e-6), 0, len(times) - 1)
        before = np.maximum(after - 1, 0)
        span = np.maximum(times[after] - times[before], 1e-9)
        part = np.clip((wanted - times[before]) / span, 0, 1).astype(np.float32)
        part[after == before] = 0
        # Nobody knows what happened in a long pause: only a frame that is very near counts.
        torn = (times[after] - times[before] > self._max_gap_s) & (part > 0.05) & (part < 0.95)
        mixed_scores = scores[before] + part[:, None] * (scores[after] - scores[before])
        exact = (part[:, None] == 0, part[:, None] == 1)
        mixed_scores[(scores[before] <= 0) & ~exact[1]] = 0
        mixed_scores[(scores[after] <= 0) & ~exact[0]] = 0
        mixed_scores[torn] = 0
        start, end = np.nan_to_num(points[before]), np.nan_to_num(points[after])
        mixed = start + part[:, None, None] * (end - start)
        mixed[mixed_scores <= 0] = np.nan
        return mixed.astype(np.float32), mixed_scores.astype(np.float32)
