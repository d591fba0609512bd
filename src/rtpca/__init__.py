"""2D human keypoints in, 3D poses over time out.

The public names are loaded on first use, so that `import rtpca` costs nothing: no torch, no
matplotlib. Sub-packages (`rtpca.models`, `rtpca.metrics`, ...) are reachable as attributes in the same way.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtpca.errors import RtpcaError
    from rtpca.geometry import read_camera
    from rtpca.inference import Lifter, LiftResult, StreamLifter
    from rtpca.keypoints import read_keypoints
    from rtpca.models import list_weights
    from rtpca.pipeline import lift_path

__version__ = "0.1.0"

_SUBPACKAGES = (
    "app",
    "checks",
    "cli",
    "data",
    "errors",
    "evaluation",
    "export",
    "geometry",
    "inference",
    "keypoints",
    "metrics",
    "models",
    "pipeline",
    "skeletons",
    "training",
    "video",
    "viz",
    "windowed",
)
_LAZY_NAMES = {
    "LiftResult": "rtpca.inference",
    "Lifter": "rtpca.inference",
    "RtpcaError": "rtpca.errors",
    "StreamLifter": "rtpca.inference",
    "lift_path": "rtpca.pipeline",
    "list_weights": "rtpca.models",
    "read_camera": "rtpca.geometry",
    "read_keypoints": "rtpca.keypoints",
}

__all__ = [
    "LiftResult",
    "Lifter",
    "RtpcaError",
    "StreamLifter",
    "__version__",
    "lift_path",
    "list_weights",
    "read_camera",
    "read_keypoints",
]


def __getattr__(name: str) -> Any:
    """Load a public name or a sub-package on first use (PEP 562)."""
    if name in _LAZY_NAMES:
        return getattr(importlib.import_module(_LAZY_NAMES[name]), name)
    if name in _SUBPACKAGES:
        return importlib.import_module(f"rtpca.{name}")
    raise AttributeError(f"module 'rtpca' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, the lazy ones included."""
    return sorted({*__all__, *_SUBPACKAGES})
