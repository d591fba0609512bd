"""What the readers of motion capture share: side files, joint mappings, units, frame rates, good segments."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.attribution import Attribution
from rtpca.data.datasets.axes import y_up_from
from rtpca.data.datasets.body_check import BodyCheck
from rtpca.data.datasets.mappings import TARGET, JointMapping, built_in_mapping, per_file, read_mappings
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import DatasetReader, PrepareReport, Take
from rtpca.data.datasets.rigs import mapping_by_names
from rtpca.data.datasets.root_offset import RootOffset
from rtpca.data.datasets.takelists import (
    NO_SPLIT,
    TakeTable,
    good_segments,
    read_attributions,
    read_bad_frames,
    read_splits,
)
from rtpca.data.datasets.units import likely_unit
from rtpca.data.formats.source_files import SourceFiles
from rtpca.data.recording import Recording
from rtpca.errors import ConfigError, InputError, one_line
from rtpca.metrics import stature_m
from rtpca.skeletons import get_skeleton

SPLITS_FILE, BAD_FRAMES_FILE, MAPPING_FILE = "splits.json", "bad_frames.json", "h36m17_mapping.json"
ATTRIBUTIONS_FILE = "attributions.json"
"""Side files that are used without being named, when they lie beside a source."""

UNKNOWN = "unknown"
_LONGEST_NAME = 40

_LICENCE_FILE = re.compile(r"(licen[sc]e|copying)[^/]*", re.IGNORECASE)
_NO_RANGES: tuple[tuple[int, int], ...] = ()

_HEAD_ABOVE_ANKLES = 0.93
"""Height of h36m17's head above the ankles by stature: 0.90 to 0.96 in the upright takes of four sources."""

_ROOT_NOTES = {
    "add": "positions of the root are added to its OFFSET, as the height of the feet and the first frame "
    "show; `root_offset` replace says otherwise",
    "replace": "positions of the root are its place and replace its OFFSET, as the height of the feet and "
    "the first frame show; `root_offset` add says otherwise",
    "unknown": "positions of the root are added to its OFFSET, though it cannot be told whether they replace "
    "it; `root_offset` replace says that they do",
}


@dataclass(frozen=True)
class TakeFacts:
    """What is known about one take besides its file.

    Attributes:
        attribution: source and terms.
        subject: the person, `"cmu-02"`; the same person has the same name in every source.
        action: what is done; `"unknown"` where nothing says so.
        fps: true frame rate, None where the file's own is to be trusted.
    """

    attribution: Attribution
    subject: str = UNKNOWN
    action: str = UNKNOWN
    fps: float | None = None


@dataclass(frozen=True)
class Motion:
    """One take, read.

    Attributes:
        positions: `(F, J, 3)`, unit and axes of the file.
        joint_names: `(J,)`.
        facts: what is known about the take.
        fps: frame rate that the file states, None where it does not.
        metres_per_unit: length unit that the file states, None where it does not.
        fps_fault: what is wrong with the frame rate that the file states.
        parents: `(J,)` place of the joint that each hangs from, -1 for the root; None where that is not said.
        rest: `(J, 3)` rest pose in unit and axes of the file, None where it has none.
        root_shift: `(3,)` what was added to all positions because the file gives its root a place in the rest
            pose, though the root's own positions may hold it already; None where that is no question.
    """

    positions: DoubleArray
    joint_names: tuple[str, ...]
    facts: TakeFacts
    fps: float | None = None
    metres_per_unit: float | None = None
    fps_fault: str = ""
    parents: tuple[int, ...] | None = None
    rest: DoubleArray | None = None
    root_shift: DoubleArray | None = None


