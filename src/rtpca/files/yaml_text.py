"""YAML of strangers: plain values only, as much as a person writes, and nothing said twice."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, cast

import yaml

from rtpca.errors import ConfigError
from rtpca.files.damage import reason
from rtpca.files.reading import read_whole

_MAX_BYTES = 1 << 18
_MAX_DEPTH, _MAX_NODES = 32, 10_000
_LONGEST_NUMBER = 64
_KINDS = ("null", "bool", "int", "float", "str", "seq", "map", "merge")
_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in _KINDS}


class _Loader(yaml.SafeLoader):
    """Plain values. 1e-3 is a number, as in YAML 1.2 (PyYAML's floats need a dot), and a date is a text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in _TAGS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str, most_values: int) -> None:
        super().__init__(text)
        self._most_values = most_values
        self._depth = self._nodes = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node; what an alias repeats counts each time, since it is written out in the end.

        Raises:
            YAMLError: there are too many, or too deep, or one is within itself.
        """
        is_alias = self.check_event(yaml.AliasEvent)
        before, mark = self._nodes, self.peek_event().start_mark
        self._nodes, self._depth = self._nodes + 1, self._depth + 1
        if self._depth > _MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"more than {_MAX_DEPTH} levels", problem_mark=mark)
        node = super().compose_node(parent, index)
        if is_alias:
            if id(node) not in self._sizes:
                raise yaml.MarkedYAMLError(problem="a value within itself", problem_mark=mark)
            self._nodes += self._sizes[id(node)]
        if self._nodes > self._most_values:
            raise yaml.MarkedYAMLError(problem=f"more than {self._most_values:,} values", problem_mark=mark)
        self._sizes.setdefault(id(node), self._nodes - before)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node.

        Raises:
            YAMLError: it is of another kind than the plain ones, or a number of far too many digits.
        """
        mark = node.start_mark
        if node.tag not in _TAGS:
            raise yaml.MarkedYAMLError(problem=f"a value of the kind {node.tag}", problem_mark=mark)
        if node.tag.endswith((":int", ":float")) and len(cast(str, node.value)) > _LONGEST_NUMBER:
            raise yaml.MarkedYAMLError(problem="a number of far too many digits", problem_mark=mark)
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, TypeError, LookupError, AttributeError) as error:
            raise yaml.MarkedYAMLError(problem=reason(error), problem_mark=mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The values of a mapping by their keys.

        Raises:
            YAMLError: a key is there twice, and PyYAML would take the last.
        """
        seen: set[str] = set()
        for key, _ in node.value if node.id == "mapping" else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(problem=f"{key.value} twice", problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def parse_yaml(text: str, source: str, most_values: int = _MAX_NODES) -> Any:
    """The plain values in a YAML text: mappings, lists, numbers, texts, true, false and null.

    Args:
        text: The text.
        source: What to call it in the message.
        most_values: More are refused.

    Raises:
        ConfigError: it is no YAML, or more than a person writes, or says something twice.
    """
    try:
        loader = _Loader(text, most_values)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{source}: not YAML: {_place(error)}") from error


def read_yaml(path: str | Path) -> Any:
    """The plain values in a YAML file.

    Raises:
        InputError: it cannot be read, or is far too large.
        ConfigError: See `parse_yaml`; or it is no text.
    """
    content = read_whole(path, _MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not YAML: no UTF-8 ({reason(error)})") from error
    return parse_yaml(text, str(path))


def _place(error: Exception) -> str:
    """What is wrong and where, without the lines of the file."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or reason(error)
    return problem if mark is None else f"{problem} (line {mark.line + 1}, column {mark.column + 1})"
