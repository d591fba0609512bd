"""How weights hold on what they were not trained on: other noise, cameras, frame rates, persons, sources.

    python benchmarks/generalisation.py --data mocap.h5 --weights rtpca-s [--weights OTHER ...]
        [--unseen WEIGHTS:SOURCE ...] [--split test] [--every 5] [--sequences-limit N] [--json OUT]

Prints one table, a row for each condition and columns for each weights file: MPJPE / P-MPJPE in mm over all
frames and as the mean of actions, and acceleration error in mm/s². The rows are

- `fixed cameras`, `by source`, `by action`: what `rtpca eval` measures, every frame seen by every camera;
- most others: every n-th of all windows of the split (`--every`), one camera for each in turn. A window is
  changed as its `Condition` says, by the library's own augmentation, and goes straight into the network,
  without averaging with the mirror image;
- `through lift`: two seconds from the middle of every sequence at another frame rate, lifted by `Lifter` as
  a user's clip is: repaired, resampled, windows blended, averaged with the mirror image.

Errors of `all joints` of a partial body count the guessed joints too. `--unseen` takes weights that were
trained on a file prepared without a source, and measures the sequences of that source alone: of all splits,
and of the split of the other rows, which compares with `by source` of other weights.

A second table says what the clean error is made of: MPJPE, after scaling (N-MPJPE), after scaling and turning
(P-MPJPE); the predicted body's size (sum of bone lengths) against the true one; and how much too long each
bone is predicted in mm, left and right together.

One seed; 2.5 minutes of one core for `rtpca-s`. A new row is one more `Condition` in
`_generalisation/conditions.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from _generalisation.conditions import SEED
from _generalisation.rows import Measured, measure, measure_unseen
from _generalisation.tables import plain, print_lines, print_parts
from rtpca.cli.console import run_script
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.devices import resolve_device
from rtpca.errors import InputError
from rtpca.files import written_whole


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="prepared motion capture (.h5)")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME|PATH", help="repeatable")
    parser.add_argument("--unseen", action="append", default=[], metavar="WEIGHTS:SOURCE", help="repeatable")
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=5, help="take every n-th window")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of each clip that goes through the lifter"
    )
    parser.add_argument("--sequences-limit", type=int, metavar="N", help="N sequences, spread over the split")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the numbers here")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    run(parser.parse_args(argv))


def run(arguments: argparse.Namespace) -> None:
    """Measure what the command line asks for."""
    unseen = [pair.rpartition(":")[::2] for pair in arguments.unseen]
    if not (arguments.weights or unseen) or not all(weights and source for weights, source in unseen):
        raise InputError("give --weights NAME, or --unseen WEIGHTS:SOURCE with both parts")
    if arguments.every < 1 or not arguments.seconds > 0 or (arguments.sequences_limit or 1) < 1:
        raise InputError("--every, --seconds and --sequences-limit must be above 0")
    device = resolve_device(arguments.device)
    measured: list[Measured] = []
    with open_dataset(arguments.data) as dataset:
        if dataset.skeleton.name != "h36m17":
            raise InputError(f"{arguments.data} holds {dataset.skeleton.name}; this needs h36m17")

        def some(names: Sequence[str]) -> list[Recording]:
            count = min(arguments.sequences_limit or len(names), len(names))
            return [dataset.read(names[round(k * len(names) / count)]) for k in range(count)]

        names = dataset.require_split(arguments.split)
        if arguments.weights:
            recordings = some(names)
            for weights in arguments.weights:
                measured.append(measure(weights, recordings, arguments.every, arguments.seconds, device))
        for weights, source in unseen:
            recordings = some([name for name in dataset.names() if dataset.info(name).source == source])
            measured.append(
                measure_unseen(weights, source, recordings, arguments.split, arguments.every, device)
            )
    fixed = ", ".join(f"{one.lines[0].frames} ({one.weights})" for one in measured)
    about = (
        f"{arguments.data.name}, split {arguments.split}; MPJPE / P-MPJPE in mm, acceleration error in "
        f"mm/s²; frames of the first row: {fixed}; other rows: one window of {arguments.every}, "
        f"{arguments.seconds:g} s of each clip through lift, seed {SEED}"
    )
    print(f"{about}\n")
    print_lines(measured)
    print()
    print_parts(measured)
    if arguments.json is not None:
        with written_whole(arguments.json) as partial:
            content = {"about": about, "measured": [plain(one) for one in measured]}
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_script(main)
