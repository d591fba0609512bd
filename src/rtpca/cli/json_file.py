"""`--json FILE`, the same for every verb: what it prints as JSON for machines; - for standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from rtpca.cli.console import print_line
from rtpca.errors import InputError

JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", help="Write the numbers as JSON; - for standard output, and nothing else."
    ),
]


def check_json_file(path: Path | None) -> None:
    """Refuse, before long work, a file that could not be written after it.

    Raises:
        InputError: Its folder is not there.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise InputError(f"--json {path}: there is no folder {path.parent}; make it first")


def print_or_write(values: dict[str, Any], path: Path | None, show: Callable[[], None]) -> None:
    """Show results to people, or as JSON on standard output; write JSON into a file beside what is shown.

    Args:
        values: The results in plain values.
        path: What was given for `--json`.
        show: Prints them for people.
    """
    from rtpca.files import written_whole

    text = json.dumps(values, indent=1)
    if str(path) == "-":
        print_line(text)
        return
    show()
    if path is not None:
        with written_whole(path) as scratch:
            scratch.write_text(text, encoding="utf-8")
