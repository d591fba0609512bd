"""How a table or figure was made: what stands under each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.experiment import Experiment
from rtpca.reproduce.setup import Setup


def how_made(setup: Setup, experiments: Sequence[Experiment]) -> list[str]:
    """Command, recipe, data, machine and date, a line each.

    Args:
        setup: What it was made with.
        experiments: What is shown; none where weights are shown that were not trained for it.
    """
    lines = [f"Command: `{setup.command}`"] * bool(setup.command)
    if experiments:
        first = experiments[0]
        steps, batch, frames = first.total_steps, first.config.batch, first.config.model.frames
        seeds = sorted({each.seed for each in experiments})
        spread = "; cells are mean ± sample standard deviation over seeds" if len(seeds) > 1 else ""
        lines.append(
            f"Scale {setup.scale} (recipe {setup.recipe_path(first.data).name}): {steps:,} steps of {batch} "
            f"windows of {frames} frames, {steps * batch * frames / 1e6:.2f} million frames per run; seeds "
            f"{', '.join(map(str, seeds))}{spread}."
        )
    lines += [_data(each) for each in setup.data]
    machines = {each.origin.get("machine", "") for each in experiments} - {""}
    lines += [f"Trained on: {machine}" for machine in sorted(machines)]
    return [*lines, f"Written on {datetime.now(UTC):%Y-%m-%d}."]


def _data(data: DataFile) -> str:
    people = f"{len(data.subjects)} subject{'s' * (len(data.subjects) != 1)}"
    return (
        f"Data: {data.path.name} (SHA-256 {data.sha256[:12]}), {data.title}; {data.train_frames:,} frames of "
        f"motion to train on, split test: {data.splits.get('test', 0)} sequences, {people}."
    )
