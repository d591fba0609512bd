"""The data behind the figures: rules that choose, errors that agree with the evaluation, numbers of maps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation import EvalConfig, evaluate, predictions
from rtpca.models import Checkpoint, InputSpec, build_model
from rtpca.models.attention_maps import TemporalAttention
from rtpca.models.cost import count_parameters
from rtpca.reproduce import Setup, named_run
from rtpca.reproduce.datafile import NO_DATA
from rtpca.reproduce.figures.attention import (
    attention_numbers,
    attention_of_take,
    chosen_take,
    picked_maps,
)
from rtpca.reproduce.figures.compared import common_rate, errors_mm
from rtpca.reproduce.figures.error_latency import contenders, measure_speed
from rtpca.reproduce.figures.frame_errors import chosen_takes, errors_of_takes, steadiness
from rtpca.reproduce.figures.poses import chosen_moments, evenly_spaced, frame_at_percentile, level


def checkpoint(name: str, **options) -> Checkpoint:
    torch.manual_seed(1)
    model = build_model(name, **{"frames": 8, "dim": 8, "depth": 2, "heads": 2, "init": "scaled"} | options)
    return Checkpoint(model.eval(), InputSpec(fps=50.0), {}, name)


@pytest.fixture(scope="module")
def networks() -> dict[str, Checkpoint]:
    return {"rtpca": checkpoint("rtpca"), "ste": checkpoint("ste")}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Nine clips; in the test split squats last 60 frames in two takes, the others 40 in one."""
    path = tmp_path_factory.mktemp("figures") / "data.h5"
    recordings = synthetic_recordings(frames=40)
    longer = [one for one in synthetic_recordings(frames=60) if one.name == "synthetic/test_squat"]
    recordings = [one for one in recordings if one.name != "synthetic/test_squat"] + longer
    recordings.append(
        replace(longer[0], name="synthetic/test_squat_2", positions3d=longer[0].positions3d[:55])
    )
    write_dataset(path, recordings)
    with open_dataset(path) as opened:
        yield opened


def with_own_keypoints(recording, error_px=20.0):
    """As a detector saw it in one of two cameras: errors, a joint missing, a frame that does not count."""
    cameras = evaluation_cameras(torch.from_numpy(recording.positions3d))
    joints = torch.from_numpy(recording.positions3d)
    found = cameras[1].project(cameras[1].world_to_camera(joints)).numpy()
    found = found + error_px * np.random.default_rng(0).standard_normal(found.shape)
    scores = np.full((*found.shape[:2], 1), 0.6)
    found[4:9, 3], scores[4:9, 3] = np.nan, 0.0
    valid = np.ones(len(joints), dtype=bool)
    valid[7] = False
    return replace(
        recording,
        cameras=(cameras[0], cameras[1]),
        camera_names=("a", "b"),
        keypoints2d={"b": np.concatenate((found, scores), -1).astype(np.float32)},
        valid=valid,
    )


def seen(checkpoint, recording, **options):
    return list(predictions(checkpoint.model, checkpoint.input, [recording], EvalConfig(**options)))


def test_errors_of_frames_are_those_of_the_evaluation(networks, dataset) -> None:
    own = networks["ste"]
    for recording in (
        dataset.read("synthetic/test_walk"),
        with_own_keypoints(dataset.read("synthetic/test_walk")),
    ):
        curves = [errors_mm(each) for each in seen(own, recording)]
        found = list(evaluate(own.model, own.input, [recording], EvalConfig()))
        assert len(found) == len(curves)
        for curve, sequence in zip(curves, found, strict=True):
            assert curve.shape == (40,)
            assert np.allclose(curve[np.isfinite(curve)], 1000 * sequence.mpjpe_m.numpy())


def test_frames_that_do_not_count_have_no_error(networks, dataset) -> None:
    for each in seen(networks["ste"], with_own_keypoints(dataset.read("synthetic/test_walk"))):
        assert np.flatnonzero(np.isnan(errors_mm(each))).tolist() == [7]


