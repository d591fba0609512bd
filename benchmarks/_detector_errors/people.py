"""The people of a video, each as the variants see them, on h36m17."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rtpca.video.tracking import PersonTracker

from _detector_errors.detections import Found
from _detector_errors.variants import VARIANTS, Array
from rtpca.skeletons import convert_keypoints, get_skeleton
from rtpca.video.detectors.base import PersonDetection, box_of
from rtpca.video.detectors.mediapipe import MediapipeDetector

H36M = get_skeleton("h36m17")
SAME_PERSON = 0.2
"""Median distance of the joints, in the person's size, up to which two detections show one person."""
SEEN = 0.1


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
            converted, sure = convert_keypoints(
                same[..., :2], same[..., 2], get_skeleton(MediapipeDetector.skeleton), "h36m17"
            )
            seen = (sure > SEEN) & np.isfinite(converted).all(-1)
            points[name] = np.where(seen[..., None], converted, np.nan).astype(np.float64)
            scores[name] = np.where(seen, sure, 0.0)
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
