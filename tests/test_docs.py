"""Pages lead where they say, name what there is, and are wrapped."""

from __future__ import annotations

import ast
import html
import importlib
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from typer.main import get_command

from rtpca.cli.main import app
from test_architecture import FILES, FLOORS, imported_modules, module_name, part_of
from wrap_markdown import COLUMNS, MARKDOWN, markdown_files, wrapped

ROOT = Path(__file__).parents[1]
PAGES = markdown_files()
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
# The others say what was, and keep its names.
PRESENT = [
    name for name in NAMES if "history/" not in name and name not in ("CHANGELOG.md", "tools/model_card.md")
]
PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")


def targets(page: Path) -> list[str]:
    """Where its links and pictures lead, those in HTML too."""
    return re.findall(r'(?:href|src)="([^"]+)"', html.unescape(MARKDOWN.render(page.read_text("utf-8"))))


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    tokens = MARKDOWN.parse(page.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    names: set[str] = set()
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or [])
        name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def test_names_of_headings_are_those_of_github(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# `rtpca-s`, *now*: 5 px & more\n\n## Speed\n\n## Speed\n")
    assert anchors(page) == {"rtpca-s-now-5-px--more", "speed", "speed-1"}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in targets(page):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto"), target
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert file.exists(), f"{target}: there is no {file}"
        assert file.is_relative_to(ROOT), f"{target} leaves the repository"
        if parts.fragment:
            assert parts.fragment in anchors(file), f"{target}: {file.name} has no such heading"


def test_pages_that_code_names_exist() -> None:
    kinds = ["*.py", "*.yaml", "*.toml", "*.md", "Makefile", "NOTICE"]
    listing = subprocess.run(
        ["git", "ls-files", *kinds], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listing.stdout.splitlines():
        if (ROOT / name).is_file():
            for page in PAGE.findall((ROOT / name).read_text(encoding="utf-8")):
                assert (ROOT / page).is_file(), f"{name} names {page}"


def code(name: str) -> Iterator[tuple[str, str]]:
    """Language and text of each piece of code on a page, those inside a line too."""
    for token in MARKDOWN.parse((ROOT / name).read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            yield token.info, token.content
        yield from (("", child.content) for child in token.children or [] if child.type == "code_inline")


def lookup(dotted: str) -> object:
    """What a name like `rtpca.inference.Lifter` stands for."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[count:], module)
    raise AssertionError(dotted)


def options(command: Any) -> set[str]:
    """All that a command takes, and the commands under it."""
    below = getattr(command, "commands", {}).values()
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(options(each) for each in below))


@pytest.mark.parametrize("name", PRESENT)
def test_names_in_python_exist(name: str) -> None:
    for language, text in code(name):
        for dotted in re.findall(r"(?<![\w/.-])rtpca(?:\.[A-Za-z_]\w*)+", text):
            lookup(dotted)
        if language == "python":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        lookup(f"{node.module}.{alias.name}")


@pytest.mark.parametrize("name", PRESENT)
def test_options_of_commands_exist(name: str) -> None:
    verbs = get_command(app).commands
    for _, text in code(name):
        # A line that goes on is indented below its command.
        for verb, rest in re.findall(r"^rtpca ([a-z][a-z-]*)(.*(?:\n +.*)*)", text, flags=re.MULTILINE):
            assert verb in verbs, f"rtpca {verb}"
            named = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", re.sub(r"#.*", "", rest)))
            assert named <= options(verbs[verb]) | {"--help"}, f"rtpca {verb}{rest}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_prose_is_wrapped(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert wrapped(text) == text, "python tools/wrap_markdown.py wraps it"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("word " * 30, ["word " * 23 + "word", "word " * 5 + "word"]),
        ("- " + "word " * 30, ["- " + "word " * 22 + "word", "  " + "word " * 6 + "word"]),
        ("12. " + "word " * 30, ["12. " + "word " * 22 + "word", "    " + "word " * 6 + "word"]),
        ("> - " + "word " * 30, ["> - " + "word " * 22 + "word", ">   " + "word " * 6 + "word"]),
        ("w" * 116 + " `a b c`", ["w" * 116, "`a b c`"]),
        ("w " * 59 + "w - w", ["w " * 58 + "w", "w - w"]),
        ("w " * 59 + "wo 1. w", ["w " * 58 + "w", "wo 1. w"]),
        ("w " * 62 + "w\\\nnext", ["w " * 59 + "w", "w w w\\", "next"]),
    ],
)
def test_wrapping_keeps_lists_code_and_breaks(text, lines) -> None:
    assert wrapped(text).split("\n") == lines


@pytest.mark.parametrize(
    "text", ["| a | " + "b" * 200 + " |\n|---|---|\n| c | " + "d " * 100 + "|", "    " + "code " * 40]
)
def test_tables_and_code_stay_as_they_are(text) -> None:
    assert wrapped(text) == text


def test_wrapped_lines_are_short() -> None:
    text = wrapped("see [the page](page.md) and `some code` there, " * 40)
    assert max(map(len, text.split("\n"))) <= COLUMNS


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STEPS = re.findall(r"\]\(\.\./(src/rtpca/\S+\.py)\) \| `([\w.]+)` \|", ARCHITECTURE)


def defined(tree: ast.AST, before: str = "") -> Iterator[str]:
    """Functions, classes and methods of a file, as `Class.method`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield before + node.name
            yield from defined(node, f"{before}{node.name}.")


@pytest.mark.parametrize(("file", "function"), STEPS, ids=[" ".join(step) for step in STEPS])
def test_steps_of_the_walks_are_there(file: str, function: str) -> None:
    assert function in set(defined(ast.parse((ROOT / file).read_text(encoding="utf-8"))))


def test_walks_pass_on_less_than_a_dozen_times() -> None:
    walks = ARCHITECTURE.split("\n## ")[3:]
    assert len(walks) == 4
    assert all(walk.count("*only passes on*") < 12 for walk in walks)


def test_the_picture_of_the_floors_shows_imports_and_every_part() -> None:
    imports = {
        (part_of(module_name(path)), part_of(target))
        for path in FILES
        for target in imported_modules(ast.parse(path.read_text(encoding="utf-8")))
    }
    picture = ARCHITECTURE.split("```")[1]
    arrows = set(re.findall(r"^ +(\w+) --> (\w+)$", picture, flags=re.MULTILINE))
    assert {(above, below) for above, below in arrows if below != "low"} <= imports
    lowest = set(re.findall(r"\w+", picture[picture.index('"') :]))
    shown = {name for arrow in arrows for name in arrow} - {"low"} | lowest
    assert shown == set(FLOORS) - {"__main__"}
