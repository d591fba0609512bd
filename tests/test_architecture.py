"""Guards of decisions: direction of imports, no rings, light start, no dangerous calls."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "rtpca"
FILES = sorted(PACKAGE.rglob("*.py"))

# A part imports only from parts on lower floors. Parts that may import each other share a number.
FLOORS = {
    "errors": 0,
    "arrays": 1,
    "checks": 1,
    "devices": 1,
    "extras": 1,
    "files": 1,
    "options": 1,
    "progress": 1,
    "skeletons": 2,
    "geometry": 4,
    "metrics": 5,
    "keypoints": 6,
    "models": 6,
    "data": 7,
    "windowed": 8,
    "training": 9,
    "evaluation": 9,
    "inference": 10,
    "export": 11,
    "motion": 11,
    "video": 12,
    "viz": 13,
    "pipeline": 15,
    "reproduce": 15,
    "app": 16,
    "cli": 17,
    "__main__": 18,
}
STRANGERS = {
    ("models", "data"),
    ("models", "geometry"),
    ("data", "models"),
    ("keypoints", "models"),
    ("models", "keypoints"),
    ("pipeline", "reproduce"),
    ("reproduce", "pipeline"),
    ("video", "viz"),
    ("app", "reproduce"),
}
HEAVY = {
    "torch",
    "matplotlib",
    "scipy",
    "h5py",
    "lightning",
    "lightning_fabric",
    "yaml",
    "PIL",
    "safetensors",
    "av",
}
# Typer itself loads it to read the words after a verb.
HEAVY_BEFORE_VERBS = HEAVY | {"pydantic", "pydantic_core"}
LONGEST_FILE = 450


def module_name(path: Path) -> str:
    """`rtpca.geometry.camera` for src/rtpca/geometry/camera.py."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in FILES}


def part_of(module: str) -> str:
    """`geometry` for rtpca.geometry.camera; `` for rtpca itself."""
    return module.split(".")[1] if "." in module else ""


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Names of rtpca's own modules that the nodes under `tree` import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "rtpca")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rtpca":
            for alias in node.names:
                if alias.name == "__version__":
                    continue
                longer = f"{node.module}.{alias.name}"
                yield longer if longer in MODULES else node.module


def imports_at_start(path: Path) -> set[str]:
    """Own modules that a file imports when it is imported itself (not inside functions or for types only)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.update(imported_modules(node))
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                visit(node.orelse)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                for field in ("body", "orelse", "finalbody"):
                    visit(getattr(node, field, []))

    visit(tree.body)
    return found


def test_the_package_is_found() -> None:
    assert len(FILES) > 30


def test_every_part_has_a_floor() -> None:
    parts = {part_of(name) for name in MODULES} - {"", "assets"}
    assert parts <= set(FLOORS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = part_of(module_name(path))
    if own == "":
        return  # rtpca/__init__.py names everything, and loads it on first use
    for target in imported_modules(ast.parse(path.read_text(encoding="utf-8"))):
        other = part_of(target)
        if other == own:
            continue
        if other == "":
            assert own == "cli", f"{path} imports from the public face, which imports everything"
            continue
        assert FLOORS[other] <= FLOORS[own], f"{own} may not import {other} ({path} imports {target})"
        assert (own, other) not in STRANGERS, f"{own} may not know {other} ({path} imports {target})"


def test_no_two_modules_import_each_other_in_a_ring() -> None:
    graph = {module_name(path): imports_at_start(path) & MODULES for path in FILES}
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module in done:
            return
        for target in graph[module]:
            walk(target, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import rtpca", HEAVY_BEFORE_VERBS),
        ("import rtpca; dir(rtpca)", HEAVY_BEFORE_VERBS),
        ("import rtpca.cli.main", HEAVY_BEFORE_VERBS),
        ("from rtpca.cli.main import main; main(['--help'])", HEAVY_BEFORE_VERBS),
        ("from rtpca.cli.main import main; main(['--version'])", HEAVY_BEFORE_VERBS),
        ("from rtpca.cli.main import main; main(['lift', '--help'])", HEAVY),
        ("from rtpca.cli.main import main; main(['train', '--no-such-option'])", HEAVY),
    ],
)
def test_start_is_light(statement: str, heavy: set[str]) -> None:
    code = f"import sys\n{statement}\nprint(sorted(set(sys.modules) & {heavy!r}), file=sys.__stderr__)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert run.stderr.splitlines()[-1] == "[]"


def test_files_stay_readable_in_one_sitting() -> None:
    lines = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_unrestricted_unpickling_and_no_stray_output(path: Path) -> None:
    forbidden = {"print", "pickle.load", "pickle.loads", "eval", "exec"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        assert name not in forbidden, f"{path}:{node.lineno} calls {name}"
        assert not name.endswith(".cuda"), f"{path}:{node.lineno} calls {name}: move by device"
        restricted = any(ast.unparse(keyword) == "weights_only=True" for keyword in node.keywords)
        assert name != "torch.load" or restricted, f"{path}:{node.lineno} unpickles without restriction"
        for keyword in node.keywords:
            allowed = keyword.arg != "allow_pickle" or ast.unparse(keyword.value) == "False"
            assert allowed, f"{path}:{node.lineno} allows pickles"


def test_no_star_imports() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*"), path


def test_the_library_names_options_as_python_does() -> None:
    """Messages hold `image_size` in backticks; the command line, which prints them, says --image-size."""
    for path in FILES:
        if part_of(module_name(path)) in ("cli", "app"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                text = re.sub(r"rtpca [a-z-]+( --?[a-z-]+| [\w./]+)*", "", node.value)  # whole commands
                assert not re.search(r"(^|[ (`])--[a-z]", text), f"{path}:{node.lineno} names a flag: {text}"


def test_files_of_tests_have_names_of_their_own() -> None:
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []  # pytest would refuse to collect
