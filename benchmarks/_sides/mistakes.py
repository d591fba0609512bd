"""Mistakes about left and right, put into films: by kind, by length, and those of a modelled detector."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from _sides.films import H36M, Film
from rtpca.data.noise import DetectorNoise, detector_noise, detector_noise_of_clips

PAIRS = {
    name: (H36M.index(f"left_{name}"), H36M.index(f"right_{name}"))
    for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
}
LEGS, ARMS = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
KINDS: dict[str, tuple[str, ...]] = {
    "hips": ("hip",),
    "knees": ("knee",),
    "ankles": ("ankle",),
    "shoulders": ("shoulder",),
    "elbows": ("elbow",),
    "wrists": ("wrist",),
    "hips and knees": ("hip", "knee"),
    "knees and ankles": ("knee", "ankle"),
    "elbows and wrists": ("elbow", "wrist"),
    "legs": LEGS,
    "arms": ARMS,
    "whole body": LEGS + ARMS,
}
NOTHING, ONE_PLACE, STEADY, UNSTEADY = "nothing", "both on one side", "detector, steady", "detector, unsteady"
EXTENTS: dict[str, tuple[float, float]] = {
    "0.1 to 0.4 s": (0.1, 0.4),
    "0.4 to 1.5 s": (0.4, 1.5),
}
"""Seconds; beside these: one frame, half, most and all of a film."""
SHARES = {"half": (0.4, 0.6), "most": (0.6, 0.95), "all": (1.0, 1.0)}

APART = 0.03
"""Of the person's size: what lies nearer than that is in one place."""

QUIET = DetectorNoise(
    clean_share=0.0,
    sigma_range=(0.0, 0.0),
    spike_rate=0.0,
    swap_share=0.0,
    drop_share=0.0,
    score_jitter=0.0,
)
"""No errors at all."""
ERRORS = DetectorNoise(clean_share=0.0, swap_share=0.0)
"""All that a detector does but for confusing sides."""
_CONFUSED = replace(QUIET, swap_share=1.0)


@dataclass(frozen=True, eq=False)
class Spoilt:
    """A film with mistakes.

    Attributes:
        film: As it is.
        kind: Which joints: a key of `KINDS`, or one of the four beside them.
        extent: For how long.
        errors: With the other errors of a detector.
        right_px: (F, 17, 2) pixels with other errors but with the right sides; NaN where missing.
        points_px: (F, 17, 2) pixels; NaN where missing.
        scores: (F, 17).
        exchanged: (F, 17) left and right are exchanged here.
    """

    film: Film
    kind: str
    extent: str
    errors: bool
    right_px: np.ndarray
    points_px: np.ndarray
    scores: np.ndarray
    exchanged: np.ndarray

    def better_exchanged(self) -> np.ndarray:
        """(F, 17) 1 where a joint comes nearer to its place if left and right are exchanged, -1 if farther.

        By at least `APART` of the person's size; 0 where it makes no such difference. Of joints that a
        detector puts between left and right, too, it is the place that counts.
        """
        with np.errstate(invalid="ignore"):
            off, off_exchanged = (
                np.linalg.norm(points - self.right_px, axis=-1)
                for points in (self.points_px, self.points_px[:, list(H36M.mirror)])
            )
            nearer = (off - off_exchanged) / self.film.size_px
        return (nearer > APART).astype(np.int8) - (nearer < -APART)


def spoil(film: Film, kind: str, extent: str, errors: bool, rng: np.random.Generator) -> Spoilt:
    """Put one kind of mistake into a film."""
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 31)))
    size = film.camera.intrinsics.image_size[None]
    clean = torch.from_numpy(film.points_px)[None]
    noise = ERRORS if errors else QUIET
    right, scores = (v[0].numpy() for v in detector_noise_of_clips(clean, noise, generator, size))
    points, scores = right.copy(), scores.copy()
    exchanged = np.zeros(scores.shape, dtype=bool)
    mirror = list(H36M.mirror)
    when = _stretch(extent, film, rng)
    if kind in KINDS:
        for name in KINDS[kind]:
            exchanged[when, PAIRS[name][0]] = exchanged[when, PAIRS[name][1]] = True
    elif kind == ONE_PLACE:
        limb = LEGS[1:] if rng.random() < 0.7 else ARMS[1:]
        side = int(rng.integers(2))
        for name in limb:
            wrong, other = PAIRS[name][side], PAIRS[name][1 - side]
            jitter = 0.01 * film.size_px * rng.normal(size=points[when, wrong].shape)
            points[when, wrong], scores[when, wrong] = points[when, other] + jitter, scores[when, other]
    elif kind in (STEADY, UNSTEADY):
        config = replace(_CONFUSED, swap_steady_share=1.0 if kind == STEADY else 0.0)
        found = detector_noise(clean, config, generator, size)[0][0].numpy()
        moved = (found != film.points_px).any(axis=-1)
        exchanged = moved & (found == film.points_px[:, mirror]).all(axis=-1)
        between = moved & ~exchanged
        points[between] += (found - film.points_px)[between]
    points[exchanged] = right[:, mirror][exchanged]
    scores[exchanged] = scores[:, mirror][exchanged]
    return Spoilt(film, kind, extent, errors, right, points.astype(np.float32), scores, exchanged)


def _stretch(extent: str, film: Film, rng: np.random.Generator) -> slice:
    """Frames of a film; a part of it that may lie at its ends."""
    frames = len(film.points_px)
    if extent == "one frame":
        length = 1
    elif extent in EXTENTS:
        length = round(rng.uniform(*EXTENTS[extent]) * film.fps)
    else:
        length = round(rng.uniform(*SHARES[extent]) * frames)
    length = min(max(1, length), frames)
    first = int(rng.integers(frames - length + 1))
    return slice(first, first + length)