def test_figures_3_and_4_show_the_errors_of_the_evaluation_where_joints_are_missing(tmp_path) -> None:
    """Scores and missing joints of a detector reach the network, whatever is made from its poses."""
    own = checkpoint("ste", in_channels=3)
    recordings = [replace(each, fps=50.0) for each in synthetic_recordings(frames=40) if each.split == "test"]
    write_dataset(tmp_path / "d.h5", [with_own_keypoints(each) for each in recordings])
    with open_dataset(tmp_path / "d.h5") as opened:
        found = list(evaluate(own.model, own.input, opened.iterate("test"), EvalConfig()))
        walk = [1000 * each.mpjpe_m.numpy() for each in found if each.action == "walk"]
        takes, curves = errors_of_takes({"ste": own}, opened, ["synthetic/test_walk"], 40)
        assert takes == ["synthetic/test_walk camera 0", "synthetic/test_walk camera 1"]
        assert np.allclose(np.delete(curves["ste"], 7, axis=1), walk)
        for line, row in chosen_moments({"ste": own}, opened, percentiles=(90.0,)):
            (errors,) = (
                each.mpjpe_m
                for each in found
                if (each.name, each.camera) == (line.cells["recording"], line.cells["camera"])
            )
            frame = line.cells["frame"] - (line.cells["frame"] > 7)
            assert line.cells["mpjpe_mm_ste"] == pytest.approx(1000 * float(errors[frame]))
            assert np.linalg.norm(row.poses_m["ste"] - row.truth_m, axis=-1).mean() == pytest.approx(
                float(errors[frame])
            )


def test_levelled_axes_point_down_with_the_world_and_keep_lengths(networks, dataset) -> None:
    recording = dataset.read("synthetic/test_walk")
    joints = torch.from_numpy(recording.positions3d).double()
    height = joints[..., 1] - joints[:, :1, 1]  # above the pelvis
    for each in seen(networks["ste"], recording):
        turn = level(each.view)
        levelled = each.truth_m.double() @ turn.T
        assert torch.allclose(levelled[..., 1], -height, atol=1e-4)
        assert torch.allclose(turn @ turn.T, torch.eye(3, dtype=torch.float64), atol=1e-5)
        assert torch.linalg.det(turn) == pytest.approx(1.0, abs=1e-5)
        ahead = turn[:, 2]
        assert abs(float(ahead[0])) < 1e-5
        assert ahead[2] > 0


def test_moments_have_the_baseline_s_error_at_their_rank(networks, dataset) -> None:
    ordered = {"ste": networks["ste"], "rtpca": networks["rtpca"]}
    moments = chosen_moments(ordered, dataset, actions=2, percentiles=(0.0, 100.0))
    assert [line.cells["percentile"] for line, _ in moments] == [0, 0, 100, 100]
    assert moments[0][0].label == moments[2][0].label != moments[1][0].label
    own = networks["ste"]
    in_turns = EvalConfig(all_cameras=False)
    found = list(predictions(own.model, own.input, dataset.iterate("test"), in_turns))
    for line, row in moments:
        assert list(row.poses_m) == ["ste", "rtpca"]
        again = np.linalg.norm(row.poses_m["ste"] - row.truth_m, axis=-1).mean() * 1000
        assert again == pytest.approx(line.cells["mpjpe_mm_ste"], abs=1e-3)
        errors = np.concatenate([errors_mm(each) for each in found if each.recording.action == line.label])
        extreme = errors.min() if line.cells["percentile"] == 0 else errors.max()
        assert line.cells["mpjpe_mm_ste"] == pytest.approx(extreme, abs=1e-3)


def test_ranks_count_over_all_takes_and_leave_out_nan() -> None:
    takes = [("a", 0, np.array([5.0, np.nan, 1.0])), ("b", 0, np.array([4.0])), ("b", 1, np.array([3.0]))]
    assert [frame_at_percentile(takes, p) for p in (0, 33, 67, 100)] == [
        ("a", 0, 2),
        ("b", 1, 0),
        ("b", 0, 0),
        ("a", 0, 0),
    ]


