"""Prepare motion capture: read the takes of any number of sources and write them into one dataset file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.catalogue import TakeFacts, cmu_bvh_take, freemocap_take
from rtpca.data.datasets.mappings import TARGET, JointMapping, built_in_mapping, per_file, read_mappings
from rtpca.data.datasets.options import PrepareOptions, PrepareReport
from rtpca.data.datasets.takelists import NO_SPLIT, TakeTable, good_segments, read_bad_frames, read_splits
from rtpca.data.datasets.takes import Take, TakeFile, list_bvh, list_cmu
from rtpca.data.formats.kinematics import Array
from rtpca.data.formats.source import Source
from rtpca.data.store import DatasetWriter, Recording
from rtpca.errors import InputError
from rtpca.skeletons import get_skeleton

__all__ = ["PrepareOptions", "PrepareReport", "Progress", "prepare", "stature_in_units"]

SPLITS_FILE, BAD_FRAMES_FILE, MAPPING_FILE = "splits.json", "bad_frames.json", "h36m17_mapping.json"
"""Side files that are used without being named, when they lie beside a source."""

Progress = Callable[[int, int, str], None]
"""Called with (takes done, takes in all, name of the take) before each take and once at the end."""

_KNOWN_SKELETONS = {"cmu": ("cmu_asf31", "cmu38"), "bvh": ("cmu_bvh", "freemocap")}
_LICENCE_FILE = re.compile(r"(licen[sc]e|copying)[^/]*", re.IGNORECASE)
_UNKNOWN_LICENCE = "unknown"
_NO_BAD_FRAMES: tuple[tuple[int, int], ...] = ()

_HEAD_ABOVE_ANKLES = 0.93
"""Height of h36m17's head above the ankles by stature: 0.90 to 0.96 in the upright takes of four sources."""


