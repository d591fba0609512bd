"""Clips of any length and frame rate in overlapping windows, blended: for lifting."""

from __future__ import annotations

import numpy as np
import torch

from rtpca.arrays import BoolArray, FloatArray
from rtpca.errors import InputError
from rtpca.geometry import Intrinsics
from rtpca.models import Checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.windowed.blend import Blender, fill_between, join_phases
from rtpca.windowed.overlapping import WindowBatch, WindowPlan, rate_steps
from rtpca.windowed.predict import Lifted, lift_windows
from rtpca.windowed.workers import in_order

_ACTIVATIONS_PER_BATCH = {"cpu": 1 << 18, "cuda": 1 << 26}
"""On a CPU, 1 MB in float32: what one layer hands to the next stays in the cache of a core."""


def windows_per_step(checkpoint: Checkpoint, device: torch.device) -> int:
    """So many windows that the activations of a layer are small enough for the device."""
    return max(1, _ACTIVATIONS_PER_BATCH[device.type] // checkpoint.config.activations)


def lift_clip(
    checkpoint: Checkpoint,
    keypoints_px: FloatArray,
    scores: FloatArray,
    valid: BoolArray,
    fps: float,
    intrinsics: Intrinsics,
    *,
    flip: bool = True,
    average_phases: bool = True,
    batch_windows: int | None = None,
    progress: Progress = in_silence,
) -> Lifted:
    """Lift a clip, window by window, so that nothing but input and output grows with its length.

    Args:
        checkpoint: Weights that predict all frames of their windows.
        keypoints_px: (F, J, 2) pixels; anything where the score is 0.
        scores: (F, J) in [0, 1].
        valid: (F,) frames in which the person is there, at least one; stretches without anybody are filled
            from their neighbours.
        fps: Frames per second.
        intrinsics: Of the camera, on the device of the weights.
        flip: See `lift_windows`.
        average_phases: Average clips of several phases over one frame of the network; see `join_phases`.
        batch_windows: Windows per step of the network; None chooses by its size.
        progress: Told how many windows are done.

    Returns:
        (F, J, ...) on the CPU, finite, the root at the origin.

    Raises:
        InputError: the poses are not finite.
    """
    device, window = intrinsics.focal_px.device, checkpoint.config.frames
    stride, upsample = (1, 1) if checkpoint.input.fps is None else rate_steps(fps, checkpoint.input.fps)
    plan = WindowPlan(len(valid), window, stride, upsample)
    size = batch_windows or max(1, windows_per_step(checkpoint, device) // (2 if flip else 1))

    @torch.inference_mode()
    def work(batch: WindowBatch) -> dict[str, FloatArray]:
        """What the network says of a batch."""
        points, point_scores = (
            torch.from_numpy(values).to(device) for values in batch.interpolate(keypoints_px, scores)
        )
        lifted = lift_windows(checkpoint.model, checkpoint.input, points, point_scores, intrinsics, flip=flip)
        return {name: values.cpu().numpy() for name, values in lifted.parts().items()}

    blenders: dict[str, Blender] = {}
    visible = (batch.select(np.asarray(valid[batch.before].any(axis=1))) for batch in plan.batches(size))
    done, total = 0, plan.count
    for batch, said in in_order(work, (batch for batch in visible if batch.slots), device):
        for name, values in said.items():
            if name not in blenders:
                blenders[name] = Blender(plan.frames, window, tuple(values.shape[2:]))
            for predicted, slots, frames in zip(values, batch.slots, batch.frames, strict=True):
                blenders[name].add(predicted, slots, frames)
        done += len(batch.slots)
        progress(done, total)
    if done < total:  # windows in which nobody is
        progress(total, total)
    parts: dict[str, torch.Tensor] = {}
    for name, blender in blenders.items():
        values, covered = blender.finish()
        if not np.isfinite(values).all():
            raise InputError("the poses are not finite: the weights are damaged; load or train others")
        if average_phases:
            join_phases(values, valid & covered, stride)
        fill_between(values, valid & covered)
        parts[name] = torch.from_numpy(values)
    return Lifted(**parts)
