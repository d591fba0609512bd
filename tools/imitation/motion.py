"""Clips of any length and rate, cut from prepared motion: what imitated files are filled with."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rtpca.arrays import DoubleArray, FloatArray
from rtpca.data.attribution import Attribution
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.errors import InputError

_ROOM_RADIUS_M = 1.2
"""Paths of the pelvis that lead further from their middle are shrunk to this radius."""


class MotionLibrary:
    """Recordings to cut clips from, the same ones for the same seed.

    Attributes:
        seed: varies which recordings are used, and from which frame and in which direction.
        terms: JSON note of the terms of the motion, which every imitated file carries.
    """

    def __init__(
        self, recordings: Iterable[Recording], attributions: Sequence[Attribution] = (), seed: int = 0
    ) -> None:
        """Take recordings with the skeleton h36m17; those of split "none" are left out.

        Raises:
            InputError: there are none.
        """
        self._recordings = [r for r in recordings if r.split != "none"]
        if not self._recordings or self._recordings[0].positions3d.shape[1] != 17:
            raise InputError("imitated files are made from recordings of the skeleton h36m17; there are none")
        self.seed = seed
        licences = dict.fromkeys(r.licence for r in self._recordings)
        thanks = dict.fromkeys(a.acknowledgement for a in attributions if a.acknowledgement)
        self.terms = json.dumps(
            {
                "title": "Imitated file of a public data set: published format and cameras, other motion",
                "licence": "; ".join(licences),
                "acknowledgement": " ".join(thanks),
            }
        )

    @classmethod
    def from_file(cls, path: str | Path, seed: int = 0) -> MotionLibrary:
        """The recordings of a prepared file.

        Raises:
            InputError: the file cannot be read, or has another skeleton than h36m17.
        """
        with open_dataset(path) as dataset:
            return cls(dataset.iterate(), dataset.attributions, seed)

    def rng(self, key: str) -> np.random.Generator:
        """Random numbers that depend on the seed and on a name only."""
        return np.random.default_rng([self.seed, zlib.crc32(key.encode())])

    def clip(self, key: str, split: str, frames: int, fps: float) -> FloatArray:
        """One clip, in the middle of a room.

        Motion that is too short runs forwards and backwards in turn. Clips of split "test" are made from
        recordings of that split, all others from the rest, so that no test pose is seen in training.

        Args:
            key: name of the clip; the same name gives the same clip.
            split: "train", "val" or "test".
            frames: number of frames F.
            fps: frames per second.

        Returns:
            (F, 17, 3) h36m17, y-up world with the floor at 0 and the pelvis about the origin, metres.
        """
        rng = self.rng(key)
        fitting = [r for r in self._recordings if (r.split == "test") == (split == "test")]
        candidates = fitting or self._recordings
        # Long recordings are taken more often, as their motion repeats less.
        weights = np.array([r.duration_s for r in candidates])
        recording = candidates[int(rng.choice(len(candidates), p=weights / weights.sum()))]
        last = recording.num_frames - 1
        moments = rng.uniform(0, last) + np.arange(frames) * recording.fps / fps
        folded = np.abs((moments + last) % (2 * last) - last) if last else np.zeros(frames)
        return _in_room(_between_frames(recording.positions3d, folded), rng.uniform(0, 2 * np.pi))


def _between_frames(positions3d: FloatArray, moments: DoubleArray) -> DoubleArray:
    """Positions at fractional frame numbers."""
    before = np.floor(moments).astype(np.int64)
    after = np.minimum(before + 1, len(positions3d) - 1)
    share = (moments - before)[:, None, None]
    return positions3d[before] * (1 - share) + positions3d[after] * share


def _in_room(positions: DoubleArray, heading_rad: float) -> FloatArray:
    pelvis = positions[:, 0].copy()
    pelvis[:, 1] = 0
    middle = (pelvis.min(axis=0) + pelvis.max(axis=0)) / 2
    reach = np.linalg.norm(pelvis - middle, axis=1).max()
    shrink = min(1.0, _ROOM_RADIUS_M / max(reach, 1e-9))
    path = (pelvis - middle) * shrink
    placed = positions - pelvis[:, None] + path[:, None]
    placed[..., 1] -= placed[..., 1].min()
    c, s = np.cos(heading_rad), np.sin(heading_rad)
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return (placed @ turn.T).astype(np.float32)
