"""How wrong MediaPipe's keypoints are on a video, as far as that shows without a truth.

    python benchmarks/detector_errors.py two_people_park.mp4 [--detections FILE.npz]

Needs the extra `mediapipe`. The frames of a video are given to the detector as they are and in variants that
change nothing about the pose: mirrored, smaller, cropped, blurred, noisy, darker. Where two variants
disagree, at least one is wrong; if they are wrong independently, each by 1 / sqrt(2) of the difference. What
all variants do wrong together does not show, so these are lower bounds. Everything is converted to h36m17;
lengths are in percent of the person's size in the picture (larger side of the joints' box, median over a
window), as in `rtpca.data.noise`. Printed are

- jitter: distance of each joint from a cubic through the eight frames around it;
- differences between variants by joint, exchanged sides put right: deviation (from the median), tails,
  correlation over time, the part that is constant over 1.35 s (a window of 27 frames at 20 per second);
- exchanged legs and arms: how often, for how long, and how that depends on how far apart the two limbs are;
- how left and right lie to each other where the variants do not agree about them;
- joints that are missing, and the size of the differences by fifths of the score;
- the same of the errors that `rtpca.data.noise` makes.

`--detections` keeps what the detector found, and reads it the next time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr

from rtpca.data.noise import DetectorNoise, detector_noise, person_size_px
from rtpca.inference.repair import LIMBS, repair_keypoints
from rtpca.skeletons import convert_keypoints, get_skeleton
from rtpca.video.detectors.base import PersonDetection, box_of
from rtpca.video.detectors.mediapipe import MediapipeDetector
from rtpca.video.reader import VideoReader
from rtpca.video.tracking import PersonTracker

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
H36M = get_skeleton("h36m17")
WINDOW_S = 1.35
SAME_PERSON = 0.2
"""Median distance of the joints, in the person's size, up to which two detections show one person."""
TAKEN_OFF_PX = 24
SEEN = 0.1


@dataclass(frozen=True)
class Variant:
    """The same frames, changed.

    Attributes:
        change: What is done to a picture.
        scale: Size of the changed picture against the original.
        shift_px: Where its upper left corner lies in the original, x and y.
        mirrored: Whether left and right are exchanged.
    """

    change: Callable[[Image], Image]
    scale: float = 1.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False

    def back(self, found: Array, width: int) -> Array:
        """Keypoints (J, 3) of a changed picture in the original one."""
        result = found.copy()
        result[:, :2] = found[:, :2] / self.scale + self.shift_px
        if self.mirrored:
            result[:, 0] = width - result[:, 0]
            result = result[list(get_skeleton(MediapipeDetector.skeleton).mirror)]
        return result


def _resized(scale: float) -> Variant:
    def change(image: Image) -> Image:
        return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    return Variant(change, scale)


def _noisy(image: Image) -> Image:
    rng = np.random.default_rng(int(image[::97, ::89].sum()))
    return np.clip(image + rng.normal(0, 15, image.shape), 0, 255).astype(np.uint8)


VARIANTS = {
    "as it is": Variant(lambda image: image),
    "mirrored": Variant(lambda image: np.ascontiguousarray(image[:, ::-1]), mirrored=True),
    "smaller": _resized(0.75),
    "half": _resized(0.5),
    "cropped left": Variant(lambda image: image[:, TAKEN_OFF_PX:], shift_px=(TAKEN_OFF_PX, 0)),
    "cropped below": Variant(lambda image: image[:-TAKEN_OFF_PX, :-TAKEN_OFF_PX]),
    "blurred": Variant(lambda image: cv2.GaussianBlur(image, (0, 0), 3.0)),
    "noisy": Variant(_noisy),
    "darker": Variant(lambda image: (image * 0.5).astype(np.uint8)),
}

Found = list[list[Array]]
"""For each frame, the (33, 3) keypoints and scores of every person."""


def detect(path: Path) -> tuple[dict[str, Found], float, tuple[int, int]]:
    """What is found in every variant, in pixels of the original; frame rate; width and height."""
    detectors = {name: MediapipeDetector() for name in VARIANTS}
    found: dict[str, Found] = {name: [] for name in VARIANTS}
    size = (0, 0)
    with VideoReader(path) as video:
        fps = float(video.rates[0])
        for frame in video:
            size = (frame.image.shape[1], frame.image.shape[0])
            for name, variant in VARIANTS.items():
                people = detectors[name](np.ascontiguousarray(variant.change(frame.image)), frame.time_s)
                found[name].append(
                    [
                        variant.back(np.column_stack((p.keypoints_px, p.scores)).astype(np.float64), size[0])
                        for p in people
                    ]
                )
    for detector in detectors.values():
        detector.close()
    return found, fps, size


