"""The files that come of a lifted clip: poses, pictures, files for other programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rtpca.errors import ConfigError, InputError, counted
from rtpca.export import FILLED_FORMATS, FORMATS, check_format, endings_of, save_opensim
from rtpca.export.opensim import MODEL_ENDINGS, ModelParts
from rtpca.export.opensim_tools import follow
from rtpca.extras import optional_import
from rtpca.inference import Ground, LiftResult, camera_world, estimate_ground
from rtpca.pipeline.events import Events, Silence
from rtpca.pipeline.lift import LiftedClip
from rtpca.progress import Progress, in_silence
from rtpca.viz import SceneRenderer, angles_figure, picture_size, save_gif, save_html, save_png, save_rrd

Scratch = Callable[[Path], Path]
"""From an output to the path to write it to; see `rtpca.files.written_together`."""

_ENDINGS = {
    "output": (".npz",),
    "render": (".mp4", ".gif", ".mov", ".mkv"),
    "html": (".html", ".htm"),
    "rerun": (".rrd",),
    "plot": (".png",),
}
_TITLES = {"angles": "joint angles", "opensim": "OpenSim's"}
_VIDEO_WIDTH, _GIF_WIDTH = 1280, 800


@dataclass(frozen=True)
class Outputs:
    """The files that are asked for.

    Attributes:
        output: The poses of the first person; those of others lie beside it, `out-person2.npz`.
        render: Moving picture, or None.
        html: Page, or None.
        rerun: Recording for Rerun, or None.
        plot: Picture of the joint angles over time, or None; one for each person, named as `output` is.
        exports: Names of formats; see `rtpca.export.FORMATS`.
        osim_model: The model of OpenSim that is to follow the person, with the export opensim.
        ground: Exports stand on the floor, and the pelvis is measured against it.

    Raises:
        InputError: an ending is of no file that is written, or two outputs have one name.
        ConfigError: there is no such format, or nothing stands on the ground.
        MissingExtraError: a format needs a package that is not installed.
    """

    output: Path
    render: Path | None = None
    html: Path | None = None
    rerun: Path | None = None
    plot: Path | None = None
    exports: tuple[str, ...] = ()
    osim_model: ModelParts | None = None
    ground: bool = False

    def __post_init__(self) -> None:
        for name, endings in _ENDINGS.items():
            path = getattr(self, name)
            if path is not None and path.suffix.lower() not in endings:
                raise InputError(f"`{name}` is {path}: give a file that ends in {' or '.join(endings[:2])}")
        for name in self.exports:
            check_format(name)
        if self.ground and not (self.exports or self.plot):
            raise ConfigError("`ground` puts exports onto the floor: name some with `export`, e.g. bvh,trc")
        if self.osim_model is not None and "opensim" not in self.exports:
            raise ConfigError("`osim_model` follows what `export` opensim writes: name that too")
        if self.render is not None and self.render.suffix.lower() != ".gif":
            optional_import("av", "video", "to write videos")
        if self.rerun is not None:
            optional_import("rerun", "rerun", "to write .rrd files")
        paths = self.paths()
        twice = sorted({str(path) for path in paths if paths.count(path) > 1})
        if twice:
            raise InputError(f"{twice[0]} would be written twice: give each output a name of its own")

    def paths(self, people: int = 1) -> list[Path]:
        """All outputs for so many people."""
        numbers = range(1, people + 1)
        pictures = [path for path in (self.render, self.html, self.rerun) if path is not None]
        exports = [path for name in self.exports for n in numbers for path in self.export_paths(name, n)]
        plots = [] if self.plot is None else [_of_person(self.plot, number) for number in numbers]
        return [*(self.person_path(number) for number in numbers), *plots, *pictures, *exports]

    def claim(self, scratch: Scratch, source: Path, people: int = 1) -> None:
        """Find out whether the outputs can be written, before the work that they are for.

        Args:
            scratch: Gives the path to write an output to.
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
        return _of_person(self.output, number)

    def export_paths(self, name: str, number: int) -> list[Path]:
        """A person's files in another format, beside their poses."""
        made = MODEL_ENDINGS if name == "opensim" and self.osim_model is not None else ()
        return [self.person_path(number).with_suffix(ending) for ending in (*endings_of(name), *made)]

    def write(
        self, clip: LiftedClip, scratch: Scratch = Path, events: Events | None = None
    ) -> dict[Path, str]:
        """Write everything that is asked for.

        Args:
            clip: The people, and their pictures.
            scratch: Gives the path to write an output to.
            events: Told how far it is.

        Returns:
            What each file is, in the order of writing.

        Raises:
            RtpcaError: a file cannot be written, or the people are of different clips where all are drawn.
        """
        events = events or Silence()
        people, frames = clip.people, clip.people[0].frames
        written: dict[Path, str] = {}

        @contextmanager
        def stage(doing: str, unit: str, name: str, files: int = 1) -> Generator[Progress]:
            started_s = time.perf_counter()
            with events.stage(doing, unit) as progress:
                yield progress
            events.took(name, time.perf_counter() - started_s, frames * files)

        for number, person in enumerate(people, start=1):
            path = self.person_path(number)
            person.save(scratch(path))
            written[path] = _described(person)
        if self.exports:
            files = len(people) * len(self.exports)
            with stage("writing exports", "files", "export, per file", files) as told:
                for name, number in self._write_exports(people, scratch, told):
                    whose = "" if len(people) == 1 else f" of person {number}"
                    for path in self.export_paths(name, number):
                        written[path] = f"{_TITLES.get(name, name.upper())}{whose}"
            if "opensim" in self.exports and self.osim_model is not None:
                with stage(
                    "following with OpenSim's model", "people", "opensim, per person", len(people)
                ) as told:
                    self._follow(len(people), self.osim_model, scratch, told, events)
            self._tell_what_is_filled(people, events)
        if self.plot is not None:
            ground = self._ground(people)
            with stage("drawing angles", "pictures", "plot, per file", len(people)) as told:
                for number, person in enumerate(people, start=1):
                    path = _of_person(self.plot, number)
                    save_png(angles_figure(person.angles(ground), path.stem), scratch(path))
                    written[path] = "curves of the joint angles"
                    told(number, len(people))
        if self.html is not None:
            with stage("writing the viewer", "pages", "html"):
                save_html(scratch(self.html), people, title=clip.title)
            written[self.html] = "page to turn and play the poses; open it in a browser"
        if self.render is not None:
            with stage("drawing", "pictures", "render") as told:
                save_motion(clip, scratch(self.render), told)
            written[self.render] = "moving picture of keypoints and poses"
        if self.rerun is not None:
            with stage("writing the recording", "files", "rerun"):
                save_rrd(scratch(self.rerun), people)
            written[self.rerun] = "recording, to be opened with rerun"
        return written

    def _ground(self, people: Sequence[LiftResult]) -> Ground | None:
        """One floor for everybody, so that people keep their places."""
        return estimate_ground(*people) if self.ground else camera_world(*people)

    def _write_exports(
        self, people: Sequence[LiftResult], scratch: Scratch, progress: Progress
    ) -> Iterator[tuple[str, int]]:
        ground = self._ground(people)
        done, total = 0, len(people) * len(self.exports)
        for number, person in enumerate(people, start=1):
            for name in self.exports:
                progress(done, total, name)
                # All files of a format lie beside the first, in the same hidden folder.
                first = [scratch(path) for path in self.export_paths(name, number)][0]
                if name == "opensim" and self.osim_model is not None:
                    save_opensim(first, person, ground, self.osim_model)
                else:
                    FORMATS[name](first, person, ground)
                yield name, number
                done += 1

    def _follow(
        self,
        people: int,
        model: ModelParts,
        scratch: Scratch,
        progress: Progress,
        events: Events,
    ) -> None:
        """Let a model of each person's size follow them, and say how well it does."""
        for number in range(1, people + 1):
            files = self.export_paths("opensim", number)
            found = follow(scratch(files[0]), model)
            events.note(
                f"{files[-1].name}: the model follows the joints within {100 * found.mean_m:.1f} cm "
                f"(root mean square, worst frame {100 * found.worst_m:.1f} cm)"
            )
            progress(number, people)

    def _tell_what_is_filled(self, people: Sequence[LiftResult], events: Events) -> None:
        """Frames without anybody move like all others in some formats: say where, and who knows them."""
        for number, person in enumerate(people, start=1):
            filled = [name for name in self.exports if name in FILLED_FORMATS]
            names = [self.export_paths(name, number)[0].name for name in filled]
            unseen = int((~person.valid).sum())
            if names and unseen:
                events.note(
                    f"{', '.join(names)}: {unseen} of {counted(person.frames, 'frame')} "
                    f"{'shows nobody and is' if unseen == 1 else 'show nobody and are'} filled from "
                    "their neighbours, since the format has no word for that; `valid` in "
                    f"{self.person_path(number).name} says which"
                )


