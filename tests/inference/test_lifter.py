from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rtpca
from rtpca.errors import CheckpointError, ConfigError, InputError, ShapeError
from rtpca.geometry import Intrinsics, person_view
from rtpca.inference import Lifter
from rtpca.inference.refinement import with_steady_bones
from rtpca.inference.smoothing import bone_lengths
from rtpca.keypoints import Keypoints
from rtpca.models import build_model
from rtpca.skeletons import get_skeleton

SIZE = (1000, 800)


def body(frames: int, seed: int = 0) -> np.ndarray:
    """(F, 17, 2) pixels: a fixed arrangement of joints that drifts."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform((200, 100), (600, 700), (17, 2))
    drift = np.cumsum(rng.normal(0, 2, (frames, 1, 2)), axis=0)
    return (joints + drift + rng.normal(0, 3, (frames, 17, 2))).astype(np.float32)


def echoed(points: np.ndarray) -> np.ndarray:
    """What `Echo` gives for screen-normalised keypoints: relative to the pelvis, z = 0."""
    relative = (points - points[:, :1]) * 2 / SIZE[0]
    return np.concatenate([relative, np.zeros_like(relative[..., :1])], axis=-1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.integers(1, 90),
    fps=st.sampled_from([5, 10, 20, 25, 30, 50, 60, 120]),
    window=st.sampled_from([1, 2, 9, 27]),
    flip=st.booleans(),
)
def test_each_frame_is_lifted_from_itself_at_any_length_and_rate(echo, lifter_of, frames, fps, window, flip):
    points = body(frames)
    result = lifter_of(echo(window), flip=flip, batch_windows=3)(points, SIZE, fps, "h36m17")
    np.testing.assert_allclose(result.poses3d, echoed(points), atol=2e-6)
    assert result.valid.all()
    assert result.fps == fps
    np.testing.assert_allclose(result.keypoints2d, points)


def test_person_normalised_poses_are_turned_back_into_camera_axes(echo, lifter_of):
    points = body(9)
    result = lifter_of(echo(9), "person")(points, SIZE, 20, "h36m17", focal_px=900)
    view = person_view(torch.as_tensor(points), torch.ones(9, 17), Intrinsics.of_image(SIZE, 900))
    in_view = torch.cat([view.points_norm, torch.zeros(9, 17, 1)], dim=-1)
    expected = (view.R_cam_from_view.unsqueeze(1) @ in_view.unsqueeze(-1)).squeeze(-1)
    expected = expected - expected[:, :1]
    np.testing.assert_allclose(result.poses3d, expected.numpy(), atol=1e-6)


def test_a_clip_shorter_than_the_window_repeats_its_edges(echo, lifter_of):
    network = echo(9)
    points = body(3)
    lifter_of(network)(points, SIZE, 20, "h36m17")
    first, last = network.inputs[0][0, 0], network.inputs[0][0, -1]
    torch.testing.assert_close(network.inputs[0][0, :4], first.expand(4, -1, -1))
    torch.testing.assert_close(network.inputs[0][0, -4:], last.expand(4, -1, -1))
    assert not torch.equal(first, last)


def test_phases_of_a_fast_clip_do_not_touch_each_other(weights):
    lifter = Lifter.from_pretrained(weights("screen", 2), device="cpu", average_phases=False)
    points = body(101)
    together = lifter(points, SIZE, 40, "h36m17").poses3d
    np.testing.assert_allclose(together[::2], lifter(points[::2], SIZE, 20, "h36m17").poses3d, atol=1e-5)
    np.testing.assert_allclose(together[1::2], lifter(points[1::2], SIZE, 20, "h36m17").poses3d, atol=1e-5)


def test_a_fast_clip_is_averaged_over_one_frame_of_the_network(echo, lifter_of):
    points = body(80)
    points[:, 0] = 300  # the pelvis stays, so that what is averaged is one joint
    raw, smooth = (
        lifter_of(echo(9), average_phases=on)(points, SIZE, 60, "h36m17").poses3d for on in (False, True)
    )
    np.testing.assert_allclose(smooth[1:-1], (raw[:-2] + raw[1:-1] + raw[2:]) / 3, atol=1e-6)
    np.testing.assert_allclose(smooth[[0, -1]], raw[[0, -1]], atol=1e-6)


def test_weights_of_any_rate_read_every_frame(echo, lifter_of):
    network = echo(27)
    lifter_of(network, fps=None)(body(27), SIZE, 120, "h36m17")
    assert [tuple(x.shape) for x in network.inputs] == [(1, 27, 17, 3)]


@pytest.mark.parametrize("normalisation", ["screen", "person"])
@pytest.mark.parametrize("in_channels", [2, 3])
def test_flip_averaging_makes_lifting_commute_with_mirroring(weights, walk, normalisation, in_channels):
    lifter = Lifter.from_pretrained(weights(normalisation, in_channels), device="cpu")
    mirror = list(get_skeleton("h36m17").mirror)
    mirrored = walk[:, mirror] * [-1, 1] + [1000, 0]
    plain = lifter(walk, (1000, 1002), 50, "h36m17", focal_px=1100)
    turned = lifter(mirrored, (1000, 1002), 50, "h36m17", focal_px=1100)
    np.testing.assert_allclose(turned.poses3d[:, mirror] * [-1, 1, 1], plain.poses3d, atol=2e-4)


def test_the_root_is_found_where_the_person_stands(statue, lifter_of):
    rng = np.random.default_rng(1)
    pose = rng.uniform(-0.8, 0.8, (17, 3)).astype(np.float32)
    pose[0] = 0
    time = np.linspace(0, 3, 40)[:, None]
    root = np.concatenate([np.sin(time), 0.2 * time, 5 + np.cos(time)], axis=1)
    points = pose + root[:, None]
    for focal, given_focal in (
        (1200.0, 1200),
        (0.809 * np.hypot(*SIZE), None),
        ((900.0, 1000.0), (900, 1000)),
    ):
        pixels = points[..., :2] / points[..., 2:] * np.array(focal) + np.array([500, 400])
        lifter = lifter_of(statue(9, torch.as_tensor(pose)))
        result = lifter(pixels, SIZE, 20, "h36m17", focal_px=given_focal)
        np.testing.assert_allclose(result.poses3d, np.broadcast_to(pose, (40, 17, 3)), atol=1e-6)
        np.testing.assert_allclose(result.root, root, atol=2e-3)
        assert any("focal length assumed" in note for note in result.notes) == (given_focal is None)


def test_missing_joints_and_frames_are_bridged_or_reported(echo, lifter_of):
    network = echo(9)
    points = body(60)
    scores = np.ones((60, 17))
    scores[10:13, 6] = 0  # 3 frames at 20 per second: bridged
    scores[20:45, 13] = np.nan  # 1.25 s: missing
    points[30:33] = np.nan  # nobody for a moment: bridged
    points[46:60, 1:] = np.nan  # nobody until the end
    result = lifter_of(network, max_gap_s=0.25)(points, SIZE, 20, "h36m17", scores=scores)
    assert np.isfinite(result.poses3d).all()
    assert (
        result.poses3d.dtype
        == result.root.dtype
        == result.confidence.dtype
        == result.keypoints2d.dtype
        == np.float32
    )
    # A joint that was not seen is less sure than when it was.
    assert result.confidence[20:45, 13].max() < result.confidence[:20, 13].min()
    assert np.isnan(result.keypoints2d[20:45, 13]).all()
    np.testing.assert_allclose(result.keypoints2d[11, 6], (points[9, 6] + points[13, 6]) / 2, rtol=1e-5)
    assert result.valid.tolist() == [True] * 46 + [False] * 14
    assert (result.confidence[46:] == 0).all()
    np.testing.assert_array_equal(result.poses3d[46:], np.broadcast_to(result.poses3d[45], (14, 17, 3)))
    np.testing.assert_array_equal(result.root[46:], np.broadcast_to(result.root[45], (14, 3)))
    text = " ".join(result.notes)
    assert "14 of 60 frames show nobody" in text
    assert "51 joint positions in short gaps bridged" in text
    # What is missing reaches the network as zeros with score 0.
    seen = torch.cat([x.reshape(-1, 17, 3) for x in network.inputs])
    assert (seen[seen[..., 2] == 0] == 0).all()
    assert (seen[:, 13, 2] == 0).any()


def test_a_network_without_scores_gets_complete_keypoints(echo, lifter_of):
    network = echo(9, in_channels=2)
    points = body(30)
    whole = points.copy()
    points[5:25, 13] = np.nan
    result = lifter_of(network)(points, SIZE, 20, "h36m17")
    between = whole[4, 13] + (whole[25, 13] - whole[4, 13]) * 10 / 21
    np.testing.assert_allclose(result.poses3d[14, 13, :2], (between - whole[14, 0]) * 2 / SIZE[0], atol=1e-5)
    assert result.confidence[5:25, 13].max() < result.confidence[:5, 13].min()
    assert np.isnan(result.keypoints2d[14, 13]).all()


def test_a_long_absence_is_not_computed(echo, lifter_of):
    network = echo(9)
    points = body(2000)
    points[50:1950] = np.nan
    result = lifter_of(network)(points, SIZE, 20, "h36m17")
    assert sum(len(x) for x in network.inputs) < 40
    middle = result.poses3d[49] + (result.poses3d[1950] - result.poses3d[49]) * (950 / 1901)
    np.testing.assert_allclose(result.poses3d[999], middle, atol=1e-5)


def test_another_architecture_lifts_if_it_predicts_every_frame(rng, lifter_of):
    network = build_model("mhformer", frames=9, dim=8, hidden=12, layers=2, heads=2)
    points = rng.uniform(100, 700, (30, 17, 2))
    result = lifter_of(network)(points, SIZE, 30, "h36m17")
    assert result.poses3d.shape == (30, 17, 3)
    assert np.isfinite(result.poses3d).all()


def test_weights_that_predict_a_part_of_their_window_are_refused_in_words(lifter_of):
    network = build_model("poseformer", frames=9, joint_dim=4, depth=1, heads=1)
    with pytest.raises(ConfigError, match=r"\(poseformer\) predict 1 of the 9 frames .* all of them"):
        lifter_of(network)


@pytest.mark.parametrize(
    "name", ["coco17", "halpe26", "body25", "mediapipe33", "mpi_inf_3dhp17", "humaneva15", "mpii16"]
)
def test_every_detector_skeleton_can_be_lifted(weights, rng, name):
    skeleton = get_skeleton(name)
    points = rng.uniform(100, 700, (30, skeleton.num_joints, 2))
    result = Lifter.from_pretrained(weights(), device="cpu")(points, SIZE, 30, name)
    assert result.poses3d.shape == (30, 17, 3)
    assert result.skeleton == "h36m17"
    assert np.isfinite(result.poses3d).all()
    absent = [note for note in result.notes if "guesses them" in note]
    assert bool(absent) == bool(np.isnan(result.keypoints2d).all(axis=(0, 2)).any())


def test_a_skeleton_of_ones_own_is_converted_by_name(weights):
    own = rtpca.skeletons.Skeleton.from_parents(
        "mine", {name: None for name in reversed(get_skeleton("h36m17").joints)}
    )
    lifter = Lifter.from_pretrained(weights(), device="cpu")
    points = body(12)
    expected = lifter(points, SIZE, 20, "h36m17").poses3d
    np.testing.assert_allclose(lifter(points[:, ::-1], SIZE, 20, own).poses3d, expected, atol=1e-6)


def test_the_users_arrays_stay_as_they_are(weights):
    points, scores = body(12), np.full((12, 17), 0.01, np.float32)
    scores[:, :9] = 1
    before = points.copy(), scores.copy()
    Lifter.from_pretrained(weights(), device="cpu")(points, SIZE, 20, "h36m17", scores=scores)
    np.testing.assert_array_equal(points, before[0])
    np.testing.assert_array_equal(scores, before[1])


def test_progress_counts_all_windows(echo, lifter_of):
    seen: list[tuple[int, int]] = []
    lifter_of(echo(9), batch_windows=4)(
        body(100), SIZE, 20, "h36m17", progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1][0] == seen[-1][1] == 24
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_without_image_size_person_weights_assume_one_and_screen_weights_refuse(weights):
    points = body(12)
    result = Lifter.from_pretrained(weights("person"), device="cpu")(points, fps=20, skeleton="h36m17")
    assert result.image_size == tuple(int(np.ceil(side)) for side in points.reshape(-1, 2).max(axis=0))
    assert any("image size not given" in note for note in result.notes)
    with pytest.raises(InputError, match="`image_size`"):
        Lifter.from_pretrained(weights("screen"), device="cpu")(points, fps=20, skeleton="h36m17")


def test_without_frame_rate_30_is_assumed(weights):
    result = Lifter.from_pretrained(weights(), device="cpu")(body(5), SIZE, skeleton="h36m17")
    assert result.fps == 30
    assert any("30 frames per second assumed" in note for note in result.notes)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"keypoints": np.zeros((0, 17, 2))}, InputError, "no frames"),
        ({"keypoints": np.full((5, 17, 2), np.nan)}, InputError, "no visible joint"),
        ({"keypoints": np.full((5, 17, 3), 0.0)}, InputError, "no visible joint"),
        ({"keypoints": body(5)[:, :, :1]}, ShapeError, r"\(5, 17, 1\), needed is \(F, J, 2\)"),
        ({"keypoints": body(5)[0]}, ShapeError, r"\(17, 2\), needed is"),
        ({"keypoints": np.zeros((2, 5, 17, 2))}, ShapeError, "one person"),
        (
            {"keypoints": body(5)[:, :12], "skeleton": "h36m17"},
            ShapeError,
            "12 joints, skeleton h36m17 has 17",
        ),
        (
            {"keypoints": body(5)[:, :12], "skeleton": "auto"},
            InputError,
            "12 joints; joint sets that are recognised",
        ),
        ({"keypoints": "abc"}, InputError, "not an array of numbers"),
        ({"keypoints": [[[1, 2], [3]]]}, InputError, "not an array of numbers"),
        ({"keypoints": body(5) / 2000}, InputError, "not pixels"),
        ({"skeleton": "octopus"}, ConfigError, "unknown skeleton 'octopus': choose auto or one of h36m17"),
        ({"scores": np.ones((5, 16))}, ShapeError, r"\(5, 16\), needed is \(F, J\) = \(5, 17\)"),
        ({"scores": np.zeros((5, 17))}, InputError, "no visible joint"),
        ({"fps": 0}, InputError, "fps"),
        ({"fps": float("nan")}, InputError, "fps"),
        ({"image_size": (0, 100)}, InputError, "image size"),
        ({"focal_px": -3}, InputError, "focal_px"),
        (
            {"keypoints": np.where(np.arange(17)[:, None] < 3, body(5), np.nan)},
            InputError,
            "at least 4 joints",
        ),
    ],
)
def test_what_cannot_be_lifted_is_said_in_one_line(weights, change, error, message):
    arguments = {"keypoints": body(5), "image_size": SIZE, "fps": 20, "skeleton": "h36m17"} | change
    with pytest.raises(error, match=message) as caught:
        Lifter.from_pretrained(weights(), device="cpu")(**arguments)
    assert "\n" not in str(caught.value)


def test_exact_corner_points_count_as_missing(echo, lifter_of):
    points = body(20)
    points[3, 5] = 0
    result = lifter_of(echo(9))(points, SIZE, 20, "h36m17")
    np.testing.assert_allclose(result.keypoints2d[3, 5], (points[2, 5] + points[4, 5]) / 2, rtol=1e-5)
    assert any("(0, 0) counts as missing" in note for note in result.notes)


def test_keypoints_far_outside_of_the_image_are_remarked_on(weights):
    result = Lifter.from_pretrained(weights(), device="cpu")(body(5), (200, 100), 20, "h36m17")
    assert any("another version of the video" in note for note in result.notes)


def test_unusable_weights_and_devices_are_refused(weights, tmp_path):
    with pytest.raises(CheckpointError, match="no weights called"):
        Lifter.from_pretrained("no-such-weights")
    with pytest.raises(ConfigError, match="choose auto, cpu or cuda"):
        Lifter.from_pretrained(weights(), device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="cuda is not available"):
            Lifter.from_pretrained(weights(), device="cuda")


def test_the_lifter_is_a_public_name():
    assert rtpca.Lifter is Lifter


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_what_the_cpu_gives(weights, walk):
    on_cpu = Lifter.from_pretrained(weights(), device="cpu")(walk, (1000, 1002), 50, "h36m17")
    on_gpu = Lifter.from_pretrained(weights(), device="cuda")(walk, (1000, 1002), 50, "h36m17")
    np.testing.assert_allclose(on_gpu.poses3d, on_cpu.poses3d, atol=1e-3)


def test_refinement_steadies_bones_and_changes_nothing_else(walk):
    plain, refined = (
        Lifter.from_pretrained("rtpca-xs", "cpu", refine=on)(walk, (1000, 1002), 50, "h36m17")
        for on in (False, True)
    )
    steady = with_steady_bones(plain.poses3d, plain.root, plain.valid)
    np.testing.assert_array_equal(refined.poses3d, steady)
    spread, spread_refined = (bone_lengths(one.poses3d).std(axis=0) for one in (plain, refined))
    assert (spread_refined < 0.5 * spread).all()
    np.testing.assert_array_equal(refined.confidence, plain.confidence)
    np.testing.assert_array_equal(refined.root, plain.root)
    assert set(refined.notes) - set(plain.notes) == {"poses refined: one set of bone lengths over the clip"}


def test_options_reach_the_lifter_through_its_name():
    lifter = Lifter.from_pretrained("rtpca-xs", "cpu", batch_windows=3, flip=False, min_score=0.4)
    assert (lifter.batch_windows, lifter.flip, lifter.min_score, lifter.average_phases) == (
        3,
        False,
        0.4,
        True,
    )


def test_a_record_is_lifted_as_its_arrays_are_and_what_is_given_wins(weights, walk):
    lifter = Lifter.from_pretrained(weights(), "cpu")
    size, h36m = (1000, 1002), get_skeleton("h36m17")
    record = Keypoints(walk, np.ones(walk.shape[:2]), h36m, 50.0, size, focal_px=(1200.0, 1200.0))
    from_arrays = lifter(walk, size, 50, "h36m17", focal_px=1200)
    from_record = lifter(record)
    np.testing.assert_array_equal(from_record.poses3d, from_arrays.poses3d)
    np.testing.assert_array_equal(from_record.root, from_arrays.root)
    assert from_record.notes == from_arrays.notes
    slower = lifter(record, fps=25, focal_px=600)
    assert (slower.fps, from_record.fps) == (25, 50)
    np.testing.assert_array_equal(slower.root, lifter(walk, size, 25, "h36m17", focal_px=600).root)
