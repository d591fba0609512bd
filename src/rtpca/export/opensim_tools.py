"""OpenSim itself: what a model has, and its scaling and inverse kinematics, run in a process of their own.

OpenSim is a library in C++ that prints, leaves logs where it stands and may end the whole process on a model
that it does not like: so it never runs inside of ours.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError, MissingExtraError
from rtpca.export.opensim import ENDINGS, MODEL_ENDINGS, ModelParts
from rtpca.extras import install_command
from rtpca.files import written_together

_RMS_COLUMN = 2
_NEEDED = ("pelvis", "torso", *(f"{body}_{end}" for body in ("femur", "tibia", "talus") for end in "rl"))
_QUIET = "import json, sys, opensim as o\no.Logger.removeFileSink()\no.Logger.setLevelString('Error')\n"
_PARTS = """\
model = o.Model(sys.argv[1])
model.initSystem()
names = lambda found: [found.get(i).getName() for i in range(found.getSize())]
print("\\n" + json.dumps([names(model.getBodySet()), names(model.getCoordinateSet())]))
"""
_RUN = """\
o.ScaleTool(sys.argv[1]).run()
print("\\n" + json.dumps(bool(o.InverseKinematicsTool(sys.argv[2]).run())))
"""


@dataclass(frozen=True)
class Following:
    """How well a scaled model follows the markers.

    Attributes:
        mean_m: Root mean square distance of the markers, mean over the frames, metres.
        worst_m: The same of the worst frame.
    """

    mean_m: float
    worst_m: float


def read_model(path: Path) -> ModelParts:
    """What a model has, as OpenSim reads it.

    Raises:
        InputError: the file is missing, is no model of OpenSim, or none of the full body.
        MissingExtraError: opensim is not installed.
    """
    if not path.is_file():
        raise InputError(f"`osim_model` is {path}: there is no such file; give a model of OpenSim, .osim")
    if importlib.util.find_spec("opensim") is None:
        raise MissingExtraError(
            f"opensim is needed to scale a model and is not installed: {install_command('opensim')}"
        )
    with tempfile.TemporaryDirectory() as folder:
        bodies, coordinates = _told(_PARTS, Path(folder), path, str(path.absolute()))
    parts = ModelParts(path.absolute(), frozenset(bodies), frozenset(coordinates))
    absent = [body for body in _NEEDED if body not in parts.bodies]
    if absent:
        raise InputError(
            f"`osim_model` {path} has no {', '.join(absent)}: give a model of the full body with the names "
            "of Rajagopal's, such as Pose2Sim's"
        )
    return parts


def follow(markers: Path, model: ModelParts) -> Following:
    """Scale a model and let it follow the person, by the set-ups that `save_opensim` wrote.

    Args:
        markers: The file of markers; the set-ups lie beside it, and there the model of the person's size
            (`.opensim.osim`) and its motion (`.opensim.mot`) will lie.
        model: What is scaled.

    Returns:
        How far the markers are off.

    Raises:
        InputError: OpenSim cannot scale the model or let it follow; the message quotes it.
    """
    stem = markers.name.removesuffix(ENDINGS[0])
    made = [f"{stem}{ending}" for ending in MODEL_ENDINGS]
    scaling, kinematics = (f"{stem}{ending}" for ending in ENDINGS[2:])
    with tempfile.TemporaryDirectory() as name, written_together() as scratch:
        folder = Path(name)
        for ending in ENDINGS:
            shutil.copy(markers.with_name(f"{stem}{ending}"), folder)
        followed = _told(_RUN, folder, model.path, scaling, kinematics)
        (errors,) = [*folder.glob("*_ik_marker_errors*")] or [None]
        if not (followed and errors and all((folder / file).is_file() for file in made)):
            raise InputError(
                f"OpenSim cannot let {model.path} follow the person: run {scaling} in it to see why"
            )
        for file in made:
            shutil.copy(folder / file, scratch(markers.with_name(file)))
        table = np.loadtxt(errors, skiprows=_header_lines(errors), ndmin=2)
    return Following(float(table[:, _RMS_COLUMN].mean()), float(table[:, _RMS_COLUMN].max()))


def _header_lines(path: Path) -> int:
    """Lines of a file of OpenSim before its numbers."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines.index("endheader") + 2


def _told(program: str, folder: Path, model: Path, *words: str) -> Any:
    """What a program prints as its last line, run with OpenSim in a folder.

    Raises:
        InputError: it fails; the message has what OpenSim says of the model.
    """
    command = [sys.executable, "-c", _QUIET + program, *words]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode:
        said = [line.strip() for line in run.stderr.splitlines() if "Error" in line or "error" in line]
        why = said[-1] if said else f"it ended with {run.returncode}"
        raise InputError(f"`osim_model` {model}: OpenSim cannot use it: {why}")
    return json.loads(run.stdout.splitlines()[-1])
