"""CMU's motion capture: ASF/AMC as the database has it, and joint positions of its takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rtpca.data.attribution import Attribution
from rtpca.data.datasets import joint_positions
from rtpca.data.datasets.mocap import UNKNOWN, Motion, TakeFacts
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import PrepareReport
from rtpca.data.formats.amc import amc_positions, parse_amc
from rtpca.data.formats.asf import AsfSkeleton, parse_asf
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError

CMU_TERMS = (
    "CMU Graphics Lab Motion Capture Database terms: free for research; may be included in commercially sold "
    "products, but the data may not be resold directly, even in converted form"
)
CMU_ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)

CMU_ASFAMC = Attribution(
    source="cmu_asfamc",
    title="CMU Graphics Lab Motion Capture Database (ASF/AMC)",
    licence=CMU_TERMS,
    acknowledgement=CMU_ACKNOWLEDGEMENT,
    url="http://mocap.cs.cmu.edu",
)
CMU_ACTIONS = Attribution(
    source="cmu_actions",
    title="CMU Graphics Lab Motion Capture Database, takes of seven actions as 38 joint positions",
    licence=CMU_TERMS,
    acknowledgement=CMU_ACKNOWLEDGEMENT,
    citation=(
        "C. Li, Z. Zhang, W. S. Lee, G. H. Lee: Convolutional Sequence to Sequence Model for Human Dynamics, "
        "CVPR 2018 (the selection of takes)"
    ),
    url="http://mocap.cs.cmu.edu",
)

FPS = 120.0
# The salsa takes were captured at half the rate of the others; neither AMC files nor the BVH headers say so.
_FPS_OF_SUBJECT = {60: 60.0, 61: 60.0}
# AMC files do not say what is done in them.
_ACTION_OF_TAKE = {
    (2, 1): "walking",
    (2, 2): "walking",
    (2, 3): "running",
    (2, 4): "jumping",
    (2, 5): "punching",
    (2, 6): "bending",
    (2, 7): "swordplay",
    (2, 8): "swordplay",
    (2, 9): "swordplay",
    (2, 10): "washing",
}
_ACTION_OF_SUBJECT = {1: "playground", 60: "salsa", 61: "salsa", 94: "indian_dance", 135: "martial_arts"}


class Reader(joint_positions.Reader):
    """Reads AMC files with their skeletons; a single `.npz` as its sibling does."""

    known_skeletons = ("cmu_asf31", "cmu38", "h36m17")

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Open the sources."""
        super().__init__(sources, options, report)
        self._skeletons: dict[str, AsfSkeleton] = {}

    def members(self, source: SourceFiles) -> tuple[str, ...]:
        """The AMC files, or the takes of an `.npz`."""
        if _holds_positions(source):
            return super().members(source)
        members = source.with_suffix(".amc")
        if not members:
            hint = "; BVH files are read by `rtpca prepare bvh`" if source.with_suffix(".bvh") else ""
            raise InputError(f"{source.path}: holds no .amc file and is no .npz of joint positions{hint}")
        return members

    def read(self, source: SourceFiles, member: str) -> Motion:
        """Read one take."""
        if _holds_positions(source):
            return super().read(source, member)
        skeleton = self._skeleton_of(source, member)
        values = parse_amc(source.read_text(member), skeleton, source.label(member))
        facts = cmu_take(source.parts(member)[-1])
        if facts.fps is None:  # AMC files state none
            facts = replace(facts, fps=FPS)
        unit_m = skeleton.metres_per_unit
        return Motion(amc_positions(skeleton, values), skeleton.joint_names, facts, metres_per_unit=unit_m)

    def facts(self, source: SourceFiles, performer: str, action: str) -> TakeFacts:
        """What is known about a take of an `.npz`; CMU's performers are numbers, so others are not CMU's."""
        if performer and not performer.isdecimal():
            return super().facts(source, performer, action)
        return TakeFacts(CMU_ACTIONS, cmu_subject(performer), action)

    def _skeleton_of(self, source: SourceFiles, member: str) -> AsfSkeleton:
        if self.options.asf is not None:
            holder, name = SourceFiles(self.options.asf), self.options.asf.name
        else:
            name = _skeleton_beside(source, member)
            holder = SourceFiles(source.path.with_name(name)) if source.is_single_file else source
        label = holder.label(name)
        if label not in self._skeletons:
            self._skeletons[label] = parse_asf(holder.read_text(name), label)
        return self._skeletons[label]


def _holds_positions(source: SourceFiles) -> bool:
    return source.is_single_file and source.path.suffix.lower() == ".npz"


def _skeleton_beside(source: SourceFiles, member: str) -> str:
    """The skeleton of a motion: `01.asf` for `01_01.amc`, else the only one in its folder."""
    if source.is_single_file:
        candidates = [path.name for path in sorted(source.path.parent.iterdir())]
    else:
        folder = PurePosixPath(member).parent
        candidates = [name for name in source.members if PurePosixPath(name).parent == folder]
    candidates = [name for name in candidates if name.lower().endswith(".asf")]
    subject = PurePosixPath(member).stem.split("_")[0].lower()
    found = [name for name in candidates if PurePosixPath(name).stem.lower() == subject] or candidates
    if len(found) != 1:
        many = f"{len(found)} .asf files, none of them named {subject}.asf" if found else "no .asf file"
        raise InputError(f"{source.label(member)}: {many} beside it; give its skeleton as `asf`")
    return found[0]


def cmu_take(name: str, attribution: Attribution = CMU_ASFAMC) -> TakeFacts:
    """Facts about a take that is named as CMU names its files (`02_05.amc`: subject 2, take 5).

    Args:
        name: of the file.
        attribution: the collection that it belongs to.
    """
    match = re.fullmatch(r"(\d+)_(\d+)", PurePosixPath(name).stem)
    if match is None:
        return TakeFacts(attribution)
    subject, take = int(match[1]), int(match[2])
    action = _ACTION_OF_TAKE.get((subject, take), _ACTION_OF_SUBJECT.get(subject, UNKNOWN))
    return cmu_facts(attribution, subject, action)


def cmu_facts(attribution: Attribution, subject: int, action: str) -> TakeFacts:
    """Facts about a take of a performer."""
    return TakeFacts(attribution, cmu_subject(subject), action, _FPS_OF_SUBJECT.get(subject, FPS))


def cmu_subject(number: int | str) -> str:
    """The name of a CMU performer by number, `"cmu-02"`; anything else than a number is `"cmu-unknown"`."""
    return f"cmu-{int(number):02d}" if str(number).isdecimal() else f"cmu-{UNKNOWN}"
