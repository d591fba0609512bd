"""How well weights do on each kind of motion.

    python benchmarks/kinds.py WEIGHTS [WEIGHTS ...] --data mocap.h5 [--split val] [--by source] [--noise]

Every recording of the split is cut into pieces of 8 seconds, each seen by one of the four fixed cameras,
taking turns within a kind; of a kind (or a kind of one source, `--by source`) at most `--pieces`, evenly
spaced. `--data` and `--split` may be repeated. Prints MPJPE / P-MPJPE in mm on clean keypoints and, with
`--noise`, on a detector's errors, as a Markdown table: frames, then a column for each weights; the last row
is the mean over the rows above.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from rtpca.cli.console import run_script
from rtpca.data.kinds import kind_of
from rtpca.data.store import Recording, open_dataset
from rtpca.evaluation import EvalConfig, evaluate
from rtpca.models import Checkpoint, load_checkpoint

PIECE_S = 8.0


def main() -> None:
    """Evaluate and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--split", action="append", help="which splits together (test)")
    parser.add_argument("--by", choices=("kind", "source"), default="kind")
    parser.add_argument("--pieces", type=int, default=48)
    parser.add_argument("--noise", action="store_true", help="a detector's errors too")
    arguments = parser.parse_args()
    groups = pieces_by_group(arguments.data, arguments.split or ["test"], arguments.by == "source")
    chosen = {name: thinned(pieces, arguments.pieces) for name, pieces in sorted(groups.items())}
    checkpoints = [load_checkpoint(weights) for weights in arguments.weights]
    conditions = [False, True] if arguments.noise else [False]
    heads = [
        f"{Path(weights).stem if Path(weights).suffix else weights}{', detector' if noisy else ''}"
        for weights in arguments.weights
        for noisy in conditions
    ]
    print(f"| kind | frames | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}", flush=True)
    rows: list[list[tuple[float, float]]] = []
    total = 0
    for name, pieces in chosen.items():
        cells: list[tuple[float, float]] = []
        frames = 0
        for checkpoint in checkpoints:
            for noisy in conditions:
                frames, *errors = measured(checkpoint, pieces, noisy)
                cells.append((errors[0], errors[1]))
        rows.append(cells)
        total += frames
        print(line(name, frames, cells), flush=True)
    means = np.mean(np.array(rows), axis=0)
    print(line("mean of kinds", total, [(float(a), float(b)) for a, b in means]))


def line(name: str, frames: int, cells: Iterable[tuple[float, float]]) -> str:
    """A row of the table."""
    return f"| {name} | {frames} | {' | '.join(f'{a:.1f} / {b:.1f}' for a, b in cells)} |"


def pieces_by_group(
    files: Iterable[Path], splits: Iterable[str], by_source: bool
) -> dict[str, list[Recording]]:
    """Pieces of the recordings of some splits by kind, or by kind and source."""
    groups: dict[str, list[Recording]] = {}
    for file in files:
        with open_dataset(file) as dataset:
            for split in splits:
                for recording in dataset.iterate(split):
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


def measured(checkpoint: Checkpoint, pieces: list[Recording], noisy: bool) -> tuple[int, float, float]:
    """Frames, MPJPE and P-MPJPE in mm."""
    config = EvalConfig(all_cameras=False, detector_noise=noisy)
    errors = list(evaluate(checkpoint.model.eval(), checkpoint.input, pieces, config))
    mpjpe_m = torch.cat([piece.mpjpe_m for piece in errors])
    p_mpjpe_m = torch.cat([piece.p_mpjpe_m for piece in errors])
    return len(mpjpe_m), 1000 * mpjpe_m.mean().item(), 1000 * p_mpjpe_m.mean().item()


if __name__ == "__main__":
    run_script(main)
