"""Evaluation of whole sequences: each frame once, known errors for known predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import generate_motion, synthetic_recordings
from rtpca.data.views import at_frame_rate
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation import EvalConfig, evaluate, predictions, summarise
from rtpca.geometry import Camera, flip_points, rotation_about
from rtpca.models import InputSpec, RTPCAConfig, build_model
from rtpca.skeletons import get_skeleton
from rtpca.windowed import cover, lift_consecutive

SCREEN = InputSpec()
PERSON = InputSpec(normalisation="person", fps=25.0)


def walk(frames: int = 40, fps: float = 50.0, name: str = "walk", **changes) -> Recording:
    positions = generate_motion("walk", frames=frames, fps=fps, seed=1)
    recording = Recording(name, positions, fps, "s1", "walking", "test", "generated", "free")
    return replace(recording, **changes)


class Known(nn.Module):
    """A network that knows the answer: it recognises windows by their keypoints.

    `answers` maps the features of a frame, rounded, to the pose of that frame.
    """

    def __init__(self, frames: int, change=lambda poses: poses) -> None:
        super().__init__()
        self.config = RTPCAConfig(frames=frames, dim=2, depth=1, heads=1)
        self.anchor = nn.Parameter(torch.zeros(1))  # tells the device
        self.answers: dict[bytes, torch.Tensor] = {}
        self.change = change
        self.asked = 0

    def learn(self, recording: Recording) -> None:
        joints = torch.from_numpy(recording.positions3d)
        cameras = evaluation_cameras(joints)
        joints_cam = cameras.world_to_camera(joints.expand(4, *joints.shape))
        from rtpca.geometry import normalise_screen

        features = normalise_screen(cameras.project(joints_cam), cameras.intrinsics.image_size[:, None, None])
        poses = joints_cam - joints_cam[:, :, :1]
        for feature, pose in zip(features.flatten(0, 1), poses.flatten(0, 1), strict=True):
            self.answers[feature.numpy().round(4).tobytes()] = pose

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        self.asked += features.shape[0]
        poses = [self.answers[f.numpy().round(4).tobytes()] for f in features.flatten(0, 1)]
        return self.change(torch.stack(poses).unflatten(0, features.shape[:2]))


def known_errors(recordings, frames=9, change=lambda poses: poses, **options):
    network = Known(frames, change)
    for recording in recordings:
        network.learn(recording)
    return list(evaluate(network, SCREEN, recordings, EvalConfig(**options)))


def test_perfect_predictions_have_no_error_and_each_frame_counts_once_per_camera() -> None:
    recordings = [walk(40), walk(9, name="b"), walk(5, name="c")]
    errors = known_errors(recordings)
    assert [(e.name, e.camera, len(e.mpjpe_m)) for e in errors] == [
        (name, camera, frames) for name, frames in (("walk", 40), ("b", 9), ("c", 5)) for camera in range(4)
    ]
    for sequence in errors:
        assert len(sequence.velocity_m) == len(sequence.mpjpe_m) - 1
        assert len(sequence.acceleration_m) == len(sequence.mpjpe_m) - 2
        for values in (sequence.mpjpe_m, sequence.p_mpjpe_m, sequence.velocity_m, sequence.acceleration_m):
            assert values.abs().max() < 1e-5
    report = summarise(errors)
    assert report.all_frames.frames == 4 * (40 + 9 + 5)


def test_a_constant_rotation_has_a_known_error_and_none_after_alignment() -> None:
    recording = walk(20)
    angle = torch.tensor(0.3)
    rotation = rotation_about(torch.tensor([0.0, 0.0, 1.0]), angle)
    errors = known_errors([recording], change=lambda poses: poses @ rotation.mT)
    joints = torch.from_numpy(recording.positions3d)
    cameras = evaluation_cameras(joints)
    cam = cameras.world_to_camera(joints.expand(4, *joints.shape))
    # A point moves by 2 sin(angle / 2) times its distance from the axis.
    distance = (cam - cam[:, :, :1])[..., :2].norm(dim=-1)
    for sequence in errors:
        expected = (2 * torch.sin(angle / 2) * distance[sequence.camera]).mean(-1)
        torch.testing.assert_close(sequence.mpjpe_m.float(), expected, atol=1e-5, rtol=1e-4)
        assert sequence.p_mpjpe_m.max() < 1e-4
        assert sequence.mpjpe_m.min() > 0.02


def test_a_constant_offset_of_the_whole_pose_is_taken_out_and_of_one_joint_is_not() -> None:
    def lift_head(poses):
        poses = poses + torch.tensor([0.1, 0.2, 0.3])  # the pelvis moves along
        poses[:, :, 10, 1] += 0.17
        return poses

    for sequence in known_errors([walk(20)], change=lift_head):
        torch.testing.assert_close(sequence.mpjpe_m, torch.full((20,), 0.17 / 17).double(), atol=1e-6, rtol=0)
        assert sequence.velocity_m.max() < 1e-5


def test_a_scaled_prediction_has_a_velocity_error_in_proportion() -> None:
    single = known_errors([walk(20)], change=lambda poses: poses * 1.1)
    double = known_errors([walk(20)], change=lambda poses: poses * 1.2)
    for one, two in zip(single, double, strict=True):
        assert one.velocity_m.mean() > 1e-4
        torch.testing.assert_close(two.velocity_m, 2 * one.velocity_m, atol=1e-5, rtol=1e-3)


def test_every_frame_is_seen_in_a_window_of_its_own_clip() -> None:
    network = Known(9)
    recordings = [walk(40), walk(13, name="b")]
    for recording in recordings:
        network.learn(recording)
    list(evaluate(network, SCREEN, recordings, EvalConfig(batch=3)))
    assert network.asked == 4 * (5 + 2)


def test_one_camera_takes_turns() -> None:
    recordings = [walk(10, name=str(i)) for i in range(6)]
    assert [e.camera for e in known_errors(recordings, all_cameras=False)] == [0, 1, 2, 3, 0, 1]


def test_own_cameras_of_a_sequence_are_used() -> None:
    recording = walk(10)
    fixed = evaluation_cameras(torch.from_numpy(recording.positions3d))
    own = replace(recording, cameras=(fixed[2], fixed[0]), camera_names=("x", "y"))
    network = Known(9)
    network.learn(recording)
    errors = list(evaluate(network, SCREEN, [own], EvalConfig()))
    assert [e.camera for e in errors] == [0, 1]
    assert max(float(e.mpjpe_m.max()) for e in errors) < 1e-5


def test_own_cameras_survive_the_data_file(tmp_path) -> None:
    recording = walk(10)
    own = replace(recording, cameras=(evaluation_cameras(torch.from_numpy(recording.positions3d))[3],))
    write_dataset(tmp_path / "own.h5", [replace(own, camera_names=("front",))])
    with open_dataset(tmp_path / "own.h5") as dataset:
        (errors,) = evaluate(tiny_model(SCREEN), SCREEN, dataset.iterate("test"), EvalConfig())
    expected = list(evaluate(tiny_model(SCREEN), SCREEN, [recording], EvalConfig()))[3]
    torch.testing.assert_close(errors.mpjpe_m, expected.mpjpe_m, atol=1e-6, rtol=0)


def tiny_model(spec: InputSpec, seed: int = 0, frames: int = 9):
    torch.manual_seed(seed)
    channels = 3 if spec.normalisation == "person" else 2
    return build_model(
        "rtpca", frames=frames, dim=8, depth=2, heads=2, in_channels=channels, init="scaled"
    ).eval()


@pytest.mark.parametrize("spec", [SCREEN, PERSON], ids=["screen", "person"])
def test_the_batch_size_does_not_matter(spec) -> None:
    model, recording = tiny_model(spec), walk(40)
    first, second = (list(evaluate(model, spec, [recording], EvalConfig(batch=batch))) for batch in (1, 64))
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one.mpjpe_m, other.mpjpe_m, atol=1e-6, rtol=0)


def test_noise_is_seeded_and_hurts() -> None:
    model, recording = tiny_model(SCREEN), walk(30)

    def errors(**options):
        return torch.cat([e.mpjpe_m for e in evaluate(model, SCREEN, [recording], EvalConfig(**options))])

    clean, noisy, again, other = (
        errors(**o) for o in ({}, {"noise_px": 5.0}, {"noise_px": 5.0}, {"noise_px": 5.0, "seed": 1})
    )
    assert torch.equal(noisy, again)
    assert not torch.equal(noisy, other)
    assert not torch.equal(noisy, clean)
    assert torch.equal(clean, errors(noise_px=0.0, seed=9))


def test_noise_has_the_standard_deviation_asked_for() -> None:
    recording = walk(60)
    seen: list[torch.Tensor] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = RTPCAConfig(frames=60, dim=2, depth=1, heads=1)
            self.anchor = nn.Parameter(torch.zeros(1))

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            seen.append(features)
            return torch.zeros(*features.shape[:3], 3)

    for noise in (0.0, 5.0):
        list(evaluate(Spy(), SCREEN, [recording], EvalConfig(noise_px=noise)))
    clean, noisy = seen
    difference_px = (noisy - clean) * 500  # images of 1000 px become 2
    assert float(difference_px.std()) == pytest.approx(5.0, rel=0.03)
    assert float(difference_px.mean()) == pytest.approx(0.0, abs=0.15)


def mirrored_view(keypoints: torch.Tensor, camera: Camera) -> tuple[torch.Tensor, Camera]:
    """What a mirror image shows: x from the other side of the picture, left and right joints exchanged."""
    mirror = list(get_skeleton("h36m17").mirror)
    width = camera.intrinsics.image_size[:, 0]
    flipped = keypoints.clone()
    flipped[..., 0] = width[:, None, None] - keypoints[..., 0]
    principal = camera.intrinsics.principal_px.clone()
    principal[:, 0] = width - principal[:, 0]
    intrinsics = replace(camera.intrinsics, principal_px=principal)
    return flipped[:, :, mirror], replace(camera, intrinsics=intrinsics)


def lifted(model, spec: InputSpec, keypoints: torch.Tensor, cameras: Camera, flip: bool = False):
    """Poses of every frame, in every camera."""
    scores = keypoints.isfinite().all(-1).to(keypoints.dtype)
    windows = cover(keypoints.shape[1], model.config.frames)
    return lift_consecutive(model, spec, keypoints, scores, cameras.intrinsics, windows, flip=flip).poses


@pytest.mark.parametrize("spec", [SCREEN, PERSON], ids=["screen", "person"])
@settings(max_examples=5)
@given(seed=st.integers(0, 1000))
def test_averaging_with_the_mirror_image_makes_predictions_mirror_symmetric(spec, seed) -> None:
    model = tiny_model(spec, seed).double()
    joints = torch.from_numpy(walk(20).positions3d).double()
    cameras = evaluation_cameras(joints)
    keypoints = cameras.project(cameras.world_to_camera(joints.expand(4, *joints.shape)))
    flipped, flipped_cameras = mirrored_view(keypoints, cameras)
    mirror = get_skeleton("h36m17").mirror
    with torch.no_grad():
        plain, averaged = (lifted(model, spec, keypoints, cameras, flip=flip) for flip in (False, True))
        plain_m, averaged_m = (
            lifted(model, spec, flipped, flipped_cameras, flip=flip) for flip in (False, True)
        )
    torch.testing.assert_close(averaged_m, flip_points(averaged, mirror), atol=1e-9, rtol=0)
    assert not torch.allclose(plain_m, flip_points(plain, mirror), atol=1e-4)
    torch.testing.assert_close(averaged, (plain + flip_points(plain_m, mirror)) / 2, atol=1e-9, rtol=0)


def test_predictions_hold_what_their_errors_are_made_of() -> None:
    model, config = tiny_model(PERSON), EvalConfig(noise_px=2.0)
    valid = np.arange(41) % 4 > 0
    recording = walk(41, fps=25.0, valid=valid)
    made = list(predictions(model, PERSON, [recording], config))
    errors = list(evaluate(model, PERSON, [recording], config))
    for one, error in zip(made, errors, strict=True):
        assert (one.camera, one.recording.fps) == (error.camera, 25.0)
        mpjpe_m = (one.poses_m - one.truth_m).double().norm(dim=-1).mean(-1)
        torch.testing.assert_close(mpjpe_m[one.counted], error.mpjpe_m, atol=1e-6, rtol=0)
        projected = one.view.project(one.view.world_to_camera(torch.from_numpy(one.recording.positions3d)))
        assert 1.8 < (one.keypoints_px - projected).std() < 2.2
        assert (one.scores == 1).all()


def test_predictions_are_in_camera_axes_with_the_pelvis_at_the_origin() -> None:
    model = tiny_model(PERSON)
    joints = torch.from_numpy(walk(20).positions3d)
    cameras = evaluation_cameras(joints)
    keypoints = cameras.project(cameras.world_to_camera(joints.expand(4, *joints.shape)))
    keypoints[0, 3] = float("nan")
    with torch.no_grad():
        poses = lifted(model, PERSON, keypoints, cameras)
    assert poses.shape == (4, 20, 17, 3)
    assert poses.isfinite().all()
    torch.testing.assert_close(poses[:, :, 0], torch.zeros(4, 20, 3), atol=1e-6, rtol=0)


def test_sequences_are_brought_to_the_frame_rate_of_the_weights() -> None:
    recording = walk(41, fps=50.0)
    resampled = at_frame_rate(recording, 25.0)
    assert (resampled.fps, resampled.num_frames) == (25.0, 21)
    np.testing.assert_allclose(resampled.positions3d, recording.positions3d[::2], atol=1e-6)
    doubled = at_frame_rate(recording, 100.0)
    assert doubled.num_frames == 81
    np.testing.assert_allclose(doubled.positions3d[::2], recording.positions3d, atol=1e-6)
    middle = (recording.positions3d[:-1] + recording.positions3d[1:]) / 2
    np.testing.assert_allclose(doubled.positions3d[1::2], middle, atol=1e-6)
    assert at_frame_rate(recording, None) is recording
    assert at_frame_rate(recording, 50.0) is recording
    (first, *_) = evaluate(tiny_model(PERSON), PERSON, [recording], EvalConfig())
    assert (first.fps, len(first.mpjpe_m)) == (25.0, 21)


@given(
    frames=st.integers(1, 200),
    fps=st.sampled_from([24.0, 29.97, 30.0, 50.0, 60.0, 120.0]),
    wanted=st.floats(5, 240),
)
def test_resampling_covers_the_duration_and_invents_nothing(frames, fps, wanted) -> None:
    time_s = (np.arange(frames) / fps).astype(np.float32)
    recording = walk(2, positions3d=np.broadcast_to(time_s[:, None, None], (frames, 17, 3)).copy(), fps=fps)
    resampled = at_frame_rate(recording, wanted)
    shown = resampled.positions3d[:, 0, 0]
    np.testing.assert_allclose(shown, np.arange(len(shown)) / wanted, atol=1e-3 / fps + 1e-5)
    assert shown[-1] <= time_s[-1] + 1e-6
    assert time_s[-1] - shown[-1] < 1 / wanted + 1e-4


def test_clips_of_one_and_two_frames_are_evaluated() -> None:
    one, two = (list(evaluate(tiny_model(SCREEN), SCREEN, [walk(n)], EvalConfig()))[0] for n in (1, 2))
    assert (len(one.mpjpe_m), len(one.velocity_m), len(one.acceleration_m)) == (1, 0, 0)
    assert (len(two.mpjpe_m), len(two.velocity_m), len(two.acceleration_m)) == (2, 1, 0)


def test_another_skeleton_is_refused() -> None:
    other = walk(10, positions3d=np.zeros((10, 15, 3), np.float32))
    with pytest.raises(InputError, match="walk has 15 joints, the model 17; use data of the same skeleton"):
        list(evaluate(tiny_model(SCREEN), SCREEN, [other], EvalConfig()))


def test_damaged_weights_are_an_error_and_not_an_average() -> None:
    model = tiny_model(SCREEN)
    model.head.bias.data[1] = float("nan")
    with pytest.raises(InputError, match="walk: the predictions are not finite: the weights are damaged"):
        list(evaluate(model, SCREEN, [walk(10)], EvalConfig()))


@pytest.mark.parametrize("noise", [-1.0, float("nan"), float("inf")])
def test_impossible_noise_is_refused(noise) -> None:
    with pytest.raises(ConfigError, match="the standard deviation must be 0 or more"):
        EvalConfig(noise_px=noise)


def test_a_model_keeps_its_state_and_no_gradient_is_kept() -> None:
    model = tiny_model(SCREEN)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    (errors, *_) = evaluate(model, SCREEN, synthetic_recordings(frames=10)[:1], EvalConfig())
    assert not errors.mpjpe_m.requires_grad
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