class MocapReader(DatasetReader):
    """Reads takes that are joint positions in some skeleton, after forward kinematics where it takes that.

    Attributes:
        known_skeletons: those whose mapping to the lifted skeleton is built in.
    """

    skeleton = TARGET
    known_skeletons: ClassVar[tuple[str, ...]]

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Open the sources."""
        super().__init__(sources, options, report)
        self._sources = [self.files.enter_context(SourceFiles(path)) for path in sources]
        self._root_offsets: dict[str, RootOffset] = {}
        self.bodies = BodyCheck(mendable=True, up_is_said=options.up_axis is not None)

    @abstractmethod
    def members(self, source: SourceFiles) -> Sequence[str]:
        """The takes in a source; raises `InputError` where there are none."""

    @abstractmethod
    def read(self, source: SourceFiles, member: str) -> Motion:
        """Read one take; raises `InputError` where it is damaged."""

    def takes(self) -> list[Take]:
        """The takes of all sources, looked up in the lists that lie beside each."""
        found: list[Take] = []
        for source in self._sources:
            members = self.members(source)
            beside = _SideFiles(source, self.options, self.report)
            for member in members:
                parts = source.parts(member)
                split = self.options.split or beside.splits.find(parts, NO_SPLIT)
                bad = beside.bad_frames.find(parts, _NO_RANGES)
                read = partial(self._recordings, source, member, beside, split, bad)
                found.append(Take(source.key(member), read))
        return found

    def _recordings(
        self, source: SourceFiles, member: str, beside: _SideFiles, split: str, bad: Sequence[tuple[int, int]]
    ) -> list[Recording]:
        """Read one take and cut it into its good segments."""
        motion, label = self.read(source, member), source.label(member)
        mapping = self._mapping(motion, source, member, beside)
        fps = self._fps(motion, mapping, source, member)
        positions = mapping.apply(motion.positions, motion.joint_names)
        positions = self._placed(positions, motion, mapping, source, member)
        unit_m = self._metres_per_unit(motion, mapping, positions, source, member)
        rest = None if motion.rest is None else mapping.apply(motion.rest[None], motion.joint_names)[0]
        self.bodies.expect(source.path.name, unit_m, mapping.up_axis, rest, get_skeleton(TARGET))
        with np.errstate(over="ignore", invalid="ignore"):  # what is no size of a body is refused below
            positions3d = (positions * unit_m).astype(np.float32)
        frames = len(positions3d)
        facts, attribution = motion.facts, self._terms(motion.facts.attribution, source, beside)
        recordings: list[Recording] = []
        for first, last in good_segments(frames, self._left_out(bad, mapping, frames, label)):
            if last - first + 1 < self.options.min_seconds * fps:
                continue
            key, whole = source.key(member), last - first + 1 == frames
            recordings.append(
                Recording(
                    name=key if whole else f"{key}@{first}-{last}",
                    positions3d=positions3d[first : last + 1],
                    fps=fps,
                    subject=facts.subject,
                    action=facts.action,
                    split=split,
                    source=attribution.source,
                    licence=attribution.licence,
                )
            )
        self.report.dropped_frames += frames - sum(recording.num_frames for recording in recordings)
        if not recordings:
            shortest = f"{self.options.min_seconds:g} s"
            self.report.note(f"{label}: left out, it has no {shortest} of good frames in a row")
        return recordings

    def _left_out(
        self, bad: Sequence[tuple[int, int]], mapping: JointMapping, frames: int, label: str
    ) -> list[tuple[int, int]]:
        beyond = [last for _, last in bad if last >= frames]
        if beyond:
            self.report.note(
                f"{label}: has {frames} frames, but its list of bad frames names {max(beyond)}; "
                "is it the list of this very file?"
            )
        return [*bad, *([(0, mapping.skip_first_frames - 1)] if mapping.skip_first_frames else [])]

    def _mapping(self, motion: Motion, source: SourceFiles, member: str, beside: _SideFiles) -> JointMapping:
        top, given = source.parts(member)[0], beside.mappings
        candidates = [mapping for name, mapping in given.items() if PurePosixPath(name).stem == top]
        candidates += given.values()
        if self.options.mapping is None:
            candidates += [built_in_mapping(name) for name in self.known_skeletons]
        fitting = next((mapping for mapping in candidates if mapping.fits(motion.joint_names)), None)
        if fitting is None and self.options.mapping is None and motion.parents is not None:
            fitting = mapping_by_names(motion.joint_names, motion.parents, motion.positions)
            if fitting is not None:
                self.report.note(f"{source.path.name}: {_recognised(fitting)}; `mapping` says otherwise")
        if fitting is not None:
            up_axis = self.options.up_axis
            return fitting if up_axis is None else replace(fitting, up_axis=up_axis)
        label, known = source.label(member), ", ".join(self.known_skeletons)
        shown = [one_line(name, _LONGEST_NAME) for name in motion.joint_names[:12]]
        names = ", ".join(shown) + (", ..." if len(motion.joint_names) > 12 else "")
        if self.options.mapping is not None:
            missing = ", ".join(sorted(candidates[0].source_joints - set(motion.joint_names))[:5])
            raise ConfigError(
                f"{label}: has no {missing}, which {self.options.mapping} needs; it has {names}"
            )
        raise ConfigError(
            f"{label}: its joints ({names}) fit no known mapping ({known}), and their names show no whole "
            "body; describe them in a JSON file and give it as `mapping`"
        )

    def _fps(self, motion: Motion, mapping: JointMapping, source: SourceFiles, member: str) -> float:
        parts = source.parts(member)
        fps = self.options.fps or per_file(mapping.fps, parts) or motion.facts.fps or motion.fps
        if fps is None:
            fault = motion.fps_fault or "the file does not state its frame rate"
            raise ConfigError(f"{source.label(member)}: {fault}; give the true rate as `fps`")
        if motion.fps is not None and abs(fps - motion.fps) > 0.01 * fps:
            where = "/".join((source.path.name, *parts[1:-1]))
            self.report.note(f"{where}: taken as {fps:g} fps, the files state {motion.fps:g}")
        return fps

    def _placed(
        self,
        positions: DoubleArray,
        motion: Motion,
        mapping: JointMapping,
        source: SourceFiles,
        member: str,
    ) -> DoubleArray:
        """The joints where the person was: with what the rest pose added to them, or without it."""
        if motion.root_shift is None or not motion.root_shift.any():
            return positions
        shift = y_up_from(motion.root_shift, mapping.up_axis)
        where = "/".join((source.path.name, *source.parts(member)[1:-1]))
        how = self.options.root_offset
        if how == "auto":
            # Files that lie together are of one program.
            together = str(source.path.parent) if source.is_single_file else where
            decides = self._root_offsets.setdefault(together, RootOffset())
            root = y_up_from(motion.positions[0, 0], mapping.up_axis)
            how = decides.decide(positions, get_skeleton(TARGET), root, shift)
            if how in _ROOT_NOTES:
                self.report.note(f"{where}: {_ROOT_NOTES[how]}")
        return positions - shift if how == "replace" else positions

    def _metres_per_unit(
        self, motion: Motion, mapping: JointMapping, positions: DoubleArray, source: SourceFiles, member: str
    ) -> float:
        if self.options.stature_m is not None:
            return self.options.stature_m / stature_in_units(positions, source.label(member))
        stated = self.options.metres_per_unit or per_file(mapping.metres_per_unit, source.parts(member))
        value = stated or motion.metres_per_unit
        if value is None:
            height = stature_m(positions, get_skeleton(TARGET))
            unit = likely_unit(height)
            if unit is None:
                raise ConfigError(
                    f"{source.label(member)}: its length unit is not known, and a person {height:.3g} units "
                    "tall fits none; give it as `metres_per_unit` (0.01 for centimetres), or the person's "
                    "height as `stature_m`"
                )
            where = "/".join((source.path.name, *source.parts(member)[1:-1]))
            self.report.note(
                f"{where}: lengths are taken as {unit[0]}, which no file states but the bodies show; "
                "`metres_per_unit` or `stature_m` say otherwise"
            )
            value = unit[1]
        return value

    def _terms(self, known: Attribution, source: SourceFiles, beside: _SideFiles) -> Attribution:
        known = beside.terms.get(source.path.name, known)
        said = self.options.licence, self.options.attribution
        if any(text is not None for text in said):
            name = source.path.stem
            known = replace(
                Attribution(name, name, said[0] or known.licence, said[1] or known.acknowledgement),
                licence_text=known.licence_text,
            )
        elif known.licence == UNKNOWN:
            self.report.note(
                f"{source.path.name}: licence not known; state it with `licence` and `attribution`"
            )
        terms = replace(known, licence_text=beside.licence_text or known.licence_text)
        self.attributions[terms.source] = terms
        return terms


class _SideFiles:
    """What lies beside a source, or was given instead: lists of takes, mappings, the text of a licence."""

    def __init__(self, source: SourceFiles, options: PrepareOptions, report: PrepareReport) -> None:
        def beside(name: str) -> Path | None:
            folders = [source.path] if source.path.is_dir() else []
            for folder in (*folders, source.path.parent):
                if (folder / name).is_file():
                    report.note(f"using {folder / name}, found beside the source")
                    return folder / name
            return None

        splits = options.splits or (beside(SPLITS_FILE) if options.split is None else None)
        bad_frames = options.bad_frames or beside(BAD_FRAMES_FILE)
        mapping = options.mapping or beside(MAPPING_FILE)
        self.splits = TakeTable[str]() if splits is None else read_splits(splits)
        self.bad_frames = (
            TakeTable[tuple[tuple[int, int], ...]]() if bad_frames is None else read_bad_frames(bad_frames)
        )
        self.mappings = {} if mapping is None else read_mappings(mapping)
        attributions = beside(ATTRIBUTIONS_FILE)
        self.terms = {} if attributions is None else read_attributions(attributions)
        names = [m for m in source.members if _LICENCE_FILE.fullmatch(PurePosixPath(m).name)]
        texts = [] if source.is_single_file else [source.read_text(name).strip() for name in names[:3]]
        self.licence_text = "\n\n".join(texts)


def _recognised(mapping: JointMapping) -> str:
    """What the names were taken for, by the joints that are called differently from program to program."""
    said = ", ".join(
        f"{joint.partition('_')[2]}s {next(iter(mapping.recipe[joint]))}"
        for joint in ("left_hip", "left_knee", "left_ankle", "left_shoulder", "left_wrist")
    )
    return f"joints are taken by their names ({said}, ...)"


def stature_in_units(positions: DoubleArray, label: str) -> float:
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
        raise InputError(
            f"{label}: the head is not above the feet, so `stature_m` says nothing; is `up_axis` z?"
        )
    return float(height) / _HEAD_ABOVE_ANKLES
