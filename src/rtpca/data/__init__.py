"""Prepared data files, the data sets behind them, virtual cameras, augmentation, synthetic motion.

The public names are loaded on first use: reading one of them should not cost h5py where nobody opens a file.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtpca.data.attribution import Attribution
    from rtpca.data.datasets import DATASETS
    from rtpca.data.datasets.options import PrepareOptions
    from rtpca.data.datasets.prepare import prepare
    from rtpca.data.datasets.reader import PrepareReport
    from rtpca.data.recording import Recording, RecordingInfo
    from rtpca.data.store import Dataset, DatasetWriter, open_dataset, write_dataset
    from rtpca.data.synthetic import synthetic_recordings

_MODULES = {
    "DATASETS": "rtpca.data.datasets",
    "Attribution": "rtpca.data.attribution",
    "Dataset": "rtpca.data.store",
    "DatasetWriter": "rtpca.data.store",
    "PrepareOptions": "rtpca.data.datasets.options",
    "PrepareReport": "rtpca.data.datasets.reader",
    "Recording": "rtpca.data.recording",
    "RecordingInfo": "rtpca.data.recording",
    "open_dataset": "rtpca.data.store",
    "prepare": "rtpca.data.datasets.prepare",
    "synthetic_recordings": "rtpca.data.synthetic",
    "write_dataset": "rtpca.data.store",
}

__all__ = [
    "DATASETS",
    "Attribution",
    "Dataset",
    "DatasetWriter",
    "PrepareOptions",
    "PrepareReport",
    "Recording",
    "RecordingInfo",
    "open_dataset",
    "prepare",
    "synthetic_recordings",
    "write_dataset",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'rtpca.data' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, the ones that are not loaded yet included."""
    return sorted(__all__)
