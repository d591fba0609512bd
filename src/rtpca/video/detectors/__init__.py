"""Detectors of people behind one protocol; which one is taken, by name or by what is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Literal

from rtpca.checks import check_choice
from rtpca.errors import InputError, MissingExtraError
from rtpca.extras import install_command
from rtpca.video.detectors.base import Detector, PersonDetection, box_of

__all__ = ["Detector", "PersonDetection", "box_of", "detector_names", "load_detector"]

_PREFERRED = ("rtmlib", "mediapipe")
"""rtmlib first: it is the more accurate one, and who installed it wants it."""


def detector_names() -> tuple[str, ...]:
    """The detectors there are, the preferred one first."""
    return _PREFERRED


def load_detector(
    name: str = "auto",
    *,
    detector_path: str | os.PathLike[str] | None = None,
    pose_path: str | os.PathLike[str] | None = None,
    device: Literal["cpu", "cuda"] = "cpu",
    say: Callable[[str], object] | None = None,
) -> Detector:
    """Load a detector.

    Args:
        name: "mediapipe", "rtmlib", or "auto": what is installed, rtmlib before mediapipe, unless its weights
            cannot be downloaded. Paths of networks mean rtmlib.
        detector_path: See `RtmlibDetector`.
        pose_path: See `RtmlibDetector`.
        device: Where rtmlib computes; mediapipe computes on the CPU.
        say: Called with one sentence where "auto" cannot have the detector that it prefers.

    Returns:
        The detector; its `name` says which.

    Raises:
        MissingExtraError: it is not installed, or with "auto" none is; the message gives the command.
        ConfigError: there is no detector of that name, or networks are given to one that takes none.
        InputError: see `MediapipeDetector` and `RtmlibDetector`.
    """
    own_networks = detector_path is not None or pose_path is not None
    check_choice("detector", name, ("auto", "rtmlib") if own_networks else ("auto", *_PREFERRED))
    if name == "auto":
        return _load_installed(device, say) if not own_networks else _rtmlib(detector_path, pose_path, device)
    return _mediapipe() if name == "mediapipe" else _rtmlib(detector_path, pose_path, device)


def _load_installed(device: Literal["cpu", "cuda"], say: Callable[[str], object] | None) -> Detector:
    """The preferred one of what is installed; where RTMPose's weights cannot be had, MediaPipe."""
    installed = [name for name in _PREFERRED if importlib.util.find_spec(name) is not None]
    if not installed:
        raise MissingExtraError(
            "no detector of people is installed; install one that works offline with: "
            f"{install_command('mediapipe')} (or RTMPose, which downloads its weights: "
            f"{install_command('rtmlib')})"
        )
    if "rtmlib" not in installed:
        return _mediapipe()
    try:
        return _rtmlib(None, None, device)
    except InputError:
        if "mediapipe" not in installed:
            raise
        if say is not None:
            say(
                "rtmlib is installed, but its weights are not here and cannot be downloaded: mediapipe finds "
                "the people (mediapipe for `detector` does not try rtmlib first)"
            )
        return _mediapipe()


def _mediapipe() -> Detector:
    from rtpca.video.detectors.mediapipe import MediapipeDetector

    return MediapipeDetector()


def _rtmlib(
    detector_path: str | os.PathLike[str] | None,
    pose_path: str | os.PathLike[str] | None,
    device: Literal["cpu", "cuda"],
) -> Detector:
    from rtpca.video.detectors.rtmlib import RtmlibDetector

    return RtmlibDetector(detector_path=detector_path, pose_path=pose_path, device=device)
