"""Which sides are exchanged: what the image proposes, where the body in 3D agrees.

A proposal of the image is taken stretch by stretch: it must fit a body in motion better than what the
detector said. Where it leaves open which labels are right (those of the longer part of the clip, or the
others; those of the arms, or of the legs) every answer is judged. What is not likely enough stays as it is,
with a doubt.

The weights below were fitted to exchanges in films of the validation split; `benchmarks/sides.py` measures
them on the test split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rtpca.arrays import AnyFloatArray, BoolArray, FloatArray, IntArray
from rtpca.keypoints.sides import PAIRS, ImageSigns, Stretch, stretches, with_exchanged

_WINDOWS = 4
"""So many windows, spread over a clip, decide between answers."""
_WINDOWS_AT_LEAST, _FRAMES_PER_WINDOW = 20, 10
"""So many windows are judged for the stretches of a clip, and one more for so many frames."""
_SMALLEST_MISS = 0.002
_MOST_MOTION = 100.0

# Log odds of a stretch: changes of the logarithms of miss and radius, agreement of the links that the
# stretch turns round, and how much likelier the motion is.
_MISS, _RADIUS, _LINKS, _MOTION, _OFFSET = -0.9, -5.7, -41.0, 0.02, -1.9
_STRETCH_SURE = 0.0
# Log odds against an answer: logarithms of miss and radius, the share of exchanged joints, and the link
# that agrees least, which speaks no louder than within a range: people cross their legs.
_ANSWER_MISS, _ANSWER_RADIUS, _ANSWER_SHARE, _ANSWER_LINKS = 6.2, 2.7, 5.0, -110.0
_ANSWER_LINK_RANGE = (-0.02, 0.01)
_UNPROMPTED = 2.0
"""Against an answer that exchanges pairs from the first frame to the last that change over nowhere."""
_SURE = 0.7
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
    trial = _Trial(points_px, scores, size_px, fps, judge)
    proposal = trial.signs.proposal()
    sides = trial.answered(trial.verified(proposal), proposal)
    return Sides(sides.exchanged, np.where(sides.doubt < _NO_DOUBT, 0, sides.doubt))


class _Trial:
    """A clip before its judge."""

    def __init__(
        self, points_px: FloatArray, scores: FloatArray, size_px: float, fps: float, judge: Judge
    ) -> None:
        self.signs = ImageSigns(points_px, scores, size_px, fps)
        self._points, self._scores, self._size, self._judge = points_px, scores, size_px, judge

    def verified(self, proposal: BoolArray) -> Sides:
        """Each stretch of a proposal by itself, against what the detector said."""
        exchanged, doubt = proposal.copy(), np.zeros(proposal.shape, dtype=np.float32)
        motion = self.signs.motion_gain(proposal)
        gains = {stretch: _motion_of(stretch, motion) for stretch in stretches(proposal)}
        allowed = _WINDOWS_AT_LEAST + len(proposal) // _FRAMES_PER_WINDOW
        windows: list[IntArray] = []
        answers: list[BoolArray] = []
        parts: dict[Stretch, slice] = {}
        # Those that motion speaks for most come first; what is beyond the limit stays as it is.
        for stretch in sorted(gains, key=lambda stretch: -gains[stretch]):
            own = self._windows_of(stretch)
            if len(windows) + 2 * len(own) > allowed:
                doubt[stretch.place] = np.where(proposal[stretch.place], 0.5, 0)
                exchanged[stretch.place] = False
                continue
            without = proposal.copy()
            without[stretch.place] = False
            parts[stretch] = slice(len(windows), len(windows) + 2 * len(own))
            for answer in (without, proposal):
                windows += own
                answers += [answer[window] for window in own]
        misses, radii = self._look(windows, answers)
        for stretch, part in parts.items():
            frames = np.stack(windows[part])
            odds = _OFFSET + _MOTION * np.clip(gains[stretch], -_MOST_MOTION, _MOST_MOTION)
            odds += _LINKS * self._turned_links(stretch, proposal)
            inside = (frames >= stretch.first) & (frames < stretch.last)
            changed = np.repeat(proposal[stretch.place].any(axis=0), 2)
            changed = misses[part][..., 2 * stretch.pairs[0] : 2 * stretch.pairs[1]][..., changed]
            odds += _MISS * _rise(_log_mean(changed, _SMALLEST_MISS), inside)
            odds += _RADIUS * _rise(_log_mean(radii[part]), inside)
            likely = 1 / (1 + np.exp(-odds))
            sure = odds > _STRETCH_SURE
            doubt[stretch.place] = np.where(proposal[stretch.place], 1 - likely if sure else likely, 0)
            if not sure:
                exchanged[stretch.place] = False
        return Sides(exchanged, doubt)

    def answered(self, sides: Sides, proposal: BoolArray) -> Sides:
        """Which of the answers that the image leaves open holds, and where several may."""
        answers = self.signs.answers(sides.exchanged, proposal)
        if len(answers) == 1:
            return sides
        frames = len(self._scores)
        middle = self._judge.window(frames // 2, frames)
        count = min(_WINDOWS, -(-frames // (int(middle[-1] - middle[0]) + 1)))
        windows = [self._judge.window(int((k + 0.5) * frames / count), frames) for k in range(count)]
        misses, radii = self._look(
            windows * len(answers), [answer[window] for answer in answers for window in windows]
        )
        shape = (len(answers), -1)
        missed = _log_mean(misses, _SMALLEST_MISS).reshape(shape)
        known = np.isfinite(missed).all(axis=0)
        if not known.any():
            return sides
        against = _ANSWER_MISS * missed[:, known].mean(axis=1)
        against += _ANSWER_RADIUS * _log_mean(radii).reshape(shape).mean(axis=1)
        against += _ANSWER_SHARE * np.array([answer.mean() for answer in answers])
        links = np.array([self.signs.agreement(answer).min() for answer in answers])
        against += _ANSWER_LINKS * np.clip(links, *_ANSWER_LINK_RANGE)
        against *= np.sqrt(count)
        steady = (proposal == proposal[:1]).all(axis=0)
        against += _UNPROMPTED * np.array([(answer & steady).any() for answer in answers])
        likely = np.exp(against.min() - against)
        likely /= likely.sum()
        expected = np.zeros(sides.doubt.shape, dtype=np.float32)
        for share, answer in zip(likely, answers, strict=True):
            expected[answer] += share
        exchanged: BoolArray = np.asarray(expected > _SURE)
        wrong = np.where(exchanged, 1 - expected, expected)
        return Sides(exchanged, np.maximum(wrong, sides.doubt))

    def _windows_of(self, stretch: Stretch) -> list[IntArray]:
        """One window round a short stretch, one at each end of a long one."""
        frames, length = len(self._scores), stretch.last - stretch.first
        window = self._judge.window((stretch.first + stretch.last) // 2, frames)
        quarter = int(window[-1] - window[0]) // 4
        if length <= 3 * quarter:
            return [window]
        ends = stretch.first + quarter, stretch.last - 1 - quarter
        return [self._judge.window(end, frames) for end in ends]

    def _turned_links(self, stretch: Stretch, proposal: BoolArray) -> float:
        """How much the links that a stretch turns round point the same way, mean over its frames."""
        without = proposal.copy()
        without[stretch.place] = False
        change = self.signs.links_with(without) - self.signs.links_with(proposal)
        return float(change[stretch.first : stretch.last].sum(axis=1).mean()) / 2

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


def _motion_of(stretch: Stretch, motion: FloatArray) -> float:
    """What (F, 2) gains of motion say about a stretch; changes show one frame beyond its ends."""
    limbs = slice(stretch.pairs[0] // 3, stretch.pairs[1] // 3)
    return float(motion[max(0, stretch.first - 1) : stretch.last + 1, limbs].sum())


def _log_mean(values: AnyFloatArray, smallest: float = 1e-9) -> AnyFloatArray:
    """(N, W) logarithm of the mean over joints (N, W, J) that are not NaN; NaN where all are."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    mean = np.where(known, values, 0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, np.log(mean + smallest), np.nan)


def _rise(values: AnyFloatArray, inside: BoolArray) -> float:
    """From the first half of (2 N, W) to the second, mean over the places `inside`; 0 if none is known."""
    half = len(values) // 2
    known = inside[:half] & np.isfinite(values[half:] - values[:half])
    return float((values[half:] - values[:half])[known].mean()) if known.any() else 0.0
