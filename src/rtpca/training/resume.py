"""What a resumed run may change: nothing that a result depends on, but for the remedies of a diverged one."""

from __future__ import annotations

from typing import Any

from rtpca.options import from_plain
from rtpca.training.config import TrainConfig, flat_values

_FREE_TO_CHANGE = {
    "log_every",
    "checkpoint_every",
    "compile",
    "val_every",
    "optim.lr",
    "optim.muon_lr",
    "optim.clip_norm",
}


def changed_options(old: dict[str, Any], config: TrainConfig, step: int) -> list[str]:
    """Names of the options that a resumed run may not change."""
    # Through the configuration: an option younger than the run had its default.
    before, now = flat_values(from_plain(TrainConfig, old).to_dict()), flat_values(config.to_dict())
    if before["model.arch"] != now["model.arch"]:
        return ["model.arch"]
    free = set(_FREE_TO_CHANGE)
    if config.select == "best":
        free.remove("val_every")  # it decides which weights are compared
    if config.optim.schedule == "stable" and None not in (before["steps"], now["steps"]):
        begin_cooldown = min(values["steps"] - values["optim.cooldown_steps"] for values in (before, now))
        if step <= begin_cooldown:
            free |= {"steps", "optim.cooldown_steps"}  # the steps so far had the same learning rate
    # Keys of a mapping may be in one of them only.
    return [key for key in {**before, **now} if key not in free and before.get(key) != now.get(key)]
