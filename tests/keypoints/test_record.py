"""The record of 2D checks what it is given."""

import numpy as np
import pytest

from rtpca.errors import InputError, ShapeError
from rtpca.keypoints import Keypoints
from rtpca.skeletons import get_skeleton

SKELETON = get_skeleton("coco17")


def test_missing_keypoints_become_nan_with_score_0(rng):
    points, scores = rng.normal(size=(4, 17, 2)), np.ones((4, 17))
    scores[0, 3] = 0
    points[1, 2, 1] = np.nan
    scores[2, 5] = np.nan
    keypoints = Keypoints(points, scores, SKELETON, fps=29.97, image_size=(1920, 1080))
    for frame, joint in ((0, 3), (1, 2), (2, 5)):
        assert np.isnan(keypoints.keypoints_px[frame, joint]).all()
        assert keypoints.scores[frame, joint] == 0
    assert np.isnan(keypoints.keypoints_px).sum() == 6
    assert keypoints.keypoints_px.dtype == keypoints.scores.dtype == np.float32
    assert keypoints.frames == 4
    assert np.isfinite(points[0, 3]).all()  # the caller's array is left alone


def test_what_nobody_said_is_none(rng):
    keypoints = Keypoints(rng.normal(size=(2, 12, 2)), np.ones((2, 12)))
    assert keypoints.skeleton is keypoints.fps is keypoints.image_size is keypoints.focal_px is None
    assert (keypoints.who, keypoints.notes) == ("", ())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"keypoints_px": np.zeros((4, 16, 2))},
            ShapeError,
            r"needed is \(F, J=17, 2\): skeleton coco17 has 17 joints",
        ),
        ({"keypoints_px": np.zeros((17, 2)), "skeleton": None}, ShapeError, r"needed is \(F, J, 2\)"),
        ({"scores": np.ones((4, 16))}, ShapeError, "give one score per keypoint"),
        ({"scores": -np.ones((4, 17))}, InputError, "below 0"),
        ({"fps": 0.0}, InputError, "frame rate is 0.0: give a number above zero in frames per second"),
        ({"image_size": (0, 100)}, InputError, "image size is 0: give a number above zero in pixels"),
        ({"focal_px": (1000.0, np.nan)}, InputError, "focal length is nan"),
        ({"keypoints_px": np.zeros((0, 17, 2)), "scores": np.zeros((0, 17))}, InputError, "no frames"),
    ],
)
def test_wrong_keypoints_are_refused(change, error, message):
    arguments = {"keypoints_px": np.zeros((4, 17, 2)), "scores": np.ones((4, 17)), "skeleton": SKELETON}
    with pytest.raises(error, match=message):
        Keypoints(**(arguments | change))
