"""What the README says is so: its Python runs, its commands exist. Its links: test_docs.py."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from rtpca.cli.main import app, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def command_lines() -> list[list[str]]:
    return [
        words
        for text in blocks("bash")
        for line in text.splitlines()
        if (words := shlex.split(line, comments=True))
    ]


def test_the_python_block_runs_after_the_demo(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--no-gif"]) == 0
    (block,) = blocks("python")
    exec(compile(block, "README.md", "exec"), {})
    with np.load("poses3d.npz") as again, np.load("demo-out/poses3d.npz") as first:
        assert again["poses3d"] == pytest.approx(first["poses3d"], abs=1e-4)


def test_the_first_commands_are_the_two_that_set_everything_up() -> None:
    assert [words[:2] for words in command_lines()[:2]] == [["make", "demo"], ["make", "test"]]


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {words[1] for words in command_lines() if words[0] == "make"}
    assert named <= targets


@pytest.mark.parametrize("words", [words for words in command_lines() if words[0] == "rtpca"], ids=" ".join)
def test_commands_parse(words) -> None:
    command = get_command(app)
    context = command.make_context("rtpca", words[1:], resilient_parsing=False)
    rest = [*context._protected_args, *context.args]
    while hasattr(command, "commands") and rest:
        assert rest[0] in command.commands, f"{' '.join(words)}: there is no {rest[0]!r}"
        command = command.commands[rest[0]]
        rest = rest[1:]
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {word for word in rest if word.startswith("-")} <= known


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size < 500_000, picture


def test_picture_and_results_come_before_everything_else() -> None:
    assert README.index("<img ") < README.index("## ")
    assert README.index("| weights |") < README.index("## ")


def test_recipes_that_commands_name_exist() -> None:
    named = {word for words in command_lines() for word in words if word.endswith(".yaml")}
    assert named
    assert all((ROOT / name).is_file() for name in named)
