"""Where variants disagree about left and right of a limb: how often, for how long, in which places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from _detector_errors.people import H36M, Person
from _detector_errors.variants import VARIANTS, Array
from rtpca.geometry import Intrinsics
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints.repair import repair_keypoints
from rtpca.keypoints.sides import LIMBS
from rtpca.models import load_checkpoint

APART = (0.0, 0.03, 0.06, 0.1, 0.15, 1.0)
PLACES = (-1.01, -0.6, -0.2, 0.2, 0.6, 1.01)


@dataclass(frozen=True, eq=False)
class Sides:
    """Where two variants disagree about left and right of a limb.

    Attributes:
        exchanged: (F,) the outer two pairs (knee and ankle, elbow and wrist) fit clearly better exchanged.
        known: (F,) both see them.
        apart: (F,) mean distance of left and right of these pairs, in the person's size.
    """

    exchanged: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    apart: Array


def sides(one: Array, other: Array, size_px: float, limb: Sequence[str]) -> Sides:
    """Compare (F, 17, 2) points of two variants."""
    left, right = ([H36M.index(f"{side}_{joint}") for joint in limb[1:]] for side in ("left", "right"))
    own, swapped = [*left, *right], [*right, *left]
    straight = np.linalg.norm(one[:, own] - other[:, own], axis=-1).sum(axis=1) / size_px
    crossed = np.linalg.norm(one[:, own] - other[:, swapped], axis=-1).sum(axis=1) / size_px
    apart = np.linalg.norm(one[:, left] - one[:, right], axis=-1).mean(axis=1) / size_px
    known = np.isfinite(straight)
    with np.errstate(invalid="ignore"):
        exchanged = known & (straight > crossed + 0.02)
    return Sides(exchanged, known, apart)


def put_right(one: Array, other: Array, size_px: float) -> Array:
    """`other` with exchanged limbs as in `one`."""
    result = other.copy()
    for limb in LIMBS:
        when = sides(one, other, size_px, limb).exchanged
        for joint in limb:
            left, right = H36M.index(f"left_{joint}"), H36M.index(f"right_{joint}")
            result[when, left], result[when, right] = other[when, right], other[when, left]
    return result


def lengths(flags: npt.NDArray[np.bool_]) -> list[int]:
    """Lengths of the runs of true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return np.diff(edges.reshape(-1, 2), axis=1).ravel().tolist()


def print_sides(people: Sequence[Person]) -> None:
    """Exchanged limbs: between variants, and in each by its own motion."""
    for limb, name in zip(LIMBS, ("legs", "arms"), strict=True):
        compared = [
            sides(person.points["as it is"], person.points[variant], person.size_px, limb)
            for person in people
            for variant in VARIANTS
            if variant != "as it is"
        ]
        exchanged = np.concatenate([c.exchanged[c.known] for c in compared])
        apart = np.concatenate([c.apart[c.known] for c in compared])
        runs = [length for c in compared for length in lengths(c.exchanged)]
        print(f"\n{name}: two variants disagree about the side in {100 * exchanged.mean():.1f} % of frames")
        if runs:
            print(
                f"{len(runs)} stretches, frames at {people[0].fps:g} per second: median "
                f"{np.median(runs):.0f}, 90 % {np.quantile(runs, 0.9):.0f}, longest {max(runs)}; "
                f"{100 * sum(r for r in runs if r > 9) / sum(runs):.0f} % of these frames in more than 9"
            )
        for low, high in zip(APART, APART[1:], strict=False):
            here = (apart >= low) & (apart < high)
            if here.sum() > 20:
                print(
                    f"  left and right {100 * low:3.0f} to {100 * high:3.0f} % of the size apart: "
                    f"{100 * exchanged[here].mean():5.1f} % of {here.sum()} frames"
                )
    print("\nexchanged by each alone (repair of the lifter), % of frames: legs, arms, stretches")
    checkpoint = load_checkpoint("rtpca-s")
    checkpoint.model.eval()
    for variant in VARIANTS:
        share: list[npt.NDArray[np.bool_]] = []
        for person in people:
            points = person.points[variant].astype(np.float32)
            width, height = (int(side) for side in np.nanmax(points.reshape(-1, 2), axis=0))
            judge = SideJudge(checkpoint, Intrinsics.of_image((width, height), None), person.fps)
            scores = person.scores[variant].astype(np.float32)
            repaired = repair_keypoints(points, scores, person.fps, judge)
            pairs = [H36M.index("left_ankle"), H36M.index("left_wrist")]
            share.append(repaired.exchanged[person.present][:, pairs])
        both = np.concatenate(share)
        runs = sorted(length for part in share for length in lengths(part[:, 0]))
        print(f"{variant:16}{100 * both[:, 0].mean():6.1f}{100 * both[:, 1].mean():6.1f}   {runs}")