def test_even_spacing_keeps_both_ends() -> None:
    assert evenly_spaced("abcdefg", 3) == ["a", "d", "g"]
    assert evenly_spaced("ab", 3) == ["a", "b"]
    assert evenly_spaced("abc", 1) == ["b"]


def test_the_action_with_two_long_takes_is_chosen_and_cut_to_the_shorter(networks, dataset) -> None:
    names, action, frames = chosen_takes(dataset, "test", None, 600, 50.0)
    assert (action, frames, len(names)) == ("squat", 55, 2)
    assert chosen_takes(dataset, "test", None, 20, 50.0)[2] == 20
    assert chosen_takes(dataset, "test", "walk", 600, 25.0)[1:] == ("walk", 20)
    takes, errors = errors_of_takes(networks, dataset, names, 30)
    assert errors["ste"].shape == errors["rtpca"].shape == (8, 30)
    assert len(takes) == 8


def test_photo_is_taken_where_the_data_have_it(tmp_path) -> None:
    recordings = synthetic_recordings(frames=10)
    write_dataset(tmp_path / "d.h5", [*recordings[:-1], replace(recordings[-1], action="Photo")])
    with open_dataset(tmp_path / "d.h5") as opened:
        assert chosen_takes(opened, recordings[-1].split, None, 600, None)[1] == "Photo"


def test_steadiness_of_a_known_curve() -> None:
    errors = np.array([[10.0, 20.0, 10.0, 20.0], [30.0, 30.0, 30.0, np.nan]])
    numbers = steadiness(errors)
    assert numbers["level_mm"] == pytest.approx(150 / 7)
    assert numbers["mean_line_std_mm"] == pytest.approx(np.std([20, 25, 20, 20]))
    assert numbers["take_std_mm"] == pytest.approx(2.5)
    assert numbers["step_mm"] == pytest.approx(30 / 5)
    assert numbers["band_mm"] == pytest.approx((20 + 10 + 20 + 0) / 4)


def test_numbers_of_uniform_and_of_single_frame_attention() -> None:
    uniform = TemporalAttention(torch.full((1, 2, 2, 20, 20), 1 / 25), torch.full((1, 2, 2, 20, 5), 1 / 25))
    numbers = attention_numbers(uniform)
    assert numbers["row_entropy"] == pytest.approx(math.log(20)) == pytest.approx(numbers["uniform_entropy"])
    assert numbers["near_percent"] == pytest.approx(numbers["uniform_near_percent"])
    assert (
        numbers["memory_percent"] == pytest.approx(20.0) == pytest.approx(numbers["uniform_memory_percent"])
    )
    one = torch.zeros(1, 1, 1, 20, 20)
    one[..., 3] = 1.0
    stripes = attention_numbers(TemporalAttention(one, torch.zeros(1, 1, 1, 20, 0)))
    assert stripes["row_entropy"] == stripes["received_entropy"] == 0
    assert stripes["near_percent"] == pytest.approx(45.0)
    own = attention_numbers(TemporalAttention(torch.eye(20)[None, None, None], torch.zeros(1, 1, 1, 20, 0)))
    assert own["received_entropy"] == pytest.approx(math.log(20))
    assert own["near_percent"] == pytest.approx(100.0)


def test_maps_are_of_the_middle_window_of_the_longest_take(networks, dataset) -> None:
    take = chosen_take(networks, dataset, "test", None)
    assert (take.name, take.action) == ("synthetic/test_squat", "squat")
    made = {
        name: attention_of_take(each, dataset.read(take.name), dataset.skeleton)
        for name, each in networks.items()
    }
    assert [each.first_frame for each in made.values()] == [26, 26]
    assert made["rtpca"].maps.shape == (len(made["rtpca"].columns), 8, 8)
    assert (made["rtpca"].memory.shape[-1], made["ste"].memory.shape[-1]) == (1, 0)
    assert made["ste"].numbers["memory_percent"] == 0
    assert 0 < made["rtpca"].numbers["memory_percent"] < 100
    assert made["ste"].numbers["windows"] == 4 * 7
    total = made["rtpca"].maps.sum(-1) + made["rtpca"].memory.sum(-1)
    assert np.allclose(total, 1.0, atol=1e-5)


