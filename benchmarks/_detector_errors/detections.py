"""What the detector finds in every variant of a video's frames, kept in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from _detector_errors.variants import VARIANTS, Array
from rtpca.video.detectors.mediapipe import MediapipeDetector
from rtpca.video.reader import VideoReader

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
