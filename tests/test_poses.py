"""Pose sequences check what they are given."""

import numpy as np
import pytest

from rtpca.errors import ConfigError, InputError, ShapeError
from rtpca.poses import PoseSequence2D, PoseSequence3D
from rtpca.skeletons import get_skeleton

SKELETON = get_skeleton("coco17")


def test_missing_keypoints_become_nan_with_score_0(rng):
    keypoints, scores = rng.normal(size=(4, 17, 2)), np.ones((4, 17))
    scores[0, 3] = 0
    keypoints[1, 2, 1] = np.nan
    scores[2, 5] = np.nan
    sequence = PoseSequence2D(keypoints, scores, SKELETON, fps=29.97, size_wh=(1920, 1080))
    for frame, joint in ((0, 3), (1, 2), (2, 5)):
        assert np.isnan(sequence.keypoints_px[frame, joint]).all()
        assert sequence.scores[frame, joint] == 0
    assert np.isnan(sequence.keypoints_px).sum() == 6
    assert sequence.num_frames == 4
    assert np.isfinite(keypoints[0, 3]).all()  # the caller's array is left alone


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"keypoints_px": np.zeros((4, 16, 2))},
            ShapeError,
            r"needed is \(F, J=17, 2\): skeleton coco17 has 17 joints",
        ),
        ({"scores": np.ones((4, 16))}, ShapeError, "give one score per keypoint"),
        ({"scores": -np.ones((4, 17))}, InputError, "below 0"),
        ({"fps": 0.0}, InputError, "frame rate is 0.0: give a number above zero in frames per second"),
        ({"size_wh": (0, 100)}, InputError, "image width is 0"),
        ({"keypoints_px": np.zeros((0, 17, 2)), "scores": np.zeros((0, 17))}, InputError, "no frames"),
    ],
)
def test_wrong_keypoints_are_refused(change, error, message):
    arguments = {"keypoints_px": np.zeros((4, 17, 2)), "scores": np.ones((4, 17)), "skeleton": SKELETON}
    with pytest.raises(error, match=message):
        PoseSequence2D(**(arguments | change))


def test_positions_name_their_frame_of_reference(rng):
    skeleton = get_skeleton("h36m17")
    sequence = PoseSequence3D(rng.normal(size=(4, 17, 3)), skeleton, fps=50, frame="camera")
    assert (sequence.num_frames, sequence.frame) == (4, "camera")
    with pytest.raises(
        ConfigError, match="frame of reference is 'image': choose one of world, camera, root-relative"
    ):
        PoseSequence3D(np.zeros((4, 17, 3)), skeleton, frame="image")
    with pytest.raises(ShapeError, match=r"joints has shape \(4, 17, 2\), needed is \(F, J=17, 3\)"):
        PoseSequence3D(np.zeros((4, 17, 2)), skeleton)
