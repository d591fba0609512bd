"""Prepare motion capture: read the takes of any number of sources and write them into one dataset file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.catalogue import TakeFacts, cmu_bvh_take, freemocap_take
from rtpca.data.datasets.mappings import TARGET, JointMapping, built_in_mapping, per_file, read_mappings
from rtpca.data.datasets.sources import Source
from rtpca.data.datasets.takelists import NO_SPLIT, TakeTable, good_segments, read_bad_frames, read_splits
from rtpca.data.datasets.takes import Take, TakeFile, list_bvh, list_cmu
from rtpca.data.store import DatasetWriter, Recording
from rtpca.errors import InputError

SPLITS_FILE, BAD_FRAMES_FILE, MAPPING_FILE = "splits.json", "bad_frames.json", "h36m17_mapping.json"
"""Side files that are used without being named, when they lie beside a source."""

_KNOWN_SKELETONS = {"cmu": ("cmu_asf31", "cmu38"), "bvh": ("cmu_bvh", "freemocap")}
_LICENCE_FILE = re.compile(r"(licen[sc]e|copying)[^/]*", re.IGNORECASE)


@dataclass(frozen=True)
class PrepareOptions:
    """What the user may say about the sources; everything else is found out.

    Attributes:
        splits: JSON file of splits.
        bad_frames: JSON file of frames to leave out.
        mapping: JSON file of joint mappings.
        asf: skeleton of all AMC files.
        fps: true frame rate of all takes.
        metres_per_unit: length unit of all takes.
        up_axis: axis of the files that points up, `"y"` or `"z"`.
        split: split of all takes.
        licence: terms of all takes, one line.
        attribution: acknowledgement to show.
        min_seconds: shorter runs of good frames are left out.
        skip_damaged: leave damaged takes out, with a note, instead of stopping.
        append: add to the output instead of replacing it.
    """

    splits: Path | None = None
    bad_frames: Path | None = None
    mapping: Path | None = None
    asf: Path | None = None
    fps: float | None = None
    metres_per_unit: float | None = None
    up_axis: str | None = None
    split: str | None = None
    licence: str | None = None
    attribution: str | None = None
    min_seconds: float = 0.25
    skip_damaged: bool = False
    append: bool = False


@dataclass
class PrepareReport:
    """What was written.

    Attributes:
        sequences: number of sequences by split.
        frames: number of frames by split.
        seconds: duration by split.
        takes: number of takes that they come from.
        dropped_frames: frames left out (bad, leading T-pose, or in runs that are too short).
        notes: what was assumed, found or left out, one line each.
    """

    sequences: dict[str, int] = field(default_factory=lambda: {})
    frames: dict[str, int] = field(default_factory=lambda: {})
    seconds: dict[str, float] = field(default_factory=lambda: {})
    takes: int = 0
    dropped_frames: int = 0
    notes: list[str] = field(default_factory=lambda: [])

    def count(self, recording: Recording) -> None:
        """Add one written sequence."""
        split = recording.split
        self.sequences[split] = self.sequences.get(split, 0) + 1
        self.frames[split] = self.frames.get(split, 0) + recording.num_frames
        self.seconds[split] = self.seconds.get(split, 0.0) + recording.duration_s


Progress = Callable[[int, int, str], None]
"""Called with (takes done, takes in all, name of the take) before each take and once at the end."""


def prepare(
    kind: str,
    sources: Sequence[Path],
    output: Path,
    options: PrepareOptions | None = None,
    progress: Progress | None = None,
) -> PrepareReport:
    """Prepare sources of one kind into a dataset file.

    Args:
        kind: `"cmu"` (ASF/AMC, joint positions in `.npz`) or `"bvh"`.
        sources: files, folders or zips.
        output: the `.h5` file; it appears or changes only when everything was read.
        options: what the user says about the sources.
        progress: is told how far the work is.

    Returns:
        What was written.

    Raises:
        InputError: a source is damaged, foreign or lacks something; nothing was written then.
    """
    options = options or PrepareOptions()
    report = PrepareReport()
    opened = [Source(path) for path in sources]
    try:
        jobs = [_SourceJob(kind, source, options, report) for source in opened]
        total = sum(len(job.takes) for job in jobs)
        done = 0
        with DatasetWriter(output, skeleton=TARGET, append=options.append) as writer:
            for job in jobs:
                for take in job.takes:
                    if progress is not None:
                        progress(done, total, take.key)
                    job.write(take, writer)
                    done += 1
            if not report.sequences:
                raise InputError(
                    f"{', '.join(map(str, sources))}: no good frames left, so {output} was not written"
                )
        if progress is not None:
            progress(total, total, "")
    finally:
        for source in opened:
            source.close()
    return report


class _SourceJob:
    """One source with its side files."""

    def __init__(self, kind: str, source: Source, options: PrepareOptions, report: PrepareReport) -> None:
        self._kind, self._source, self._options, self._report = kind, source, options, report
        self.takes = list_cmu(source, options.asf) if kind == "cmu" else list_bvh(source)
        splits = self._side_file(options.splits, SPLITS_FILE) if options.split is None else None
        bad_frames = self._side_file(options.bad_frames, BAD_FRAMES_FILE)
        mapping = self._side_file(options.mapping, MAPPING_FILE)
        empty: TakeTable[tuple[tuple[int, int], ...]] = TakeTable()
        self._splits = read_splits(splits) if splits is not None else TakeTable[str]()
        self._bad_frames = read_bad_frames(bad_frames) if bad_frames is not None else empty
        self._given_mappings = read_mappings(mapping) if mapping is not None else {}
        self._mapping_file = mapping
        self._built_in = [built_in_mapping(name) for name in _KNOWN_SKELETONS[kind]]
        self._licence_text = self._read_licence()

    def _side_file(self, given: Path | None, name: str) -> Path | None:
        if given is not None:
            return given
        folders = [self._source.path.parent, *([self._source.path] if self._source.path.is_dir() else [])]
        for folder in folders:
            if (folder / name).is_file():
                self._note(f"{self._source.path.name}: using {folder / name}, which lies beside it")
                return folder / name
        return None

    def _note(self, text: str) -> None:
        if text not in self._report.notes:
            self._report.notes.append(text)

    def _read_licence(self) -> str:
        if self._source.is_single_file:
            return ""
        names = [m for m in self._source.members if _LICENCE_FILE.fullmatch(PurePosixPath(m).name)]
        return "\n\n".join(self._source.read_text(name).strip() for name in names[:3])

    def write(self, file: TakeFile, writer: DatasetWriter) -> None:
        """Read one take, cut it into good segments and write them."""
        try:
            take = file.read()
        except InputError as error:
            if not self._options.skip_damaged:
                raise
            self._note(f"left out, damaged: {error}")
            return
        mapping = self._choose_mapping(file, take)
        facts = file.facts or self._bvh_facts(file, mapping)
        fps = self._fps(file, take, mapping, facts)
        metres_per_unit = self._metres_per_unit(file, take, mapping)
        positions3d = mapping.apply(take.positions, take.joint_names, metres_per_unit)
        attribution = self._attribution(facts.attribution)
        writer.add_attribution(attribution)
        split = self._options.split or self._splits.find(file.parts, NO_SPLIT)
        bad = self._bad_frames.find(file.parts, ())
        if mapping.skip_first_frames:
            bad = ((0, mapping.skip_first_frames - 1), *bad)
        frames, kept = len(positions3d), 0
        for first, last in good_segments(frames, bad):
            if last - first + 1 < self._options.min_seconds * fps:
                continue
            recording = Recording(
                name=file.key if last - first + 1 == frames else f"{file.key}@{first}-{last}",
                positions3d=positions3d[first : last + 1],
                fps=fps,
                subject=facts.subject,
                action=facts.action,
                split=split,
                source=attribution.source,
                licence=attribution.licence,
            )
            writer.add(recording)
            self._report.count(recording)
            kept += recording.num_frames
        self._report.takes += 1
        self._report.dropped_frames += frames - kept
        if not kept:
            self._note(
                f"{file.label}: left out, no run of good frames is {self._options.min_seconds:g} s long"
            )

    def _choose_mapping(self, file: TakeFile, take: Take) -> JointMapping:
        mapping = self._find_mapping(file, take)
        if self._options.up_axis is not None:
            return replace(mapping, up_axis=self._options.up_axis)
        return mapping

    def _find_mapping(self, file: TakeFile, take: Take) -> JointMapping:
        given = self._given_mappings
        named = [
            mapping for name, mapping in given.items() if name and PurePosixPath(name).stem == file.parts[0]
        ]
        candidates = [*named, *given.values()]
        if self._options.mapping is None:
            candidates += self._built_in
        for mapping in candidates:
            if mapping.fits(take.joint_names):
                return mapping
        names = ", ".join(take.joint_names[:12]) + (", ..." if len(take.joint_names) > 12 else "")
        if self._options.mapping is not None and len(candidates) == 1:
            missing = ", ".join(sorted(candidates[0].source_joints - set(take.joint_names))[:5])
            raise InputError(
                f"{file.label}: has no {missing}, which {self._mapping_file} needs; its joints are {names}"
            )
        known = " and ".join(_KNOWN_SKELETONS[self._kind])
        raise InputError(
            f"{file.label}: its joints ({names}) fit no known mapping ({known}); describe them in a JSON file and give it with --mapping"
        )

    def _bvh_facts(self, file: TakeFile, mapping: JointMapping) -> TakeFacts:
        facts = None
        if built_in_mapping("cmu_bvh").fits(sorted(mapping.source_joints)):
            facts = cmu_bvh_take(file.parts)
        elif built_in_mapping("freemocap").fits(sorted(mapping.source_joints)):
            facts = freemocap_take(file.parts)
        if facts is not None:
            return facts
        name = file.parts[0]
        return TakeFacts(Attribution(source=name, title=name, licence="unknown"))

    def _attribution(self, known: Attribution) -> Attribution:
        if self._options.licence is not None or self._options.attribution is not None:
            name = self._source.path.stem
            return Attribution(
                source=name,
                title=name,
                licence=self._options.licence or known.licence,
                acknowledgement=self._options.attribution or known.acknowledgement,
                licence_text=self._licence_text or known.licence_text,
            )
        if known.licence == "unknown":
            self._note(
                f"{self._source.path.name}: its licence is not known; state it with --licence and --attribution"
            )
        return replace(known, licence_text=self._licence_text or known.licence_text)

    def _fps(self, file: TakeFile, take: Take, mapping: JointMapping, facts: TakeFacts) -> float:
        fps = self._options.fps or per_file(mapping.fps, file.parts) or facts.fps or take.fps
        if fps is None:
            raise InputError(f"{file.label}: the file does not state its frame rate; give it with --fps")
        if take.fps is not None and abs(fps - take.fps) > 0.01 * fps:
            self._note(
                f"{self._source.path.name}: {fps:g} fps instead of the stated {take.fps:g} for {'/'.join(file.parts[1:-1]) or 'all'}"
            )
        return fps

    def _metres_per_unit(self, file: TakeFile, take: Take, mapping: JointMapping) -> float:
        value = (
            self._options.metres_per_unit
            or per_file(mapping.metres_per_unit, file.parts)
            or take.metres_per_unit
        )
        if value is None:
            raise InputError(
                f"{file.label}: the length of one unit is not known; give it with --metres-per-unit (centimetres: 0.01)"
            )
        return value
