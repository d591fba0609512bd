"""The lifter: 2D keypoints of one person in, 3D poses out, for clips of any length."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from rtpca.devices import resolve_device
from rtpca.errors import InputError
from rtpca.geometry import Intrinsics, root_trajectory
from rtpca.inference.blending import Blender, FloatArray, fill_between, join_phases
from rtpca.inference.confidence import clip_confidence
from rtpca.inference.gaps import complete_keypoints
from rtpca.inference.preparation import PreparedClip, prepare_clip
from rtpca.inference.result import LiftResult
from rtpca.inference.window_lifter import WindowLifter, check_liftable
from rtpca.inference.windows import WindowPlan, rate_steps
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.skeletons import Skeleton, get_skeleton

Device = Literal["auto", "cpu", "cuda"]
Progress = Callable[[int, int], None]

_ACTIVATIONS_PER_BATCH = {"cpu": 1 << 21, "cuda": 1 << 26}
_ROOT_CHUNK = 1 << 16


class Lifter:
    """Lifts 2D keypoints with one set of weights.

    Example:
        >>> lifter = Lifter.from_pretrained("rtpca-s")  # doctest: +SKIP
        >>> result = lifter(keypoints, image_size=(1920, 1080), fps=30, skeleton="coco17")  # doctest: +SKIP
        >>> result.poses3d.shape  # doctest: +SKIP
        (243, 17, 3)
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: Device = "auto",
        *,
        flip: bool = True,
        smooth: bool = True,
        min_score: float = 0.1,
        max_gap_s: float = 0.5,
        repair: bool = True,
        batch_windows: int | None = None,
    ) -> None:
        """A lifter for loaded weights; `from_pretrained` loads them by name or path.

        Args:
            checkpoint: The weights.
            device: Where to compute; "auto" takes a CUDA device if there is one.
            flip: Average each prediction with that of the mirror image: steadier, at twice the time.
            smooth: Average clips that are at least 1.5 times as fast as the network over one frame of the
                network; see `rtpca.inference.blending.join_phases`.
            min_score: Joints whose score, relative to what the clip usually reaches, is lower count as
                missing.
            max_gap_s: Longest time in seconds for which a missing joint is bridged.
            repair: Undo left and right exchanged by the detector, and drop joints that jump away for a frame;
                see `rtpca.inference.repair`.
            batch_windows: Windows per step of the network; None chooses by the size of the network.

        Raises:
            ConfigError: CUDA is asked for and not there, or the weights lift another skeleton than h36m17, or
                predict fewer frames than they see.
        """
        check_liftable(checkpoint)
        self.device = torch.device(resolve_device(device))
        self.checkpoint = checkpoint
        self.flip = flip
        self.smooth = smooth
        self.min_score = min_score
        self.max_gap_s = max_gap_s
        self.repair = repair
        self.batch_windows = batch_windows
        checkpoint.model.to(self.device).eval()

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | os.PathLike[str] = "rtpca-s",
        device: Device = "auto",
        *,
        flip: bool = True,
        smooth: bool = True,
        min_score: float = 0.1,
        max_gap_s: float = 0.5,
        repair: bool = True,
    ) -> Lifter:
        """A lifter with weights that ship with the package, or from a `.safetensors` file.

        Args:
            name_or_path: "rtpca-s", or a path.
            device: See `Lifter`.
            flip: See `Lifter`.
            smooth: See `Lifter`.
            min_score: See `Lifter`.
            max_gap_s: See `Lifter`.
            repair: See `Lifter`.

        Raises:
            CheckpointError: there is no such name or file, or it is damaged or foreign.
            ConfigError: see `Lifter`.
        """
        checkpoint = load_checkpoint(name_or_path)
        return cls(
            checkpoint,
            device,
            flip=flip,
            smooth=smooth,
            min_score=min_score,
            max_gap_s=max_gap_s,
            repair=repair,
        )

    @property
    def needs_image_size(self) -> bool:
        """Whether the weights cannot do without the image size; the others assume one."""
        return self.checkpoint.input.normalisation == "screen"

    def __call__(
        self,
        keypoints: npt.ArrayLike,
        image_size: tuple[int, int] | None = None,
        fps: float | None = None,
        skeleton: str | Skeleton = "auto",
        scores: npt.ArrayLike | None = None,
        focal_px: float | tuple[float, float] | None = None,
        progress: Progress | None = None,
    ) -> LiftResult:
        """Lift one person's keypoints.

        Args:
            keypoints: (F, J, 2) pixels, or (F, J, 3) with scores. Missing joints are NaN or have score 0.
            image_size: (width, height) in pixels. Without it person-normalised weights assume the smallest
                image that holds the keypoints.
            fps: Frames per second; 30 is assumed without it.
            skeleton: Joint set of the keypoints, by name, or a skeleton of your own; "auto" recognises it.
            scores: (F, J) on any scale, instead of a third coordinate.
            focal_px: Focal length in pixels; without it that of a usual lens is assumed.
            progress: Called with (windows done, windows in all).

        Returns:
            The poses, finite in every frame; `valid` and `confidence` say what was seen.

        Raises:
            ShapeError: an array has the wrong shape.
            InputError: the keypoints cannot be lifted: nothing visible, no image size where it is needed,
                a joint set that is not recognised.
            ConfigError: the skeleton is unknown.
        """
        clip = prepare_clip(
            keypoints,
            scores=scores,
            image_size=image_size,
            fps=fps,
            skeleton=skeleton,
            min_score=self.min_score,
            max_gap_s=self.max_gap_s,
            needs_image_size=self.needs_image_size,
            repair=self.repair,
        )
        intrinsics = Intrinsics.of_image(clip.image_size, focal_px)
        poses, mirror_m, scale_m = self._lift(clip, intrinsics, progress)
        root = _root_path(poses, clip, intrinsics)
        confidence = clip_confidence(
            poses,
            mirror_m,
            root,
            clip.keypoints_px,
            clip.scores,
            clip.valid,
            intrinsics,
            clip.fps,
        )
        uncertainty = steepness = None
        calibration = self.checkpoint.calibration
        if scale_m is not None and calibration is not None:
            steepness = np.array(calibration.steepness, dtype=np.float32)
            uncertainty = calibration.radius_m(scale_m).astype(np.float32)
            uncertainty[~clip.valid] = np.nan
        return LiftResult(
            poses3d=poses,
            root=root,
            confidence=confidence,
            keypoints2d=clip.keypoints_px,
            valid=clip.valid,
            image_size=clip.image_size,
            fps=clip.fps,
            skeleton="h36m17",
            joint_names=get_skeleton("h36m17").joints,
            uncertainty=uncertainty,
            uncertainty_steepness=steepness,
            notes=clip.notes + _root_notes(root, None if focal_px is not None else intrinsics),
        )

    def _lift(
        self, clip: PreparedClip, intrinsics: Intrinsics, progress: Progress | None
    ) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
        """(F, 17, 3) poses, (F, 17) disagreement of the mirror image, (F, 17) scales of the uncertainty head.

        It goes window by window, so that nothing but input and output grows with F.
        """
        model_fps = self.checkpoint.input.fps
        stride, upsample = (1, 1) if model_fps is None else rate_steps(clip.fps, model_fps)
        window = self.checkpoint.config.frames
        plan = WindowPlan(len(clip.valid), window, stride, upsample)
        keypoints, scores = clip.keypoints_px, clip.scores
        if self.checkpoint.config.in_channels == 2:
            keypoints = complete_keypoints(keypoints, scores, get_skeleton("h36m17"))
            scores = np.ones_like(scores)
        lift_windows = WindowLifter(self.checkpoint, intrinsics.to(self.device), self.flip)
        blender = Blender(plan.frames, window, (17, 5))
        done, total = 0, plan.count
        with torch.inference_mode():
            for batch in plan.batches(self.batch_windows or self._batch_windows()):
                # Stretches without anybody are filled from their neighbours afterwards.
                visible = np.asarray(clip.valid[batch.before].any(axis=1))
                if visible.any():
                    seen = batch.select(visible)
                    points, point_scores = seen.interpolate(keypoints, scores)
                    lifted = lift_windows(
                        torch.from_numpy(points).to(self.device),
                        torch.from_numpy(point_scores).to(self.device),
                    )
                    none = lifted.poses.new_zeros(lifted.poses.shape[:-1])
                    others = [none if it is None else it for it in (lifted.mirror_m, lifted.scale_m)]
                    found = torch.cat([lifted.poses, torch.stack(others, dim=-1)], dim=-1).cpu().numpy()
                    for pose, slots, frames in zip(found, seen.slots, seen.frames, strict=True):
                        blender.add(pose, slots, frames)
                done += len(visible)
                if progress is not None:
                    progress(done, total)
        found, covered = blender.finish()
        if not np.isfinite(found).all():
            raise InputError("the poses are not finite: the weights are damaged; load or train others")
        if self.smooth:
            join_phases(found, clip.valid & covered, stride)
        fill_between(found, clip.valid & covered)
        has_scale = self.checkpoint.config.predicts_scale
        poses = np.ascontiguousarray(found[..., :3])
        return poses, found[..., 3] if self.flip else None, found[..., 4] if has_scale else None

    def _batch_windows(self) -> int:
        """As many windows as keep the activations of a layer small enough for the device."""
        per_window = self.checkpoint.config.activations
        return max(1, _ACTIVATIONS_PER_BATCH[self.device.type] // per_window)


def _root_notes(root: FloatArray, assumed: Intrinsics | None) -> tuple[str, ...]:
    if not np.isfinite(root).all():
        return ("the path of the root cannot be found: the poses do not fit the keypoints in any frame",)
    if assumed is None:
        return ()
    focal = float(assumed.focal_px[0])
    return (f"focal length assumed: {focal:.0f} px; the distance of the root scales with it",)


def _root_path(poses: FloatArray, clip: PreparedClip, intrinsics: Intrinsics) -> FloatArray:
    """(F, 3) positions of the pelvis in camera axes, in pieces to save memory; NaN if no frame fixes it."""
    root = np.zeros((len(poses), 3), dtype=np.float32)
    for start in range(0, len(poses), _ROOT_CHUNK):
        part = slice(start, start + _ROOT_CHUNK)
        root[part] = root_trajectory(
            torch.from_numpy(poses[part]),
            torch.from_numpy(clip.keypoints_px[part]),
            torch.from_numpy(clip.scores[part]),
            intrinsics,
        ).numpy()
    known = clip.valid & np.isfinite(root).all(axis=1)
    if known.any():
        fill_between(root, known)
    return root
