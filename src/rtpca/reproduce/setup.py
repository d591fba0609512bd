"""What is reproduced with: data, scale, folder, machine; and the recipe of a named run there.

`small` is `configs/small.yaml`, which trains on a CPU; `paper` are the paper's settings at the paper's size.
All numbers stand in the recipes (`configs/`, which travel in the package as `rtpca/assets/recipes`): nothing
is set here but what the data file decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rtpca.checks import check_choice
from rtpca.devices import resolve_device
from rtpca.errors import ConfigError
from rtpca.evaluation import EvalConfig, get_protocol
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.paper import NamedRun
from rtpca.training import TrainConfig, load_config

SPLIT = "test"
"""What is measured."""
_SEEDS = {"small": 2, "paper": 1}
_MOST_SEEDS = 1000
# Of the paper, by data set and whether 2D is detected; `-authors` behind it has the quirks of their script.
_PAPER = {
    ("h36m", False): "table1-h36m-gt",
    ("h36m", True): "table1-h36m-cpn",
    ("humaneva", False): "table2-humaneva",
    ("humaneva", True): "table2-humaneva",
    ("mpi-inf-3dhp", False): "table3-mpi-inf-3dhp",
    ("mpi-inf-3dhp", True): "table3-mpi-inf-3dhp",
}


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What tables and figures are made with.

    Attributes:
        data: One data file; for Table 1 of Human3.6M also two, with detected and with true 2D keypoints.
        out: Folder of runs, tables and figures.
        scale: "small" or "paper".
        protocol: How runs are measured, and at the paper's scale with "authors" also trained.
        seeds: How many; 0 for what is usual at the scale.
        overrides: `key=value` for the recipes of all runs.
        jobs: Runs at once, each on one thread of the CPU.
        device: auto, cpu or cuda; with several jobs the CPU.
        deadline_s: `time.monotonic()` at which training stops cleanly.
        command: As it was typed, for the caption.
    """

    data: tuple[DataFile, ...] = ()
    out: Path = Path("reproduced")
    scale: str = "small"
    protocol: str = "standard"
    seeds: int = 0
    overrides: tuple[str, ...] = ()
    jobs: int = 1
    device: str = "auto"
    deadline_s: float = math.inf
    command: str = ""

    def __post_init__(self) -> None:
        check_choice("`scale`", self.scale, list(_SEEDS))
        if self.seeds > _MOST_SEEDS:
            raise ConfigError(f"`seeds` is {self.seeds}: give at most {_MOST_SEEDS} runs of each network")
        if self.jobs > 1 and self.device == "cuda":
            raise ConfigError(f"`jobs` {self.jobs} is for the CPU; leave it out with `device` cuda")
        object.__setattr__(self, "device", "cpu" if self.jobs > 1 else resolve_device(self.device))
        object.__setattr__(self, "seeds", self.seeds or _SEEDS[self.scale])

    def recipe_path(self, data: DataFile) -> Path:
        """The recipe of the scale on a data file.

        Raises:
            ConfigError: There is none for such data.
        """
        if self.scale == "small":
            return recipe_path("small.yaml")
        if (data.dataset, data.detected) not in _PAPER:
            raise ConfigError(
                f"`scale` paper has recipes for Human3.6M, HumanEva-I and MPI-INF-3DHP, {data.path} holds "
                "none of them; take `scale` small"
            )
        quirks = "-authors" if self.protocol == "authors" else ""
        return recipe_path(f"paper/{_PAPER[data.dataset, data.detected]}{quirks}.yaml")

    def recipe(self, run: NamedRun, data: DataFile, seed: int = 0) -> TrainConfig:
        """The whole recipe of a named run.

        Raises:
            ConfigError: There is none for such data, or options do not fit together.
        """
        given = [f"name={run.name}", f"seed={seed}", *run.at_scale.get(self.scale, ())]
        given += [f"model.joints={data.joints}", f"input.skeleton={data.skeleton}"]
        given.append(f"data.keypoints={'own' if data.own_2d else 'projected'}")
        return load_config(self.recipe_path(data), [*given, *run.overrides, *self.overrides])

    def evaluation(self, noise_px: float = 0.0) -> EvalConfig:
        """How runs are measured; at the small scale in one camera per sequence, to save time."""
        every = self.scale == "paper"
        return EvalConfig(noise_px=noise_px, protocol=get_protocol(self.protocol), all_cameras=every)


def recipe_path(name: str) -> Path:
    """The file of a recipe that ships with the package, e.g. `small.yaml`.

    Raises:
        ConfigError: There is none.
    """
    package = Path(str(resources.files("rtpca")))
    # The second place serves checkouts on systems without symbolic links.
    for folder in (package / "assets" / "recipes", package.parents[1] / "configs"):
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"no recipe {name!r} ships with this installation of rtpca; install it again")
