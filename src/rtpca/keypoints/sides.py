"""What the image says about left and right of a clip: when labels change over, and which neighbours agree.

Motion finds the frames in which the labels of a pair of joints change over (`rtpca.keypoints.continuity`).
Which are right is told by the lines from right to left of neighbouring pairs, hips and knees or hips and
shoulders, which mostly point the same way. Both together make a proposal, and answers that the image leaves
open; which of them holds is for `rtpca.keypoints.verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray, IntArray
from rtpca.keypoints.continuity import STATES, LimbMotion
from rtpca.skeletons import get_skeleton

LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
"""Pairs of joints of legs and arms, from the body outwards."""
_SKELETON = get_skeleton("h36m17")
PAIRS: IntArray = np.array(
    [[_SKELETON.index(f"{side}_{joint}") for side in ("left", "right")] for limb in LIMBS for joint in limb]
)
"""(6, 2) left and right joint of each pair."""
_LIMB_PAIRS = ((0, 3), (3, 6))
# Neighbouring pairs, and the pairs of a limb, or of both, on either side of each link.
_LINKS = ((0, 1), (1, 2), (3, 4), (4, 5), (0, 3))
_BESIDE = (((0,), (1, 2)), ((0, 1), (2,)), ((3,), (4, 5)), ((3, 4), (5,)), ((0, 1, 2), (3, 4, 5)))
_TRUNK = 4
_NEAR, _FAR = np.array(_LINKS).T

_LINK_COST_PER_S = 250.0
_LINK_RANGE = (-0.02, 0.05)
"""Pairs that point against each other speak no louder than that: legs may be crossed."""
_OTHER_PARTS = 3


@dataclass(frozen=True)
class Stretch:
    """Neighbouring frames in which pairs of a limb, or of both limbs, are exchanged.

    Attributes:
        first: Its first frame.
        last: The frame after its last.
        pairs: The first of `PAIRS` that it is about, and the one after the last.
    """

    first: int
    last: int
    pairs: tuple[int, int]

    @property
    def place(self) -> tuple[slice, slice]:
        """Where it is in an array (F, 6)."""
        return slice(self.first, self.last), slice(*self.pairs)


def with_exchanged(
    points_px: FloatArray, scores: FloatArray, exchanged: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Copies of points (..., 17, 2) and scores (..., 17) with the pairs (..., 6) exchanged."""
    source = np.broadcast_to(np.arange(scores.shape[-1]), scores.shape).copy()
    for pair, (left, right) in enumerate(PAIRS):
        source[..., left] = np.where(exchanged[..., pair], right, left)
        source[..., right] = np.where(exchanged[..., pair], left, right)
    points = np.take_along_axis(points_px, source[..., None], axis=-2)
    return points, np.take_along_axis(scores, source, axis=-1)


def stretches(exchanged: BoolArray) -> list[Stretch]:
    """The stretches of (F, 6) exchanged pairs; of both limbs together where they begin and end together."""
    legs, arms = (_runs(exchanged[:, slice(*limb)]) for limb in _LIMB_PAIRS)
    both = set(legs) & set(arms)
    found = [Stretch(*run, (0, len(PAIRS))) for run in both]
    for limb, runs in zip(_LIMB_PAIRS, (legs, arms), strict=True):
        found += [Stretch(*run, limb) for run in runs if run not in both]
    return sorted(found, key=lambda stretch: (stretch.first, stretch.pairs))


def _runs(exchanged: BoolArray) -> list[tuple[int, int]]:
    """First frame, and the frame after the last, of each run of frames with any of the pairs (F, P)."""
    edges = np.flatnonzero(np.diff(exchanged.any(axis=1).astype(np.int8), prepend=0, append=0))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


