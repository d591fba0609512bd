"""Frames and joints that the detector misses, and what its scores say about the errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr

from _detector_errors.people import Person
from _detector_errors.sides import lengths, put_right
from _detector_errors.variants import VARIANTS, Array


def print_missing(people: Sequence[Person]) -> None:
    """Frames and joints that are missing, and what scores say."""
    print("\nmissing: frames between the first and last sight, joints in the other frames")
    for variant in VARIANTS:
        scores = [person.scores[variant][person.present] for person in people]
        gone = [~(part > 0).any(axis=1) for part in scores]
        rest = np.concatenate([part[~away] for part, away in zip(scores, gone, strict=True)])
        frames = np.concatenate(gone)
        runs = [length for away in gone for length in lengths(away)]
        low = 100 * (rest < 0.5).mean()
        print(
            f"{variant:16}{100 * frames.mean():6.1f} % in {len(runs)} stretches, "
            f"longest {max(runs, default=0)};{100 * (rest <= 0).mean():7.2f} %, "
            f"score below one half {low:.1f} %"
        )
    errors: list[Array] = []
    scores_of: list[Array] = []
    for person in people:
        base = person.points["as it is"]
        for name in VARIANTS:
            if name != "as it is":
                other = put_right(base, person.points[name], person.size_px)
                errors.append(100 * np.linalg.norm(other - base, axis=-1) / person.size_px / np.sqrt(2))
                scores_of.append(np.minimum(person.scores["as it is"], person.scores[name]))
    error, score = np.concatenate(errors), np.concatenate(scores_of)
    both = np.isfinite(error) & (score > 0)
    error, score = error[both], score[both]
    print(
        f"\nscore (the lower of two) against error: rank correlation {spearmanr(score, error).statistic:.2f}"
    )
    order = np.argsort(score)
    for part in np.array_split(order, 5):
        print(
            f"  score {score[part].min():.2f} to {score[part].max():.2f}: median error "
            f"{np.median(error[part]):.2f}, 90 % {np.quantile(error[part], 0.9):.2f}"
        )
