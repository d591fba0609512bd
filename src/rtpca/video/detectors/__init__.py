"""Detectors of people behind one protocol; which one is taken, by name or by what is installed."""

from __future__ import annotations

import importlib.util
import os
from typing import Literal

from rtpca.checks import check_choice
from rtpca.errors import MissingExtraError
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
) -> Detector:
    """Load a detector.

    Args:
        name: "mediapipe", "rtmlib", or "auto": what is installed. Paths of networks mean rtmlib.
        detector_path: See `RtmlibDetector`.
        pose_path: See `RtmlibDetector`.
        device: Where rtmlib computes; mediapipe computes on the CPU.

    Returns:
        The detector; its `name` says which.

    Raises:
        MissingExtraError: it is not installed, or with "auto" none is; the message gives the command.
        ConfigError: there is no detector of that name, or networks are given to one that takes none.
        InputError: see `MediapipeDetector` and `RtmlibDetector`.
    """
    own_networks = detector_path is not None or pose_path is not None
    if name == "auto":
        name = "rtmlib" if own_networks else _installed()
    check_choice("detector", name, ("rtmlib",) if own_networks else ("auto", *_PREFERRED))
    if name == "rtmlib":
        from rtpca.video.detectors.rtmlib import RtmlibDetector

        return RtmlibDetector(detector_path=detector_path, pose_path=pose_path, device=device)
    from rtpca.video.detectors.mediapipe import MediapipeDetector

    return MediapipeDetector()


def _installed() -> str:
    for name in _PREFERRED:
        if importlib.util.find_spec(name) is not None:
            return name
    raise MissingExtraError(
        f"no detector of people is installed; install one that works offline with: {install_command('mediapipe')} "
        f"(or RTMPose, which downloads its weights: {install_command('rtmlib')})"
    )
