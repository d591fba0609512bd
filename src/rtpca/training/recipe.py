"""Recipes: YAML files of options, with strict keys, and stages that are trained one after another.

A recipe may have `stages`, each a list of what is different from the recipe's own options, or another recipe:

    name: rtpca-b
    model: {dim: 192}
    stages:
      - recipe: rtpca-s.yaml   # a file beside this one, with its stages,
        until: long            # up to this one
      - stage: wider           # this recipe's options, as they are
      - stage: again
        seed: 9

Each stage starts from the weights of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import yaml

from rtpca.errors import ConfigError
from rtpca.files.yaml_text import parse_yaml, read_yaml
from rtpca.options import from_plain
from rtpca.training.config import TrainConfig


def load_recipe(path: str | Path | None, overrides: Sequence[str] = ()) -> tuple[TrainConfig, ...]:
    """Read a recipe.

    Args:
        path: YAML file; None starts from the defaults.
        overrides: `key=value` with dots for nested keys and YAML values, e.g. `model.dim=128`; in all stages.

    Returns:
        The configurations of its stages in their order; a single one where it has none.

    Raises:
        InputError: If the file cannot be read.
        ConfigError: If it is no YAML, a key is unknown, or a value does not fit.
    """
    stages = [{}] if path is None else _stages(Path(path))
    for override in overrides:
        for values in stages:
            _apply(override, values)
    configs = tuple(_config(values, of_several=len(stages) > 1) for values in stages)
    names = [stage_name(config) for config in configs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"{path}: two stages are called {twice!r}; give each its own name: `stage`")
    return configs


def load_config(
    path: str | Path | None, overrides: Sequence[str] = (), stage: str | None = None
) -> TrainConfig:
    """Read a recipe without stages, or one stage of a recipe; see `load_recipe`.

    Raises:
        ConfigError: As `load_recipe`, or if the stage is not named or unknown.
    """
    configs = load_recipe(path, overrides)
    if stage is None and len(configs) == 1:
        return configs[0]
    named = {stage_name(config): config for config in configs}
    if stage not in named:
        given = "name one of its stages" if stage is None else f"it has no stage {stage!r}"
        raise ConfigError(f"{path}: {given}: {', '.join(named)}")
    return named[stage]


def stage_name(config: TrainConfig) -> str:
    """Name of a stage, and of its folder."""
    return config.stage or config.name


def recipe_text(recipe: Sequence[TrainConfig]) -> str:
    """A recipe as YAML, every option spelled out."""
    stages = [config.to_dict() for config in recipe]
    values = stages[0] if len(stages) == 1 else {"stages": stages}
    return yaml.dump(values, Dumper=yaml.SafeDumper, sort_keys=False)


def _config(values: dict[str, Any], of_several: bool) -> TrainConfig:
    try:
        return from_plain(TrainConfig, values)
    except ConfigError as error:
        if not of_several:
            raise
        raise ConfigError(f"stage {values.get('stage') or values.get('name')}: {error}") from error


def _stages(path: Path, above: tuple[Path, ...] = ()) -> list[dict[str, Any]]:
    """Values of each stage of a file; of the file itself where it has none."""
    if path.resolve() in above:
        raise ConfigError(f"{path}: this recipe is a stage of itself; leave it out of its `stages`")
    values = _read(path)
    if "stages" not in values:
        return [values]
    given = values.pop("stages")
    if not isinstance(given, list) or not given or not all(isinstance(stage, dict) for stage in given):
        raise ConfigError(f"{path}: stages={given!r} must be a list of groups of options")
    stages: list[dict[str, Any]] = []
    for stage in cast(list[dict[str, Any]], given):
        if "recipe" in stage:
            stages += _other(path, stage, (*above, path.resolve()))
        else:
            stages.append(_changed(values, stage))
    return stages


def _other(path: Path, stage: dict[str, Any], above: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Stages of another recipe: all, or those up to one."""
    unknown = stage.keys() - {"recipe", "until"}
    if unknown or not isinstance(stage["recipe"], str):
        raise ConfigError(
            f"{path}: a stage that is another recipe has its `recipe`, a file beside this one, and `until`, "
            f"the last of its stages, not {stage}"
        )
    stages = _stages(path.parent / stage["recipe"], above)
    until = stage.get("until")
    names = [values.get("stage") or values.get("name") for values in stages]
    if until is None:
        return stages
    if until not in names:
        raise ConfigError(
            f"{path}: {stage['recipe']} has no stage {until!r}; it has {', '.join(map(str, names))}"
        )
    return stages[: names.index(until) + 1]


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Nested values with some of them changed."""
    changed = deepcopy(values)
    for key, new in changes.items():
        old = changed.get(key)
        changed[key] = (
            _changed(old, new) if isinstance(old, dict) and isinstance(new, dict) else deepcopy(new)
        )
    return changed


def _read(path: Path) -> dict[str, Any]:
    values = read_yaml(path)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"{path}: a recipe is a list of `key: value` lines, this file holds a {type(values).__name__}"
        )
    return values


def _apply(override: str, values: dict[str, Any]) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key:
        raise ConfigError(f"{override}: give key=value, e.g. model.dim=128")
    *path, last = key.split(".")
    for part in path:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{override}: {part} is a value, not a group of options")
        values = inner
    values[last] = parse_yaml(text, override)
