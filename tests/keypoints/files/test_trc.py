"""TRC files of pixels, read back."""

from __future__ import annotations

import numpy as np
import pytest
from door_files import TRC_NAMES, trc
from keypoint_writers import person

from rtpca.errors import InputError
from rtpca.keypoints import read_keypoints


def test_trc_of_pixels(tmp_path):
    truth = person(8, 22)
    positions = np.concatenate([truth[..., :2], np.zeros((8, 22, 1))], axis=2)
    positions[3] = np.nan
    content = read_keypoints(trc(tmp_path / "walk_Sports2D_px_person00.trc", positions))
    knee = content.skeleton.index("left_knee")
    expected = np.where(np.arange(8)[:, None] == 3, np.nan, truth[:, TRC_NAMES.index("LKnee"), :2])
    np.testing.assert_allclose(content.keypoints_px[:, knee], expected, rtol=1e-5)
    assert content.fps == 60


def test_trc_of_metres_or_of_space_is_refused(tmp_path):
    flat_px = np.concatenate([person(8, 22)[..., :2], np.zeros((8, 22, 1))], axis=2)
    for number, positions in enumerate((flat_px / 400, flat_px + np.arange(22)[:, None] * [0, 0, 9])):
        with pytest.raises(InputError, match="positions in space"):
            read_keypoints(trc(tmp_path / f"{number}.trc", positions))
