"""Windows of sequences, shown to the network under a condition, and their errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from _generalisation.conditions import SEED, Condition
from rtpca.data.augment import augment, gaussian_noise
from rtpca.data.recording import Recording
from rtpca.data.views import at_frame_rate, fixed_cameras, joined_cameras
from rtpca.errors import InputError
from rtpca.evaluation import SequenceErrors
from rtpca.evaluation.sequence import sequence_errors
from rtpca.geometry import Camera, assumed_focal_px
from rtpca.geometry.network_input import middle
from rtpca.models import Checkpoint
from rtpca.windowed import cover, lift_windows

BATCH = 64


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of sequences at the network's frame rate.

    Attributes:
        recordings: The sequence of each window.
        joints: (W, F, J, 3) world axes, metres.
        counted: (W, P) which predicted frames count.
        index: (W,) the fixed camera of each window, by its number among those of the sequence.
        cameras: The same cameras, batch axis W.
    """

    recordings: list[Recording]
    joints: Tensor
    counted: Tensor
    index: list[int]
    cameras: Camera

    @classmethod
    def cut(cls, recordings: Iterable[Recording], checkpoint: Checkpoint, every: int) -> Windows:
        """Every n-th of all windows, counted from one sequence on to the next, cameras taking turns.

        Counted anew in each sequence, every one would give its first window, in which people often stand.
        """
        config = checkpoint.config
        kept: list[Recording] = []
        joints: list[Tensor] = []
        counted: list[Tensor] = []
        index: list[int] = []
        cameras: list[Camera] = []
        before = 0
        for original in recordings:
            recording = at_frame_rate(original, checkpoint.input.fps)
            positions = torch.from_numpy(recording.positions3d)
            shown, owned = cover(len(positions), config.frames, config.out_frames)
            if recording.valid is not None:
                owned = owned & torch.from_numpy(recording.valid)[middle(shown, config.out_frames)]
            fixed = fixed_cameras(recording)
            for window in range(-before % every, len(shown), every):
                camera = len(kept) % fixed.batch_shape[0]
                kept.append(recording)
                joints.append(positions[shown[window]])
                counted.append(owned[window])
                index.append(camera)
                cameras.append(fixed[camera])
            before += len(shown)
        if not kept:
            raise InputError("there is no sequence to measure; check --split and the source after --unseen")
        return cls(
            kept, torch.stack(joints), torch.stack(counted), index, joined_cameras(cameras, torch.stack)
        )


@dataclass(frozen=True, eq=False)
class Lifted:
    """What a network makes of windows.

    Attributes:
        windows: The windows.
        poses: (W, P, J, 3) predicted, root-relative, metres.
        truth: (W, P, J, 3).
    """

    windows: Windows
    poses: Tensor
    truth: Tensor

    def errors(self, joints: Sequence[int] | None = None) -> Iterator[SequenceErrors]:
        """Errors of each window, over these joints or all."""
        poses, truth = (
            (self.poses, self.truth)
            if joints is None
            else (
                self.poses[:, :, list(joints)],
                self.truth[:, :, list(joints)],
            )
        )
        windows = self.windows
        for number, recording in enumerate(windows.recordings):
            yield sequence_errors(
                recording, windows.index[number], poses[number], truth[number], windows.counted[number]
            )


@torch.inference_mode()
def lift(checkpoint: Checkpoint, windows: Windows, condition: Condition) -> Lifted:
    """Show the windows to the network under a condition."""
    generator = torch.Generator().manual_seed(SEED)
    change, cameras = condition.change, windows.cameras
    if condition.camera is not None:
        change, cameras = replace(change, camera=condition.camera), None
    seen = augment(windows.joints, change, generator, cameras)
    keypoints = gaussian_noise(seen.keypoints_px, condition.gaussian_px, generator)
    scores = seen.scores
    if condition.hidden:
        keypoints[:, :, list(condition.hidden)] = torch.nan
        scores[:, :, list(condition.hidden)] = 0.0
    lenses = seen.camera.intrinsics
    if not condition.focal_known:
        lenses = replace(lenses, focal_px=assumed_focal_px(lenses.image_size))
    device = next(checkpoint.model.parameters()).device
    poses = [
        lift_windows(
            checkpoint.model,
            checkpoint.input,
            keypoints[batch].to(device),
            scores[batch].to(device),
            lenses[batch].to(device),
        ).poses.cpu()
        for batch in torch.arange(len(keypoints)).split(BATCH)
    ]
    truth = middle(seen.poses3d, checkpoint.config.out_frames)
    return Lifted(windows, torch.cat(poses).double(), truth.double())
