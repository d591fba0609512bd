"""How well weights do on each kind of motion.

    python benchmarks/kinds.py WEIGHTS [WEIGHTS ...] --data mocap.h5 [--split val] [--by source] [--noise]
        [--part "LABEL=SOURCE,SOURCE"] [--other-people]

Every recording of the split is cut into pieces of 8 seconds, each seen by one of the four fixed cameras,
taking turns within a kind; of a kind (or a kind of one source, `--by source`) at most `--pieces`, evenly
spaced. `--data`, `--split` and `--part` may be repeated. Prints MPJPE / P-MPJPE in mm on clean keypoints and,
with `--noise`, on a detector's errors, as a Markdown table: frames, then a column for each weights; the last
row is the mean over the rows above. Before it, for each `--part`, the mean of kinds over the pieces of some
sources alone, which are named as files are: `cmu_*`. `--other-people` leaves out people of the training
split, and recordings that do not say whom they show: weights are chosen on the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch

from rtpca.cli.console import run_script
from rtpca.data.kinds import kind_of
from rtpca.data.store import Recording, open_dataset
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, SequenceErrors, evaluate
from rtpca.models import Checkpoint, load_checkpoint

PIECE_S = 8.0
TRAIN, NOBODY_KNOWN = "train", "unknown"


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--split", action="append", help="which splits together (test)")
    parser.add_argument("--by", choices=("kind", "source"), default="kind")
    parser.add_argument("--pieces", type=int, default=48)
    parser.add_argument("--noise", action="store_true", help="a detector's errors too")
    parser.add_argument("--part", action="append", default=[], metavar="LABEL=SOURCE,SOURCE", type=part)
    parser.add_argument("--other-people", action="store_true", help="nobody of the training split")
    arguments = parser.parse_args(argv)
    left_out = people(arguments.data) if arguments.other_people else frozenset[str]()
    groups = pieces_by_group(arguments.data, arguments.split or ["test"], arguments.by == "source", left_out)
    if not groups:
        raise InputError("there is no recording to measure; check --split, and leave out --other-people")
    chosen = {name: thinned(pieces, arguments.pieces) for name, pieces in sorted(groups.items())}
    checkpoints = [load_checkpoint(weights) for weights in arguments.weights]
    conditions = [False, True] if arguments.noise else [False]
    heads = [
        f"{Path(weights).stem if Path(weights).suffix else weights}{', detector' if noisy else ''}"
        for weights in arguments.weights
        for noisy in conditions
    ]
    print(f"| kind | frames | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}", flush=True)
    parts = {f"mean of kinds, {label}": patterns for label, patterns in arguments.part}
    parts["mean of kinds"] = ("*",)
    rows: dict[str, list[tuple[int, Cells]]] = {label: [] for label in parts}
    for name, pieces in chosen.items():
        columns = [measured(checkpoint, pieces, noisy) for checkpoint in checkpoints for noisy in conditions]
        print(line(name, *summary(columns)), flush=True)
        for label, patterns in parts.items():
            of_part = [[one for one in column if fits(one.source, patterns)] for column in columns]
            if of_part[0]:
                rows[label].append(summary(of_part))
    for label, found in rows.items():
        if not found:
            raise InputError(f"{label}: no recording is of these sources")
        means = np.mean([cells for _, cells in found], axis=0)
        print(line(label, sum(frames for frames, _ in found), [(float(a), float(b)) for a, b in means]))


Cells = list[tuple[float, float]]
"""MPJPE and P-MPJPE in mm, a pair for each column."""


def part(text: str) -> tuple[str, tuple[str, ...]]:
    """Label and patterns of sources."""
    label, separator, patterns = text.partition("=")
    if not (label and separator and patterns):
        raise argparse.ArgumentTypeError("give LABEL=SOURCE,SOURCE, e.g. 'old=cmu_*,react_idle_bvh'")
    return label, tuple(patterns.split(","))


def fits(source: str, patterns: Iterable[str]) -> bool:
    """Whether a source is one of those that are named."""
    return any(fnmatchcase(source, pattern) for pattern in patterns)


def line(name: str, frames: int, cells: Cells) -> str:
    """A row of the table."""
    return f"| {name} | {frames} | {' | '.join(f'{a:.1f} / {b:.1f}' for a, b in cells)} |"


def people(files: Iterable[Path]) -> frozenset[str]:
    """Whom the training split shows, and who is not known."""
    found = {NOBODY_KNOWN}
    for file in files:
        with open_dataset(file) as dataset:
            found |= {dataset.info(name).subject for name in dataset.names(TRAIN)}
    return frozenset(found)


def pieces_by_group(
    files: Iterable[Path], splits: Iterable[str], by_source: bool, left_out: frozenset[str]
) -> dict[str, list[Recording]]:
    """Pieces of the recordings of some splits by kind, or by kind and source, without some people."""
    groups: dict[str, list[Recording]] = {}
    for file in files:
        with open_dataset(file) as dataset:
            for split in splits:
                for recording in dataset.iterate(split):
                    if recording.subject in left_out:
                        continue
                    kind = kind_of(recording.action, recording.name)
                    name = f"{recording.source}: {kind}" if by_source else kind
                    groups.setdefault(name, []).extend(cut(recording))
    return groups


def cut(recording: Recording) -> Iterator[Recording]:
    """Pieces of about 8 seconds, all of the same length but for rounding."""
    parts = max(1, round(recording.duration_s / PIECE_S))
    for number, joints in enumerate(np.array_split(recording.positions3d, parts)):
        if len(joints) / recording.fps >= 0.25:
            yield replace(recording, name=f"{recording.name}#{number}", positions3d=joints)


def thinned(pieces: list[Recording], most: int) -> list[Recording]:
    """At most so many of them, evenly spaced."""
    if len(pieces) <= most:
        return pieces
    return [pieces[int(i)] for i in np.linspace(0, len(pieces) - 1, most).round()]


def measured(checkpoint: Checkpoint, pieces: list[Recording], noisy: bool) -> list[SequenceErrors]:
    """Errors of pieces."""
    config = EvalConfig(all_cameras=False, detector_noise=noisy)
    return list(evaluate(checkpoint.model.eval(), checkpoint.input, pieces, config))


def summary(columns: Iterable[list[SequenceErrors]]) -> tuple[int, Cells]:
    """Frames, and the means over them."""
    frames, cells = 0, Cells()
    for errors in columns:
        mpjpe_m = torch.cat([piece.mpjpe_m for piece in errors])
        p_mpjpe_m = torch.cat([piece.p_mpjpe_m for piece in errors])
        frames = len(mpjpe_m)
        cells.append((1000 * mpjpe_m.mean().item(), 1000 * p_mpjpe_m.mean().item()))
    return frames, cells


if __name__ == "__main__":
    run_script(main)