def test_columns_of_maps_are_fixed_beforehand(dataset) -> None:
    picked = picked_maps(dataset.skeleton, heads=2)
    assert [(joint, head) for _, joint, head in picked] == [(None, None), (0, 0), (10, 1), (13, 0), (16, 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda n, d: chosen_takes(d, "test", "dance", 600, 50.0),
            "no action 'dance' .`action`.; its actions are squat, walk, wave",
        ),
        (lambda n, d: chosen_take(n, d, "test", "dance"), "no action 'dance'"),
        (
            lambda n, d: chosen_moments(n, d, "exam"),
            "no split 'exam'; splits and sequences found",
        ),
        (
            lambda n, d: chosen_take({"ste": checkpoint("ste", frames=99)}, d, "test", None),
            "the longest take of 'squat' has 60 frames, a window 99",
        ),
        (
            lambda n, d: common_rate(n | {"x": replace(n["ste"], input=InputSpec(fps=25.0))}, d, "test"),
            r"different frame rates \(rtpca 50, ste 50, x 25\)",
        ),
        (
            lambda n, d: common_rate(
                {"x": replace(n["ste"], input=InputSpec(fps=50.0, skeleton="humaneva15"))}, d, "test"
            ),
            "the data hold h36m17, x lifts humaneva15",
        ),
    ],
)
def test_what_does_not_fit_is_said(networks, dataset, make, message) -> None:
    with pytest.raises(InputError, match=message):
        make(networks, dataset)


def test_networks_of_figure_1_share_runs_with_the_tables() -> None:
    found = {contender.label: contender for contender in contenders(Setup(), ["rtpca", "ste"])}
    assert list(found) == ["rtpca F=27", "rtpca F=81", "ste F=27", "ste F=81"]
    assert [contender.run.name for contender in found.values()] == ["rtpca-f27", "rtpca", "ste-f27", "ste"]
    assert found["ste F=27"].config.frames == 27
    assert not found["ste F=27"].config.tpca
    assert "batch=12" in found["ste F=27"].run.overrides


def test_competitors_have_the_window_behind_each_prediction() -> None:
    found = {contender.label: contender for contender in contenders(Setup(), [], [9, 27, 81])}
    assert found["videopose3d F=81"].run is named_run("videopose3d")
    longer = Setup().recipe(found["videopose3d F=27"].run, NO_DATA)
    assert (longer.model.receptive_field, longer.model.out_frames) == (27, 81)
    assert found["videopose3d F=27"].config.out_frames == 1
    assert found["poseformer F=9"].config.frames == found["mhformer F=9"].config.frames == 9
    few, many = (Setup().recipe(found[f"poseformer F={f}"].run, NO_DATA).batch for f in (81, 27))
    assert many == 3 * few
    assert not {"videopose3d F=28", "mhformer F=28"} & {
        contender.label for contender in contenders(Setup(), [], [28])
    }


def test_unknown_networks_of_figure_1_are_named() -> None:
    with pytest.raises(ConfigError, match="`models` resnet: the models of Figure 1 are rtpca, ste"):
        contenders(Setup(), ["resnet"])


def test_every_network_of_figure_1_is_timed_once_and_at_a_large_batch() -> None:
    setup = Setup(overrides=("model.dim=8", "model.depth=1"))
    found = contenders(setup, ["ste"], [9])
    ((single, video, large),) = measure_speed(found, rounds=2, batch_frames=40)
    assert (single.batch, large.batch, large.rounds) == (1, 4, 1)
    assert video is single
    assert count_parameters(found[0].config) < 3000


def test_the_paper_s_scale_has_mhformer_at_its_own_window_too() -> None:
    found = [each.label for each in contenders(Setup(scale="paper"), ["rtpca", "mhformer"])]
    assert found[:3] == ["rtpca F=27", "rtpca F=81", "rtpca F=243"]
    assert found[-1] == "mhformer F=351"