def prepare(
    kind: Literal["cmu", "bvh"],
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
    opened: list[Source] = []
    try:
        for path in sources:
            opened.append(Source(path))
        jobs = [_SourceJob(kind, source, options, report) for source in opened]
        total, done = sum(len(job.takes) for job in jobs), 0
        with DatasetWriter(output, skeleton=TARGET, append=options.append) as writer:
            for job in jobs:
                for take in job.takes:
                    if progress is not None:
                        progress(done, total, take.key)
                    job.write(take, writer)
                    done += 1
            if not report.sequences:
                reasons = "; ".join(report.notes)
                raise InputError(f"no good frames found, {output} is not written ({reasons})")
        if progress is not None:
            progress(total, total, "")
    finally:
        for source in opened:
            source.close()
    _note_missing_splits(report)
    return report


def _note_missing_splits(report: PrepareReport) -> None:
    if NO_SPLIT in report.sequences:
        report.note(
            f"sequences in no split: {report.sequences[NO_SPLIT]} (stored as {NO_SPLIT!r}; training and "
            "evaluation leave them alone); --splits FILE or --split NAME puts them into one"
        )


class _SourceJob:
    """One source with its side files."""

    def __init__(self, kind: str, source: Source, options: PrepareOptions, report: PrepareReport) -> None:
        self._kind, self._source, self._options, self._report = kind, source, options, report
        self.takes = list_cmu(source, options.asf) if kind == "cmu" else list_bvh(source)
        splits = options.splits or (self._side_file(SPLITS_FILE) if options.split is None else None)
        bad_frames = options.bad_frames or self._side_file(BAD_FRAMES_FILE)
        mapping = options.mapping or self._side_file(MAPPING_FILE)
        self._splits = TakeTable[str]() if splits is None else read_splits(splits)
        self._bad_frames = None if bad_frames is None else read_bad_frames(bad_frames)
        self._given_mappings = {} if mapping is None else read_mappings(mapping)
        self._mapping_file = mapping
        self._licence_text = self._read_licence()

    def _side_file(self, name: str) -> Path | None:
        folders = [self._source.path] if self._source.path.is_dir() else []
        for folder in (*folders, self._source.path.parent):
            if (folder / name).is_file():
                self._report.note(f"using {folder / name}, found beside the source")
                return folder / name
        return None

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
            self._report.note(f"left out, damaged: {error}")
            return
        mapping = self._choose_mapping(file, take)
        facts = file.facts or self._bvh_facts(file, take)
        fps = self._fps(file, take, mapping, facts)
        positions = mapping.apply(take.positions, take.joint_names)
        positions3d = (positions * self._metres_per_unit(file, take, mapping, positions)).astype(np.float32)
        attribution = self._attribution(facts.attribution)
        writer.add_attribution(attribution)
        kept = 0
        for first, last in good_segments(len(positions3d), self._bad_ranges(file, mapping, len(positions3d))):
            if last - first + 1 < self._options.min_seconds * fps:
                continue
            whole = last - first + 1 == len(positions3d)
            recording = Recording(
                name=file.key if whole else f"{file.key}@{first}-{last}",
                positions3d=positions3d[first : last + 1],
                fps=fps,
                subject=facts.subject,
                action=facts.action,
                split=self._options.split or self._splits.find(file.parts, NO_SPLIT),
                source=attribution.source,
                licence=attribution.licence,
            )
            writer.add(recording)
            self._report.count(recording)
            kept += recording.num_frames
        self._report.takes += 1
        self._report.dropped_frames += len(positions3d) - kept
        if not kept:
            shortest = f"{self._options.min_seconds:g} s"
            self._report.note(f"{file.label}: left out, it has no {shortest} of good frames in a row")

    def _bad_ranges(self, file: TakeFile, mapping: JointMapping, frames: int) -> list[tuple[int, int]]:
        table = self._bad_frames
        bad = list(_NO_BAD_FRAMES if table is None else table.find(file.parts, _NO_BAD_FRAMES))
        beyond = [last for _, last in bad if last >= frames]
        if beyond:
            self._report.note(
                f"{file.label}: has {frames} frames, but its list of bad frames names {max(beyond)}; "
                "is it the list of this very file?"
            )
        if mapping.skip_first_frames:
            bad.append((0, mapping.skip_first_frames - 1))
        return bad

    def _choose_mapping(self, file: TakeFile, take: Take) -> JointMapping:
        mapping = self._find_mapping(file, take)
        if self._options.up_axis is not None:
            return replace(mapping, up_axis=self._options.up_axis)
        return mapping

    def _find_mapping(self, file: TakeFile, take: Take) -> JointMapping:
        given = self._given_mappings
        candidates = [mapping for name, mapping in given.items() if PurePosixPath(name).stem == file.parts[0]]
        candidates += given.values()
        if self._options.mapping is None:
            candidates += [built_in_mapping(name) for name in _KNOWN_SKELETONS[self._kind]]
        for mapping in candidates:
            if mapping.fits(take.joint_names):
                return mapping
        names = ", ".join(take.joint_names[:12]) + (", ..." if len(take.joint_names) > 12 else "")
        if self._options.mapping is not None:
            missing = ", ".join(sorted(candidates[0].source_joints - set(take.joint_names))[:5])
            raise InputError(
                f"{file.label}: has no {missing}, which {self._mapping_file} needs; it has {names}"
            )
        known = ", ".join(_KNOWN_SKELETONS[self._kind])
        raise InputError(
            f"{file.label}: its joints ({names}) fit no known mapping ({known}); "
            "describe them in a JSON file and give it with --mapping"
        )

    def _bvh_facts(self, file: TakeFile, take: Take) -> TakeFacts:
        facts = None
        if built_in_mapping("cmu_bvh").fits(take.joint_names):
            facts = cmu_bvh_take(file.parts)
        elif built_in_mapping("freemocap").fits(take.joint_names):
            facts = freemocap_take(file.parts)
        name = file.parts[0]
        return facts or TakeFacts(Attribution(source=name, title=name, licence=_UNKNOWN_LICENCE))

    def _attribution(self, known: Attribution) -> Attribution:
        licence_text = self._licence_text or known.licence_text
        if self._options.licence is not None or self._options.attribution is not None:
            name = self._source.path.stem
            return Attribution(
                source=name,
                title=name,
                licence=self._options.licence or known.licence,
                acknowledgement=self._options.attribution or known.acknowledgement,
                licence_text=licence_text,
            )
        if known.licence == _UNKNOWN_LICENCE:
            self._report.note(
                f"{self._source.path.name}: licence not known; state it with --licence and --attribution"
            )
        return replace(known, licence_text=licence_text)

    def _fps(self, file: TakeFile, take: Take, mapping: JointMapping, facts: TakeFacts) -> float:
        fps = self._options.fps or per_file(mapping.fps, file.parts) or facts.fps or take.fps
        if fps is None:
            raise InputError(f"{file.label}: the file does not state its frame rate; give it with --fps")
        if take.fps is not None and abs(fps - take.fps) > 0.01 * fps:
            where = "/".join((self._source.path.name, *file.parts[1:-1]))
            self._report.note(f"{where}: taken as {fps:g} fps, the files state {take.fps:g}")
        return fps

    def _metres_per_unit(self, file: TakeFile, take: Take, mapping: JointMapping, positions: Array) -> float:
        if self._options.stature_m is not None:
            return self._options.stature_m / stature_in_units(positions, file.label)
        stated = self._options.metres_per_unit or per_file(mapping.metres_per_unit, file.parts)
        value = stated or take.metres_per_unit
        if value is None:
            raise InputError(
                f"{file.label}: its length unit is not known; give it with --metres-per-unit (0.01 for "
                "centimetres), or the person's height with --stature"
            )
        return value


def stature_in_units(positions: Array, label: str) -> float:
    """The person's height in the unit of the file, for a take in which the person stands upright for a while.

    Args:
        positions: `(F, 17, 3)` h36m17, y up.
        label: how error messages name the take.

    Raises:
        InputError: the head is never above the ankles.
    """
    skeleton = get_skeleton(TARGET)
    ankles = positions[:, [skeleton.index("left_ankle"), skeleton.index("right_ankle")], 1].min(axis=1)
    # Percentiles, because single frames may be wrong and the person may sit or jump now and then.
    height = np.percentile(positions[:, skeleton.index("head"), 1], 95) - np.percentile(ankles, 2)
    if not height > 0:
        raise InputError(f"{label}: the head is not above the feet, so --stature says nothing; try --up z")
    return float(height) / _HEAD_ABOVE_ANKLES
