"""Put trained weights into the package: half precision, evaluated as shipped, with a model card beside them.

    python tools/ship_weights.py NAME RUN [RUN ...] --data mocap.h5 [--noise 5]

RUN is the folder of a finished run, with all its stages, or weights (a name or a file); of several, each was
trained from the one before. The last one's weights are shipped. Writes src/rtpca/assets/NAME.safetensors and
NAME.md. An uncertainty head and its calibration are shipped where the last stage has them.
"""

from __future__ import annotations

import argparse
import hashlib
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.errors import TrainingError
from rtpca.evaluation import EvalConfig, Report, evaluate, summarise
from rtpca.files import written_whole
from rtpca.models import Checkpoint, load_checkpoint, save_checkpoint
from rtpca.models.cost import count_parameters
from rtpca.training import load_recipe
from rtpca.training.stages import stage_folders
from wrap_markdown import wrapped

ASSETS = Path(__file__).parents[1] / "src" / "rtpca" / "assets"
CARD = Path(__file__).with_name("model_card.md")


def main() -> None:
    """Write the weights and their card."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("name")
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--noise", type=float, default=5.0)
    arguments = parser.parse_args()

    stages = [stage for run in arguments.runs for stage in load(run)]
    recipes, left_out = recipes_of(stages)
    trained = stages[-1]
    # What is evaluated are the numbers that the file will hold.
    trained.model.half().float()
    reports = {
        "clean": measure(trained, arguments.data, EvalConfig()),
        f"noise_{arguments.noise:g}px": measure(
            trained, arguments.data, EvalConfig(noise_px=arguments.noise)
        ),
        "detector": measure(trained, arguments.data, EvalConfig(detector_noise=True)),
    }
    numbers = {key: report.to_dict() for key, report in reports.items()}
    about = {
        "licence": "Apache-2.0",
        "recipes": recipes,
        "steps": sum(stage.about["steps"] for stage in stages) - sum(recipe["steps"] for recipe in left_out),
        "frames": sum(stage.about["frames"] for stage in stages) - sum(map(frames_of, left_out)),
        "data": trained.about["data"],
        "test_split": numbers,
    }
    target = ASSETS / f"{arguments.name}.safetensors"
    save_checkpoint(
        target, trained.model, trained.input, about, dtype=torch.float16, calibration=trained.calibration
    )

    with written_whole(target.with_suffix(".md")) as partial:
        partial.write_text(wrapped(card(load_checkpoint(target), target, *reports.values(), arguments.noise)))
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, and its card")


def load(run: str) -> list[Checkpoint]:
    """The weights of each stage of a run folder, or those of a name or file."""
    recipe = Path(run) / "config.yaml"
    if not recipe.exists():
        return [load_checkpoint(run)]
    stages = load_recipe(recipe)
    checkpoints = [load_checkpoint(folder / "weights.safetensors") for folder in stage_folders(stages, run)]
    for stage, checkpoint in zip(stages, checkpoints, strict=True):
        if stage.steps not in (None, checkpoint.about["steps"]):
            raise TrainingError(
                f"{checkpoint.name} has {checkpoint.about['steps']} of {stage.steps} steps; finish the run"
            )
    return checkpoints


def recipes_of(stages: list[Checkpoint]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The recipes that made the last stage's weights; those that were shipped before come with several.

    The recipe of an uncertainty head that a later stage left out made none of them, and is apart.
    """
    found = [recipe for stage in stages for recipe in stage.about.get("recipes", [stage.about.get("recipe")])]
    kept: list[dict[str, Any]] = []
    left_out: list[dict[str, Any]] = []
    headless_after = False
    for recipe in reversed(found):
        headless_after = headless_after or not recipe["model"].get("uncertainty", False)
        is_of_head = recipe["optim"].get("train", "all") == "uncertainty"
        (left_out if is_of_head and headless_after else kept).append(recipe)
    return kept[::-1], left_out[::-1]


def made_with(recipes: list[dict[str, Any]]) -> str:
    """Files of the recipes, with those of their stages that were trained."""
    parts: list[str] = []
    for name, group in groupby(recipes, key=lambda recipe: recipe["name"]):
        stages = [recipe["stage"] for recipe in group if recipe.get("stage")]
        which = f" (stage{'s' * (len(stages) > 1)} {', '.join(stages)})" if stages else ""
        parts.append(f"configs/{name}.yaml{which}")
    return ", then ".join(parts)


def frames_of(recipe: dict[str, Any]) -> int:
    """Frames that a finished run of a recipe was trained on."""
    return recipe["steps"] * recipe["batch"] * recipe["model"]["frames"]


def measure(checkpoint: Checkpoint, data: Path, config: EvalConfig) -> Report:
    """Errors on the test split."""
    with open_dataset(data) as dataset:
        errors = evaluate(checkpoint.model, checkpoint.input, dataset.iterate("test"), config)
        return summarise(errors, calibration=checkpoint.calibration)


def card(
    checkpoint: Checkpoint, file: Path, clean: Report, noisy: Report, detected: Report, noise: float
) -> str:
    """The model card, filled in."""
    config, about = checkpoint.config, checkpoint.about
    return CARD.read_text(encoding="utf-8").format(
        name=file.stem,
        frames=config.frames,
        fps=checkpoint.input.fps,
        dim=config.dim,
        depth=config.depth,
        heads=config.heads,
        parameters=f"{count_parameters(config):,}",
        normalisation=checkpoint.input.normalisation,
        steps=about["steps"],
        batch=" and ".join(dict.fromkeys(str(recipe["batch"]) for recipe in about["recipes"])),
        recipes=made_with(about["recipes"]),
        million=about["frames"] / 1e6,
        digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        data="\n".join(_terms(source) for source in about["data"]),
        clean=_row(clean),
        noisy=_row(noisy),
        detected=_row(detected),
        noise=noise,
    )


def _terms(source: dict[str, str]) -> str:
    parts = (" ".join(value.split()).rstrip(".") for value in source.values() if value)
    return f"- {'. '.join(parts)}."


def _row(report: Report) -> str:
    means = [f"{row.mpjpe_mm:.1f} | {row.p_mpjpe_mm:.1f}" for row in (report.average, report.all_frames)]
    found = report.all_frames
    covered = "-"
    if "within_90" in report.measures:
        covered = f"{found.within_50:.1f} %, {found.within_90:.1f} %, {found.radius_90_mm:.0f} mm"
    return " | ".join((*means, covered))


if __name__ == "__main__":
    run_script(main)
