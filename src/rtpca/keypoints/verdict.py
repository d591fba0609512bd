"""Which sides are exchanged: what the image proposes, where the body in 3D agrees.

Every question has one form: do the labels of some pairs change over in some frames? Signs speak about it: how
well the body that is lifted from either labels fits the keypoints, how large the network takes its errors to
be, whether neighbouring pairs point the same way, how the joints move, and whether the frames reach an end of
the clip, so that nobody saw the labels change back. The question is asked about each stretch of the image's
proposal by itself, then about what the image leaves open, where answers compete. What the image decides alone
is not lifted. What is not likely enough stays as it is, with a doubt.

The weights of the signs are fitted to films of the validation split (`tools/fit_sides.py`);
`benchmarks/sides.py` measures what comes of them on the test split.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple, Protocol

import numpy as np

from rtpca.arrays import AnyFloatArray, BoolArray, FloatArray, IntArray
from rtpca.keypoints.sides import PAIRS, ImageSigns, stretches, with_exchanged

_STRETCHES_AT_LEAST, _FRAMES_PER_STRETCH = 6, 40
"""So many stretches of a clip are lifted, and one more for so many frames."""
_WINDOWS = 4
"""A change is looked at in so many windows at most, spread over its frames."""
_AT_ONCE = 16
_SMALLEST_MISS = 0.002
_LOUDEST = (1.5, 0.3, 0.02, 100.0)
"""No sign speaks louder, of miss, radius, links and motion; so none decides alone."""
_SILENT_LINKS = 0.005
_CERTAIN, _UNLIKELY = 3.0, -2.0
"""Log odds from which on, and up to which, the image decides alone."""
_SURE = 0.72
"""What is put right is at least so likely."""
_NO_DOUBT = 0.05


class Judge(Protocol):
    """Somebody who knows how bodies move, and looks at windows of keypoints."""

    def window(self, middle: int, frames: int) -> IntArray:
        """(W,) frames that are looked at of a clip of so many frames, round one of them."""
        ...

    def __call__(self, points_px: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Look at windows (N, W, 17, 2) with scores (N, W, 17).

        Returns:
            (N, W, 17) pixels between each keypoint and the body that fits, NaN where there is no keypoint,
            and (N, W, 17) how large the errors of that body are expected to be, on any scale above 0.
        """
        ...


@dataclass(frozen=True, eq=False)
class Sides:
    """What is known about the sides of a clip.

    Attributes:
        exchanged: (F, 6) pairs that are exchanged.
        doubt: (F, 6) how likely it is that this is wrong; 0 where that is not worth a word.
    """

    exchanged: BoolArray
    doubt: FloatArray


@dataclass(frozen=True, eq=False)
class Change:
    """Pairs that change sides, and what the image says about it.

    Attributes:
        first: The first frame in which any does.
        flips: (N, 6) which do, in that frame and those after it.
        links: How much the links that they turn pointed the same way before, mean over these frames.
        motion: How much likelier the motion is afterwards, for each pair of joints.
        ends: How many ends of the clip they reach.
        torn: The labels change over again before or after so few frames that what lies between may as well
            be what is exchanged.
    """

    first: int
    flips: BoolArray
    links: float
    motion: float
    ends: int
    torn: bool = False

    @property
    def last(self) -> int:
        """The frame after the last."""
        return self.first + len(self.flips)

    @property
    def frames(self) -> slice:
        """The frames from the first to the last."""
        return slice(self.first, self.last)

    @property
    def ambiguous(self) -> bool:
        """Other frames may as well be those that are exchanged, and no sign tells which.

        So it is where the labels hardly rest and links are silent; and of a whole body, which looks like its
        mirror image in depth, where nobody saw one of both labels give way and come back.
        """
        whole = bool(self.flips.all(axis=1).any())
        return (whole and self.ends > 0) or (self.torn and self.links > -_SILENT_LINKS)


class Rise(NamedTuple):
    """How much a change raises the logarithms of a judge's mean miss and radius in its frames.

    Mean over windows, times the root of their number: the more agree, the more it is worth.
    """

    miss: float
    radius: float


def signs_of(change: Change, rise: Rise | None = None) -> tuple[float, ...]:
    """The numbers that `log_odds` weighs: those of the image, and if a judge looked, first the judge's."""
    links, motion = (
        _limited(*each) for each in zip((change.links, change.motion), _LOUDEST[2:], strict=True)
    )
    return (*(rise or ()), links, motion, float(change.ends), 1.0)


def log_odds(change: Change, rise: Rise | None = None) -> float:
    """That a change is right."""
    weights = _weights()["judge" if rise else "image"]
    odds = sum(weight * sign for weight, sign in zip(weights, signs_of(change, rise), strict=True))
    return min(odds, 0.0) if change.ambiguous else odds


