"""The command `rtpca`: its verbs, and what becomes of errors.

A verb's module imports torch and other heavy packages inside of its function, so that help and usage errors
answer at once. What a user can cause ends in one line on standard error and exit code 2; Ctrl-C in one line
and 130; a closed pipe in silence. Any other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command

from rtpca.cli.app import app as serve_app
from rtpca.cli.console import USER_ERROR, out, print_error, print_line
from rtpca.cli.demo import demo
from rtpca.cli.evaluate import evaluate
from rtpca.cli.figure import figure
from rtpca.cli.flags import use_flags_of
from rtpca.cli.gait import gait
from rtpca.cli.import_checkpoint import import_checkpoint
from rtpca.cli.interrupts import unwind_on_signals
from rtpca.cli.lift import lift
from rtpca.cli.prepare import app as prepare
from rtpca.cli.profile import profile
from rtpca.cli.stream import stream
from rtpca.cli.table import table
from rtpca.cli.train import train
from rtpca.cli.version import version_lines
from rtpca.errors import RtpcaError
from rtpca.files.writing import is_of_the_disk, trouble

INTERRUPTED = 130
_CLOSED_PIPE = 1
_BRIEF_SPIN = "1000"
_DOCSTRING_SECTIONS = {"Args:", "Returns:", "Raises:", "Example:", "Examples:"}

app = typer.Typer(
    name="rtpca",
    help="Lift 2D human keypoints to 3D poses over time.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print_line("\n".join(version_lines()))
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show versions and back-ends."),
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        out.print(context.get_help(), markup=False, end="")


def _help_text(verb: Callable[..., object]) -> str:
    """A verb's docstring as help: without its sections (Args, Raises), each paragraph on one line."""
    paragraphs = (inspect.getdoc(verb) or "").split("\n\n")
    prose = takewhile(lambda text: text.split("\n")[0] not in _DOCSTRING_SECTIONS, paragraphs)
    return "\n\n".join(" ".join(text.split()) for text in prose)


app.command("demo", help=_help_text(demo))(demo)
app.command("lift", help=_help_text(lift))(lift)
app.command("app", help=_help_text(serve_app))(serve_app)
app.command("gait", help=_help_text(gait))(gait)
app.command("stream", help=_help_text(stream))(stream)
app.add_typer(prepare, name="prepare")
app.command("train", help=_help_text(train))(train)
app.command("eval", help=_help_text(evaluate))(evaluate)
app.command("profile", help=_help_text(profile))(profile)
app.command("table", help=_help_text(table))(table)
app.command("figure", help=_help_text(figure))(figure)
app.command("import-checkpoint", help=_help_text(import_checkpoint))(import_checkpoint)


def main(args: Sequence[str]) -> int:
    """Run one command line and report its errors.

    Args:
        args: The words after `rtpca`.

    Returns:
        The exit code: 0, 2 for what the user can mend, 130 after Ctrl-C, or what the verb asked for.
    """
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    use_flags_of(command, args)
    try:
        outcome = command.main(args=list(args), prog_name="rtpca", standalone_mode=False)
        sys.stdout.flush()
    except RtpcaError as error:
        print_error(str(error))
        return USER_ERROR
    except typer.TyperException as error:
        print_error(_usage_message(error))
        return USER_ERROR
    except (KeyboardInterrupt, typer.Abort):
        outcome = INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes standard output once more at exit: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED_PIPE
    except OSError as error:
        if error.filename is None and not is_of_the_disk(error):
            raise
        place = "" if error.filename is None else f"cannot use {os.fspath(error.filename)}: "
        whole = "; nothing is left half-written" if is_of_the_disk(error) else ""
        print_error(f"{place}{trouble(error)}{whole}")
        return USER_ERROR
    except (MemoryError, RuntimeError) as error:
        if not _is_lack_of_memory(error):
            raise
        print_error("there is not enough memory for this; nothing is left half-written")
        return USER_ERROR
    code = outcome if isinstance(outcome, int) else 0
    if code == INTERRUPTED:
        print_error("interrupted")
    return code


def _is_lack_of_memory(error: BaseException) -> bool:
    """Whether Python, numpy or PyTorch could not get memory; the last says so in a text only, on the CPU."""
    kinds = type(error).__mro__
    return (
        MemoryError in kinds
        or any(kind.__name__ == "OutOfMemoryError" for kind in kinds)
        or ("can't allocate memory" in str(error))
    )


def _usage_message(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = "rtpca" if context is None else context.command_path
    # Typer leaves the kind of error of its validator in the text.
    message = error.format_message().rstrip(".").replace("Value error, ", "")
    return f"{message} (see '{command} --help')"


def run() -> None:
    """Entry point of the installed command."""
    unwind_on_signals()
    # PyTorch's threads wait for each other by spinning, by default for so long that they hold a core that
    # other work needs, or the very thread they wait for. Read when torch is imported.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _BRIEF_SPIN)
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
