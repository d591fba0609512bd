"""Counts of parameters and operations, against published sizes and formulas; passes timed in turn."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from ablation_rows import ROWS, SMALL
from torch import nn

from rtpca.models import RTPCA, RTPCAConfig, build, build_model, config_from_dict, model_config
from rtpca.models.cost import Operations, count_operations, count_parameters, measure_in_turn
from rtpca.models.registry import ARCHITECTURES


@pytest.mark.parametrize(
    ("name", "parameters"), [("ste", 33_783_811), ("ste+tpca", 33_847_219), ("rtpca", 33_847_219)]
)
def test_parameters_at_the_paper_s_size(name, parameters) -> None:
    assert count_parameters(model_config(name)) == parameters


@pytest.mark.parametrize(
    ("name", "without_attention", "attention"),
    [("ste", "138.624", "8.799"), ("ste+tpca", "138.666", "8.799"), ("rtpca-authors", "138.666", "9.687")],
)
def test_operations_at_the_paper_s_size(name, without_attention, attention) -> None:
    operations = count_operations(model_config(name))
    assert f"{operations.without_attention / 1e9:.3f}" == without_attention
    assert f"{operations.attention / 1e9:.3f}" == attention


def test_the_paper_s_model_attends_as_much_as_the_authors_code() -> None:
    ours, theirs = count_operations(model_config("rtpca")), count_operations(model_config("rtpca-authors"))
    assert (ours.without_attention, ours.attention) == (theirs.without_attention, theirs.attention)
    assert ours.pooling < theirs.pooling


# By hand, from the layers' sizes: linear, convolution, attention, pooling of the rows with 21 frames.
BY_HAND = {
    "table 4 baseline, table 5 STE": (434_280, 0, 174_720, 0),
    "table 4 +TPCA, table 6 pool/trans-conv, table 7 TPCA": (434_280, 7_360, 174_720, 0),
    "table 4 full, table 5 RTPCA, table 7 residual XLR": (434_280, 7_360, 184_800, 10_080),
    "table 5 STE+XLR": (434_280, 0, 184_800, 10_080),
    "table 6 pool": (385_640, 0, 47_040, 0),
    "table 6 conv": (385_640, 5_440, 47_040, 0),
    "table 6 pool+conv": (385_640, 5_440, 47_040, 0),
    "table 6 pool+conv/linear": (434_280, 5_440, 174_720, 0),
    "table 6 pool+conv/trans-conv": (434_280, 12_800, 174_720, 0),
    "table 7 pyramidal XLR, pyramidal Q": (338_440, 5_120, 115_520, 4_160),
    "table 7 pyramidal XLR, constant Q": (434_280, 7_360, 181_440, 6_720),
    "authors' code": (434_280, 7_360, 184_800, 10_720),
    "what the authors' code was perhaps meant to be": (434_280, 7_360, 184_800, 10_080),
    "pyramid norms over channels": (434_280, 7_360, 184_800, 10_080),
    "accumulated pyramidal memory": (434_280, 7_360, 181_440, 6_720),
    "compressed keys handed on": (385_640, 0, 57_120, 1_600),
    "score channel, scaled start": (435_120, 7_360, 184_800, 10_080),
}


@pytest.mark.parametrize("row", ROWS)
def test_counts_of_the_rows_are_those_of_the_layers_sizes(row) -> None:
    config = RTPCAConfig(**SMALL | {"frames": 21} | ROWS[row])
    assert count_operations(config) == Operations(*BY_HAND[row])
    assert count_parameters(config) == sum(parameter.numel() for parameter in RTPCA(config).parameters())


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"arch": "videopose3d", "frames": 9, "filter_widths": [3, 3], "channels": 8}, (0, 1_096, 0, 0)),
        (
            {
                "arch": "videopose3d",
                "frames": 25,
                "filter_widths": [3, 5],
                "channels": 8,
                "in_channels": 3,
            },
            (0, 13_824, 0, 0),
        ),
        (
            {"arch": "poseformer", "frames": 9, "joint_dim": 8, "depth": 2, "heads": 2, "mlp_ratio": 1.5},
            (243_600, 0, 20_160, 0),
        ),
        (
            {"arch": "mhformer", "frames": 9, "dim": 8, "hidden": 12, "layers": 3, "heads": 2},
            (114_048, 5_400, 33_264, 0),
        ),
        (
            {"arch": "mhformer", "frames": 36, "dim": 8, "hidden": 12, "layers": 1, "heads": 2},
            (1_292_544, 21_600, 148_608, 0),
        ),
    ],
    ids=lambda each: f"{each['arch']}-{each['frames']}" if isinstance(each, dict) else "",
)
def test_counts_of_the_competitors_are_those_of_their_layers_sizes(values, counts) -> None:
    assert count_operations(config_from_dict({"joints": 5, **values})) == Operations(*counts)


def test_every_architecture_is_counted() -> None:
    for arch in ARCHITECTURES:
        config = model_config(arch)
        shallow = {"depth": 1} if hasattr(config, "depth") else {}
        assert count_operations(model_config(arch, **shallow)).total > 0


def test_totals_are_sums() -> None:
    operations = Operations(linear=1, convolution=20, attention=300, pooling=4000, other=50_000)
    assert operations.without_attention == 21
    assert operations.total == 54_321


@dataclass(frozen=True)
class Config:
    frames: int = 9
    joints: int = 5
    in_channels: int = 2
    out_frames: int = 1


class Recorder(nn.Module):
    """Notes its passes; a pass takes as long on the false clock as `cost` says."""

    def __init__(self, name: str, passes: list, cost: list[float], clock: list[float]) -> None:
        super().__init__()
        self.name, self.passes, self.cost, self.clock = name, passes, cost, clock
        self.config = Config()

    def forward(self, x):
        assert not self.training
        self.passes.append((self.name, tuple(x.shape)))
        self.clock[0] += self.cost[sum(name == self.name for name, _ in self.passes) - 1]
        return x


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("rtpca.models.cost.timer", lambda: now[0])
    return now


def test_networks_take_turns_and_the_first_rounds_do_not_count(clock) -> None:
    passes: list = []
    first = Recorder("a", passes, [90.0, 90.0, 1.0, 2.0, 9.0], clock)
    second = Recorder("b", passes, [70.0, 70.0, 4.0, 4.0, 4.0], clock)
    rounds: list = []
    timed = measure_in_turn(
        {"a": first, "b": second}, rounds=3, progress=lambda done, total: rounds.append((done, total))
    )
    assert [name for name, _ in passes] == ["a", "b"] * 5
    assert {shape for _, shape in passes} == {(1, 9, 5, 2)}
    assert (timed["a"].median_s, timed["a"].lower_s, timed["a"].upper_s) == (2.0, 1.5, 5.5)
    assert (timed["b"].median_s, timed["b"].lower_s, timed["b"].upper_s) == (4.0, 4.0, 4.0)
    assert timed["a"].rounds == 3
    assert rounds == [(done, 5) for done in range(1, 6)]


def test_a_frame_costs_the_pass_over_what_it_predicts(clock) -> None:
    passes: list = []
    network = Recorder("a", passes, [1.0] * 3, clock)
    timed = measure_in_turn({"a": network}, rounds=1, batch={"a": 4})["a"]
    assert passes[0][1] == (4, 9, 5, 2)
    assert timed.seconds_per_predicted_frame == 0.25
    assert timed.predicted_frames_per_second == 4.0


def test_real_networks_predict_all_their_frames() -> None:
    torch.manual_seed(0)
    network = build_model("ste", frames=9, dim=8, depth=1, heads=1)
    timed = measure_in_turn({"ste": network}, rounds=2, batch=3)["ste"]
    assert (timed.frames, timed.out_frames, timed.batch) == (9, 9, 3)
    assert timed.predicted_frames_per_second == pytest.approx(27 / timed.median_s)


def test_throughput_counts_predicted_frames_alone() -> None:
    config = config_from_dict(
        {"arch": "videopose3d", "frames": 12, "filter_widths": [3, 3], "channels": 4, "joints": 3}
    )
    timed = measure_in_turn({"it": build(config)}, batch=2, rounds=1)["it"]
    assert timed.predicted_frames_per_second == pytest.approx(2 * 4 / timed.median_s)
