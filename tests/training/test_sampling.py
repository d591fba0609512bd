"""Chunks as the authors train on them, own keypoints, and models that predict the middle of a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_recipe import tiny_config

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import flip_points
from rtpca.models import RTPCAConfig
from rtpca.skeletons import get_skeleton
from rtpca.training.batches import Batches

CPU = torch.device("cpu")
CHUNKS = ("data.windows=chunks", "data.cameras=fixed", "input.fps=null", "epochs=2", "steps=null", "batch=3")
OWN = ("data.keypoints=own",)
MIRRORED = ("augment={flip_probability: 0.5, body: none, landmarks: none, noise: none}",)
LENGTHS = {"a": 20, "b": 9, "c": 4}  # in windows of 9: 3, 1 and 1 chunks


def clip(name: str, frames: int, skeleton: str = "h36m17") -> Recording:
    """A clip with two cameras and own keypoints, whose normalised x is the frame / 1000."""
    positions = generate_motion("walk", frames=frames, fps=50.0, seed=len(name) + frames)
    positions = positions[:, : get_skeleton(skeleton).num_joints].copy()
    cameras = evaluation_cameras(torch.from_numpy(positions))
    keypoints = {}
    for number, camera in enumerate("xy"):
        width = float(cameras.intrinsics.image_size[number, 0])
        x = (np.arange(frames, dtype=np.float32) / 1000 + 1) * width / 2
        shape = (frames, positions.shape[1], 2)
        keypoints[camera] = np.broadcast_to(x[:, None, None], shape).astype(np.float32).copy()
    made = Recording(name, positions, 50.0, "s", "a", "train", "src", "free", keypoints)
    return replace(made, cameras=(cameras[0], cameras[1]), camera_names=("x", "y"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clips.h5"
    write_dataset(path, [clip(name, frames) for name, frames in LENGTHS.items()])
    return path


def source(path, *overrides: str, rank: int = 0, processes: int = 1, model=None) -> Batches:
    config = tiny_config(*overrides)
    if model is not None:
        config = replace(config, model=model)
    with open_dataset(path) as dataset:
        return Batches(dataset, config, CPU, rank, processes)


def epoch_of(batches: Batches, epoch: int = 0) -> list[torch.Tensor]:
    """The features of all windows of an epoch, one by one."""
    first = epoch * batches.epoch_steps
    steps = range(first, first + batches.epoch_steps)
    return [window for step in steps for window in batches(step).features]


def frames_shown(window: torch.Tensor) -> tuple[int, ...]:
    """The frames that a window of own keypoints shows; negative in the mirror."""
    return tuple((1000 * window[:, 0, 0]).round().int().tolist())


def test_an_epoch_shows_every_chunk_of_every_camera_once(clips) -> None:
    batches = source(clips, *CHUNKS, *OWN)
    assert batches.epoch_steps == 4  # 10 chunks in batches of 3: the last has 1
    assert [len(batches(step).features) for step in range(5)] == [3, 3, 3, 1, 3]
    shown = sorted(frames_shown(window) for window in epoch_of(batches))
    # 20 frames in three windows of 9: 7 too many, 3 before and 4 after.
    first = (0, 0, 0, 0, 1, 2, 3, 4, 5)
    second = tuple(range(6, 15))
    third = (15, 16, 17, 18, 19, 19, 19, 19, 19)
    whole = tuple(range(9))
    short = (0, 0, 0, 1, 2, 3, 3, 3, 3)  # 5 too many, 2 before
    assert shown == sorted([first, second, third, whole, short] * 2)


def test_with_the_mirror_every_chunk_occurs_once_more_mirrored(clips) -> None:
    plain = source(clips, *CHUNKS, *OWN)
    both = source(clips, *CHUNKS, *OWN, *MIRRORED)
    assert both.epoch_steps == 7
    windows = epoch_of(both)
    assert len(windows) == 20
    expected = epoch_of(plain)
    expected += [flip_points(window, get_skeleton("h36m17").mirror) for window in expected]

    def ordered(items):
        return torch.stack(sorted(items, key=lambda window: window.flatten().tolist()))

    torch.testing.assert_close(ordered(windows), ordered(expected))


@pytest.mark.parametrize("keypoints", [(), OWN], ids=["projected", "own"])
@pytest.mark.parametrize("normalisation", ["screen", "person"])
def test_a_mirrored_chunk_has_the_mirrored_target(clips, keypoints, normalisation) -> None:
    how = (*CHUNKS, *keypoints, *MIRRORED, "batch=20", f"input.normalisation={normalisation}")
    batch = source(clips, *how)(0)
    mirror = get_skeleton("h36m17").mirror
    pairs = [
        (i, j)
        for i in range(20)
        for j in range(20)
        if torch.allclose(batch.target[i], flip_points(batch.target[j], mirror), atol=1e-6)
    ]
    assert sorted(i for i, _ in pairs) == list(range(20))
    for i, j in pairs:
        torch.testing.assert_close(batch.features[i], flip_points(batch.features[j], mirror))


def test_each_epoch_has_an_order_of_its_own_and_the_seed_decides(clips) -> None:
    batches = source(clips, *CHUNKS, *OWN)
    orders = [[frames_shown(window) for window in epoch_of(batches, epoch)] for epoch in range(3)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]
    assert orders[1] == [frames_shown(window) for window in epoch_of(source(clips, *CHUNKS, *OWN), 1)]
    assert orders[0] != [frames_shown(w) for w in epoch_of(source(clips, *CHUNKS, *OWN, "seed=1"))]


def test_targets_belong_to_the_frames_and_cameras_of_their_keypoints(clips) -> None:
    batch = source(clips, *CHUNKS, "batch=10")(0)
    projected = source(clips, *CHUNKS, "batch=10")(0).features
    image = projected[:, :, 10] - projected[:, :, 0]
    cosine = torch.nn.functional.cosine_similarity(image, batch.target[:, :, 10, :2], dim=-1)
    assert cosine.min() > 0.9
    recorded = clip("a", 20)
    seen = torch.stack(
        [camera.world_to_camera(torch.from_numpy(recorded.positions3d))[6:15] for camera in recorded.cameras]
    )
    own = source(clips, *CHUNKS, *OWN, "batch=10")(0)
    rows = [i for i, window in enumerate(own.features) if frames_shown(window) == tuple(range(6, 15))]
    found = own.target[rows]
    expected = seen - seen[:, :, :1]
    distance = torch.cdist(found.flatten(1), expected.flatten(1))
    assert distance.amin(1).max() < 1e-3
    assert distance.amin(0).max() < 1e-3


def test_processes_share_out_an_epoch(clips) -> None:
    parts = [source(clips, *CHUNKS, *OWN, rank=rank, processes=2) for rank in (0, 1)]
    assert [part.epoch_steps for part in parts] == [2, 2]
    shown = [frames_shown(window) for part in parts for window in epoch_of(part)]
    assert sorted(shown) == sorted(frames_shown(w) for w in epoch_of(source(clips, *CHUNKS, *OWN)))
    many = [source(clips, *CHUNKS, *OWN, "batch=1", rank=rank, processes=4) for rank in range(4)]
    assert [len(part(2).features) for part in many] == [1, 1, 1, 1]  # two windows are left for four


def test_frames_are_counted_with_the_last_small_batch(clips) -> None:
    batches = source(clips, *CHUNKS, *OWN)
    assert [batches.frames_before(step) for step in range(6)] == [9 * n for n in (0, 3, 6, 9, 10, 13)]
    assert source(clips, "batch=3").frames_before(5) == 5 * 3 * 9


def test_chunks_are_cut_at_the_frame_rate_of_the_input(clips) -> None:
    windows = epoch_of(source(clips, *CHUNKS, *OWN, "input.fps=25"))
    # 20, 9 and 4 frames become 10, 5 and 2: two, one and one chunks of 9 in two cameras.
    assert len(windows) == 8
    assert (0, 2, 4, 6, 8) in [frames_shown(window)[2:7] for window in windows]


def test_random_windows_read_own_keypoints_of_the_camera_that_they_look_through(clips) -> None:
    how = ("data.cameras=fixed", "input.fps=50", *OWN, "batch=64")
    batch = source(clips, *how)(0)
    x = 1000 * batch.features[:, :, 0, 0]  # the frame, between two of them interpolated
    steps = x.diff(dim=1)
    assert steps.min() > -0.01  # a clip stands still beyond its end
    assert steps.max() < 1.01
    assert steps.median().item() == pytest.approx(1.0, abs=0.01)
    assert (x >= 0).all()
    mirrored = source(clips, *how, *MIRRORED)(0)
    share = (mirrored.features[:, -1, 0, 0] < 0).float().mean()
    assert 0.25 < share < 0.75


def test_missing_own_keypoints_are_zeros_with_score_0(tmp_path) -> None:
    made = clip("a", 9)
    for keypoints in made.keypoints2d.values():
        keypoints[4, 3] = np.nan
    write_dataset(tmp_path / "gap.h5", [made])
    features = source(tmp_path / "gap.h5", *CHUNKS, *OWN, "model.in_channels=3")(0).features
    assert (features[:, 4, 3] == 0).all()
    assert (features[:, 3, 3, 2] == 1).all()


class Middle(RTPCAConfig):
    """A model that sees nine frames and predicts three."""

    @property
    def out_frames(self) -> int:
        return 3


MIDDLE = Middle(frames=9, dim=8, depth=2, heads=2)


def test_a_model_of_the_middle_is_trained_on_the_middle_of_its_windows(clips) -> None:
    batches = source(clips, *CHUNKS, *OWN, "batch=100", model=MIDDLE)
    batch = batches(0)
    assert batch.target.shape[1] == 3
    assert batch.features.shape == (2 * (7 + 3 + 2), 9, 17, 2)
    shown = [frames_shown(window) for window in batch.features]
    # Chunks of 3 for 4 frames: two too many, one before and one after, with three frames round each.
    assert (0, 0, 0, 0, 0, 1, 2, 3, 3) in shown
    assert (0, 0, 1, 2, 3, 3, 3, 3, 3) in shown
    assert batches.frames_before(1) == 24 * 3


@pytest.mark.parametrize("normalisation", ["screen", "person"])
def test_the_target_of_random_windows_is_their_middle(clips, normalisation) -> None:
    how = ("data.cameras=fixed", "input.fps=50", f"input.normalisation={normalisation}", "batch=16")
    batch = source(clips, *how, model=MIDDLE)(0)
    assert (batch.features.shape[1], batch.target.shape[1]) == (9, 3)
    if normalisation == "screen":
        image = batch.features[:, 3:6, 10] - batch.features[:, 3:6, 0]
        cosine = torch.nn.functional.cosine_similarity(image, batch.target[:, :, 10, :2], dim=-1)
        assert cosine.min() > 0.9


def test_other_skeletons_are_trained_on_with_the_mirror_alone(tmp_path) -> None:
    path = tmp_path / "humaneva.h5"
    write_dataset(path, [clip("a", 20, "humaneva15")], skeleton="humaneva15")
    how = ("model.joints=15", "input.skeleton=humaneva15")
    for keypoints in ((), OWN):
        batch = source(path, *CHUNKS, *keypoints, *MIRRORED, *how)(0)
        assert batch.features.shape[2] == batch.target.shape[2] == 15
    assert source(path, "data.cameras=fixed", *MIRRORED, *how)(0).target.shape[2] == 15
    with pytest.raises(ConfigError, match="are made for h36m17, not for humaneva15"):
        source(path, *how)
    with pytest.raises(ConfigError, match="are made for h36m17, not for humaneva15"):
        source(path, "data.cameras=fixed", "augment={}", *how)


def test_own_keypoints_cannot_be_varied(clips, data) -> None:
    with pytest.raises(ConfigError, match="keypoints of the dataset's own cannot be varied"):
        source(clips, "data.cameras=fixed", *OWN, "augment.noise.clean_share=0.1")
    with pytest.raises(InputError, match="has no 2D keypoints of its own"):
        source(data, "data.cameras=fixed", *OWN)


def test_projected_chunks_may_be_varied(clips) -> None:
    quiet = source(clips, *CHUNKS, "batch=10")(0)
    noisy = source(
        clips, *CHUNKS, "batch=10", "augment={body: none, landmarks: none, noise: {clean_share: 0}}"
    )(0)
    assert noisy.features.shape[0] == 10
    assert not any(torch.equal(window, other) for window in noisy.features for other in quiet.features)
