"""What `rtpca lift` writes: poses per person, pictures of all of them, files for other programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtpca.cli.progress import progress_bar, rate_text
from rtpca.errors import ConfigError, InputError

if TYPE_CHECKING:
    from rtpca.inference import LiftResult
    from rtpca.outputs import Clip

Scratch = Callable[[Path], Path]

_ENDINGS = {"--output": (".npz",), "--html": (".html", ".htm"), "--rerun": (".rrd",)}


@dataclass(frozen=True)
class Wanted:
    """The outputs that are asked for.

    Attributes:
        output: The poses of the first person.
        render: Moving picture, or None.
        html: Page, or None.
        rerun: Recording, or None.
        exports: Names of formats.
        ground: Exports stand on the floor.
    """

    output: Path
    render: Path | None = None
    html: Path | None = None
    rerun: Path | None = None
    exports: tuple[str, ...] = ()
    ground: bool = False

    @classmethod
    def checked(
        cls,
        output: Path,
        render: Path | None,
        html: Path | None,
        rerun: Path | None,
        exports: str,
        ground: bool,
    ) -> Wanted:
        """The outputs, checked as far as that goes before the work.

        Raises:
            InputError: an ending is of no file that is written, or two outputs have one name.
            ConfigError: there is no such format, or nothing stands on the ground.
            MissingExtraError: a format needs a package that is not installed.
        """
        from rtpca.extras import optional_import

        for option, path in (("--output", output), ("--html", html), ("--rerun", rerun)):
            if path is not None and path.suffix.lower() not in _ENDINGS[option]:
                raise InputError(f"{option} is {path}: give a file that ends in {_ENDINGS[option][0]}")
        if render is not None:
            _check_render(render)
        if rerun is not None:
            optional_import("rerun", "rerun", "to write .rrd files")
        names = tuple(dict.fromkeys(name.strip().lower() for name in exports.split(",") if name.strip()))
        if names:
            from rtpca.export import check_format

            for name in names:
                check_format(name)
        if ground and not names:
            raise ConfigError(
                "--ground puts exports onto the floor: name some with --export, e.g. --export bvh,trc"
            )
        wanted = cls(output, render, html, rerun, names, ground)
        paths = wanted.paths()
        twice = sorted({str(path) for path in paths if paths.count(path) > 1})
        if twice:
            raise InputError(f"{twice[0]} would be written twice: give each output a name of its own")
        return wanted

    def paths(self, people: int = 1) -> list[Path]:
        """All outputs for so many people."""
        numbers = range(1, people + 1)
        pictures = [path for path in (self.render, self.html, self.rerun) if path is not None]
        exports = [self.export_path(name, number) for name in self.exports for number in numbers]
        return [*(self.person_path(number) for number in numbers), *pictures, *exports]

    def open(self, scratch: Scratch, source: Path, people: int = 1) -> None:
        """Claim the outputs: one that cannot be written is said before the work that it is for.

        Args:
            scratch: Gives the path to write an output to; see `written_together`.
            source: The input, which is not to be overwritten.
            people: How many people, as far as that is known. Those who are left out need no outputs.

        Raises:
            InputError: an output cannot be written, or is the input.
        """
        for path in self.paths(people):
            scratch(path)
            if path.exists() and source.exists() and path.samefile(source):
                raise InputError(
                    f"{source} is the input and would be overwritten: give the output another name"
                )

    def person_path(self, number: int) -> Path:
        """The poses of a person, from 1: `out.npz`, `out-person2.npz`, ..."""
        return self.output if number == 1 else self.output.with_stem(f"{self.output.stem}-person{number}")

    def export_path(self, name: str, number: int) -> Path:
        """A person's file in another format, beside their poses."""
        return self.person_path(number).with_suffix(f".{name}")


def write_all(clip: Clip, wanted: Wanted, scratch: Scratch) -> list[str]:
    """Write everything that is asked for.

    Args:
        clip: The people, and their pictures.
        wanted: What to write.
        scratch: Gives the path to write an output to; see `written_together`.

    Returns:
        What was written, a line each.

    Raises:
        RtpcaError: a folder cannot be written to, or the people are of different clips where all are drawn.
    """
    from rtpca.outputs import save_motion, write_exports

    lines: list[str] = []
    speeds = dict(clip.speeds)
    frames = clip.people[0].frames

    @contextmanager
    def timed(stage: str, files: int = 1) -> Generator[None]:
        started_s = time.perf_counter()
        yield
        speeds[stage] = frames * files / max(time.perf_counter() - started_s, 1e-9)

    for number, person in enumerate(clip.people, start=1):
        path = wanted.person_path(number)
        person.save(scratch(path))
        lines.append(_summary(path, person))

    def place(name: str, number: int) -> Path:
        return scratch(wanted.export_path(name, number))

    if wanted.exports:
        with timed("export, per file", len(clip.people) * len(wanted.exports)):
            for name, number in write_exports(clip.people, wanted.exports, place, grounded=wanted.ground):
                whose = "" if len(clip.people) == 1 else f" of person {number}"
                lines.append(f"{wanted.export_path(name, number)}: {name.upper()}{whose}")
    if wanted.render is not None:
        with timed("render"), progress_bar("drawing", "pictures") as progress:
            save_motion(clip, scratch(wanted.render), progress)
        lines.append(f"{wanted.render}: moving picture of keypoints and poses")
    if wanted.html is not None:
        from rtpca.viz import save_html

        with timed("html"):
            save_html(scratch(wanted.html), clip.people, title=clip.title)
        lines.append(f"{wanted.html}: page to turn and play the poses; open it in a browser")
    if wanted.rerun is not None:
        from rtpca.viz import save_rrd

        with timed("rerun"):
            save_rrd(scratch(wanted.rerun), clip.people)
        lines.append(f"{wanted.rerun}: recording, to be opened with rerun")
    if speeds:
        stages = "; ".join(f"{stage} {rate_text(speed)}" for stage, speed in speeds.items())
        lines.append(f"frames per second: {stages}")
    return lines


def _check_render(path: Path) -> None:
    from rtpca.extras import optional_import

    endings = (".gif", ".mp4", ".mov", ".mkv")
    if path.suffix.lower() not in endings:
        raise InputError(f"--render is {path}: give a file that ends in .mp4 or .gif")
    if path.suffix.lower() != ".gif":
        optional_import("av", "video", "to write videos")


def _summary(path: Path, result: LiftResult) -> str:
    seconds = result.frames / result.fps
    seen = int(result.valid.sum())
    return f"{path}: {result.frames} frames ({seconds:.1f} s), {seen} with a person in view"
