"""Clips lifted as a user's are, by `Lifter`, and their errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from _generalisation.conditions import SEED, ClipCondition
from rtpca.data.noise import detector_noise
from rtpca.data.recording import Recording
from rtpca.data.views import at_frame_rate, fixed_cameras
from rtpca.evaluation import SequenceErrors
from rtpca.evaluation.sequence import sequence_errors
from rtpca.inference import Lifter
from rtpca.models import Checkpoint


def clip_errors(
    checkpoint: Checkpoint, recordings: Sequence[Recording], condition: ClipCondition, seconds: float
) -> Iterator[SequenceErrors]:
    """Errors of the middle of every sequence, cameras taking turns, lifted as a user's clip."""
    device = next(checkpoint.model.parameters()).device.type
    lifter = Lifter(checkpoint, "cuda" if device == "cuda" else "cpu", repair=condition.repair)
    generator = torch.Generator().manual_seed(SEED)
    for number, original in enumerate(recordings):
        recording = at_frame_rate(original, condition.fps)
        fixed = fixed_cameras(original)
        index = number % fixed.batch_shape[0]
        camera = fixed[index]
        frames = max(1, round(seconds * condition.fps))
        first = max(0, (recording.num_frames - frames) // 2)
        part = slice(first, first + frames)
        joints_cam = camera.world_to_camera(torch.from_numpy(recording.positions3d[part]))
        found, scores = detector_noise(
            camera.project(joints_cam)[None], condition.noise, generator, camera.intrinsics.image_size[None]
        )
        width, height = (int(side) for side in camera.intrinsics.image_size)
        focal_x, focal_y = camera.intrinsics.focal_px.tolist()
        result = lifter(
            found[0].numpy(), (width, height), condition.fps, "h36m17", scores[0].numpy(), (focal_x, focal_y)
        )
        truth = joints_cam - joints_cam[:, :1]
        counted = None if recording.valid is None else torch.from_numpy(recording.valid[part])
        yield sequence_errors(
            recording, index, torch.from_numpy(result.poses3d).double(), truth.double(), counted
        )
