"""The two consoles of the command line, and the shape of an error on it.

Results go to standard output, errors and progress to standard error, so that `rtpca ... --json - | jq` works.
"""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_error(message: str) -> None:
    """Print one line, "rtpca: error: ...", on standard error.

    Args:
        message: What is wrong and what to do. Line breaks and runs of spaces become single spaces.
    """
    err.print(f"rtpca: error: {' '.join(message.split())}", markup=False, soft_wrap=True)
