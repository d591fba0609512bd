"""The data behind the figures: rules that choose, errors that agree with the evaluation, numbers of maps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import ConfigError, InputError
from rtpca.evaluation import EvalConfig, evaluate
from rtpca.models import Checkpoint, InputSpec, build_model, preset_names
from rtpca.models.attention_maps import TemporalAttention
from rtpca.reproduce.figures.attention import attention_numbers, attention_of_networks, picked_maps
from rtpca.reproduce.figures.error_latency import contenders, measure_speed, no_data
from rtpca.reproduce.figures.frame_errors import chosen_takes, frame_errors, steadiness
from rtpca.reproduce.figures.lifted import lift_recording
from rtpca.reproduce.figures.output import markdown_table, write_csv
from rtpca.reproduce.figures.poses import chosen_moments, evenly_spaced, frame_at_percentile
from rtpca.reproduce.rows import named_run
from rtpca.reproduce.scales import recipe


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


def test_errors_of_frames_are_those_of_the_evaluation(networks, dataset) -> None:
    recording = dataset.read("synthetic/test_walk")
    lifted = lift_recording(networks, recording)
    own = networks["ste"]
    errors = list(evaluate(own.model, own.input, [recording], EvalConfig()))
    assert lifted.errors_mm["ste"].shape == (4, 40)
    for sequence in errors:
        mine = lifted.errors_mm["ste"][sequence.camera].double()
        assert torch.allclose(mine, 1000 * sequence.mpjpe_m.double(), atol=1e-3)


def test_one_camera_of_a_recording_is_that_of_all(networks, dataset) -> None:
    recording = dataset.read("synthetic/test_walk")
    every, one = lift_recording(networks, recording), lift_recording(networks, recording, camera=6)
    assert one.cameras == (2,)
    assert torch.allclose(one.truth_m[0], every.truth_m[2])
    assert torch.allclose(one.errors_mm["rtpca"][0], every.errors_mm["rtpca"][2], atol=1e-3)


def test_frames_that_do_not_count_have_no_error(networks, dataset) -> None:
    recording = dataset.read("synthetic/test_walk")
    valid = np.ones(40, dtype=bool)
    valid[7] = False
    errors = lift_recording(networks, replace(recording, valid=valid)).errors_mm["ste"]
    assert errors[:, 7].isnan().all()
    assert errors.isnan().sum() == len(errors)


def test_own_keypoints_are_the_input_where_there_are_some(networks, dataset) -> None:
    from rtpca.data.cameras import evaluation_cameras

    recording = dataset.read("synthetic/test_walk")
    cameras = evaluation_cameras(torch.from_numpy(recording.positions3d))
    names = ("a", "b", "c", "d")
    own = np.full((40, 17, 2), 321.0, dtype=np.float32)
    recording = replace(
        recording, cameras=tuple(cameras[i] for i in range(4)), camera_names=names, keypoints2d={"c": own}
    )
    keypoints = lift_recording(networks, recording).keypoints_px
    assert (keypoints[2] == 321.0).all()
    assert not (keypoints[1] == 321.0).any()


def test_levelled_axes_point_down_with_the_world_and_keep_lengths(networks, dataset) -> None:
    recording = dataset.read("synthetic/test_walk")
    lifted = lift_recording(networks, recording)
    joints = torch.from_numpy(recording.positions3d)
    height = joints[..., 1] - joints[:, :1, 1]  # above the pelvis
    for view, turn in enumerate(lifted.R_level_from_cam):
        level = lifted.truth_m[view] @ turn.T
        assert torch.allclose(level[..., 1], -height, atol=1e-4)
        assert torch.allclose(turn @ turn.T, torch.eye(3), atol=1e-5)
        assert torch.linalg.det(turn) == pytest.approx(1.0, abs=1e-5)
        ahead = turn @ torch.tensor([0.0, 0.0, 1.0])
        assert abs(float(ahead[0])) < 1e-5
        assert ahead[2] > 0


def test_moments_have_the_baseline_s_error_at_their_rank(networks, dataset) -> None:
    moments = chosen_moments(networks, "ste", dataset, actions=2, percentiles=(0.0, 100.0))
    assert [moment.percentile for moment in moments] == [0, 0, 100, 100]
    assert moments[0].action == moments[2].action != moments[1].action
    assert list(moments[0].poses_m) == ["rtpca", "ste"]
    for moment in moments:
        again = np.linalg.norm(moment.poses_m["ste"] - moment.truth_m, axis=-1).mean() * 1000
        assert again == pytest.approx(moment.errors_mm["ste"], abs=1e-3)
        names = dataset.names("test")
        all_errors = np.concatenate(
            [
                lift_recording(networks, dataset.read(name), names.index(name)).errors_mm["ste"].ravel()
                for name in names
                if dataset.info(name).action == moment.action
            ]
        )
        extreme = all_errors.min() if moment.percentile == 0 else all_errors.max()
        assert moment.errors_mm["ste"] == pytest.approx(extreme, abs=1e-3)


def test_ranks_count_over_all_takes_and_leave_out_nan() -> None:
    takes = [("a", np.array([[5.0, np.nan, 1.0]])), ("b", np.array([[4.0], [3.0]]))]
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
    curves = frame_errors(networks, dataset, frames=30)
    assert curves.errors_mm["ste"].shape == (8, 30)
    assert len(curves.takes) == 8


def test_photo_is_taken_where_the_data_have_it(tmp_path) -> None:
    recordings = synthetic_recordings(frames=10)
    write_dataset(tmp_path / "d.h5", [*recordings[:-1], replace(recordings[-1], action="Photo")])
    with open_dataset(tmp_path / "d.h5") as opened:
        assert chosen_takes(opened, recordings[-1].split, None, 600, None)[1] == "Photo"


def test_steadiness_of_a_known_curve() -> None:
    errors = np.array([[10.0, 20.0, 10.0, 20.0], [30.0, 30.0, 30.0, np.nan]])
    numbers = steadiness(errors)
    assert numbers.level == pytest.approx(150 / 7)
    assert numbers.mean_line_std == pytest.approx(np.std([20, 25, 20, 20]))
    assert numbers.take_std == pytest.approx(2.5)
    assert numbers.step == pytest.approx(30 / 5)
    assert numbers.band == pytest.approx((20 + 10 + 20 + 0) / 4)


def test_numbers_of_uniform_and_of_single_frame_attention() -> None:
    uniform = TemporalAttention(torch.full((1, 2, 2, 20, 20), 1 / 25), torch.full((1, 2, 2, 20, 5), 1 / 25))
    numbers = attention_numbers(uniform)
    assert numbers.row_entropy == pytest.approx(math.log(20)) == pytest.approx(numbers.uniform_entropy)
    assert numbers.full_entropy == pytest.approx(math.log(25))
    assert numbers.near_share == pytest.approx(numbers.uniform_near_share)
    assert numbers.memory_share == pytest.approx(0.2) == pytest.approx(numbers.uniform_memory_share)
    one = torch.zeros(1, 1, 1, 20, 20)
    one[..., 3] = 1.0
    stripes = attention_numbers(TemporalAttention(one, torch.zeros(1, 1, 1, 20, 0)))
    assert stripes.row_entropy == stripes.received_entropy == 0
    assert stripes.near_share == pytest.approx(9 / 20)
    own = attention_numbers(TemporalAttention(torch.eye(20)[None, None, None], torch.zeros(1, 1, 1, 20, 0)))
    assert own.received_entropy == pytest.approx(math.log(20))
    assert own.near_share == pytest.approx(1.0)


def test_maps_are_of_the_middle_window_of_the_longest_take(networks, dataset) -> None:
    made = attention_of_networks(networks, dataset)
    assert (made.recording, made.action) == ("synthetic/test_squat", "squat")
    assert made.first_frame == {"rtpca": 26, "ste": 26}
    assert made.maps["rtpca"].shape == (len(made.columns), 8, 8)
    assert (made.memory["rtpca"].shape[-1], made.memory["ste"].shape[-1]) == (1, 0)
    assert made.numbers["ste"].memory_share == 0
    assert 0 < made.numbers["rtpca"].memory_share < 1
    assert made.numbers["ste"].windows == 4 * 7
    total = made.maps["rtpca"].sum(-1) + made.memory["rtpca"].sum(-1)
    assert np.allclose(total, 1.0, atol=1e-5)


def test_columns_of_maps_are_fixed_beforehand(dataset) -> None:
    picked = picked_maps(dataset.skeleton, heads=2)
    assert [(joint, head) for _, joint, head in picked] == [(None, None), (0, 0), (10, 1), (13, 0), (16, 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda n, d: frame_errors(n, d, action="dance"),
            "no action 'dance'; its actions are squat, walk, wave",
        ),
        (lambda n, d: attention_of_networks(n, d, action="dance"), "no action 'dance'"),
        (
            lambda n, d: chosen_moments(n, "ste", d, split="exam"),
            "no split 'exam'; splits and sequences found",
        ),
        (
            lambda n, d: attention_of_networks({"ste": checkpoint("ste", frames=99)}, d),
            "the longest take of 'squat' has 60 frames, a window 99",
        ),
        (
            lambda n, d: frame_errors(n | {"x": replace(n["ste"], input=InputSpec(fps=25.0))}, d),
            r"different frame rates \(rtpca 50, ste 50, x 25\)",
        ),
        (
            lambda n, d: frame_errors(
                {"x": replace(n["ste"], input=InputSpec(fps=50.0, skeleton="humaneva15"))}, d
            ),
            "the data hold h36m17, x lifts humaneva15",
        ),
    ],
)
def test_what_does_not_fit_is_said(networks, dataset, make, message) -> None:
    with pytest.raises(InputError, match=message):
        make(networks, dataset)


def test_networks_of_figure_1_share_runs_with_the_tables() -> None:
    found = {contender.label: contender for contender in contenders("small", no_data(), ["rtpca", "ste"])}
    assert list(found) == ["rtpca F=27", "rtpca F=81", "ste F=27", "ste F=81"]
    assert [contender.run.name for contender in found.values()] == ["rtpca-f27", "rtpca", "ste-f27", "ste"]
    assert found["ste F=27"].config.frames == 27
    assert not found["ste F=27"].config.tpca
    assert "batch=12" in found["ste F=27"].run.overrides


@pytest.mark.skipif("videopose3d" not in preset_names(), reason="needs the competitors")
def test_competitors_have_the_window_behind_each_prediction() -> None:
    found = {contender.label: contender for contender in contenders("small", no_data(), [], [9, 27, 81])}
    assert found["videopose3d F=81"].run is named_run("videopose3d")
    longer = recipe("small", found["videopose3d F=27"].run, no_data(), 0)
    assert (longer.model.receptive_field, longer.model.out_frames) == (27, 81)
    assert found["videopose3d F=27"].config.out_frames == 1
    assert found["poseformer F=9"].config.frames == found["mhformer F=9"].config.frames == 9
    few, many = (recipe("small", found[f"poseformer F={f}"].run, no_data(), 0).batch for f in (81, 27))
    assert many == 3 * few
    assert not {"videopose3d F=28", "mhformer F=28"} & {
        contender.label for contender in contenders("small", no_data(), [], [28])
    }


def test_unknown_networks_of_figure_1_are_named() -> None:
    with pytest.raises(ConfigError, match="--models resnet: the models of Figure 1 are rtpca, ste"):
        contenders("small", no_data(), ["resnet"])


def test_every_network_of_figure_1_is_timed_once_and_at_a_large_batch() -> None:
    found = contenders("small", no_data(), ["ste"], [9], ["model.dim=8", "model.depth=1"])
    (speed,) = measure_speed(found, rounds=2, batch_frames=40)
    assert (speed.single.batch, speed.large.batch, speed.large.rounds) == (1, 4, 1)
    assert speed.video is speed.single
    assert speed.parameters < 3000


def test_tables_beside_pictures(tmp_path) -> None:
    lines = markdown_table(["network", "error"], [["ste", 1.5], ["rtpca", None]])
    assert lines == ["| network | error |", "| --- | ---: |", "| ste | 1.50 |", "| rtpca | - |"]
    path = write_csv(tmp_path / "t.csv", ["a", "b"], [["x, y", None], ["z", 0.123456]])
    assert path.read_text() == 'a,b\n"x, y",\nz,0.123456\n'
