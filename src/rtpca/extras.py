"""Optional packages: imported on first use, and where one is missing, the command that installs it."""

from __future__ import annotations

import importlib
from typing import Any

from rtpca.errors import MissingExtraError


def optional_import(module: str, extra: str, purpose: str) -> Any:
    """Import a package that comes with an extra.

    Args:
        module: What to import, e.g. "av".
        extra: The extra that installs it, e.g. "video".
        purpose: What it is needed for, e.g. "to read videos".

    Returns:
        The module.

    Raises:
        MissingExtraError: it is not installed; the message gives the command.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # A package that is there, but lacks one of its own, is no matter of extras.
        if error.name is None or module.split(".")[0] != error.name.split(".")[0]:
            raise
        raise MissingExtraError(
            f"{module.split('.')[0]} is needed {purpose} and is not installed: {install_command(extra)}"
        ) from error


def install_command(extra: str) -> str:
    """The command that installs an extra of rtpca."""
    return f"pip install 'rtpca[{extra}]'"
