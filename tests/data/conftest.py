"""Imitated files of public data sets of a few short clips, written once."""

from __future__ import annotations

import pytest

from imitation.h36m import write_h36m
from imitation.humaneva import write_humaneva
from imitation.motion import MotionLibrary
from imitation.mpi_inf_3dhp import write_mpi_inf_3dhp, write_mpi_inf_3dhp_mat
from rtpca.data.synthetic import synthetic_recordings


@pytest.fixture(scope="session")
def library():
    """Generated motion, to fill files with."""
    return MotionLibrary(synthetic_recordings(frames=60))


@pytest.fixture(scope="session")
def h36m_files(library, tmp_path_factory):
    """Paths of the 3D file, the true 2D file, and the file of detections."""
    folder = tmp_path_factory.mktemp("h36m")
    subjects, actions = ("S1", "S8", "S9", "S11"), ("Directions", "Walking")
    return write_h36m(library, folder, frames=30, subjects=subjects, actions=actions)


@pytest.fixture(scope="session")
def humaneva_files(library, tmp_path_factory):
    """Paths of the 3D file and the true 2D file."""
    return write_humaneva(library, tmp_path_factory.mktemp("humaneva"), frames=30, subjects=("S1", "S3"))


@pytest.fixture(scope="session")
def mpi_files(library, tmp_path_factory):
    """Paths of the training file and the test file."""
    folder = tmp_path_factory.mktemp("mpi")
    return write_mpi_inf_3dhp(library, folder, frames=30, train=("S1", "S2"), test=("TS1", "TS5"))


@pytest.fixture(scope="session")
def mpi_folder(library, tmp_path_factory):
    """The folder of the dataset's own files, with the sequences of `mpi_files`."""
    folder = tmp_path_factory.mktemp("mpi_mat")
    write_mpi_inf_3dhp_mat(library, folder, frames=30, train=("S1", "S2"), test=("TS1", "TS5"))
    return folder