def kept(path: Path, store: Path | None) -> tuple[dict[str, Found], float, tuple[int, int]]:
    """As `detect`, from the file if it is there."""
    if store is None or not store.exists():
        found, fps, size = detect(path)
        if store is not None:
            rows = [
                (number, frame, *person.ravel())
                for number, name in enumerate(VARIANTS)
                for frame, people in enumerate(found[name])
                for person in people
            ]
            np.savez_compressed(store, rows=np.array(rows), frames=len(found["as it is"]), fps=fps, size=size)
        return found, fps, size
    with np.load(store) as file:
        found = {name: [[] for _ in range(int(file["frames"]))] for name in VARIANTS}
        names = list(VARIANTS)
        for row in file["rows"]:
            found[names[int(row[0])]][int(row[1])].append(row[2:].reshape(-1, 3))
        return found, float(file["fps"]), (int(file["size"][0]), int(file["size"][1]))


@dataclass(frozen=True, eq=False)
class Person:
    """One person as the variants see them, h36m17.

    Attributes:
        points: variant -> (F, 17, 2) pixels; NaN where missing.
        scores: variant -> (F, 17), 0 where missing.
        size_px: Size of the person, median over the frames.
        fps: Frame rate.
        present: (F,) frames between the first and the last one in which the person is found.
    """

    points: dict[str, Array]
    scores: dict[str, Array]
    size_px: float
    fps: float
    present: npt.NDArray[np.bool_]


def people_of(found: dict[str, Found], fps: float) -> Iterator[Person]:
    """Follow the people of the unchanged frames, and find them again in the variants."""
    frames = len(found["as it is"])
    tracker = PersonTracker(fps)
    for index, people in enumerate(found["as it is"]):
        tracker.update(index, [_detection(person) for person in people])
    tracks, _ = tracker.finish(frames)
    for track in tracks:
        base = np.concatenate([track.keypoints_px, track.scores[..., None]], axis=-1).astype(np.float64)
        points: dict[str, Array] = {}
        scores: dict[str, Array] = {}
        for name in VARIANTS:
            same = base if name == "as it is" else _found_again(base, found[name])
            converted = convert_keypoints(
                same[..., :2], same[..., 2], get_skeleton(MediapipeDetector.skeleton), "h36m17"
            )
            seen = (converted.scores > SEEN) & np.isfinite(converted.keypoints).all(-1)
            points[name] = np.where(seen[..., None], converted.keypoints, np.nan).astype(np.float64)
            scores[name] = np.where(seen, converted.scores, 0.0)
        there = np.flatnonzero((scores["as it is"] > 0).any(axis=1))
        present = np.zeros(frames, dtype=bool)
        present[there[0] : there[-1] + 1] = True
        yield Person(points, scores, float(np.median(_sizes(points["as it is"][there]))), fps, present)


def _detection(person: Array) -> PersonDetection:
    points, scores = person[:, :2].astype(np.float32), person[:, 2].astype(np.float32)
    return PersonDetection(points, scores, box_of(points, np.where(scores > SEEN, scores, 0)))


def _found_again(base: Array, found: Found) -> Array:
    """(F, 33, 3) the detection nearest to the base in each frame, sides exchanged or not; NaN if none is."""
    mirror = list(get_skeleton(MediapipeDetector.skeleton).mirror)
    result = np.full(base.shape, np.nan)
    result[..., 2] = 0
    for index, people in enumerate(found):
        best = SAME_PERSON
        size = _sizes(base[index][None, :, :2])[0]
        for person in people:
            for labels in (person, person[mirror]):
                away = np.linalg.norm(labels[:, :2] - base[index, :, :2], axis=1)
                distance = np.nanmedian(away) / size if np.isfinite(away).any() else np.inf
                if distance < best:
                    best, result[index] = distance, person
    return result


