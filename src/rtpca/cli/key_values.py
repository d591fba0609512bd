"""Options of networks as they are typed: `--set key=value`."""

from __future__ import annotations

from typing import Any


def key_values(assignments: list[str]) -> dict[str, Any]:
    """Values by key, each read as YAML.

    Raises:
        ConfigError: One is no `key=value`.
    """
    from rtpca.errors import ConfigError
    from rtpca.files.yaml_text import parse_yaml

    options: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator:
            raise ConfigError(f"--set {assignment}: give key=value, e.g. --set dim=128")
        options[key] = parse_yaml(value, f"--set {assignment}")
    return options
