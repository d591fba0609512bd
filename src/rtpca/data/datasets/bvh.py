"""BVH motion of any origin; two published collections are known: cgspeed's of CMU, and ReActIdle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.cmu import CMU_ACKNOWLEDGEMENT, CMU_TERMS, cmu_facts, cmu_take
from rtpca.data.datasets.mappings import built_in_mapping
from rtpca.data.datasets.mocap import UNKNOWN, MocapReader, Motion, TakeFacts
from rtpca.data.formats.bvh import bvh_positions, frame_rate, parse_bvh
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError

_REACT_IDLE_LICENCE_TEXT = """MIT License

Copyright (c) 2025 [RSAIT]

Permission is hereby granted, free of charge, to any person obtaining a copy
of this dataset and associated documentation files (the "Dataset"), to deal
in the Dataset without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Dataset, and to permit persons to whom the Dataset is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Dataset.

THE DATASET IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE DATASET OR THE USE OR OTHER DEALINGS IN THE
DATASET."""

CMU_BVH = Attribution(
    source="cmu_bvh",
    title="CMU Graphics Lab Motion Capture Database (BVH by B. Hahne, cgspeed, DAZ-friendly release)",
    licence=CMU_TERMS,
    acknowledgement=CMU_ACKNOWLEDGEMENT,
    citation=(
        "Z. Li, Y. Zhou, S. Xiao, C. He, Z. Huang, H. Li: Auto-Conditioned Recurrent Networks for Extended "
        "Complex Human Motion Synthesis, ICLR 2018 (the selection of takes, "
        "github.com/papagina/Auto_Conditioned_RNN_motion)"
    ),
    url="http://mocap.cs.cmu.edu",
)
REACT_IDLE = Attribution(
    source="react_idle_bvh",
    title="ReActIdle",
    licence="MIT",
    acknowledgement="ReActIdle, MIT License, Copyright (c) 2025 [RSAIT]",
    citation=(
        "E. Atxa Landa, E. Lazkano, I. Rodriguez, I. Rodriguez-Moreno, I. Irigoien: Evaluating Idle "
        "Animation Believability: a User Perspective, arXiv:2509.05023 (2025)"
    ),
    licence_text=_REACT_IDLE_LICENCE_TEXT,
    url="https://github.com/Enekoassets/ReActIdle",
)

_SUBJECT_OF_FOLDER = {"indian": 94, "martial": 135}
_ACTION_OF_FOLDER = {"salsa": "salsa", "indian": "indian_dance", "martial": "martial_arts"}


class Reader(MocapReader):
    """Reads one file, a folder or a zip."""

    known_skeletons = ("cmu_bvh", "freemocap", "cmu38", "h36m17")

    def members(self, source: SourceFiles) -> tuple[str, ...]:
        """The BVH files."""
        members = source.with_suffix(".bvh")
        if not members:
            hint = "; AMC files are read by `rtpca prepare cmu`" if source.with_suffix(".amc") else ""
            raise InputError(f"{source.path}: holds no .bvh file{hint}")
        return members

    def read(self, source: SourceFiles, member: str) -> Motion:
        """Read one take."""
        motion = parse_bvh(source.read_text(member), source.label(member))
        facts = _facts(source.parts(member), motion.joint_names)
        fps, fault = None, ""
        try:
            fps = frame_rate(motion.frame_time)
        except ValueError as error:
            fault = str(error)
        return Motion(
            bvh_positions(motion),
            motion.joint_names,
            facts,
            fps=fps,
            fps_fault=fault,
            parents=tuple(joint.parent for joint in motion.joints),
            rest=motion.rest,
            root_shift=motion.root_shift,
        )


def _facts(parts: Sequence[str], joint_names: Sequence[str]) -> TakeFacts:
    """What is known about a take by its place and its joints."""
    facts = None
    if built_in_mapping("cmu_bvh").fits(joint_names):
        facts = _cmu_bvh_take(parts)
    elif built_in_mapping("freemocap").fits(joint_names):
        facts = _react_idle_take(parts)
    return facts or TakeFacts(Attribution(parts[0], parts[0], UNKNOWN))


def _cmu_bvh_take(parts: Sequence[str]) -> TakeFacts:
    """Facts about a file of the cgspeed conversion: `60_01.bvh`, or `salsa/01.bvh` of the dances."""
    stem, folder = PurePosixPath(parts[-1]).stem, parts[-2] if len(parts) > 1 else ""
    if folder in _ACTION_OF_FOLDER and stem.isdecimal():
        # Takes NN and NN + 15 of the salsa folder are the two partners of one dance.
        subject = _SUBJECT_OF_FOLDER.get(folder, 60 if int(stem) <= 15 else 61)
        return cmu_facts(CMU_BVH, subject, _ACTION_OF_FOLDER[folder])
    return cmu_take(parts[-1], CMU_BVH)


def _react_idle_take(parts: Sequence[str]) -> TakeFacts | None:
    """Facts about a ReActIdle recording (`acted/001_acted.bvh`); None for others of the same rig."""
    match = re.fullmatch(r"(\d{3})_(acted|genuine)\.bvh", parts[-1])
    if match is None:
        return None
    # The recordings genuine/002 and genuine/003 have identical bone lengths: one person under two numbers.
    person = "002" if match[1] == "003" else match[1]
    return TakeFacts(REACT_IDLE, f"react_idle-{person}", f"idle_{match[2]}", 30.0)
