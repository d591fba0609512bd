"""All rows of one weights file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from _generalisation.clips import clip_errors
from _generalisation.conditions import CLIP_CONDITIONS, CONDITIONS, Condition
from _generalisation.parts import Parts, clean_parts
from _generalisation.windows import Windows, lift
from rtpca.data.recording import Recording
from rtpca.evaluation import EvalConfig, SequenceErrors, evaluate, summarise
from rtpca.models import Checkpoint, load_checkpoint


@dataclass(frozen=True)
class Line:
    """One row of one weights file, in millimetres; NaN where nothing was measured."""

    group: str
    label: str
    frames: int
    mpjpe_mm: float
    p_mpjpe_mm: float
    mpjpe_actions_mm: float
    p_mpjpe_actions_mm: float
    acceleration_mm: float
    acceleration_mm_s2: float

    @classmethod
    def of(cls, group: str, label: str, errors: Iterable[SequenceErrors]) -> Line:
        """Averages of the standard protocol."""
        report = summarise(errors)
        every, actions = report.all_frames, report.average
        return cls(
            group,
            label,
            every.frames,
            every.mpjpe_mm,
            every.p_mpjpe_mm,
            actions.mpjpe_mm,
            actions.p_mpjpe_mm,
            every.acceleration_mm,
            every.acceleration_mm_s2,
        )

    def cells(self) -> str:
        """Its cells of the table."""
        return (
            f"{self.frames} | {self.mpjpe_mm:.1f} / {self.p_mpjpe_mm:.1f} | "
            f"{self.mpjpe_actions_mm:.1f} / {self.p_mpjpe_actions_mm:.1f} | {self.acceleration_mm_s2:.0f}"
        )


def condition_lines(checkpoint: Checkpoint, windows: Windows, condition: Condition) -> Iterator[Line]:
    """The row of a condition; two where joints are hidden."""
    lifted = lift(checkpoint, windows, condition)
    if not condition.hidden:
        yield Line.of(condition.group, condition.label, lifted.errors())
        return
    seen = [joint for joint in range(lifted.truth.shape[2]) if joint not in condition.hidden]
    yield Line.of(condition.group, f"{condition.label}, seen joints", lifted.errors(seen))
    yield Line.of(condition.group, f"{condition.label}, all joints", lifted.errors())


@dataclass(frozen=True)
class Measured:
    """Everything about one weights file."""

    weights: str
    lines: list[Line]
    parts: list[Parts]


def measure(
    name: str, recordings: Sequence[Recording], every: int, seconds: float, device: str = "cpu"
) -> Measured:
    """All rows of one weights file."""
    checkpoint = load_checkpoint(name)
    checkpoint.model.to(device).eval()
    full = list(evaluate(checkpoint.model, checkpoint.input, recordings, EvalConfig()))
    lines = [Line.of("fixed cameras", "clean, all windows", full)]
    for source in sorted({errors.source for errors in full}):
        lines.append(Line.of("by source", source, [errors for errors in full if errors.source == source]))
    for action in sorted({errors.action for errors in full}):
        lines.append(Line.of("by action", action, [errors for errors in full if errors.action == action]))
    windows = Windows.cut(recordings, checkpoint, every)
    for condition in CONDITIONS:
        lines += condition_lines(checkpoint, windows, condition)
        _tell(f"{name}: {condition.group}, {condition.label}")
    if checkpoint.config.out_frames == checkpoint.config.frames:  # the lifter takes no others
        for clip in CLIP_CONDITIONS:
            errors = clip_errors(checkpoint, recordings, clip, seconds)
            lines.append(Line.of("through lift", clip.label, errors))
            _tell(f"{name}: through lift, {clip.label}")
    return Measured(name, lines, clean_parts(checkpoint, windows))


def measure_unseen(
    name: str, source: str, recordings: Sequence[Recording], split: str, every: int, device: str = "cpu"
) -> Measured:
    """The rows of weights that were trained without a source, on that source."""
    checkpoint = load_checkpoint(name)
    checkpoint.model.to(device).eval()
    lines: list[Line] = []
    of_split = [recording for recording in recordings if recording.split == split]
    if of_split:
        full = evaluate(checkpoint.model, checkpoint.input, of_split, EvalConfig())
        lines.append(Line.of("by source", source, full))
    windows = Windows.cut(recordings, checkpoint, every)
    lines.append(
        Line.of(
            "unseen source", f"{source}, all splits", lift(checkpoint, windows, Condition("", "")).errors()
        )
    )
    return Measured(f"{name} (without {source})", lines, clean_parts(checkpoint, windows)[:1])


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
