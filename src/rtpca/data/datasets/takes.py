"""List the takes of a source and read them, whatever the format: joint positions in the file's own unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from rtpca.data.datasets.catalogue import CMU_ACTIONS, TakeFacts, cmu_subject, cmu_take
from rtpca.data.formats.amc import amc_positions, parse_amc
from rtpca.data.formats.asf import AsfSkeleton, parse_asf
from rtpca.data.formats.bvh import bvh_positions, parse_bvh
from rtpca.data.formats.joint_positions import PositionTakes, read_joint_positions
from rtpca.data.formats.kinematics import Array
from rtpca.data.formats.source import Source, decode_text
from rtpca.errors import InputError


@dataclass(frozen=True)
class Take:
    """One take, read.

    Attributes:
        positions: `(F, J, 3)`, unit and axes of the file.
        joint_names: `(J,)`.
        fps: frame rate that the file states, None where it does not.
        metres_per_unit: length unit that the file states, None where it does not.
    """

    positions: Array
    joint_names: tuple[str, ...]
    fps: float | None = None
    metres_per_unit: float | None = None


@dataclass(frozen=True)
class TakeFile:
    """One take, found but not read yet.

    Attributes:
        key: `"<file>:<member>"`, its name in lists and in the prepared file.
        label: how messages name it.
        parts: path components, for looking it up in lists.
        read: reads it; raises `InputError` where it is damaged.
        facts: what is known about it; None where that depends on its joints.
    """

    key: str
    label: str
    parts: tuple[str, ...]
    read: Callable[[], Take]
    facts: TakeFacts | None = None


def list_cmu(source: Source, asf: Path | None = None) -> list[TakeFile]:
    """The takes of a CMU source: AMC files with their skeletons, or one `.npz` of joint positions.

    Args:
        source: folder, zip, one `.amc` or one `.npz`.
        asf: skeleton of all motions, instead of the one that lies beside each.

    Raises:
        InputError: there are none, or a skeleton is missing.
    """
    if source.is_single_file and source.path.suffix.lower() == ".npz":
        return _list_positions(source)
    members = source.with_suffix(".amc")
    if not members:
        hint = "; BVH files are read by `rtpca prepare bvh`" if source.with_suffix(".bvh") else ""
        raise InputError(f"{source.path}: holds no .amc file and is no .npz of joint positions{hint}")
    skeletons = _Skeletons(source, asf)
    return [
        TakeFile(
            key=source.key(member),
            label=source.label(member),
            parts=source.parts(member),
            read=partial(_read_amc, source, member, skeletons),
            facts=cmu_take(source.parts(member)),
        )
        for member in members
    ]


def list_bvh(source: Source) -> list[TakeFile]:
    """The BVH files of a folder, a zip, or the one file.

    Raises:
        InputError: there are none.
    """
    members = source.with_suffix(".bvh")
    if not members:
        hint = "; AMC files are read by `rtpca prepare cmu`" if source.with_suffix(".amc") else ""
        raise InputError(f"{source.path}: holds no .bvh file{hint}")
    return [
        TakeFile(
            source.key(member), source.label(member), source.parts(member), partial(_read_bvh, source, member)
        )
        for member in members
    ]


def _read_bvh(source: Source, member: str) -> Take:
    motion = parse_bvh(source.read_text(member), source.label(member))
    return Take(bvh_positions(motion), motion.joint_names, fps=motion.fps)


def _read_amc(source: Source, member: str, skeletons: _Skeletons) -> Take:
    skeleton = skeletons.of(member)
    values = parse_amc(source.read_text(member), skeleton, source.label(member))
    return Take(
        amc_positions(skeleton, values), skeleton.joint_names, metres_per_unit=skeleton.metres_per_unit
    )


def _list_positions(source: Source) -> list[TakeFile]:
    takes = read_joint_positions(source.path)
    facts = (
        TakeFacts(CMU_ACTIONS, cmu_subject(performer), action)
        for action, performer in zip(takes.actions, takes.performers, strict=True)
    )
    return [
        TakeFile(
            key=f"{source.path.name}:{name}",
            label=f"{source.path}:{name}",
            parts=(source.path.stem, *PurePosixPath(name).parts),
            read=partial(_cut_take, takes, index),
            facts=fact,
        )
        for index, (name, fact) in enumerate(zip(takes.names, facts, strict=True))
    ]


def _cut_take(takes: PositionTakes, index: int) -> Take:
    positions = takes.positions[takes.offsets[index] : takes.offsets[index + 1]].astype(np.float64)
    return Take(positions, takes.joint_names, fps=takes.fps, metres_per_unit=1.0)


class _Skeletons:
    """Finds and keeps the skeleton of each motion: `01.asf` for `01_01.amc`, else the folder's only one."""

    def __init__(self, source: Source, asf: Path | None) -> None:
        self._source = source
        self._given = parse_asf(_read_asf(asf), str(asf)) if asf is not None else None
        self._parsed: dict[str, AsfSkeleton] = {}

    def of(self, member: str) -> AsfSkeleton:
        if self._given is not None:
            return self._given
        name = self._find(member)
        if name not in self._parsed:
            if self._source.is_single_file:
                path = self._source.path.with_name(name)
                self._parsed[name] = parse_asf(_read_asf(path), str(path))
            else:
                self._parsed[name] = parse_asf(self._source.read_text(name), self._source.label(name))
        return self._parsed[name]

    def _find(self, member: str) -> str:
        folder = PurePosixPath(member).parent
        if self._source.is_single_file:
            beside = [entry.name for entry in sorted(self._source.path.parent.iterdir())]
            candidates = [name for name in beside if name.lower().endswith(".asf")]
        else:
            candidates = [
                name for name in self._source.with_suffix(".asf") if PurePosixPath(name).parent == folder
            ]
        subject = PurePosixPath(member).stem.split("_")[0].lower()
        named = [name for name in candidates if PurePosixPath(name).stem.lower() == subject]
        found = named or candidates
        if len(found) != 1:
            many = f"{len(found)} .asf files, none of them named {subject}.asf" if found else "no .asf file"
            raise InputError(f"{self._source.label(member)}: {many} beside it; give its skeleton with --asf")
        return found[0]


def _read_asf(path: Path) -> str:
    try:
        return decode_text(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); give the .asf skeleton of the motion"
        ) from error
