"""The stages of a recipe, trained one after another, each from the weights of the one before."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rtpca.data.store import Dataset, open_dataset
from rtpca.errors import RtpcaError
from rtpca.files import written_whole
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.training.batches import check_joints
from rtpca.training.config import TrainConfig
from rtpca.training.loop import StepReport, TrainResult, train
from rtpca.training.recipe import recipe_text, stage_name
from rtpca.training.sampling import rate_of_windows
from rtpca.training.selection import check_selection
from rtpca.training.start import check_has_body, recipe_for, starting_model


def stage_folders(recipe: Sequence[TrainConfig], out: str | Path) -> list[Path]:
    """Run folder of each stage: inside `out`, by its name; `out` itself where there is one only."""
    return [Path(out)] if len(recipe) == 1 else [Path(out, stage_name(config)) for config in recipe]


def train_recipe(
    recipe: Sequence[TrainConfig],
    data: str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    weights: str | Path | None = None,
    max_time_s: float = math.inf,
    accelerator: str = "auto",
    devices: int = 1,
    report: Callable[[StepReport], None] = lambda report: None,
    note: Callable[[str], None] = lambda text: None,
) -> TrainResult:
    """Train a recipe: what `load_recipe` gives.

    With several stages `out` gets a run folder for each, `config.yaml` with all of them, and in the end the
    `weights.safetensors` of the last one.

    Args:
        recipe: The stages in their order.
        data: Prepared data file.
        out: Folder; made if missing.
        resume: Take the stages that are finished, and go on where the last one stopped.
        weights: The first stage starts from these weights instead of random ones.
        max_time_s: As for `train`, all stages together.
        accelerator: As for `train`.
        devices: As for `train`.
        report: As for `train`.
        note: As for `train`; called with the name of each stage too.

    Returns:
        How far the last stage came that was trained, and where the weights are.

    Raises:
        TrainingError: As `train` does.
        InputError: As `train` does.
    """
    if len(recipe) > 1 and not resume:
        # What the last stage would refuse is better known before the first one is trained.
        with open_dataset(data) as dataset:
            check_stages(recipe, dataset, None if weights is None else load_checkpoint(weights))
    until = time.monotonic() + max_time_s
    result: TrainResult | None = None
    for number, (config, folder) in enumerate(zip(recipe, stage_folders(recipe, out), strict=True), 1):
        if len(recipe) > 1:
            note(f"stage {stage_name(config)}, {number} of {len(recipe)}")
        result = train(
            config,
            data,
            folder,
            resume=resume and (result is None or (folder / "state.pt").exists()),
            weights=weights if result is None else result.weights,
            max_time_s=until - time.monotonic(),
            accelerator=accelerator,
            devices=devices,
            report=report,
            note=note,
        )
        if not result.finished:
            break
    assert result is not None, "a recipe has a stage"
    return result if len(recipe) == 1 else _put_together(recipe, Path(out), result)


def check_stages(recipe: Sequence[TrainConfig], dataset: Dataset, start: Checkpoint | None = None) -> None:
    """Check that the data are enough for every stage, and that each can start from the one before it.

    Args:
        recipe: The stages in their order.
        dataset: What they are trained on.
        start: What the first one starts from; None: random weights.

    Raises:
        RtpcaError: What `train` would say of a stage; the message names it.
    """
    for config in recipe:
        try:
            effective = recipe_for(config, start)
            check_joints(effective, dataset)
            check_selection(effective, dataset)
            if effective.data.windows == "random":
                rate_of_windows(effective)
            check_has_body(effective, start)
            model = starting_model(effective, start)
        except RtpcaError as error:
            raise type(error)(f"stage {stage_name(config)}: {error}") from error
        start = Checkpoint(model, effective.input, name=f"stage {stage_name(config)}")


def _put_together(recipe: Sequence[TrainConfig], out: Path, result: TrainResult) -> TrainResult:
    """The whole recipe beside its stages, and the weights if all are finished."""
    with written_whole(out / "config.yaml") as partial:
        partial.write_text(recipe_text(recipe), encoding="utf-8")
    if not result.finished:
        return result
    weights = out / "weights.safetensors"
    with written_whole(weights) as partial:
        shutil.copyfile(result.weights, partial)
    return replace(result, weights=weights)
