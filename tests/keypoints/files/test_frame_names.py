"""Names and numbers of frames: their order, their gaps, and the clips they belong to."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.keypoints.files.frames import in_natural_order, named_clips, numbered_frames


def shuffled(names: list[str]) -> list[str]:
    return random.Random(3).sample(names, len(names))


def one_clip(names: list[str]) -> list[int]:
    """The places of names that are given in their order, out of one clip."""
    clips = named_clips(shuffled(names))
    assert len(clips) == 1, [clip.label for clip in clips]
    return [clips[0].places[name] for name in names]


@pytest.mark.parametrize(
    "name",
    [
        "{0}.jpg",
        "frame_{0:06d}.png",
        "shot{0}_cam2.jpg",
        "walk_{0:012d}_keypoints.json",
        "blaze_walk1.{0:05d}.json",
        "v2.{0}.json",
        "walk_mp4-{0}_jpg.rf.{1:032x}.jpg",
    ],
)
def test_a_number_counts_frames_wherever_it_stands(name):
    frames = [0, 1, 2, 5, 9, 10, 11, 12, 99, 100]
    assert one_clip([name.format(frame, (frame + 3) ** 9 * 7919) for frame in frames]) == frames


@pytest.mark.parametrize(
    "name",
    [
        "{0:.6f}.jpg",
        "{1}.jpg",
        "{2:.4g}.png",
        "cam_{3}.png",
        "{4}.png",
    ],
)
def test_time_stamps_are_frames_one_step_apart(name):
    frames = [*range(14), 16, *range(18, 70)]
    times = [100 + frame / 30 for frame in frames]
    names = [
        name.format(
            time,
            str(round(time, 4)),
            time - 100,
            round(time * 1000),
            1403715273262142976 + frame * 50_000_000,
        )
        for time, frame in zip(times, frames, strict=True)
    ]
    assert one_clip(names) == frames
    assert "is a frame; `fps` says" in named_clips(names)[0].note


def test_the_fraction_of_a_time_orders_within_its_second():
    names = [
        f"2024-01-01_12-00-{second:02d}.{part}.jpg" for second in (8, 9, 10) for part in ("033", "5", "75")
    ]
    assert one_clip(names) == list(range(9))


@pytest.mark.parametrize(
    "name", ["cam{0}_{1:04d}.jpg", "{1:04d}_cam{0}.jpg", "cam{0}/{1}.png", "{0}.{1}.json"]
)
def test_cameras_are_clips_of_their_own(name):
    clips = named_clips(shuffled([name.format(camera, frame) for camera in (1, 2) for frame in range(40)]))
    assert [clip.frames for clip in clips] == [40, 40]
    assert len({clip.label for clip in clips}) == 2
    for camera, clip in enumerate(clips, start=1):
        assert [clip.places[name.format(camera, frame)] for frame in range(40)] == list(range(40))


def test_other_words_are_other_clips_and_single_names_photographs():
    clips = named_clips(["walk_2.jpg", "run_1.jpg", "walk_1.jpg", "run_2.jpg", "beach.jpg"])
    assert [(clip.label, clip.frames) for clip in clips] == [("beach.jpg", 1), ("run_", 2), ("walk_", 2)]


def test_a_counter_that_goes_on_makes_one_clip_of_times_that_start_again():
    names = [f"take_{frame // 30}_{frame % 30 * 33}_{frame}.jpg" for frame in range(70)]
    assert one_clip(names) == list(range(70))


def test_numbers_of_photographs_are_scattered():
    clip = numbered_frames([139, 285, 581929])
    assert clip.scattered
    assert clip.frames == 3
    assert "taken in order" in clip.note
    assert not numbered_frames([4, 5, 9]).scattered
    assert numbered_frames([4, 5, 9]).places == {4: 0, 5: 1, 9: 5}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=12, unique=True))
def test_every_name_has_one_place(names):
    clips = named_clips(names)
    placed = [name for clip in clips for name in clip.places]
    assert sorted(placed) == sorted(names)
    for clip in clips:
        assert set(clip.places.values()) <= set(range(clip.frames))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.integers(-(10**19), 10**19), st.floats(-1e19, 1e19, allow_nan=False)),
        min_size=1,
        max_size=20,
    )
)
def test_any_numbers_lie_in_their_order(numbers):
    clip = numbered_frames(numbers)
    ordered = sorted(set(numbers))
    places = [clip.places[number] for number in ordered]
    assert places == sorted(set(places))
    assert 0 <= places[0] <= places[-1] < clip.frames <= 20 * len(ordered) + 1


def test_natural_order_takes_numbers_as_numbers():
    assert in_natural_order(["f10", "f9", "f010", "e11"]) == ["e11", "f9", "f010", "f10"]
