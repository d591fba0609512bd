"""Random windows follow the recorded time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.windows import MotionBank, RandomWindows
from rtpca.errors import ConfigError, InputError


def recording(name: str, frames: int, fps: float, split: str = "train", offset: float = 0.0) -> Recording:
    """All coordinates are the time in seconds, plus the offset."""
    time_s = np.arange(frames, dtype=np.float32) / np.float32(fps) + offset
    positions = np.broadcast_to(time_s[:, None, None], (frames, 17, 3)).astype(np.float32)
    return Recording(name, positions, fps, "s", "a", split, "src", "free")


@pytest.fixture
def bank(tmp_path) -> MotionBank:
    path = tmp_path / "data.h5"
    clips = [
        recording("a", 101, 100.0),
        recording("b", 61, 30.0, offset=100.0),
        recording("v", 9, 30.0, "val"),
    ]
    write_dataset(path, clips)
    with open_dataset(path) as dataset:
        return MotionBank.load(dataset, "train")


def test_a_bank_holds_the_clips_of_its_split_end_to_end(bank) -> None:
    assert bank.joints.shape == (162, 17, 3)
    assert bank.start.tolist() == [0, 101]
    assert bank.length.tolist() == [101, 61]
    assert bank.duration_s.tolist() == pytest.approx([1.01, 61 / 30])


def test_a_missing_split_lists_those_found(tmp_path) -> None:
    path = tmp_path / "data.h5"
    write_dataset(path, [recording("a", 5, 30.0), recording("b", 5, 30.0), recording("v", 5, 30.0, "val")])
    with (
        open_dataset(path) as dataset,
        pytest.raises(
            InputError, match=r"no split 'test'; splits and sequences found: train \(2\), val \(1\)"
        ),
    ):
        MotionBank.load(dataset, "test")


@given(start=st.floats(0, 0.5), fps=st.sampled_from([20.0, 25.0, 33.3, 100.0, 240.0]))
def test_windows_are_interpolated_at_the_rate_asked_for(bank_once, start, fps) -> None:
    window = bank_once.windows(
        torch.tensor([0]), torch.tensor([start], dtype=torch.float64), 9, torch.tensor([fps])
    )
    expected = torch.minimum(start + torch.arange(9) / fps, torch.tensor(1.0))
    torch.testing.assert_close(window[0, :, 3, 1], expected.float(), atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def bank_once(tmp_path_factory) -> MotionBank:
    path = tmp_path_factory.mktemp("bank") / "data.h5"
    write_dataset(path, [recording("a", 101, 100.0)])
    with open_dataset(path) as dataset:
        return MotionBank.load(dataset, "train")


def test_a_clip_stands_still_outside_and_never_runs_into_its_neighbour(bank) -> None:
    early_and_late = torch.tensor([-0.5, 0.9, 1.9], dtype=torch.float64)
    windows = bank.windows(torch.tensor([0, 0, 1]), early_and_late, 10, torch.full((3,), 10.0))
    assert windows[0, :6, 0, 0].tolist() == pytest.approx([0.0] * 6, abs=1e-6)
    assert windows[1, :, 0, 0].tolist() == pytest.approx([0.9] + [1.0] * 9)
    assert windows[2, :, 0, 0].tolist() == pytest.approx([101.9] + [102.0] * 9)


def test_random_windows_follow_the_duration_and_stay_inside(bank, generator) -> None:
    windows = RandomWindows(bank, 9, 20.0).draw(4000, generator)[0]
    start = windows[:, 0, 0, 0]
    from_b = start >= 50
    assert float(from_b.float().mean()) == pytest.approx((61 / 30) / (61 / 30 + 1.01), abs=0.03)
    a = start[~from_b]
    room = 1.01 - 8 / 20  # the last frame is held for the last hundredth of a second
    assert a.min() >= 0
    assert a.max() <= room + 1e-5
    assert float(a.mean()) == pytest.approx(room / 2, abs=0.02)


def test_the_rate_of_a_window_is_drawn_from_its_range(bank, generator) -> None:
    windows = RandomWindows(bank, 5, 20.0, (0.5, 2.0)).draw(3000, generator)[0][:, :, 0, 0]
    step = windows[:, 1] - windows[:, 0]
    rate = 1 / step
    assert rate.min() >= 10 - 1e-2
    assert rate.max() <= 40 + 0.2
    # Log-uniform: as many below the nominal rate as above.
    assert float((rate < 20).float().mean()) == pytest.approx(0.5, abs=0.05)


def test_clips_shorter_than_a_window_start_at_their_beginning(bank, generator) -> None:
    windows = RandomWindows(bank, 81, 20.0).draw(20, generator)[0][:, :, 0, 0]
    assert set(windows[:, 0].tolist()) == {0.0, 100.0}


def test_the_same_generator_draws_the_same_windows(bank) -> None:
    windows = RandomWindows(bank, 9, 20.0, (0.7, 1.3))
    first, again, other = (windows.draw(8, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def filmed(name: str, frames: int, cameras_with_keypoints: str, offset: float = 0.0) -> Recording:
    """A recording with cameras a and b; own keypoints are 1000 times the time, plus 1 in b."""
    made = recording(name, frames, 100.0, offset=offset)
    cameras = evaluation_cameras(torch.from_numpy(made.positions3d))
    keypoints = {
        camera: 1000 * made.positions3d[..., :2] + (camera == "b") for camera in cameras_with_keypoints
    }
    return replace(
        made, cameras=(cameras[0], cameras[1]), camera_names=("a", "b"), keypoints2d=keypoints or None
    )


def own_bank(tmp_path, *recordings: Recording) -> MotionBank:
    write_dataset(tmp_path / "own.h5", recordings)
    with open_dataset(tmp_path / "own.h5") as dataset:
        return MotionBank.load(dataset, "train", keypoints="own")


def test_own_keypoints_lie_beside_the_motion_of_their_camera(tmp_path) -> None:
    bank = own_bank(tmp_path, filmed("one", 50, "ab"), filmed("two", 20, "b", offset=3.0))
    assert bank.camera_count.tolist() == [2, 1]
    assert bank.clip_of_camera.tolist() == [0, 0, 1]
    camera = torch.tensor([0, 1, 2, 2])
    start_s = torch.tensor([0.1, 0.1, 0.0, -0.05], dtype=torch.float64)
    fps = torch.full((4,), 50.0)
    joints = bank.windows(bank.clip_of_camera[camera], start_s, 4, fps)
    own = bank.keypoints(camera, start_s, 4, fps)
    expected = 1000 * joints[..., :2] + torch.tensor([0.0, 1.0, 1.0, 1.0])[:, None, None, None]
    torch.testing.assert_close(own[..., :2], expected, atol=1e-2, rtol=0)
    assert (own[..., 2] == 1).all()


def test_a_sequence_without_own_keypoints_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="'two' has no 2D keypoints of its own; give the 2D file"):
        own_bank(tmp_path, filmed("one", 50, "ab"), filmed("two", 20, ""))


def test_windows_with_context_reach_beyond_the_ends_so_that_every_frame_is_predicted(bank, generator) -> None:
    windows = RandomWindows(bank, 21, 20.0, out_frames=1).draw(4000, generator)[0][:, :, 0, 0]
    shown = windows[:, 10]
    from_a = shown < 50
    assert shown[from_a].min() < 0.01
    assert shown[from_a].max() > 0.99
    early = windows[shown < 0.2]
    assert (early[:, 0] == 0).all()  # half a second before, the clip stands still


def test_windows_without_context_are_the_same_whether_or_not_that_is_said(bank) -> None:
    plain, told = (
        RandomWindows(bank, 9, 20.0, out_frames=out).draw(8, torch.Generator().manual_seed(1))[0]
        for out in (None, 9)
    )
    assert torch.equal(plain, told)


def test_lively_clips_are_drawn_more_often_where_motion_counts(tmp_path, generator) -> None:
    """Speeds are relative to the root, in metres per second, whatever the frame rate of the recording."""
    path = tmp_path / "data.h5"
    still, slow, quick = (np.zeros((frames, 17, 3), np.float32) for frames in (101, 101, 51))
    still[..., 0] = np.linspace(0, 5, 101)[:, None]  # carried along without moving a joint
    slow[:, 1:, 1] = np.linspace(0, 0.25, 101)[:, None]
    quick[:, 1:, 1] = np.linspace(0, 1.0, 51)[:, None]
    clips = [
        Recording(name, joints, fps, "s", "a", "train", "src", "free")
        for name, joints, fps in (("a", still, 100.0), ("b", slow, 100.0), ("c", quick, 50.0))
    ]
    write_dataset(path, clips)
    with open_dataset(path) as dataset:
        bank = MotionBank.load(dataset, "train")
    assert bank.speed.tolist() == pytest.approx([0.0, 0.25 * 16 / 17, 16 / 17], rel=0.03)
    for power, wanted in ((0.0, 0.5), (0.5, 2 / 3), (1.0, 0.8)):
        _, clip = RandomWindows(bank, 9, 20.0, motion_weight=power).draw(6000, generator)
        slow_count, quick_count = (clip == 1).sum().item(), (clip == 2).sum().item()
        assert quick_count / (slow_count + quick_count) == pytest.approx(wanted, abs=0.03)
    assert (clip == 0).any()


def test_clips_are_drawn_by_kind(tmp_path, generator) -> None:
    """Two dances of 1 and 9 times the length, repeated exercises of 40, and somebody who runs."""
    path = tmp_path / "data.h5"
    lengths = {"salsa": 100, "ballet dance": 900, "deep squat": 4000, "run": 100}
    clips = [replace(recording(action, frames, 100.0), action=action) for action, frames in lengths.items()]
    write_dataset(path, clips)
    with open_dataset(path) as dataset:
        bank = MotionBank.load(dataset, "train")
    assert bank.kinds == ("dance", "dance", "rehabilitation", "run")

    def shares(power: float | None) -> list[float]:
        _, clip = RandomWindows(bank, 9, 20.0, kind_power=power).draw(8000, generator)
        return (torch.bincount(clip, minlength=4) / len(clip)).tolist()

    assert shares(None) == pytest.approx([100 / 5100, 900 / 5100, 4000 / 5100, 100 / 5100], abs=0.02)
    # Ten repetitions are one; of the dances the longer is drawn three times as often, not nine times.
    assert shares(1.0) == pytest.approx([10 / 15 / 4, 10 / 15 * 3 / 4, 4 / 15, 1 / 15], abs=0.02)
    weights = [10**0.5, 4**0.5, 1.0]
    dance, squat, run = (weight / sum(weights) for weight in weights)
    assert shares(0.5) == pytest.approx([dance / 4, dance * 3 / 4, squat, run], abs=0.02)
    assert shares(0.0) == pytest.approx([1 / 12, 1 / 4, 1 / 3, 1 / 3], abs=0.02)


@pytest.fixture
def of_sources(tmp_path) -> MotionBank:
    """Two takes of a run and a walk in `lab_a`, long ones in `lab_b` and `club`."""
    path = tmp_path / "data.h5"
    clips = [
        replace(recording(f"{source}-{action}", frames, 100.0), action=action, source=source)
        for source, action, frames in (
            ("lab_a", "run", 300),
            ("lab_a", "walk", 100),
            ("lab_b", "run", 4000),
            ("club", "salsa", 3000),
            ("club", "walk", 1000),
        )
    ]
    write_dataset(path, clips)
    with open_dataset(path) as dataset:
        return MotionBank.load(dataset, "train")


@pytest.mark.parametrize(
    ("shares", "power", "wanted"),
    [
        ({}, None, [300 / 8400, 100 / 8400, 4000 / 8400, 3000 / 8400, 1000 / 8400]),
        ({"lab_a": 0.6}, None, [0.45, 0.15, 0.2, 0.15, 0.05]),
        ({"lab_a": 0.6, "lab_*": 0.3}, None, [0.45, 0.15, 0.3, 0.075, 0.025]),  # the first that fits
        # Kinds alike within a share; of the runs the longer one by the root of both.
        ({"lab_*": 0.4, "club": 0.6}, 0.0, [0.2 * 3 / 43, 0.2, 0.2 * 40 / 43, 0.3, 0.3]),
        ({"lab_*": 0.0}, None, [0.0, 0.0, 0.0, 0.75, 0.25]),
        ({"lab_*": 0.3, "club": 0.7}, None, [0.9 / 44, 0.3 / 44, 12 / 44, 0.525, 0.175]),
    ],
)
def test_sources_are_drawn_by_their_shares(of_sources, generator, shares, power, wanted) -> None:
    windows = RandomWindows(of_sources, 9, 20.0, kind_power=power, source_shares=shares)
    _, clip = windows.draw(8000, generator)
    found = (torch.bincount(clip, minlength=5) / len(clip)).tolist()
    for share, expected in zip(found, wanted, strict=True):
        assert share == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"lab_c": 0.1}, "fits no pattern but lab_c, and 0.1 of the draws are to be; the sources are lab_a,"),
        ({"lab_*": 0.5, "lab_a": 0.1}, "no pattern but lab_a"),  # the pattern before it has them all
        ({"*": 0.9}, "fits none of its patterns, and 0.1 of the draws"),
    ],
)
def test_shares_that_nothing_is_drawn_for_are_refused(of_sources, generator, shares, message) -> None:
    with pytest.raises(ConfigError, match=message.replace("*", r"\*")):
        RandomWindows(of_sources, 9, 20.0, source_shares=shares).draw(8, generator)
