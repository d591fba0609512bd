"""What becomes of exchanged sides: put right, put wrong, left; and what that does to the poses.

    python benchmarks/sides.py mocap.h5 [--weights rtpca-s] [--split test] [--each 2] [--films N] [--lift 4]
        [--long 60] [--seed 0]

Films of every take of a split, 0.5 to 10 s (and of `--long` seconds where a take is so long), at 25, 30 or 60
frames per second, by the cameras of Human3.6M that look at the person from the front, the back, the side or
obliquely; gait from the side in every second film. In most of them left and right are exchanged: of one
pair of joints, a limb or its outer joints, the whole body; for one frame up to all frames. In others a
modelled detector confuses sides as it does (`rtpca.data.noise`), steadily from where limbs meet, or from
frame to frame; or both joints of a pair lie on one side; or nothing is wrong. Half of the films have the
other errors of a detector too.

Counted are joints of pairs that an exchange brings nearer to their place, or takes away from it, by more than
0.03 of the person's size: those put right, put wrong, and left though an exchange would put them right.
`untouched` is the share of all joints of pairs that were not exchanged by repair. MPJPE in mm of every n-th
film (`--lift`, 0 for none): with the right sides, without repair, with repair; and which films repair makes
worse by 5 mm and more. Last, how long the processor was busy with repairing these films, as a part of lifting
them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from _sides.films import films
from _sides.mistakes import (
    EXTENTS,
    KINDS,
    NOTHING,
    ONE_PLACE,
    SHARES,
    STEADY,
    UNSTEADY,
    Spoilt,
    spoil,
)
from rtpca.cli.console import run_script
from rtpca.inference import Lifter
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints.gaps import relative_scores
from rtpca.keypoints.repair import repair_keypoints
from rtpca.keypoints.sides import PAIRS

_CLEARLY_MM = 5.0
_BESIDE = (NOTHING, ONE_PLACE, STEADY, UNSTEADY)
_OFTEN = 3
"""So often as one kind of exchange come those beside."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What repair made of a film.

    Attributes:
        spoilt: The film.
        counts: Joint positions put right, put wrong, left; exchanged by repair, all of pairs.
        errors_mm: MPJPE with right sides, without repair, with repair; None where it was not lifted.
        seconds: Of repair and of lifting.
    """

    spoilt: Spoilt
    counts: np.ndarray
    errors_mm: tuple[float, float, float] | None
    seconds: tuple[float, float]


GROUPS: dict[str, Callable[[Spoilt], str]] = {
    "": lambda s: "all exchanges" if s.exchanged.any() else "no exchanges",
    "what": lambda s: s.kind,
    "for how long": lambda s: s.extent if s.kind in KINDS else "",
    "other errors": lambda s: ("detector's" if s.errors else "none") if s.exchanged.any() else "",
    "view": lambda s: (s.film.view + (", gait" if s.film.gait else "")) if s.exchanged.any() else "",
    "feet": lambda s: _feet(s) if s.exchanged.any() else "",
    "seconds": lambda s: f"{s.film.seconds:g}" if s.exchanged.any() else "",
    "frames per second": lambda s: f"{s.film.fps:g}" if s.exchanged.any() else "",
    "no exchanges, feet": lambda s: "" if s.exchanged.any() else _feet(s),
    "no exchanges, seconds": lambda s: "" if s.exchanged.any() else f"{s.film.seconds:g}",
}


def _feet(spoilt: Spoilt) -> str:
    return "cross" if spoilt.film.feet_cross else "do not cross"


def spoilt_films(arguments: argparse.Namespace) -> Iterator[Spoilt]:
    """The films, each with one kind of mistake, drawn evenly."""
    rng = np.random.default_rng(arguments.seed + 1)
    kinds = [*KINDS, *(kind for kind in _BESIDE for _ in range(_OFTEN))]
    extents = ["one frame", *EXTENTS, *SHARES]
    for film in films(
        arguments.data, arguments.split, arguments.each, arguments.long, arguments.seed, arguments.films
    ):
        kind, extent = str(rng.choice(kinds)), str(rng.choice(extents))
        yield spoil(film, kind, extent, bool(rng.random() < 0.5), rng)


def outcome(spoilt: Spoilt, lifter: Lifter, lift: bool) -> Outcome:
    """Repair a film, and lift it with and without."""
    film = spoilt.film
    points, scores = spoilt.points_px.copy(), relative_scores(spoilt.scores.copy(), lifter.min_score)
    started = time.process_time()
    judge = SideJudge(lifter.checkpoint, film.camera.intrinsics, film.fps)
    repair = repair_keypoints(points, scores, film.fps, judge)
    repaired_s = time.process_time() - started
    joints, better = PAIRS.ravel(), spoilt.better_exchanged()
    exchanged = repair.exchanged
    counts = [(better[exchanged] > 0).sum(), (better[exchanged] < 0).sum(), (better[~exchanged] > 0).sum()]
    counts += [exchanged[:, joints].sum(), exchanged[:, joints].size]
    if not lift:
        return Outcome(spoilt, np.array(counts), None, (repaired_s, 0.0))
    truth = film.joints_cam - film.joints_cam[:, :1]
    errors: list[float] = []
    lifted_s: list[float] = []
    right_scores = np.where(np.isfinite(spoilt.right_px).all(axis=-1), 1, 0).astype(np.float32)
    tries = (spoilt.right_px, right_scores), (spoilt.points_px, spoilt.scores), (points, scores)
    width, height = (int(side) for side in film.camera.intrinsics.image_size)
    for given, given_scores in tries:
        started = time.process_time()
        result = lifter(given, (width, height), film.fps, "h36m17", given_scores)
        lifted_s.append(time.process_time() - started)
        errors.append(1000 * float(np.linalg.norm(result.poses3d - truth, axis=-1).mean()))
    return Outcome(spoilt, np.array(counts), (errors[0], errors[1], errors[2]), (repaired_s, min(lifted_s)))


def print_table(outcomes: list[Outcome]) -> None:
    """A row for each situation."""
    heads = ("films", "right", "wrong", "left", "r : w", "untouched", "right", "without", "with")
    print(f"{'':34}" + "".join(f"{head:>10}" for head in heads))
    for title, group in GROUPS.items():
        names = sorted({group(each.spoilt) for each in outcomes} - {""}, key=str)
        for name in names:
            own = [each for each in outcomes if group(each.spoilt) == name]
            right, wrong, left, touched, of = np.sum([each.counts for each in own], axis=0)
            lifted = [each.errors_mm for each in own if each.errors_mm is not None]
            errors = np.mean(lifted, axis=0) if lifted else np.full(3, np.nan)
            print(
                f"{f'{title}: {name}' if title else name:34}{len(own):10}{right:10}{wrong:10}{left:10}"
                f"{right / max(wrong, 1):10.1f}{1 - touched / of:10.3%}"
                + "".join(f"{error:10.1f}" for error in errors)
            )


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--split", default="test")
    parser.add_argument("--each", type=int, default=2, help="films of every take")
    parser.add_argument("--films", type=int, default=0, help="about so many, of takes spread over the split")
    parser.add_argument("--lift", type=int, default=4, help="lift every n-th film; 0 for none")
    parser.add_argument(
        "--long", type=float, default=60.0, help="seconds of an additional long film; 0 for none"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    lifter = Lifter.from_pretrained(arguments.weights, repair=False)
    outcomes = [
        outcome(spoilt, lifter, bool(arguments.lift) and number % arguments.lift == 0)
        for number, spoilt in enumerate(spoilt_films(arguments))
    ]
    print_table(outcomes)
    for each in outcomes:
        if each.errors_mm is not None and each.errors_mm[2] > each.errors_mm[1] + _CLEARLY_MM:
            right, wrong, left = each.counts[:3]
            print(
                f"worse: {each.spoilt.kind}, {each.spoilt.extent}, {each.spoilt.film.seconds:g} s: "
                f"right, wrong, left {right}, {wrong}, {left}; right, without, with "
                + ", ".join(f"{error:.1f}" for error in each.errors_mm)
            )
    for name, wanted in (("exchanged", True), ("not exchanged", False)):
        own = [e for e in outcomes if e.errors_mm is not None and e.spoilt.exchanged.any() == wanted]
        repaired_s, lifted_s = (sum(e.seconds[k] for e in own) for k in range(2))
        if lifted_s:
            print(f"repair of films with sides {name}: {repaired_s / lifted_s:.1%} of the time of lifting")


if __name__ == "__main__":
    run_script(main)
