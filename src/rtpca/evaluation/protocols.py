"""Named protocols: which predictions are compared with the truth, and how videos are averaged.

`standard` is the sound one and the default. `authors` repeats the published evaluation script with all its
quirks, so that numbers can be compared with the paper's. docs/protocols.md says what each quirk does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtpca.errors import ConfigError
from rtpca.evaluation.layouts import Labelled, ReportLayout, layout_of

Root = Literal["subtracted", "zeroed", "predicted"]
Windows = Literal["once", "chunks"]
Weighting = Literal["values", "videos"]


@dataclass(frozen=True)
class Protocol:
    """How predictions are compared.

    Attributes:
        name: As the command line takes it.
        about: One line for people.
        root: What is done to the predicted root, where the true one is 0: the whole pose moves so that it is
            0 too; it alone is set to 0; or nothing.
        windows: Each frame counts once; or windows of a model that predicts all its frames are the authors'
            chunks: what the last one shares with the one before counts twice, repetitions that fill a short
            clip count, and velocity is taken across the jumps between windows.
        flip: Predictions are always averaged with those of the mirror image.
        weighting: A mean over all values (frames; steps for velocity), or over videos, each weighted with its
            counted frames. They differ for velocity alone.
        acceleration: Whether acceleration is reported.
    """

    name: str
    about: str
    root: Root = "subtracted"
    windows: Windows = "once"
    flip: bool = False
    weighting: Weighting = "values"
    acceleration: bool = True

    def measures(self, layout: ReportLayout) -> tuple[str, ...]:
        """Columns of a table of that layout under this protocol."""
        wanted = layout.measures
        return wanted if self.acceleration else tuple(m for m in wanted if not m.startswith("acceleration"))

    def left_out(self, sequence: Labelled) -> str | None:
        """Why a sequence is not evaluated; None where it is."""
        return layout_of([sequence.source]).left_out(sequence)


STANDARD = Protocol("standard", "each frame once, predicted root subtracted")
AUTHORS = Protocol(
    "authors",
    "the published script: its chunks, frames counted twice, padding scored, root as predicted, mirrored",
    root="predicted",
    windows="chunks",
    flip=True,
    weighting="videos",
    acceleration=False,
)
P_STMO = Protocol("p-stmo", "each frame once, predicted root set to zero and the pose left", root="zeroed")

PROTOCOLS = {protocol.name: protocol for protocol in (STANDARD, AUTHORS, P_STMO)}


def get_protocol(name: str) -> Protocol:
    """A protocol by name.

    Raises:
        ConfigError: If there is none.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f"unknown protocol {name!r}; known protocols: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
