"""How large the errors are, how they go with time and with each other: the detector's and the model's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from _detector_errors.people import H36M, Person
from _detector_errors.sides import put_right
from _detector_errors.variants import VARIANTS, Array
from rtpca.data.noise import DetectorNoise, detector_noise, person_size_px

WINDOW_S = 1.35


def deviation(values: Array) -> float:
    """Standard deviation of a Gaussian with the same median of absolute values."""
    return float(1.4826 * np.nanmedian(np.abs(values)))


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


def _print_spread(name: str, values: Array) -> None:
    distance = np.linalg.norm(values, axis=-1)
    quantiles = "".join(f"{np.nanquantile(distance, q):7.2f}" for q in (0.5, 0.9, 0.99))
    print(f"{name:16}{deviation(values):7.2f}{quantiles}")


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
