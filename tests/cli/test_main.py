from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rtpca
from rtpca.cli import demo as demo_module
from rtpca.cli.main import app, main
from rtpca.cli.version import optional_packages, version_lines
from rtpca.errors import InputError

ROOT = Path(__file__).parents[2]
VERBS = {
    "app",
    "demo",
    "eval",
    "figure",
    "gait",
    "import-checkpoint",
    "lift",
    "prepare",
    "profile",
    "stream",
    "table",
    "train",
}


def command(*args: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rtpca.cli.main", *args],
        text=True,
        capture_output=True,
        timeout=300,
        **options,
    )


def fails_with(monkeypatch, error: BaseException) -> None:
    def fail(folder: Path) -> None:
        raise error

    monkeypatch.setattr(demo_module, "make_folder", fail)


def test_the_verbs_are_those_of_the_documentation() -> None:
    names = {info.name for info in app.registered_commands} | {info.name for info in app.registered_groups}
    assert names == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(verb, capsys) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"rtpca {verb}" in shown
    assert "Args:" not in shown
    assert "Raises:" not in shown


def test_without_a_verb_the_help_is_shown(capsys) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


def test_a_user_error_is_one_line_and_code_2(monkeypatch, capsys) -> None:
    long = "keypoints.json: " + "a [sentence] " * 30
    fails_with(monkeypatch, InputError(f"{long}\n  over two lines"))
    assert main(["demo"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"rtpca: error: {long}over two lines\n"


def test_a_refused_file_is_a_user_error(monkeypatch, capsys) -> None:
    fails_with(monkeypatch, PermissionError(13, "Permission denied", "/root/secret"))
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == "rtpca: error: cannot use /root/secret: Permission denied\n"


def test_a_bug_keeps_its_traceback(monkeypatch) -> None:
    fails_with(monkeypatch, ValueError("ours"))
    with pytest.raises(ValueError, match="ours"):
        main(["demo"])
    fails_with(monkeypatch, OSError("no file in sight"))
    with pytest.raises(OSError, match="no file in sight"):
        main(["demo"])


def test_an_interrupt_is_one_line_and_code_130(monkeypatch, capsys) -> None:
    fails_with(monkeypatch, KeyboardInterrupt())
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "rtpca: error: interrupted\n"


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["--no-such-option"], "'rtpca --help'"),
        (["no-such-verb"], "'rtpca --help'"),
        (["demo", "--no-such-option"], "'rtpca demo --help'"),
        (["lift"], "'rtpca lift --help'"),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(args, hint, capsys) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rtpca: error: ")
    assert err.count("\n") == 1
    assert hint in err


def test_the_process_hands_on_the_exit_code() -> None:
    run = command("demo", "--weights", "no-such-weights.safetensors", "--out", os.devnull)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr


def test_a_closed_pipe_is_quiet() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = subprocess.run(
        [sys.executable, "-m", "rtpca.cli.main", "--help"],
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=300,
    )
    os.close(write_end)
    assert run.stderr == b""
    assert run.returncode != 0


def test_the_version_names_core_packages_and_optional_back_ends(capsys) -> None:
    assert main(["--version"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"rtpca {rtpca.__version__}, Python ")
    assert "torch 2" in shown
    assert "optional back-ends:" in shown


def test_extras_are_listed_with_what_is_missing(monkeypatch) -> None:
    requirements = [
        "torch>=2",
        'onnx>=1.16; extra == "export"',
        "no-such-package; extra == 'export'",
        'ruff; extra == "dev"',
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: requirements)
    assert optional_packages() == {"export": ("onnx", "no-such-package")}
    (line,) = [line for line in version_lines() if line.startswith("  export:")]
    assert line.endswith("no-such-package: pip install 'rtpca[export]'")


def test_the_installed_command_runs_this_function() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"rtpca": "rtpca.cli.main:run"}


@pytest.mark.parametrize(
    ("given", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
    ids=["nothing", "spins", "policy"],
)
def test_threads_spin_briefly_before_torch_is_there(given, spins) -> None:
    """What the environment says goes first; after the import of torch it would be too late."""
    code = (
        "import os, sys\n"
        "from rtpca.cli import main\n"
        "main.main = lambda _: print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules)\n"
        "main.run()\n"
    )
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {key: value for key, value in os.environ.items() if key not in names} | given
    run = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, timeout=300, env=environment
    )
    assert run.stdout == f"{spins} False\n", run.stderr


@pytest.mark.parametrize(
    "place",
    [
        "send()",
        # Exceptions in these are printed and forgotten by Python.
        "Gone()",
        "thing = set(); gone = weakref.ref(thing, lambda _: send()); del thing",
    ],
)
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_unwinds_a_command_wherever_it_arrives(place: str, name: str, code: int) -> None:
    program = (
        "import os, signal, time, weakref\n"
        "from rtpca.cli import demo, main\n"
        f"def send(): signal.raise_signal(signal.{name})\n"
        "class Gone:\n"
        "    def __del__(self): send()\n"
        "def wait(folder):\n"
        "    try:\n"
        f"        {place}; time.sleep(600)\n"
        "    finally:\n"
        "        print('cleaned up')\n"
        "demo.make_folder = wait\n"
        "main.run()\n"
    )
    run = subprocess.run([sys.executable, "-c", program, "demo"], text=True, capture_output=True, timeout=300)
    assert (run.returncode, run.stdout) == (code, "cleaned up\n"), run.stderr
    assert run.stderr == ("rtpca: error: interrupted\n" if name == "SIGINT" else "")


def test_a_full_disk_is_one_line(monkeypatch, tmp_path, capsys):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rtpca.models.cost.count_parameters", full)
    assert main(["profile", "--no-latency"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("rtpca: error: the disk is full")
    assert shown.count("\n") == 1
