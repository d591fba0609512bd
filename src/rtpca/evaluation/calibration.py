"""What the scales of an uncertainty head mean: fitted on a split, for clean and noisy keypoints alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch

from rtpca.data.recording import Recording
from rtpca.errors import InputError
from rtpca.evaluation.prediction import EvalConfig
from rtpca.evaluation.sequence import evaluate
from rtpca.models import InputSpec, LiftingNetwork, ScaleCalibration
from rtpca.skeletons import get_skeleton

NOISE_PX = 5.0


def conditions(skeleton: str = "h36m17") -> dict[str, EvalConfig]:
    """The keypoints that a calibration is made for: true, with Gaussian noise, and with a detector's errors.

    A detector's errors are modelled for h36m17; other skeletons do without.
    """
    found = {"clean": EvalConfig(), f"{NOISE_PX:g} px": EvalConfig(noise_px=NOISE_PX)}
    return found | ({"detector": EvalConfig(detector_noise=True)} if skeleton == "h36m17" else {})


def calibrate(
    model: LiftingNetwork,
    spec: InputSpec,
    recordings: Callable[[], Iterable[Recording]],
    config: EvalConfig,
) -> ScaleCalibration:
    """Fit the calibration of a network with an uncertainty head.

    Args:
        model: In evaluation mode, on any device.
        spec: How keypoints are prepared for it.
        recordings: Gives the sequences of the split, anew at each call: people whom the network did not
            learn from.
        config: Cameras and keypoints.

    Returns:
        The calibration for people who are not in the split, under which the radii hold their share in each
        of `conditions`.

    Raises:
        InputError: If the split is empty.
    """
    errors = [
        (kind, sequence)
        for kind, condition in conditions(spec.skeleton).items()
        for sequence in evaluate(
            model,
            spec,
            recordings(),
            replace(config, noise_px=condition.noise_px, detector_noise=condition.detector_noise),
        )
    ]
    if not errors:
        raise InputError("nothing to calibrate on: the split has no sequence")
    error_m = torch.cat([sequence.joint_error_m for _, sequence in errors])
    scale_m = torch.cat([sequence.scale_m for _, sequence in errors])
    people = [sequence.subject for _, sequence in errors for _ in range(len(sequence.scale_m))]
    kinds = [kind for kind, sequence in errors for _ in range(len(sequence.scale_m))]
    root = get_skeleton(spec.skeleton).root
    return ScaleCalibration.fit(error_m.numpy(), scale_m.numpy(), people, kinds, root)
