"""How the report of each data set is laid out."""

from __future__ import annotations

import math

import pytest
import torch

from rtpca.data.recording import RecordingInfo
from rtpca.evaluation import SequenceErrors, summarise
from rtpca.evaluation.layouts import LAYOUTS, OPEN, layout_of
from rtpca.evaluation.protocols import AUTHORS, STANDARD


def errors(source: str, subject: str, action: str, mpjpe_mm: float, frames: int = 4, **changes):
    values = torch.full((frames,), mpjpe_mm / 1000, dtype=torch.float64)
    return SequenceErrors(
        f"{subject}/{action}",
        subject,
        action,
        source,
        0,
        50.0,
        values,
        values / 2,
        values[1:],
        values[2:],
        values * 0.8,
        **changes,
    )


def info(source: str, subject: str, name: str, action: str) -> RecordingInfo:
    return RecordingInfo(name, 10, 50.0, subject, action, "test", source, "free")


def test_a_layout_goes_by_the_source_and_mixed_ones_are_open_motion_capture() -> None:
    assert layout_of(["h36m", "h36m"]).name == "h36m"
    assert layout_of(["h36m", "humaneva"]) is OPEN
    assert layout_of(["cmu_bvh"]) is OPEN
    assert set(LAYOUTS) == {"h36m", "humaneva", "mpi-inf-3dhp"}


def test_human36m_has_a_row_per_action_and_their_plain_mean() -> None:
    report = summarise(
        [
            errors("h36m", "S9", "Eating", 10, frames=4),
            errors("h36m", "S11", "Eating", 40, frames=8),
            errors("h36m", "S9", "Walking", 60, frames=100),
        ]
    )
    assert [(row.label, row.frames) for row in report.rows] == [("Eating", 12), ("Walking", 100)]
    assert report.rows[0].mpjpe_mm == pytest.approx((4 * 10 + 8 * 40) / 12)
    assert report.average.mpjpe_mm == pytest.approx((30 + 60) / 2)
    assert report.average.n_mpjpe_mm == pytest.approx(0.8 * 45)
    assert report.measures == (
        "mpjpe_mm",
        "p_mpjpe_mm",
        "n_mpjpe_mm",
        "mpjve_mm",
        "acceleration_mm",
        "acceleration_mm_s2",
    )


def test_the_clip_with_the_corrupted_video_is_left_out_and_its_sibling_is_not() -> None:
    for protocol in (STANDARD, AUTHORS):
        for name in ("S11/Directions", "S11 Directions", "h36m:S11/Directions"):
            assert protocol.left_out(info("h36m", "S11", name, "Directions")) == "its video is corrupted"
        for subject, name in (("S11", "S11/Directions 1"), ("S9", "S9/Directions"), ("S11", "S11/Eating")):
            assert protocol.left_out(info("h36m", subject, name, "Directions")) is None
        assert protocol.left_out(info("cmu", "S11", "S11/Directions", "Directions")) is None


def test_humaneva_has_the_rows_of_table_2_in_its_order_and_averages_walk_and_jog() -> None:
    report = summarise(
        [
            errors("humaneva", "S2", "Jog 1 chunk0", 40),
            errors("humaneva", "S1", "Box 1 chunk0", 900),
            errors("humaneva", "Validate/S1", "Walking 1 chunk0", 10, frames=4),
            errors("humaneva", "Validate/S1", "Walking 1 chunk2", 30, frames=12),
            errors("humaneva", "S3", "Walking", 55),
        ]
    )
    assert [row.label for row in report.rows] == ["Walk S1", "Walk S3", "Jog S2", "Box S1"]
    assert report.rows[0].mpjpe_mm == pytest.approx(25)
    assert report.average.label == "average of Walk and Jog"
    assert report.average.mpjpe_mm == pytest.approx((25 + 55 + 40) / 3)
    assert report.average.frames == 24
    assert report.measures == ("mpjpe_mm", "p_mpjpe_mm")


def test_the_average_of_table_2_is_that_of_its_six_cells() -> None:
    """MixSTE's row of the paper's Table 2, with its average."""
    cells = {"Walking": (20.3, 22.4, 34.8), "Jog": (27.3, 32.1, 34.3)}
    found = [
        errors("humaneva", f"S{number}", action, cell, frames=number)
        for action, row in cells.items()
        for number, cell in enumerate(row, start=1)
    ]
    assert round(summarise(found).average.mpjpe_mm, 1) == 28.5


def test_humaneva_boxes_alone_are_averaged_all_the_same() -> None:
    assert summarise([errors("humaneva", "S1", "Box 1", 7)]).average.mpjpe_mm == pytest.approx(7)


def test_damaged_motion_capture_is_left_out() -> None:
    left_out = STANDARD.left_out
    assert left_out(info("humaneva", "S3", "x", "ThrowCatch 1 chunk0")) == "its motion capture is damaged"
    assert left_out(info("humaneva", "S2", "x", "ThrowCatch 1 chunk0")) is None


def test_mpi_inf_3dhp_has_a_row_per_sequence_weighted_by_frames() -> None:
    def sequence(name: str, frames: int, share: float):
        shares = torch.full((frames,), share, dtype=torch.float64)
        more = {
            "pck_14": shares,
            "auc_14": shares / 2,
            "mpjpe_14_m": shares / 5,
            "pck_17": shares,
            "auc_17": shares,
        }
        return errors("mpi-inf-3dhp", name, name, 50, frames, **more)

    report = summarise([sequence("TS2", 10, 0.5), sequence("TS1", 30, 0.9)])
    assert [row.label for row in report.rows] == ["TS1", "TS2"]
    assert report.average.pck_14 == pytest.approx((30 * 90 + 10 * 50) / 40)
    assert report.average.auc_14 == pytest.approx((30 * 45 + 10 * 25) / 40)
    assert report.average.mpjpe_14_mm == pytest.approx((30 * 180 + 10 * 100) / 40)
    assert set(report.to_dict()["average"]) == {
        "label",
        "frames",
        "pck_14",
        "auc_14",
        "mpjpe_14_mm",
        "pck_17",
        "auc_17",
        "mpjpe_mm",
    }
    training = summarise([errors("mpi-inf-3dhp", "S1", "Seq2", 50)])
    assert training.rows[0].label == "S1 Seq2"
    assert math.isnan(training.rows[0].pck_14)
