"""What the library calls an option, as the command line spells it: `image_size` becomes --image-size.

The library speaks Python: its errors and notes name arguments in backticks. The names are those of the
parameters of the verb that runs, so that there is no list to keep; what is none of them stays as it is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path

from typer.core import TyperGroup

_flags: ContextVar[dict[str, str]] = ContextVar("flags")
_words: ContextVar[Sequence[str]] = ContextVar("words")


def use_flags_of(root: TyperGroup, words: Sequence[str]) -> None:
    """From now on `in_flags` uses the options of the verb that these words name; `typed_command` the words.

    Args:
        root: The whole command.
        words: The command line, e.g. ("prepare", "bvh", "walk.bvh").
    """
    _words.set(tuple(words))
    commands, parameters = root.commands, root.params
    for word in words:
        if word not in commands:
            break
        command = commands[word]
        commands, parameters = command.commands if isinstance(command, TyperGroup) else {}, command.params
    options = [each for each in parameters if each.param_type_name == "option"]
    _flags.set({option.name: option.opts[0] for option in options if option.name})


def in_flags(text: str) -> str:
    """A message of the library with the names of the verb's options as flags."""
    flags = _flags.get({})
    return re.sub(r"`(\w+)`", lambda match: flags.get(match[1], match[0]), text)


def typed_command() -> str:
    """The command line as it was typed, files by their names alone: what stands under a result."""

    def short(word: str) -> str:
        before, equals, path = word.rpartition("=")
        return before + equals + Path(path).name if "/" in path else word

    return shlex.join(["rtpca", *map(short, _words.get(()))])
