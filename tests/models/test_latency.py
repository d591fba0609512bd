"""Timing in turn: the order of the passes, medians and quartiles, frames that are predicted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from rtpca.models import build_model
from rtpca.models.latency import measure_in_turn


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
    monkeypatch.setattr("rtpca.models.latency.time.perf_counter", lambda: now[0])
    return now


def test_networks_take_turns_and_the_first_rounds_do_not_count(clock) -> None:
    passes: list = []
    first = Recorder("a", passes, [90.0, 90.0, 1.0, 2.0, 9.0], clock)
    second = Recorder("b", passes, [70.0, 70.0, 4.0, 4.0, 4.0], clock)
    rounds: list = []
    timed = measure_in_turn(
        {"a": first, "b": second}, rounds=3, on_round=lambda done, total: rounds.append((done, total))
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
