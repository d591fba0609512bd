"""From errors per frame to a table."""

from __future__ import annotations

import json
import math

import pytest
import torch

from rtpca.errors import InputError
from rtpca.evaluation import SequenceErrors, summarise


def sequence(action: str, mpjpe_mm: list[float], fps: float = 50.0, acceleration_mm=(), camera: int = 0):
    mpjpe = torch.tensor(mpjpe_mm, dtype=torch.float64) / 1000
    frames = len(mpjpe)
    acceleration = torch.tensor(acceleration_mm or [1.0] * max(0, frames - 2), dtype=torch.float64) / 1000
    velocity = torch.full((max(0, frames - 1),), 0.002, dtype=torch.float64)
    return SequenceErrors("n", "s", action, "src", camera, fps, mpjpe, mpjpe / 2, velocity, acceleration)


def test_frames_are_averaged_within_an_action_and_actions_alike() -> None:
    report = summarise(
        [sequence("walk", [10, 20, 30]), sequence("sit", [100] * 9), sequence("walk", [40], camera=1)]
    )
    assert [(row.label, row.frames) for row in report.rows] == [("sit", 9), ("walk", 4)]
    sit, walk = report.rows
    assert (sit.mpjpe_mm, walk.mpjpe_mm) == (pytest.approx(100), pytest.approx(25))
    assert (sit.p_mpjpe_mm, walk.p_mpjpe_mm) == (pytest.approx(50), pytest.approx(12.5))
    assert report.average.mpjpe_mm == pytest.approx(62.5)
    assert report.average.frames == report.all_frames.frames == 13
    assert report.all_frames.mpjpe_mm == pytest.approx((9 * 100 + 100) / 13)
    assert walk.mpjve_mm == pytest.approx(2.0)


def test_acceleration_is_given_per_frame_and_per_second() -> None:
    report = summarise([sequence("a", [1, 1, 1, 1], fps=50.0, acceleration_mm=(3.0, 5.0))])
    assert report.all_frames.acceleration_mm == pytest.approx(4.0)
    assert report.all_frames.acceleration_mm_s2 == pytest.approx(4.0 * 2500)
    mixed = summarise(
        [
            sequence("a", [1, 1, 1], fps=10.0, acceleration_mm=(2.0,)),
            sequence("a", [1, 1, 1], fps=20.0, acceleration_mm=(2.0,)),
        ]
    )
    assert mixed.all_frames.acceleration_mm_s2 == pytest.approx((2 * 100 + 2 * 400) / 2)


def test_single_frames_have_no_motion_and_do_not_spoil_the_average() -> None:
    report = summarise([sequence("still", [10]), sequence("walk", [20, 20, 20])])
    still = next(row for row in report.rows if row.label == "still")
    assert math.isnan(still.mpjve_mm)
    assert math.isnan(still.acceleration_mm)
    assert report.average.mpjpe_mm == pytest.approx(15)
    assert report.average.mpjve_mm == pytest.approx(2.0)
    assert report.all_frames.acceleration_mm == pytest.approx(1.0)


def test_plain_values_hold_every_row() -> None:
    values = summarise([sequence("sit", [10, 10, 10]), sequence("walk", [20, 20, 20])]).to_dict()
    assert set(values) == {"protocol", "data_set", "rows", "average", "all_frames"}
    assert [row["label"] for row in values["rows"]] == ["sit", "walk"]
    assert values["average"]["mpjpe_mm"] == pytest.approx(15)
    assert json.loads(json.dumps(values))["all_frames"]["frames"] == 6


def test_nothing_to_evaluate_is_said() -> None:
    with pytest.raises(InputError, match="nothing to evaluate"):
        summarise([])
