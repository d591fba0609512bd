"""Make imitated files of a public data set: the published formats and cameras, filled with other motion.

    python tools/make_dataset_files.py h36m MOCAP.h5 -o DIR [--frames 300 | --full-size] [--seed 0]

MOCAP.h5 is any file of `rtpca prepare` with the skeleton h36m17. Human3.6M, HumanEva-I and MPI-INF-3DHP may
not be passed on; with these files `rtpca prepare`, training, protocols and tables can be tried without them.
They say what they were made from, and so does everything that is prepared from them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from imitation.h36m import write_h36m
from imitation.humaneva import write_humaneva
from imitation.motion import MotionLibrary
from imitation.mpi_inf_3dhp import write_mpi_inf_3dhp, write_mpi_inf_3dhp_mat
from rtpca.cli.console import run_script

WRITERS = {
    "h36m": write_h36m,
    "humaneva": write_humaneva,
    "mpi-inf-3dhp": write_mpi_inf_3dhp,
    "mpi-inf-3dhp-mat": write_mpi_inf_3dhp_mat,
}


def main() -> None:
    """Parse the command line and write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", choices=list(WRITERS))
    parser.add_argument("mocap", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the files")
    parser.add_argument("--frames", type=int, default=300, help="frames of every clip (300)")
    parser.add_argument("--full-size", action="store_true", help="as many frames as the published files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    library = MotionLibrary.from_file(options.mocap, options.seed)
    frames = None if options.full_size else options.frames
    for path in WRITERS[options.dataset](library, options.output, frames=frames):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run_script(main)