def _sizes(points: Array) -> Array:
    """(F,) larger side of the joints' box."""
    with np.errstate(invalid="ignore"):
        empty = ~np.isfinite(points).any(axis=(1, 2))
        filled = np.where(empty[:, None, None], 0.0, points)
        return (np.nanmax(filled, axis=1) - np.nanmin(filled, axis=1)).max(axis=1)


def deviation(values: Array) -> float:
    """Standard deviation of a Gaussian with the same median of absolute values."""
    return float(1.4826 * np.nanmedian(np.abs(values)))


# Jitter


def jitter(points: Array) -> Array:
    """(F - 8, J, 2) distance from the cubic through the eight frames around each.

    The residual of a white error has sqrt(1 + sum of squared weights) times its deviation; divided out.
    """
    offsets = np.array([-4, -3, -2, -1, 1, 2, 3, 4], dtype=np.float64)
    weights = np.linalg.pinv(np.vander(offsets, 4, increasing=True))[0]
    around = sum(
        weight * points[4 + int(offset) : len(points) - 4 + int(offset)]
        for weight, offset in zip(weights, offsets, strict=True)
    )
    return (points[4:-4] - around) / np.sqrt(1 + np.square(weights).sum())


# Exchanged sides


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


# Tables


def print_jitter(people: Sequence[Person]) -> None:
    """Deviation, tail and correlation by joint, of the unchanged frames."""
    print("\njitter, % of the person's size: deviation per axis, 90 % and 99 % of the distances")
    joints: list[list[Array]] = [[] for _ in H36M.joints]
    for person in people:
        rest = 100 * jitter(person.points["as it is"]) / person.size_px
        for joint in range(17):
            joints[joint].append(rest[:, joint])
    for joint, parts in enumerate(joints):
        values = np.concatenate(parts)
        distance = np.linalg.norm(values, axis=-1)
        print(
            f"{H36M.joints[joint]:16}{deviation(values):7.2f}"
            f"{np.nanquantile(distance, 0.9):7.2f}{np.nanquantile(distance, 0.99):7.2f}"
        )


def print_differences(people: Sequence[Person]) -> None:
    """Differences between variants by joint and by variant."""
    rows: list[Array] = []  # (F, 17, 2) by person and variant
    by_variant: dict[str, list[Array]] = {}
    for person in people:
        base = person.points["as it is"]
        for name in VARIANTS:
            if name == "as it is":
                continue
            other = put_right(base, person.points[name], person.size_px)
            difference = 100 * (other - base) / person.size_px / np.sqrt(2)
            rows.append(difference)
            by_variant.setdefault(name, []).append(difference)
    print("\nerror of one from differences, % of the person's size, by variant: deviation per axis,")
    print("50 %, 90 %, 99 % of the distances")
    for name, parts in by_variant.items():
        _print_spread(name, np.concatenate(parts))
    print("\nby joint")
    for joint, name in enumerate(H36M.joints):
        _print_spread(name, np.concatenate([row[:, joint] for row in rows]))
    every = np.concatenate([row.reshape(-1, 2) for row in rows])
    _print_spread("all", every)
    known = every[np.isfinite(every)]
    print(f"kurtosis {np.mean(known**4) / np.mean(known**2) ** 2:.1f} (Gaussian: 3)")
    fps = people[0].fps
    window = round(WINDOW_S * fps)
    total, constant = 0.0, 0.0
    for row in rows:
        for start in range(0, len(row) - window + 1, window):
            part = row[start : start + window]
            enough = np.isfinite(part).all(axis=(0, 2))
            part = np.clip(part[:, enough], -5, 5)  # single wild values shall not decide
            total += float(np.square(part).mean(axis=0).sum())
            constant += float(np.square(part.mean(axis=0)).sum())
    print(f"share of the variance that is constant over {WINDOW_S} s: {constant / total:.2f}")
    for lag in (1, 2, 3, 5, 10, 20, 30):
        product, power = 0.0, 0.0
        for row in rows:
            a, b = np.clip(row[lag:], -5, 5), np.clip(row[:-lag], -5, 5)
            both = np.isfinite(a) & np.isfinite(b)
            product += float((a[both] * b[both]).sum())
            power += float((np.square(a[both]) + np.square(b[both])).sum() / 2)
        print(f"correlation after {1000 * lag / fps:4.0f} ms: {product / power:.2f}")
    joint_level = np.array([np.nanmedian(np.abs(np.concatenate([r[:, j] for r in rows]))) for j in range(17)])
    print_hardness(rows, joint_level)
    print("relative to the median joint:", " ".join(f"{v:.2f}" for v in joint_level / np.median(joint_level)))
    print("how the level of 1.35 s varies: deviation of its logarithm, by person, variant and window")
    levels = [
        np.log(np.nanmedian(np.abs(row[s : s + window]) / joint_level[:, None]) + 1e-3)
        for row in rows
        for s in range(0, len(row) - window + 1, window)
        if np.isfinite(row[s : s + window]).mean() > 0.5
    ]
    print(
        f"{np.std(levels):.2f}, from {np.exp(np.quantile(levels, 0.05)):.2f} to "
        f"{np.exp(np.quantile(levels, 0.95)):.2f} of the median (5 and 95 %)"
    )