@cache
def _weights() -> dict[str, list[float]]:
    text = (resources.files("rtpca") / "assets" / "sides.json").read_text(encoding="utf-8")
    return json.loads(text)["weights"]


def judged_sides(
    points_px: FloatArray, scores: FloatArray, size_px: float, fps: float, judge: Judge
) -> Sides:
    """Find exchanged sides.

    Args:
        points_px: (F, 17, 2) h36m17 joints in pixels, anything where the score is 0.
        scores: (F, 17), 0 where missing.
        size_px: Size of the person in the image.
        fps: Frames per second.
        judge: Who looks at the body in 3D.
    """
    trial = Trial(points_px, scores, size_px, fps, judge)
    proposal = trial.signs.proposal()
    sides = trial.answered(trial.verified(proposal), proposal)
    return Sides(sides.exchanged, np.where(sides.doubt < _NO_DOUBT, 0, sides.doubt))


class Trial:
    """A clip before its judge."""

    def __init__(
        self, points_px: FloatArray, scores: FloatArray, size_px: float, fps: float, judge: Judge
    ) -> None:
        """As `judged_sides`."""
        self.signs = ImageSigns(points_px, scores, size_px, fps)
        self._points, self._scores, self._size, self._judge = points_px, scores, size_px, judge

    def stretches(self, proposal: BoolArray) -> list[Change]:
        """Each stretch of a proposal (F, 6), as a change from the labels without it."""
        gain = self.signs.motion_gain(proposal)
        changes: list[Change] = []
        used = [np.flatnonzero(proposal[:, limb].any(axis=1)) for limb in (slice(0, 3), slice(3, 6))]
        for stretch in stretches(proposal):
            frames, pairs = stretch.place
            flips = np.zeros((stretch.last - stretch.first, len(PAIRS)), dtype=bool)
            flips[:, pairs] = proposal[stretch.place]
            # Changes show one frame beyond its ends.
            beyond = slice(max(0, stretch.first - 1), stretch.last + 1)
            limbs = slice(pairs.start // 3, pairs.stop // 3)
            before = proposal[frames] ^ flips
            rest = min(_rest(frames_used, stretch.first, stretch.last) for frames_used in used[limbs])
            changes.append(
                self._change(
                    stretch.first,
                    flips,
                    before,
                    gain[beyond, limbs],
                    torn=rest <= stretch.last - stretch.first,
                )
            )
        return changes

    def answers(self, exchanged: BoolArray, proposal: BoolArray) -> list[Change]:
        """What the image leaves open, as changes of labels (F, 6) that are part of a proposal."""
        gain = self.signs.motion_gain(exchanged)
        changes: list[Change] = []
        for answer in self.signs.answers(exchanged, proposal)[1:]:
            flips = answer ^ exchanged
            rows = np.flatnonzero(flips.any(axis=1))
            frames = slice(rows[0], rows[-1] + 1)
            gained = self.signs.motion_gain(answer) - gain
            changes.append(self._change(int(rows[0]), flips[frames], exchanged[frames], gained))
        return changes

    def _change(
        self, first: int, flips: BoolArray, before: BoolArray, gain: FloatArray, *, torn: bool = False
    ) -> Change:
        return Change(
            first,
            flips,
            links=self.signs.turned_links(before, flips, first),
            motion=float(gain.sum() / (flips.sum() / flips.any(axis=1).sum())),
            ends=int(first == 0) + int(first + len(flips) == len(self._scores)),
            torn=torn,
        )

    def verified(self, proposal: BoolArray) -> Sides:
        """Each stretch of a proposal by itself."""
        exchanged, doubt = proposal.copy(), np.zeros(proposal.shape, dtype=np.float32)
        changes = self.stretches(proposal)
        odds = np.array([log_odds(change) for change in changes])
        allowed = _STRETCHES_AT_LEAST + len(proposal) // _FRAMES_PER_STRETCH
        # The likeliest first; what is beyond the limit is left to the image.
        open_ones = [index for index in np.argsort(-odds) if _UNLIKELY < odds[index] < _CERTAIN][:allowed]
        # The proposal holds them already: a look at their change is one back.
        rises = self.rises(proposal, [changes[index] for index in open_ones])
        for index, back in zip(open_ones, rises, strict=True):
            odds[index] = log_odds(changes[index], Rise(-back.miss, -back.radius))
        for change, likely in zip(changes, _share(odds), strict=True):
            sure = likely > _SURE
            doubt[change.frames][change.flips] = 1 - likely if sure else likely
            if not sure:
                exchanged[change.frames] ^= change.flips
        return Sides(exchanged, doubt)

    def answered(self, sides: Sides, proposal: BoolArray) -> Sides:
        """Which of the answers that the image leaves open holds, and where several may."""
        changes = [
            change for change in self.answers(sides.exchanged, proposal) if log_odds(change) > _UNLIKELY
        ]
        if not changes:
            return sides
        rises = self.rises(sides.exchanged, changes)
        odds = np.array([log_odds(*each) for each in zip(changes, rises, strict=True)])
        # They compete with each other, and with the labels as they are.
        likely = np.exp(odds - max(0.0, float(odds.max())))
        likely /= likely.sum() + np.exp(-max(0.0, float(odds.max())))
        changed = np.zeros(sides.doubt.shape, dtype=np.float32)
        for share, change in zip(likely, changes, strict=True):
            changed[change.frames] += share * change.flips
        sure = changed > _SURE
        wrong = np.where(sure, 1 - changed, changed)
        return Sides(sides.exchanged ^ sure, np.maximum(wrong, sides.doubt))

    def rises(self, labels: BoolArray, changes: list[Change]) -> list[Rise]:
        """What the judge says of changes of labels (F, 6): windows of each, before and after."""
        found: list[Rise] = []
        for start in range(0, len(changes), _AT_ONCE):
            found += self._rises(labels, changes[start : start + _AT_ONCE])
        return found

    def _rises(self, labels: BoolArray, changes: list[Change]) -> list[Rise]:
        windows: list[IntArray] = []
        answers: list[BoolArray] = []
        looks: dict[tuple[bytes, bytes], int] = {}

        def look(window: IntArray, answer: BoolArray) -> int:
            number = looks.setdefault((window.tobytes(), answer.tobytes()), len(looks))
            if number == len(windows):
                windows.append(window)
                answers.append(answer)
            return number

        asked: list[list[tuple[int, int, BoolArray]]] = []
        for change in changes:
            asked.append([])
            for window in self._windows(change):
                inside = (window >= change.first) & (window < change.last)
                before, after = labels[window], labels[window]
                after[inside] ^= change.flips[window[inside] - change.first]
                asked[-1].append((look(window, before), look(window, after), inside))
        misses, radii = self._look(windows, answers)
        rises: list[Rise] = []
        for change, own in zip(changes, asked, strict=True):
            joints = np.repeat(change.flips.any(axis=0), 2)
            miss = radius = 0.0
            for before, after, inside in own:
                both = misses[[before, after]][:, inside][..., joints], radii[[before, after]][:, inside]
                miss += _limited(_mean_rise(_log_mean(both[0], _SMALLEST_MISS)), _LOUDEST[0])
                radius += _limited(_mean_rise(_log_mean(both[1])), _LOUDEST[1])
            rises.append(Rise(miss / len(own) ** 0.5, radius / len(own) ** 0.5))
        return rises

    def _windows(self, change: Change) -> list[IntArray]:
        """One for as many frames as a window has, and one at least, evenly spread."""
        frames, length = len(self._scores), len(change.flips)
        middle = self._judge.window(change.first + length // 2, frames)
        count = min(max(1, round(length / (int(middle[-1] - middle[0]) + 1))), _WINDOWS)
        return [
            self._judge.window(change.first + int((k + 0.5) * length / count), frames) for k in range(count)
        ]

    def _look(self, windows: list[IntArray], answers: list[BoolArray]) -> tuple[FloatArray, FloatArray]:
        """(N, W, 12) misses in the person's size and radii of the joints of all pairs."""
        if not windows:
            nothing = np.zeros((0, 1, PAIRS.size), dtype=np.float32)
            return nothing, nothing
        frames = np.stack(windows)
        points, scores = with_exchanged(self._points[frames], self._scores[frames], np.stack(answers))
        misses, radii = self._judge(points, scores)
        joints = PAIRS.ravel()
        return misses[..., joints] / self._size, radii[..., joints]


def _rest(used: IntArray, first: int, last: int) -> float:
    """Frames between those from `first` up to `last` and the nearest other of (N,) sorted ones."""
    before, after = np.searchsorted(used, [first, last])
    gaps = [first - int(used[before - 1]) - 1] if before else []
    gaps += [int(used[after]) - last] if after < len(used) else []
    return min(gaps, default=np.inf)


def _share(odds: AnyFloatArray) -> AnyFloatArray:
    return 1 / (1 + np.exp(-odds))


def _limited(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def _log_mean(values: AnyFloatArray, smallest: float = 1e-9) -> AnyFloatArray:
    """(N, W) logarithm of the mean over joints (N, W, J) that are not NaN; NaN where all are."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    mean = np.where(known, values, 0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, np.log(mean + smallest), np.nan)


def _mean_rise(values: AnyFloatArray) -> float:
    """From the first to the second of (2, W), mean over what is known; 0 if nothing is."""
    rises = values[1] - values[0]
    known = rises[np.isfinite(rises)]
    return float(known.mean()) if known.size else 0.0
