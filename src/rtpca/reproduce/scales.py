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

# Of the paper, by dataset and whether 2D is detected; `-authors` behind it has the quirks of their script.
_PAPER = {
    ("h36m", False): "table1-h36m-gt",
    ("h36m", True): "table1-h36m-cpn",
    ("humaneva", False): "table2-humaneva",
    ("humaneva", True): "table2-humaneva",
    ("mpi-inf-3dhp", False): "table3-mpi-inf-3dhp",
    ("mpi-inf-3dhp", True): "table3-mpi-inf-3dhp",
}


def recipe_path(name: str) -> Path:
    """The file of a recipe that ships with the package, e.g. `small.yaml`.

    Raises:
        ConfigError: There is none.
    """
    package = Path(str(resources.files("rtpca")))
    # The second place serves checkouts on systems without symbolic links.
    folders = (package / "assets" / "recipes", package.parents[1] / "configs")
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"no recipe {name!r} ships with this installation of rtpca; install it again")


def scale_recipe(scale: str, data: DataFile, protocol: str = "standard") -> Path:
    """The recipe of a scale on a data file.

    Args:
        scale: "small" or "paper".
        data: The data file.
        protocol: With "authors", the paper's scale has the recipes with the quirks of the authors' script.

    Raises:
        ConfigError: The scale is unknown, or has no recipe for such data.
    """
    check_choice("--scale", scale, get_args(Scale))
    if scale == "small":
        return recipe_path("small.yaml")
    if (data.dataset, data.detected) not in _PAPER:
        raise ConfigError(
            f"--scale paper has recipes for Human3.6M, HumanEva-I and MPI-INF-3DHP, {data.path} holds none "
            "of them; take --scale small"
        )
    quirks = "-authors" if protocol == "authors" else ""
    return recipe_path(f"paper/{_PAPER[data.dataset, data.detected]}{quirks}.yaml")


def paper_size(run: NamedRun) -> TrainConfig:
    """The recipe of a run on Human3.6M at the paper's size, whatever is trained: for its cost."""
    path = recipe_path(f"paper/{_PAPER['h36m', False]}.yaml")
    return load_config(path, [*run.at_scale.get("paper", ()), *run.overrides])


def recipe(
    scale: str,
    run: NamedRun,
    data: DataFile,
    seed: int,
    overrides: Sequence[str] = (),
    protocol: str = "standard",
) -> TrainConfig:
    """The whole recipe of a named run.

    Args:
        scale: "small" or "paper".
        run: Which options of the model.
        data: Decides the joints, and at the scale of the paper the recipe.
        seed: Of the run.
        overrides: `key=value` on top of everything else.
        protocol: See `scale_recipe`.

    Raises:
        ConfigError: The scale is unknown, or options do not fit together.
    """
    path = scale_recipe(scale, data, protocol)
    given = [f"name={run.name}", f"seed={seed}", *run.at_scale.get(scale, ())]
    given += [f"model.joints={data.joints}", f"input.skeleton={data.skeleton}"]
    given.append(f"data.keypoints={'own' if data.own_2d else 'projected'}")
    return load_config(path, [*given, *run.overrides, *overrides])
