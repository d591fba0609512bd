"""Takes as joint positions in one `.npz` file, whatever collection they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.mocap import UNKNOWN, MocapReader, Motion, TakeFacts
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import PrepareReport
from rtpca.data.formats.joint_positions import PositionTakes, read_joint_positions
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError


class Reader(MocapReader):
    """Reads such files; nothing is known about their terms."""

    known_skeletons = ("cmu38", "h36m17")

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Open the sources."""
        super().__init__(sources, options, report)
        self._files: dict[Path, PositionTakes] = {}

    def members(self, source: SourceFiles) -> tuple[str, ...]:
        """The names of the takes."""
        if not (source.is_single_file and source.path.suffix.lower() == ".npz"):
            raise InputError(f"{source.path}: is no .npz of joint positions; give such a file")
        return self._content(source).names

    def read(self, source: SourceFiles, member: str) -> Motion:
        """Cut one take out."""
        takes = self._content(source)
        index = takes.names.index(member)
        positions = takes.positions[takes.offsets[index] : takes.offsets[index + 1]].astype(np.float64)
        facts = self.facts(source, takes.performers[index], takes.actions[index])
        return Motion(positions, takes.joint_names, facts, fps=takes.fps, metres_per_unit=1.0)

    def facts(self, source: SourceFiles, performer: str, action: str) -> TakeFacts:
        """What is known about a take; performers of two files may have the same number and be two people."""
        name = source.path.stem
        named = performer and not performer.isdecimal()
        subject = performer if named else f"{name}-{performer or UNKNOWN}"
        return TakeFacts(Attribution(name, name, UNKNOWN), subject, action)

    def _content(self, source: SourceFiles) -> PositionTakes:
        if source.path not in self._files:
            self._files[source.path] = read_joint_positions(source.path)
        return self._files[source.path]
