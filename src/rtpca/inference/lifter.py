"""The lifter: 2D keypoints of one person in, 3D poses out, for clips of any length."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from rtpca.arrays import BoolArray, FloatArray
from rtpca.devices import resolve_device
from rtpca.errors import ConfigError
from rtpca.geometry import Camera, Intrinsics, root_trajectory
from rtpca.inference.ceilings import lens_share
from rtpca.inference.confidence import clip_confidence, with_doubtful_sides
from rtpca.inference.filmed import Filmed
from rtpca.inference.refinement import with_steady_bones
from rtpca.inference.result import LiftResult
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints import Keypoints
from rtpca.keypoints.checked import checked_keypoints
from rtpca.keypoints.gaps import complete_keypoints, visible_frames
from rtpca.keypoints.prepare import prepare
from rtpca.metrics import stature_m
from rtpca.metrics.stature import check_stature
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.windowed import Lifted, lift_clip
from rtpca.windowed.blend import fill_between

Device = Literal["auto", "cpu", "cuda"]

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
        average_phases: bool = True,
        min_score: float = 0.1,
        max_gap_s: float = 0.5,
        repair: bool = True,
        refine: bool = False,
        batch_windows: int | None = None,
    ) -> None:
        """A lifter for loaded weights; `from_pretrained` loads them by name or path.

        Args:
            checkpoint: The weights.
            device: Where to compute; "auto" takes a CUDA device if there is one.
            flip: Average each prediction with that of the mirror image: steadier, at twice the time.
            average_phases: Average clips that are at least 1.5 times as fast as the network over one frame of
                the network; see `rtpca.windowed.blend.join_phases`.
            min_score: Joints whose score, relative to what the clip usually reaches, is lower count as
                missing.
            max_gap_s: Longest time in seconds for which a missing joint is bridged.
            repair: Undo left and right exchanged by the detector, and drop joints that jump away for a frame;
                see `rtpca.keypoints.repair`.
            refine: Give each bone nearly one length over the clip; see `rtpca.inference.refinement`.
            batch_windows: Windows per step of the network; None chooses by the size of the network.

        Raises:
            ConfigError: CUDA is asked for and not there, or the weights lift another skeleton than h36m17,
                predict fewer frames than they see, or no metres.
        """
        check_liftable(checkpoint)
        self.device = torch.device(resolve_device(device))
        self.checkpoint = checkpoint
        self.flip = flip
        self.average_phases = average_phases
        self.min_score = min_score
        self.max_gap_s = max_gap_s
        self.repair = repair
        self.refine = refine
        self.batch_windows = batch_windows
        checkpoint.model.to(self.device).eval()

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | os.PathLike[str] = "rtpca-s",
        device: Device = "auto",
        **options: Any,
    ) -> Lifter:
        """A lifter with weights that ship with the package, or from a `.safetensors` file.

        Args:
            name_or_path: "rtpca-s", or a path.
            device: See `Lifter`.
            options: The other arguments of `Lifter`: `flip`, `average_phases`, `min_score`, `max_gap_s`,
                `repair`, `refine`, `batch_windows`.

        Raises:
            CheckpointError: there is no such name or file, or it is damaged or foreign.
            ConfigError: see `Lifter`.
        """
        return cls(load_checkpoint(name_or_path), device, **options)

    @property
    def needs_image_size(self) -> bool:
        """Whether the weights cannot do without the image size; the others assume one."""
        return self.checkpoint.input.normalisation == "screen"

    def __call__(
        self,
        keypoints: Keypoints | npt.ArrayLike,
        image_size: tuple[int, int] | None = None,
        fps: float | None = None,
        skeleton: str | Skeleton = "auto",
        scores: npt.ArrayLike | None = None,
        focal_px: float | tuple[float, float] | None = None,
        progress: Progress = in_silence,
        *,
        height_m: float | None = None,
        camera: Camera | None = None,
    ) -> LiftResult:
        """Lift one person's keypoints.

        Args:
            keypoints: (F, J, 2) pixels, or (F, J, 3) with scores; missing joints are NaN or have score 0. Or
                the record that `rtpca.read_keypoints` gives, which says for itself what follows; what is
                given here wins.
            image_size: (width, height) in pixels. Without it person-normalised weights assume the smallest
                image that holds the keypoints.
            fps: Frames per second; 30 is assumed without it.
            skeleton: Joint set of the keypoints, by name, or a skeleton of your own; "auto" recognises it.
            scores: (F, J) on any scale, instead of a third coordinate.
            focal_px: Focal length in pixels; without it that of a usual lens is assumed.
            progress: Told how many windows are done.
            height_m: The person's stature in metres: poses and path are scaled to it. Without it they have
                the size that the network assumes, see `LiftResult.stature_m`.
            camera: What filmed it, see `rtpca.read_camera`: its lens is undone before lifting. Instead of
                `focal_px`.

        Returns:
            The poses, finite in every frame; `valid` and `confidence` say what was seen.

        Raises:
            ShapeError: an array has the wrong shape.
            InputError: the keypoints cannot be lifted: nothing visible, no image size where it is needed,
                a joint set that is not recognised, a stature that nobody has, a camera of another clip.
            ConfigError: the skeleton is unknown, or camera and focal length are both given.
        """
        if height_m is not None:
            check_stature("`height_m`", height_m)
        checked = checked_keypoints(
            keypoints, scores=scores, image_size=image_size, fps=fps, skeleton=skeleton
        )
        filmed = Filmed.of(checked.image_size, camera, focal_px, checked.focal_px)
        checked = replace(checked, image_size=filmed.image_size, notes=checked.notes + filmed.notes)

        def judge(image_size: tuple[int, int], fps: float) -> SideJudge:
            intrinsics = filmed.intrinsics(image_size).to(self.device)
            return SideJudge(self.checkpoint, intrinsics, fps, self.batch_windows)

        clip, doubt_of_sides = prepare(
            checked,
            min_score=self.min_score,
            max_gap_s=self.max_gap_s,
            needs_image_size=self.needs_image_size,
            judge=judge if self.repair else None,
            straight=filmed.straight,
        )
        assert clip.fps is not None
        assert clip.image_size is not None
        valid = visible_frames(clip.scores)
        intrinsics = filmed.intrinsics(clip.image_size)
        lifted = self._lift(clip, clip.fps, valid, intrinsics, progress)
        poses = lifted.poses.numpy()
        root = _root_path(poses, clip, valid, intrinsics)
        confidence = clip_confidence(
            poses,
            None if lifted.mirror_m is None else lifted.mirror_m.numpy(),
            root,
            clip.keypoints_px,
            clip.scores,
            valid,
            intrinsics,
            clip.fps,
        )
        confidence = with_doubtful_sides(confidence, doubt_of_sides, poses)
        uncertainty = steepness = None
        calibration = self.checkpoint.calibration
        if lifted.scale_m is not None and calibration is not None:
            steepness = np.array(calibration.steepness, dtype=np.float32)
            uncertainty = calibration.radius_m(lifted.scale_m.numpy()).astype(np.float32)
            uncertainty[~valid] = np.nan
        notes = clip.notes + _root_notes(root, intrinsics, filmed.assumed)
        if self.refine:  # after the confidence, which was fitted to poses as they are predicted
            poses = with_steady_bones(poses, root, valid)
            notes = (*notes, "poses refined: one set of bone lengths over the clip")
        if height_m is not None:
            scale = np.float32(height_m / stature_m(poses[valid]))
            poses, root = poses * scale, root * scale
            uncertainty = None if uncertainty is None else uncertainty * scale
        return LiftResult(
            poses3d=poses,
            root=root,
            confidence=confidence,
            keypoints2d=filmed.bent(clip.keypoints_px),
            valid=valid,
            image_size=clip.image_size,
            fps=clip.fps,
            skeleton="h36m17",
            joint_names=get_skeleton("h36m17").joints,
            uncertainty=uncertainty,
            uncertainty_steepness=steepness,
            notes=notes,
            camera=filmed.camera_of(clip.image_size),
            stature_known=height_m is not None,
        )

    def _lift(
        self, clip: Keypoints, fps: float, valid: BoolArray, intrinsics: Intrinsics, progress: Progress
    ) -> Lifted:
        keypoints_px, scores = as_network_sees(self.checkpoint, clip.keypoints_px, clip.scores)
        return lift_clip(
            self.checkpoint,
            keypoints_px,
            scores,
            valid,
            fps,
            intrinsics.to(self.device),
            flip=self.flip,
            average_phases=self.average_phases,
            batch_windows=self.batch_windows,
            progress=progress,
        )


def check_liftable(checkpoint: Checkpoint) -> None:
    """Refuse weights that the lifters cannot use.

    Raises:
        ConfigError: they lift another skeleton than h36m17, predict fewer frames than they see, or no metres.
    """
    checkpoint.require_metres()
    if checkpoint.input.skeleton != "h36m17":
        raise ConfigError(
            f"weights {checkpoint.name!r} lift the skeleton {checkpoint.input.skeleton!r}; the lifter "
            "needs weights for h36m17"
        )
    config = checkpoint.config
    if config.out_frames != config.frames:
        raise ConfigError(
            f"weights {checkpoint.name!r} ({config.arch}) predict {config.out_frames} of the "
            f"{config.frames} frames of a window; the lifter needs weights that predict all of them"
        )


def as_network_sees(
    checkpoint: Checkpoint, keypoints_px: FloatArray, scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(F, 17, 2) pixels and (F, 17) scores; where a network takes no scores, as if nothing were missing."""
    if checkpoint.config.in_channels == 3:
        return keypoints_px, scores
    return complete_keypoints(keypoints_px, scores, get_skeleton("h36m17")), np.ones_like(scores)


def _root_notes(root: FloatArray, intrinsics: Intrinsics, assumed: bool) -> tuple[str, ...]:
    focal = float(intrinsics.focal_px[0])
    if not np.isfinite(root).all():
        return ("the path of the root cannot be found: the poses do not fit the keypoints in any frame",)
    if assumed:
        return (f"focal length assumed: {focal:.0f} px; the distance of the root scales with it",)
    if lens_share(intrinsics) < 1:
        width, height = (int(side) for side in intrinsics.image_size)
        return (
            f"warning: no lens has a focal length of {focal:.6g} px for an image of {width} x {height} px: "
            "is it in pixels? Directions are wrong, and the confidence is low",
        )
    return ()


def _root_path(poses: FloatArray, clip: Keypoints, valid: BoolArray, intrinsics: Intrinsics) -> FloatArray:
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
    known = valid & np.isfinite(root).all(axis=1)
    if known.any():
        fill_between(root, known)
    return root