def save_motion(clip: LiftedClip, path: Path, progress: Progress = in_silence) -> None:
    """Write a moving picture of the keypoints beside the poses.

    Args:
        clip: The people, and their pictures; without pictures the keypoints stand on an empty canvas.
        path: File to write: a GIF, or whatever `rtpca.video.VideoWriter` writes by that ending.
        progress: Told how many pictures are drawn.

    Raises:
        RtpcaError: the people are of different clips, or PyAV is missing where a video is asked for.
    """
    first = clip.people[0]
    gif = path.suffix.lower() == ".gif"
    renderer = SceneRenderer(clip.people, picture_size(first.image_size, _GIF_WIDTH if gif else _VIDEO_WIDTH))
    shown = nullcontext() if clip.pictures is None else closing(clip.pictures(renderer.image_wh))
    with shown as images:
        if gif:
            save_gif(path, renderer, images, progress=progress)
            return
        from rtpca.video import VideoWriter

        with VideoWriter(path, Fraction(first.fps).limit_denominator(1001)) as video:
            for picture in renderer.pictures(images):
                video.write(picture)
                progress(video.frames, first.frames)


def _of_person(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}-person{number}")


def _described(result: LiftResult) -> str:
    seconds = result.frames / result.fps
    length = f"{counted(result.frames, 'frame')} ({seconds:.1f} s)"
    seen = f"{int(result.valid.sum())} with a person in view"
    return f"{length}, {seen}, stature {result.stature_m:.2f} m{'' if result.stature_known else ' (assumed)'}"