class ImageSigns:
    """What the image of one person says about sides.

    Attributes:
        seen: (F, 6) both joints of the pair are there.
        links: (F, 5) how much linked pairs point the same way: the product of their lines from right to
            left, in units of the person's size; 0 where not seen.
    """

    def __init__(self, points_px: FloatArray, scores: FloatArray, size_px: float, fps: float) -> None:
        """Look at a clip.

        Args:
            points_px: (F, 17, 2) h36m17 joints in pixels, anything where the score is 0.
            scores: (F, 17), 0 where missing.
            size_px: Size of the person in the image.
            fps: Frames per second.
        """
        points, pair_scores = points_px[:, PAIRS] / size_px, scores[:, PAIRS]  # (F, 6, 2, 2), (F, 6, 2)
        self._fps = fps
        self.seen: BoolArray = np.asarray(
            (pair_scores > 0).all(axis=2) & np.isfinite(points).all(axis=(2, 3))
        )
        across = np.where(self.seen[..., None], points[:, :, 0] - points[:, :, 1], 0)
        self.links = (across[:, _NEAR] * across[:, _FAR]).sum(axis=-1)
        self._linked = self.seen[:, _NEAR] & self.seen[:, _FAR]
        self._motion = [
            LimbMotion.of(points[:, limb], pair_scores[:, limb], self.seen[:, limb], fps)
            for limb in (slice(*pairs) for pairs in _LIMB_PAIRS)
        ]

    def proposal(self) -> BoolArray:
        """(F, 6) exchanged pairs by the motion and the links of each limb by itself."""
        exchanged = np.zeros(self.seen.shape, dtype=bool)
        crossed: IntArray = np.stack([STATES[:, 0] ^ STATES[:, 1], STATES[:, 1] ^ STATES[:, 2]])  # (2, 8)
        for number, motion in enumerate(self._motion):
            agree = np.clip(self.links[motion.frames, 2 * number : 2 * number + 2], *_LINK_RANGE)
            cost = _LINK_COST_PER_S * agree.astype(np.float64) @ crossed
            exchanged[motion.frames, 3 * number : 3 * number + 3] = motion.likeliest(cost, self._fps)
        # A pair of which one joint is missing has the sides of the frames before and after.
        for pair in range(len(PAIRS)):
            known = np.flatnonzero(self.seen[:, pair])
            if known.size:
                place = np.searchsorted(known, np.arange(len(exchanged)))
                after = known[np.minimum(place, len(known) - 1)]
                before = np.where(self.seen[:, pair], after, known[np.maximum(place - 1, 0)])
                exchanged[:, pair] = exchanged[before, pair] & exchanged[after, pair]
        return exchanged

    def motion_gain(self, exchanged: BoolArray) -> FloatArray:
        """(F, 2) how much likelier legs and arms move with exchanged pairs (F, 6) than as they are."""
        return np.stack(
            [motion.gain(exchanged[:, 3 * k : 3 * k + 3]) for k, motion in enumerate(self._motion)], axis=1
        )

    def links_with(self, exchanged: BoolArray) -> FloatArray:
        """(F, 5) `links` with pairs (F, 6) exchanged."""
        return np.where(exchanged[:, _NEAR] ^ exchanged[:, _FAR], -self.links, self.links)

    def turned_links(self, exchanged: BoolArray, flips: BoolArray, first: int) -> float:
        """How much the links that a change turns pointed the same way before, mean over its frames.

        Args:
            exchanged: (N, 6) pairs that are exchanged before, from frame `first` on.
            flips: (N, 6) those that change.
            first: The first of its frames.
        """
        links = self.links[first : first + len(flips)]
        before = np.where(exchanged[:, _NEAR] ^ exchanged[:, _FAR], -links, links)
        return float(np.where(flips[:, _NEAR] ^ flips[:, _FAR], before, 0).sum(axis=1).mean())

    def agreement(self, exchanged: BoolArray) -> DoubleArray:
        """(5,) mean of `links_with` over the frames that show a link; 0 for links that are never seen."""
        total = self.links_with(exchanged).sum(axis=0, dtype=np.float64)
        return total / np.maximum(self._linked.sum(axis=0), 1)

    def answers(self, exchanged: BoolArray, proposal: BoolArray) -> list[BoolArray]:
        """What the image leaves open.

        Args:
            exchanged: (F, 6) pairs of which it is likely that they are exchanged.
            proposal: (F, 6) from `proposal`, of which they are a part.

        Returns:
            (F, 6) each, `exchanged` first; alone where links agree and nothing changes over.
        """
        answers = {exchanged.tobytes(): exchanged}

        def add(pairs: BoolArray, changes: BoolArray = exchanged) -> None:
            answer = changes ^ pairs
            answers.setdefault(answer.tobytes(), answer)

        agreement = self.agreement(exchanged)
        turned = np.zeros(len(PAIRS), dtype=bool)
        for link in (_TRUNK, 0, 1, 2, 3):
            near, far = _LINKS[link]
            turned[far] = turned[near] ^ (agreement[link] < 0)
        if turned.any():
            add(min(turned, ~turned, key=lambda pairs: int((exchanged ^ pairs).sum())))
        for link, parts in enumerate(_BESIDE):
            if agreement[link] < 0:
                for part in parts:
                    add(np.isin(np.arange(len(PAIRS)), part))
        # The labels of another part of the clip, instead of those of the longest, may be the right ones; then
        # stretches of the longest part were not found to be better with them.
        for changes in (exchanged, proposal):
            patterns, counts = np.unique(changes, axis=0, return_counts=True)
            for index in np.argsort(-counts, kind="stable")[: _OTHER_PARTS + 1]:
                if patterns[index].any():
                    add(patterns[index], changes)
        return list(answers.values())
