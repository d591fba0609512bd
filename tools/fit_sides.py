"""Fit the weights of the signs by which `rtpca.keypoints.verdict` takes sides for exchanged.

    python tools/fit_sides.py mocap.h5 [--each 2] [--long 60] [--seed 0] [--split val]

Films of the validation split with the mistakes of `benchmarks/sides.py`. Each stretch that the image
proposes, and each answer that it leaves open, is a question; right or wrong are the joint positions that a
yes brings nearer to their place or takes away from it. A logistic regression, once for the image alone and
once with the judge, in which a question counts as the root of its positions. Writes
src/rtpca/assets/sides.json; since its weights decide which answers are asked about, twice is better than
once. Printed is what would be put right and wrong by the weights of the other takes, in five folds.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from rtpca.cli.console import run_script
from rtpca.inference import Lifter
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints.gaps import relative_scores
from rtpca.keypoints.repair import person_size
from rtpca.keypoints.sides import PAIRS
from rtpca.keypoints.verdict import Change, Rise, Trial, signs_of

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
JUDGED = 2
"""So many signs are the judge's, the first ones."""
MOST_QUESTIONS = 14
"""Of one film."""
DECAY = 2e-3
FOLDS = 5
SURE = (0.0, 0.5, 1.0, 1.4, 2.0, 3.0)


@dataclass(frozen=True)
class Question:
    """Whether a change is right.

    Attributes:
        take: Number of the film.
        stretch: It is about a stretch of a proposal, not about an answer.
        signs: What the judge and the image say.
        right: Positions that it brings nearer to their place.
        wrong: Positions that it takes away from it.
    """

    take: int
    stretch: bool
    signs: tuple[float, ...]
    right: int
    wrong: int


def questions(arguments: argparse.Namespace) -> list[Question]:
    """All that are asked about the films."""
    from sides import spoilt_films

    lifter = Lifter.from_pretrained("rtpca-s", repair=False)
    found: list[Question] = []
    for number, spoilt in enumerate(spoilt_films(arguments)):
        film, scores = spoilt.film, relative_scores(spoilt.scores.copy(), lifter.min_score)
        size = person_size(spoilt.points_px, scores)
        if size <= 0:
            continue
        judge = SideJudge(lifter.checkpoint, film.camera.intrinsics, film.fps)
        trial = Trial(spoilt.points_px, scores, size, film.fps, judge)
        proposal = trial.signs.proposal()
        better = spoilt.better_exchanged()[:, PAIRS].sum(axis=-1)

        def ask(
            stretch: bool, changes: list[Change], rises: list[Rise], labels: np.ndarray,
            take: int = number, better: np.ndarray = better,
        ) -> None:  # fmt: skip
            for change, rise in zip(changes, rises, strict=True):
                if change.ambiguous:  # nothing is changed there, whatever the signs say
                    continue
                before = labels[change.frames] ^ (change.flips & stretch)
                gain = np.where(before, -1, 1) * better[change.frames] * change.flips
                right, wrong = int(gain[gain > 0].sum()), int(-gain[gain < 0].sum())
                found.append(Question(take, stretch, signs_of(change, rise), right, wrong))

        stretches = trial.stretches(proposal)
        stretches = stretches[:: -(-len(stretches) // MOST_QUESTIONS) or 1]
        back = [Rise(-rise.miss, -rise.radius) for rise in trial.rises(proposal, stretches)]
        ask(True, stretches, back, proposal)
        labels = trial.verified(proposal).exchanged
        answers = trial.answers(labels, proposal)
        ask(False, answers, trial.rises(labels, answers), labels)
    return found


def fitted(signs: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Weights (S,) of signs (N, S) by counts (N,)."""
    spread = signs.std(axis=0)
    spread[spread == 0] = 1
    scaled, share = signs / spread, 1 / np.sqrt(right + wrong + 1)
    right, wrong = right * share, wrong * share
    total = (right + wrong).sum()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = scaled @ weights
        likely = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        value = right @ np.logaddexp(0, -odds) + wrong @ np.logaddexp(0, odds)
        slope = scaled.T @ (wrong * likely - right * (1 - likely))
        return value / total + DECAY / 2 * weights @ weights, slope / total + DECAY * weights

    return minimize(loss, np.zeros(signs.shape[1]), jac=True).x / spread


def folded(signs: np.ndarray, right: np.ndarray, wrong: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(N,) log odds by the weights of the other folds."""
    odds = np.zeros(len(signs))
    for number in range(FOLDS):
        own = fold == number
        odds[own] = signs[own] @ fitted(signs[~own], right[~own], wrong[~own])
    return odds


def main() -> None:
    """Look at the films, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--each", type=int, default=2, help="films of every take")
    parser.add_argument("--films", type=int, default=0, help="so many films, spread over the takes")
    parser.add_argument("--long", type=float, default=60.0, help="seconds of an additional long film")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    found = questions(arguments)
    signs = np.array([question.signs for question in found])
    right, wrong = (np.array([getattr(q, name) for q in found], dtype=float) for name in ("right", "wrong"))
    fold = np.array([question.take // arguments.each % FOLDS for question in found])
    about = np.array([question.stretch for question in found])
    weights: dict[str, list[float]] = {}
    for name, columns in (("image", signs[:, JUDGED:]), ("judge", signs)):
        weights[name] = [float(f"{value:.3g}") for value in fitted(columns, right, wrong)]
        odds = folded(columns, right, wrong, fold)
        print(name, weights[name])
        for kind, own in (("stretches", about), ("answers", ~about)):
            for sure in SURE:
                sides = int(right[own & (odds > sure)].sum()), int(wrong[own & (odds > sure)].sum())
                print(f"  {kind} with log odds above {sure:g}: {sides[0]} right, {sides[1]} wrong")
            out = own & (odds < -SURE[-1])
            lost = f"{right[out].sum():.0f} positions to be put right"
            print(f"  {kind} below {-SURE[-1]:g}: {out.sum()} of {own.sum()}, with {lost}")
    content = {"weights_of": "rtpca-s", "split": arguments.split, "weights": weights}
    target = ROOT / "src" / "rtpca" / "assets" / "sides.json"
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_script(main)