def print_depths(people: Sequence[Person]) -> None:
    """Which joints of a limb are exchanged together."""
    for limb, name in zip(LIMBS, ("legs", "arms"), strict=True):
        depths: dict[str, int] = {}
        for person in people:
            base = person.points["as it is"]
            for other in person.points.values():
                flags: list[npt.NDArray[np.bool_]] = []
                for joint in limb:
                    pair = [H36M.index(f"{side}_{joint}") for side in ("left", "right")]
                    straight = np.linalg.norm(base[:, pair] - other[:, pair], axis=-1).sum(axis=1)
                    crossed = np.linalg.norm(base[:, pair] - other[:, pair[::-1]], axis=-1).sum(axis=1)
                    flags.append(straight > crossed + 0.02 * person.size_px)
                for row in np.stack(flags, axis=1):
                    if row.any():
                        which = "+".join(joint for joint, there in zip(limb, row, strict=True) if there)
                        depths[which] = depths.get(which, 0) + 1
        total = max(1, sum(depths.values()))
        parts = (f"{which} {100 * count / total:.0f} %" for which, count in sorted(depths.items()))
        print(f"{name}: exchanged are {', '.join(parts)}")


def print_mixing(people: Sequence[Person]) -> None:
    """How left and right lie to each other where the variants do not agree about them.

    The vector from right to left ankle (wrist) is measured along the direction that the variants share, and
    divided by the longest: 1 is the side of the majority, -1 exchanged, 0 both joints in one place.
    """
    print("\nframes with left and right more than 8 % apart in some variant, of at least five")
    for joint, name in (("ankle", "legs"), ("wrist", "arms")):
        doubtful, sure, wide = [np.empty(0)], [np.empty(0)], 0
        products = {lag: np.zeros(2) for lag in (1, 2, 3)}
        for person in people:
            left, right = (H36M.index(f"{side}_{joint}") for side in ("left", "right"))
            apart = np.stack([(p[:, left] - p[:, right]) / person.size_px for p in person.points.values()])
            known = np.isfinite(apart).all(axis=-1)  # (V, F)
            filled = np.where(known[..., None], apart, 0.0)
            axis = np.linalg.eigh(np.einsum("vfi,vfj->fij", filled, filled))[1][:, :, -1]
            along = np.einsum("vfi,fi->vf", filled, axis)
            along *= np.sign(along.sum(axis=0))
            longest = np.abs(along).max(axis=0)
            use = (known.sum(axis=0) >= 5) & (longest > 0.08)
            place = np.where(known, along / np.maximum(longest, 1e-9), np.nan)
            doubt = use & (np.where(known, place, 1.0).min(axis=0) < -0.3)
            doubtful.append(place[:, doubt][known[:, doubt]])
            sure.append(place[:, use & ~doubt][known[:, use & ~doubt]])
            wide += int(use.sum())
            for lag, sums in products.items():
                one, two = place[:, lag:] - 0.5, place[:, :-lag] - 0.5
                both = np.isfinite(one) & np.isfinite(two) & doubt[lag:] & doubt[:-lag]
                sums += (one * two)[both].sum(), (np.square(one) + np.square(two))[both].sum() / 2
        frames = len(np.concatenate(doubtful)) / max(1, len(np.concatenate(doubtful + sure)))
        print(f"{name}: {100 * frames:.0f} % of {wide} frames are doubtful; places -1, -0.4, 0, 0.4, 1 in %")
        for label, values in (("doubtful", doubtful), ("the others", sure)):
            share = np.histogram(np.concatenate(values), PLACES)[0] / max(1, len(np.concatenate(values)))
            print(f"  {label:12}" + "".join(f"{100 * part:5.0f}" for part in share))
        found = (f"{a / max(b, 1e-9):.2f}" for a, b in products.values())
        print(f"  correlation of the place after 1, 2, 3 frames: {', '.join(found)}")
