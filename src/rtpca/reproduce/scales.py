"""The two scales of a reproduction, and the recipe of a named run at one of them.

`small` is `configs/small.yaml`, which trains on a CPU; `paper` are the paper's settings at the paper's size.
All numbers stand in the recipes (`configs/`, which travel in the package as `rtpca/assets/recipes`): nothing
is set here but what the data file decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from rtpca.checks import check_choice
from rtpca.errors import ConfigError
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.rows import NamedRun
from rtpca.training import TrainConfig, load_config

Scale = Literal["small", "paper"]

DEFAULT_SEEDS: dict[str, int] = {"small": 2, "paper": 1}

# The recipe of each scale and dataset, as named in `configs/`.
_RECIPES = {"small": "small.yaml", "paper": "rtpca.yaml"}
# What the paper has otherwise on the other two benchmarks ("27 for HumanEva-I and MPI-INF-3DHP").
_PAPER_OVERRIDES = {
    "humaneva": ("model.frames=27",),
    "mpi-inf-3dhp": ("model.frames=27",),
}


def recipe_path(name: str) -> Path:
    """The file of a recipe that ships with the package, e.g. `small.yaml`.

    Raises:
        ConfigError: There is none of that name.
    """
    package = Path(str(resources.files("rtpca")))
    # The second place serves checkouts on systems without symbolic links.
    for folder in (package / "assets" / "recipes", package.parents[1] / "configs"):
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"no recipe {name!r} ships with this installation of rtpca; install it again")


def recipe(
    scale: str, run: NamedRun, data: DataFile, seed: int, overrides: Sequence[str] = ()
) -> TrainConfig:
    """The whole recipe of a named run.

    Args:
        scale: "small" or "paper".
        run: Which options of the model.
        data: Decides the joints, and at the scale of the paper the number of frames.
        seed: Of the run.
        overrides: `key=value` on top of everything else.

    Raises:
        ConfigError: The scale is unknown, or options do not fit together.
    """
    check_choice("--scale", scale, get_args(Scale))
    given = [f"name={run.name}", f"seed={seed}"]
    given += [f"model.joints={data.joints}", f"input.skeleton={data.skeleton}"]
    if scale == "paper":
        given += _PAPER_OVERRIDES.get(data.dataset, ())
    return load_config(recipe_path(_RECIPES[scale]), [*given, *run.overrides, *overrides])
