"""A table or figure for the terminal, or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rtpca.cli.console import out, print_line, print_note
from rtpca.cli.json_file import print_or_write

if TYPE_CHECKING:
    from rtpca.reproduce import Page


def show_page(page: Page, folder: Path, json_file: Path | None) -> None:
    """Write a page into its folder, and print it."""
    from rtpca.reproduce.page import to_dict, to_rich, write_page

    files = write_page(page, folder)

    def show() -> None:
        for number, grid in enumerate(page.grids):
            titles = (page.title if number == 0 else "", grid.title)
            out.print(to_rich(grid, "\n".join(filter(None, titles))))
        for label, sentence in page.readings:
            print_note(f"{label}: {sentence}")
        for line in (*page.notes, *page.made):
            print_note(line)
        if page.unfinished:
            listed = "; ".join(page.unfinished)
            print_line(
                f"{len(page.unfinished)} runs are not trained yet ({listed}): the same command goes on"
            )
        for path in files:
            print_line(f"written to {path}")

    print_or_write(to_dict(page), json_file, show)
