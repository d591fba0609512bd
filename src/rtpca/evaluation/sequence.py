"""Errors of one sequence seen by one camera, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rtpca import metrics
from rtpca.data.recording import Recording
from rtpca.evaluation.prediction import EvalConfig, predictions
from rtpca.models import InputSpec, LiftingNetwork

PCK_THRESHOLD_M = 0.150


def _none() -> Tensor:
    return torch.empty(0, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class SequenceErrors:
    """Errors of one sequence seen by one camera; one value per frame, per frame pair, or per three frames.

    Only frames that count are here. Velocity and acceleration are taken where all their frames count.

    Attributes:
        name: Of the sequence.
        subject: The person.
        action: What is done.
        source: Where it comes from.
        camera: Index of the camera.
        fps: Frame rate that it was evaluated at.
        mpjpe_m: (F,) metres.
        p_mpjpe_m: (F,) metres.
        velocity_m: (F - 1,) metres per frame.
        acceleration_m: (F - 2,) metres per frame squared.
        n_mpjpe_m: (F,) metres.
        mpjpe_14_m: (F,) metres, over the 14 joints of MPI-INF-3DHP's PCK; empty for other data sets, as what
            follows.
        pck_14: (F,) share of its 14 joints within 150 mm.
        auc_14: (F,) mean share within 0, 5, ..., 150 mm.
        pck_17: (F,) the same of all joints.
        auc_17: (F,) the same of all joints.
        joint_error_m: (F, J) metres, of each joint; empty without an uncertainty head, as what follows.
        scale_m: (F, J) metres, what the head said.
    """

    name: str
    subject: str
    action: str
    source: str
    camera: int
    fps: float
    mpjpe_m: Tensor
    p_mpjpe_m: Tensor
    velocity_m: Tensor
    acceleration_m: Tensor
    n_mpjpe_m: Tensor = field(default_factory=_none)
    mpjpe_14_m: Tensor = field(default_factory=_none)
    pck_14: Tensor = field(default_factory=_none)
    auc_14: Tensor = field(default_factory=_none)
    pck_17: Tensor = field(default_factory=_none)
    auc_17: Tensor = field(default_factory=_none)
    joint_error_m: Tensor = field(default_factory=_none)
    scale_m: Tensor = field(default_factory=_none)


def evaluate(
    model: LiftingNetwork, spec: InputSpec, recordings: Iterable[Recording], config: EvalConfig
) -> Iterator[SequenceErrors]:
    """Errors of every sequence seen by every camera: those of each of the `predictions`.

    Args:
        model: In evaluation mode, on any device.
        spec: How keypoints are prepared for it.
        recordings: World-space motion on `spec.skeleton`; those that the protocol leaves out are passed over.
        config: Noise, mirroring, cameras, protocol.

    Yields:
        One `SequenceErrors` per sequence and camera.

    Raises:
        InputError: If the joints do not fit the model, or its weights are damaged.
    """
    for one in predictions(model, spec, recordings, config):
        yield sequence_errors(one.recording, one.camera, one.poses_m, one.truth_m, one.counted, one.scale_m)


def sequence_errors(
    recording: Recording,
    camera: int,
    predicted: Tensor,
    truth: Tensor,
    counted: Tensor | None = None,
    scale: Tensor | None = None,
) -> SequenceErrors:
    """Compare.

    Args:
        recording: What was seen, at the frame rate of the poses.
        camera: Index of the camera.
        predicted: (F, J, 3) metres.
        truth: (F, J, 3) metres.
        counted: (F,) which frames count; None: all.
        scale: (F, J) metres, what an uncertainty head said of the joints; None without one.

    Returns:
        The errors of the frames that count.
    """
    if counted is None:
        counted = torch.ones(len(truth), dtype=torch.bool)
    predicted, truth = predicted.double(), truth.double()
    pairs = counted[1:] & counted[:-1]
    triples = pairs[1:] & pairs[:-1]
    velocity, acceleration = truth.new_empty(0), truth.new_empty(0)
    if len(truth) > 1:
        velocity = metrics.mpjve(predicted, truth)[pairs]
    if len(truth) > 2:
        acceleration = metrics.acceleration_error(predicted, truth)[triples]
    predicted, truth = predicted[counted], truth[counted]
    found: dict[str, Tensor] = {}
    if scale is not None:
        found = {"joint_error_m": (predicted - truth).norm(dim=-1), "scale_m": scale[counted].double()}
    if recording.source == "mpi-inf-3dhp":
        joints = list(metrics.MPI_INF_3DHP_JOINTS)
        found |= {
            "mpjpe_14_m": metrics.mpjpe(predicted[:, joints], truth[:, joints]),
            "pck_14": metrics.pck(predicted, truth, PCK_THRESHOLD_M, joints),
            "auc_14": metrics.auc(predicted, truth, joints=joints),
            "pck_17": metrics.pck(predicted, truth, PCK_THRESHOLD_M),
            "auc_17": metrics.auc(predicted, truth),
        }
    return SequenceErrors(
        recording.name,
        recording.subject,
        recording.action,
        recording.source,
        camera,
        recording.fps,
        metrics.mpjpe(predicted, truth),
        metrics.p_mpjpe(predicted, truth),
        velocity,
        acceleration,
        metrics.n_mpjpe(predicted, truth),
        **found,
    )