def _print_spread(name: str, values: Array) -> None:
    distance = np.linalg.norm(values, axis=-1)
    quantiles = "".join(f"{np.nanquantile(distance, q):7.2f}" for q in (0.5, 0.9, 0.99))
    print(f"{name:16}{deviation(values):7.2f}{quantiles}")


APART = (0.0, 0.03, 0.06, 0.1, 0.15, 1.0)


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
    print(
        "\nexchanged by the motion of each alone (repair of the lifter), % of frames: legs, arms, stretches"
    )
    for variant in VARIANTS:
        share: list[npt.NDArray[np.bool_]] = []
        for person in people:
            points = person.points[variant].astype(np.float32)
            repaired = repair_keypoints(points, person.scores[variant].astype(np.float32), person.fps)
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


PLACES = (-1.01, -0.6, -0.2, 0.2, 0.6, 1.01)


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


def print_hardness(rows: Sequence[Array], joint_level: Array) -> None:
    """How the logarithm of the error size goes with time and with the other joints."""
    size = [np.log(np.linalg.norm(row, axis=-1) / joint_level + 0.05) for row in rows]
    print(
        f"logarithm of the error: deviation {np.nanstd(np.concatenate(size)):.2f}; correlation over time",
        end="",
    )
    for lag in (1, 3, 10, 20):
        pairs = np.concatenate([np.stack([s[lag:].ravel(), s[:-lag].ravel()]) for s in size], axis=1)
        pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
        print(f" {np.corrcoef(pairs)[0, 1]:.2f} ({lag} frames)", end="")
    full = np.concatenate([s[np.isfinite(s).all(axis=1)] for s in size])
    between = np.corrcoef(full.T)[np.triu_indices(full.shape[1], 1)].mean()
    print(f", between joints of a frame {between:.2f}")


def print_model() -> None:
    """The same figures of `DetectorNoise`, every window noisy, no exchanged sides."""
    config = DetectorNoise(clean_share=0.0, swap_share=0.0, drop_share=0.0)
    place = torch.linspace(0, 1, 17)
    person = torch.stack([100 * torch.sin(9 * place), 100 * place], -1).expand(4000, 27, 17, 2)
    person = person / person_size_px(person)[:, None, None, None]
    found, _ = detector_noise(person, config, torch.Generator().manual_seed(0))
    error = 100 * (found - person).numpy().astype(np.float64)
    print(
        "\nthe model's errors, constant part included: deviation per axis, 50 %, 90 %, 99 % of the distances"
    )
    for joint, name in enumerate(H36M.joints):
        _print_spread(name, error[:, :, joint])
    _print_spread("all", error)
    moving = error - error.mean(axis=1, keepdims=True)
    _print_spread("less its mean", moving)
    print_hardness(list(error), np.median(np.abs(error), axis=(0, 1, 3)))


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


def main() -> None:
    """Detect, compare and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("video", type=Path)
    parser.add_argument("--detections", type=Path, metavar="FILE.npz")
    arguments = parser.parse_args()
    found, fps, size = kept(arguments.video, arguments.detections)
    people = list(people_of(found, fps))
    print(
        f"{arguments.video.name}: {len(found['as it is'])} frames, {size[0]} x {size[1]}, {fps:g} per second"
    )
    for number, person in enumerate(people):
        frames = int(person.present.sum())
        print(f"person {number}: {frames} frames, {person.size_px:.0f} px tall")
    print_jitter(people)
    print_differences(people)
    print_sides(people)
    print_depths(people)
    print_mixing(people)
    print_missing(people)
    print_model()


if __name__ == "__main__":
    main()
