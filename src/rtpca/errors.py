"""The errors that a user can cause; the command line prints them as one line and exits with code 2.

A message says what was given, what is needed, and what to do next. Anything that is not an
`RtpcaError` is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

_LONGEST_LINE = 4000


class RtpcaError(Exception):
    """Base of every error that the user can mend."""


class InputError(RtpcaError):
    """A file or array holds something that cannot be used."""


class ShapeError(InputError):
    """An array has the wrong shape; the message shows both shapes with axis letters."""


class ConfigError(RtpcaError):
    """A configuration asks for something that does not exist or does not fit together."""


class CheckpointError(RtpcaError):
    """A weights file is damaged, foreign, or does not fit the configuration."""


class TrainingError(RtpcaError):
    """Training cannot start or go on (data do not fit the model, loss is not a number)."""


class MissingExtraError(RtpcaError):
    """An optional package is needed; the message gives the command that installs it."""


def counted(number: int, one: str, many: str = "") -> str:
    """How many of something, as it is said: "1 frame is", "3 frames are", "2 people".

    Args:
        number: How many.
        one: The words for one of them.
        many: The words for several; `one` with an s without.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def one_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """A text that may quote a file, as one line that any terminal and any encoding can show.

    Args:
        text: Any text; runs of white space, line breaks among them, become single spaces.
        longest: Longer ones lose their middle.

    Returns:
        The line, without control characters and halves of characters, which are escaped.
    """
    line = " ".join(text.split())
    if not line.isprintable():
        line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
    return line if len(line) <= longest else f"{line[: longest // 2]} ... {line[-longest // 2 :]}"
