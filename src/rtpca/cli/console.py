"""The two consoles of the command line, and how it and scripts print lines, notes and errors.

Results go to standard output, errors and progress to standard error, so that `rtpca ... --json - | jq` works.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from rtpca.cli.flags import in_flags
from rtpca.errors import RtpcaError, one_line

USER_ERROR = 2

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_line(line: str, console: Console = out) -> None:
    """Print one line as it is, however long: no markup, no wrapping."""
    console.print(line, markup=False, soft_wrap=True)


def print_note(note: str, console: Console = out) -> None:
    """Print what the library says about its input or its work; options in it become flags."""
    print_line(one_line(in_flags(note)), console)


def print_error(message: str, program: str = "rtpca") -> None:
    """Print one line, "rtpca: error: ...", on standard error.

    Args:
        message: What is wrong and what to do. Options in backticks become flags, and all of it one line that
            any terminal can show, whatever it quotes of a file.
        program: Who says it.
    """
    print_line(f"{program}: error: {one_line(in_flags(message))}", err)


def run_script(main: Callable[[], None]) -> None:
    """Run the main function of a script; what its user can mend is one line and exit code 2.

    Args:
        main: Reads the command line itself.
    """
    try:
        main()
    except RtpcaError as error:
        print_error(str(error), program=Path(sys.argv[0]).name)
        sys.exit(USER_ERROR)
