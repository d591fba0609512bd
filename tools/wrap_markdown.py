"""Wrap the prose of Markdown files at 120 columns; tables, code and links without spaces stay as they are.

    python tools/wrap_markdown.py [--check] [FILE ...]      # without files: all of the repository

Only paragraphs with a longer line are touched, and what a page renders to never changes. `--check` writes
nothing and exits with 1 where a file would change.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from markdown_it import MarkdownIt

from rtpca.cli.console import run_script
from rtpca.errors import InputError

ROOT = Path(__file__).parents[1]
COLUMNS = 120
MARKDOWN = MarkdownIt("commonmark").enable("table")
# Words that hold together: code spans, whatever spaces are in them, with what adheres to them.
WORD = re.compile(r"(?:(`+)(?:(?!\1).)+?\1(?!`)|[^\s`]|`)+")
# What would begin a list, a heading, a quotation, a rule, a table or HTML if it came first on a line.
BEGINS_A_BLOCK = re.compile(r"(?:[-+*]|#{1,6}|\d{1,9}[.)]|[-=_*]+)$|[>|]|```|~~~|<[/!?a-zA-Z]")


def main() -> None:
    """Wrap the files, or say which are not wrapped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    changed = 0
    for path in arguments.files or markdown_files():
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
        new = wrapped(text)
        if new == text:
            continue
        changed += 1
        print(f"{path}: {'has lines to wrap' if arguments.check else 'wrapped'}")
        if not arguments.check:
            path.write_text(new, encoding="utf-8")
    sys.exit(1 if changed and arguments.check else 0)


def markdown_files() -> list[Path]:
    """All Markdown files under version control, and new ones that are not ignored."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in names if (path := ROOT / name).is_file()]


def wrapped(text: str) -> str:
    """The page with its long paragraphs broken into lines of at most 120 columns.

    Args:
        text: A page of Markdown (CommonMark with tables).

    Returns:
        The page; it renders to the same HTML but for white space.

    Raises:
        InputError: If wrapping would change what the page renders to.
    """
    lines = text.split("\n")
    tokens = MARKDOWN.parse(text)
    # From the end, so that the line numbers of earlier paragraphs stay right.
    for opening, inline in reversed(list(zip(tokens, tokens[1:], strict=False))):
        if opening.type != "paragraph_open" or not inline.map:
            continue
        start, end = inline.map
        if max(map(len, lines[start:end])) > COLUMNS:
            lines[start:end] = wrapped_paragraph(lines[start], inline.content)
    new = "\n".join(lines)
    if rendered(new) != rendered(text):
        raise InputError("wrapping would change how this page renders: break its long lines by hand")
    return new


def wrapped_paragraph(first_line: str, content: str) -> list[str]:
    """The lines of one paragraph; what stands before its first word (a list's mark) is kept once."""
    first_words = content.split("\n", 1)[0].rstrip()
    before = first_line.rstrip().removesuffix(first_words)
    indent = re.sub(r"[^>\s]", " ", before)
    lines = [before]
    empty = True
    for hard_line in re.split(r"(?<=\\)\n|  +\n", content):
        for word in unbroken_words(hard_line):
            if empty or len(lines[-1]) + 1 + len(word) <= COLUMNS:
                lines[-1] += word if empty else f" {word}"
            else:
                lines.append(indent + word)
            empty = False
        if hard_line.endswith("\\"):
            lines.append(indent)
            empty = True
    return lines


def unbroken_words(text: str) -> list[str]:
    """Words between which a line may end: a code span is one if it is short, and no word begins a block."""
    words: list[str] = []
    for match in WORD.finditer(text.replace("\n", " ")):
        span = match.group()
        for word in span.split(" ") if len(span) > COLUMNS // 2 else [span]:
            if words and BEGINS_A_BLOCK.match(word):
                words[-1] += f" {word}"
            else:
                words.append(word)
    return words


def rendered(text: str) -> str:
    """The page's HTML with all white space alike."""
    return " ".join(MARKDOWN.render(text).split())


if __name__ == "__main__":
    run_script(main)
