"""The data sets that can be prepared: a new one is a file here with a `Reader`, and a line in `DATASETS`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from rtpca.checks import check_choice
from rtpca.data.datasets.options import PrepareOptions
from rtpca.errors import ConfigError

if TYPE_CHECKING:
    from rtpca.data.datasets.reader import DatasetReader

_ALWAYS = ("append", "skip_damaged")
_MOCAP = (
    *("splits", "split", "bad_frames", "mapping", "fps", "metres_per_unit", "stature_m", "up_axis"),
    *("licence", "attribution", "min_seconds"),
)


class KnownDataset(NamedTuple):
    """What is known about a data set before its reader is loaded.

    Attributes:
        about: What its reader takes, as help.
        options: The fields of `PrepareOptions` that it uses, besides those that all use.
    """

    about: str
    options: tuple[str, ...]


DATASETS: Mapping[str, KnownDataset] = {
    "cmu": KnownDataset(
        "CMU motion capture: ASF/AMC (folder, allasfamc.zip, one .amc) and joint positions (.npz).",
        ("asf", *_MOCAP),
    ),
    "bvh": KnownDataset(
        "Any BVH motion (file, folder, zip); joints with the names of the usual programs are known.",
        ("root_offset", *_MOCAP),
    ),
    "joint-positions": KnownDataset("Joint positions of any origin (.npz, see docs/data.md).", _MOCAP),
    "h36m": KnownDataset(
        "Human3.6M: data_3d_h36m.npz and one data_2d_h36m_*.npz of VideoPose3D. Without a 2D file evaluation "
        "projects the 3D joints with the dataset's cameras.",
        ("val_subjects", "keep_corrupted"),
    ),
    "humaneva": KnownDataset(
        "HumanEva-I with 15 joints: data_3d_humaneva15.npz and data_2d_humaneva15_gt.npz of VideoPose3D.",
        ("val_subjects", "actions"),
    ),
    "mpi-inf-3dhp": KnownDataset(
        "MPI-INF-3DHP: data_train_3dhp.npz and data_test_3dhp.npz of P-STMO, or the data set's .mat files.",
        ("val_subjects",),
    ),
}
"""By the name that `prepare` and the command line take; the module has it with underscores."""


def options_of(name: str) -> tuple[str, ...]:
    """The fields of `PrepareOptions` that a data set uses.

    Raises:
        ConfigError: there is no such data set.
    """
    check_choice("data set", name, tuple(DATASETS))
    return (*DATASETS[name].options, *_ALWAYS)


def reader_of(name: str, options: PrepareOptions) -> type[DatasetReader]:
    """The reader of a data set.

    Raises:
        ConfigError: there is no such data set, or it has no use for one of the options.
    """
    known = options_of(name)
    useless = [option for option in options.given if option not in known]
    if useless:
        raise ConfigError(f"`{useless[0]}` is no option of {name}; it has {', '.join(known)}")
    return import_module(f"rtpca.data.datasets.{name.replace('-', '_')}").Reader
