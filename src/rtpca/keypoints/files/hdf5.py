"""HDF5 files of keypoints: SLEAP's analyses and projects, DeepLabCut's tables."""

from __future__ import annotations

from pathlib import Path

from rtpca.errors import InputError
from rtpca.files.damage import reason
from rtpca.files.reading import check_file
from rtpca.keypoints.files import deeplabcut, sleap
from rtpca.keypoints.people import People


def read_hdf5(path: Path) -> People:
    """Keypoints in an HDF5 file of SLEAP or DeepLabCut.

    Raises:
        InputError: it is damaged, or holds something else.
    """
    # Only who reads such files pays for loading it.
    import h5py

    check_file(path)
    try:
        with h5py.File(path, "r") as file:
            names = set(file)
            if {"tracks", "node_names"} <= names:
                return sleap.read_analysis(path, file)
            if {"frames", "instances", "metadata"} <= names:
                return sleap.read_project(path, file)
            table = deeplabcut.table_in(file)
            if table is not None:
                return deeplabcut.read_h5(path, table)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: no HDF5 file, or damaged ({reason(error)})") from error
    raise InputError(
        f"{path}: an HDF5 file that holds {', '.join(sorted(map(str, names))[:8]) or 'nothing'}, and no "
        "keypoints: "
        "readable are SLEAP's analyses (.h5) and projects (.slp), and DeepLabCut's tables"
    )
