"""Batches: what a step sees depends on the seed, the step and the rank alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_recipe import tiny_config

from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.views import fixed_cameras
from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.training.batches import Batches

CPU = torch.device("cpu")
AUGMENTED = ("augment={}", "model.in_channels=3", "input.normalisation=person", "data.rate_range=[0.7, 1.3]")


def source(data, *overrides: str, rank: int = 0) -> Batches:
    with open_dataset(data) as dataset:
        return Batches(dataset, tiny_config(*overrides), CPU, rank)


@pytest.mark.parametrize("overrides", [(), AUGMENTED], ids=["plain", "augmented"])
def test_shapes_and_root(data, overrides) -> None:
    batch = source(data, *overrides)(0)
    assert batch.features.shape == (4, 9, 17, 3 if overrides else 2)
    assert batch.target.shape == (4, 9, 17, 3)
    assert batch.features.isfinite().all()
    torch.testing.assert_close(batch.target[:, :, 0], torch.zeros(4, 9, 3), atol=1e-6, rtol=0)
    heights = batch.target.flatten(2, 3).abs().amax(-1)
    assert 0.4 < heights.min() < heights.max() < 2.0  # metres


@pytest.mark.parametrize("overrides", [(), AUGMENTED], ids=["plain", "augmented"])
def test_a_step_is_the_same_in_any_order_and_process(data, overrides) -> None:
    batches = source(data, *overrides)
    first = batches(5)
    batches(2)
    torch.rand(3)
    again, fresh, other = batches(5), source(data, *overrides)(5), batches(6)
    for batch in (again, fresh):
        assert torch.equal(batch.features, first.features)
        assert torch.equal(batch.target, first.target)
    assert not torch.equal(other.features, first.features)


def test_seed_and_rank_change_what_is_seen(data) -> None:
    first = source(data)(5)
    assert not torch.equal(source(data, "seed=1")(5).features, first.features)
    assert not torch.equal(source(data, rank=1)(5).features, first.features)


def test_stochastic_depth_is_seeded_with_the_step(data) -> None:
    batches = source(data)
    drawn = []
    for step in (3, 4, 3):
        batches(step)
        drawn.append(torch.rand(1).item())
    assert drawn[0] == drawn[2] != drawn[1]


def test_screen_targets_stay_in_camera_axes_and_match_their_keypoints(data) -> None:
    """Without augmentation, image directions of bones agree with the target's x and y."""
    batch = source(data, "augment.flip_probability=0", "augment.noise=none", "augment.landmarks=none")(0)
    image = batch.features[:, :, 10] - batch.features[:, :, 0]  # pelvis to head
    space = batch.target[:, :, 10, :2]
    cosine = torch.nn.functional.cosine_similarity(image, space, dim=-1)
    assert cosine.min() > 0.9


def test_fixed_cameras_are_the_clip_s_own_or_else_the_four_for_evaluation(data, tmp_path) -> None:
    """With them the features of a frame are those of evaluation; without, the camera is another each time."""
    with open_dataset(data) as dataset:
        recordings = list(dataset.iterate("train"))

    def poses(clips) -> torch.Tensor:
        """Every frame's root-relative poses in every fixed camera."""
        found = []
        for clip in clips:
            joints = torch.from_numpy(clip.positions3d)
            cameras = fixed_cameras(clip)
            cam = cameras.world_to_camera(joints.expand(cameras.batch_shape[0], *joints.shape))
            found.append((cam - cam[:, :, :1]).flatten(0, 1))
        return torch.cat(found)

    def farthest(batch, clips) -> float:
        first = batch.target[:, :1].flatten(2)  # (B, 1, 51)
        return torch.cdist(first, poses(clips).flatten(1)[None]).amin(-1).max().item()

    exact = ("data.cameras=fixed", "input.fps=50")
    assert farthest(source(data, *exact)(0), recordings) < 0.1  # between two frames of one clip
    assert farthest(source(data, "input.fps=50")(0), recordings) > 0.3
    path = tmp_path / "own.h5"
    own = [replace(r, cameras=(fixed_cameras(r)[1],), camera_names=("only",)) for r in recordings]
    write_dataset(path, own)
    assert farthest(source(path, *exact)(0), own) < 0.1
    assert farthest(source(data, *exact)(0), own) > 0.3


def test_data_of_another_skeleton_are_refused_early(data) -> None:
    with pytest.raises(
        TrainingError,
        match=r"the data hold h36m17 with 17 joints, the model takes h36m17 with 15; set model\.joints",
    ):
        source(data, "model.joints=15")
    with pytest.raises(TrainingError, match="the model takes humaneva15 with 15"):
        source(data, "model.joints=15", "input.skeleton=humaneva15")


def test_a_missing_frame_rate_is_refused_early(data) -> None:
    with pytest.raises(ConfigError, match=r"input\.fps is not set: .* input\.fps=50"):
        source(data, "input.fps=null")


def test_a_wrong_split_lists_those_found(data) -> None:
    with pytest.raises(InputError, match=r"no split 'trian'; splits and sequences found: .*train \(3\)"):
        source(data, "data.train_split=trian")


def test_clips_of_one_frame_can_be_trained_on(tmp_path) -> None:
    import numpy as np

    pose = np.random.default_rng(0).normal(size=(1, 17, 3)).astype(np.float32)
    path = tmp_path / "one.h5"
    write_dataset(path, [Recording("one", pose, 50.0, "s", "a", "train", "src", "free")])
    batch = source(path)(0)
    assert batch.features.isfinite().all()
