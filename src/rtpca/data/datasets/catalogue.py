"""What is known about published collections besides their files: terms, persons, actions, frame rates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rtpca.data.attribution import Attribution

UNKNOWN = "unknown"

_CMU_TERMS = (
    "CMU Graphics Lab Motion Capture Database terms: free for research; may be included in commercially sold "
    "products, but the data may not be resold directly, even in converted form"
)
_CMU_ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)

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

CMU_ASFAMC = Attribution(
    source="cmu_asfamc",
    title="CMU Graphics Lab Motion Capture Database (ASF/AMC)",
    licence=_CMU_TERMS,
    acknowledgement=_CMU_ACKNOWLEDGEMENT,
    url="http://mocap.cs.cmu.edu",
)
CMU_BVH = Attribution(
    source="cmu_bvh",
    title="CMU Graphics Lab Motion Capture Database (BVH by B. Hahne, cgspeed, DAZ-friendly release)",
    licence=_CMU_TERMS,
    acknowledgement=_CMU_ACKNOWLEDGEMENT,
    citation=(
        "Z. Li, Y. Zhou, S. Xiao, C. He, Z. Huang, H. Li: Auto-Conditioned Recurrent Networks for Extended "
        "Complex Human Motion Synthesis, ICLR 2018 (the selection of takes, "
        "github.com/papagina/Auto_Conditioned_RNN_motion)"
    ),
    url="http://mocap.cs.cmu.edu",
)
CMU_ACTIONS = Attribution(
    source="cmu_actions",
    title="CMU Graphics Lab Motion Capture Database, takes of seven actions as 38 joint positions",
    licence=_CMU_TERMS,
    acknowledgement=_CMU_ACKNOWLEDGEMENT,
    citation=(
        "C. Li, Z. Zhang, W. S. Lee, G. H. Lee: Convolutional Sequence to Sequence Model for Human Dynamics, "
        "CVPR 2018 (the selection of takes)"
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

CMU_FPS = 120.0
# The salsa takes were captured at half the rate of the others; neither AMC files nor the BVH headers say so.
_CMU_FPS_OF_SUBJECT = {60: 60.0, 61: 60.0}
_REACT_IDLE_FPS = 30.0

# AMC files do not say what is done in them.
_CMU_ACTIONS_OF_TAKE = {
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
_CMU_ACTIONS_OF_SUBJECT = {1: "playground", 60: "salsa", 61: "salsa", 94: "indian_dance", 135: "martial_arts"}
_CMU_BVH_FOLDERS = {"indian": 94, "martial": 135}
_ACTION_OF_BVH_FOLDER = {"salsa": "salsa", "indian": "indian_dance", "martial": "martial_arts"}


@dataclass(frozen=True)
class TakeFacts:
    """What is known about one take.

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


def cmu_take(parts: Sequence[str]) -> TakeFacts:
    """Facts about an AMC file named as CMU names them (`02_05.amc`: subject 2, take 5)."""
    subject, take = _subject_and_take(parts[-1])
    if subject is None:
        return TakeFacts(CMU_ASFAMC, fps=CMU_FPS)
    action = _CMU_ACTIONS_OF_TAKE.get((subject, take), _CMU_ACTIONS_OF_SUBJECT.get(subject, UNKNOWN))
    return TakeFacts(CMU_ASFAMC, cmu_subject(subject), action, _CMU_FPS_OF_SUBJECT.get(subject, CMU_FPS))


def cmu_subject(number: int | str) -> str:
    """The name of a CMU performer by number, `"cmu-02"`; anything else than a number is `"cmu-unknown"`."""
    return f"cmu-{int(number):02d}" if str(number).isdecimal() else f"cmu-{UNKNOWN}"


def cmu_bvh_take(parts: Sequence[str]) -> TakeFacts:
    """Facts about a file of the cgspeed conversion: `60_01.bvh`, or `salsa/01.bvh` of the dances."""
    stem, folder = PurePosixPath(parts[-1]).stem, parts[-2] if len(parts) > 1 else ""
    if folder in _ACTION_OF_BVH_FOLDER and stem.isdecimal():
        # Takes NN and NN + 15 of the salsa folder are the two partners of one dance.
        subject = _CMU_BVH_FOLDERS.get(folder, 60 if int(stem) <= 15 else 61)
        fps = _CMU_FPS_OF_SUBJECT.get(subject, CMU_FPS)
        return TakeFacts(CMU_BVH, cmu_subject(subject), _ACTION_OF_BVH_FOLDER[folder], fps)
    facts = cmu_take(parts)
    return replace(facts, attribution=CMU_BVH, fps=facts.fps if facts.subject != UNKNOWN else None)


def freemocap_take(parts: Sequence[str]) -> TakeFacts | None:
    """Facts about a ReActIdle recording (`acted/001_acted.bvh`); None for others of the same rig."""
    match = re.fullmatch(r"(\d{3})_(acted|genuine)\.bvh", parts[-1])
    if match is None:
        return None
    # The recordings genuine/002 and genuine/003 have identical bone lengths: one person under two numbers.
    person = "002" if match[1] == "003" else match[1]
    return TakeFacts(REACT_IDLE, f"react_idle-{person}", f"idle_{match[2]}", _REACT_IDLE_FPS)


def _subject_and_take(file_name: str) -> tuple[int | None, int]:
    match = re.fullmatch(r"(\d+)_(\d+)", PurePosixPath(file_name).stem)
    return (int(match[1]), int(match[2])) if match else (None, 0)
