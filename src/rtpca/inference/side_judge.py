"""A lifting network as the judge of sides: how well the body that it lifts goes with the keypoints."""

from __future__ import annotations

import numpy as np
import torch

from rtpca.arrays import FloatArray, IntArray
from rtpca.geometry import Intrinsics, root_trajectory
from rtpca.keypoints.gaps import complete_keypoints
from rtpca.models import Checkpoint
from rtpca.skeletons import get_skeleton
from rtpca.windowed.clip import windows_per_step
from rtpca.windowed.overlapping import rate_steps
from rtpca.windowed.predict import lift_windows

_NEAREST_M = 0.1


class SideJudge:
    """Looks at windows through a network; see `rtpca.keypoints.verdict.Judge`.

    Windows are lifted once, without their mirror image and at one phase, so that a look at a whole clip
    costs a small part of lifting it.
    """

    def __init__(
        self, checkpoint: Checkpoint, intrinsics: Intrinsics, fps: float, batch_windows: int | None = None
    ) -> None:
        """A judge for a clip.

        Args:
            checkpoint: Weights on the device of the intrinsics.
            intrinsics: Of the camera.
            fps: Frames per second of the clip.
            batch_windows: Windows per step of the network; None chooses by its size.
        """
        self._checkpoint, self._intrinsics = checkpoint, intrinsics
        self._batch = batch_windows or windows_per_step(checkpoint, intrinsics.focal_px.device)
        wanted = checkpoint.input.fps
        self._stride = 1 if wanted is None else rate_steps(fps, wanted)[0]

    def window(self, middle: int, frames: int) -> IntArray:
        """(W,) frames round one, at about the network's frame rate; in the clip as far as it reaches."""
        width = self._checkpoint.config.frames
        places = middle + self._stride * (np.arange(width) - width // 2)
        if places[-1] - places[0] < frames:
            before, after = max(0, -int(places[0])), max(0, int(places[-1]) - frames + 1)
            places += self._stride * (-(-before // self._stride) + after // -self._stride)
        return np.clip(places, 0, frames - 1)

    @torch.inference_mode()
    def __call__(self, points_px: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Misses in pixels and radii in metres of each joint; radii are 1 where weights know of none."""
        misses = np.empty(scores.shape, dtype=np.float32)
        radii = np.ones(scores.shape, dtype=np.float32)
        for start in range(0, len(scores), self._batch):
            part = slice(start, start + self._batch)
            misses[part], scale = self._looked(points_px[part], scores[part])
            if scale is not None:
                radii[part] = scale
        return misses, radii

    def _looked(self, points_px: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        shown, weights = points_px, scores
        if self._checkpoint.config.in_channels != 3:
            skeleton = get_skeleton("h36m17")
            flat = complete_keypoints(points_px.reshape(-1, 17, 2), scores.reshape(-1, 17), skeleton)
            shown, weights = flat.reshape(points_px.shape), np.ones_like(scores)
        device = self._intrinsics.focal_px.device
        keypoints = torch.from_numpy(shown).to(device)
        lifted = lift_windows(
            self._checkpoint.model,
            self._checkpoint.input,
            keypoints,
            torch.from_numpy(weights).to(device),
            self._intrinsics,
        )
        seen = torch.from_numpy(points_px).to(device)
        score = torch.from_numpy(scores).to(device)
        place = lifted.poses + root_trajectory(lifted.poses, seen, score, self._intrinsics)[..., None, :]
        flat = place[..., :2] / place[..., 2:].clamp(min=_NEAREST_M)
        miss = (flat * self._intrinsics.focal_px + self._intrinsics.principal_px - seen).norm(dim=-1)
        miss = torch.where(score > 0, miss, torch.nan).cpu().numpy()
        return miss, None if lifted.scale_m is None else lifted.scale_m.cpu().numpy()
