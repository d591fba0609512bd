"""Consecutive windows: covers own each frame once, the authors' evaluation windows are theirs."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.geometry.network_input import middle
from rtpca.windowed import cover, reference_cover

LENGTH = st.integers(1, 300)


@given(length=LENGTH, predicted=st.integers(1, 40), context=st.integers(0, 30))
def test_every_frame_is_predicted_once_in_order_from_a_window_around_it(length, predicted, context) -> None:
    frames = predicted + context
    index, owned = cover(length, frames, predicted)
    assert owned.shape == (-(-length // predicted), predicted)
    assert middle(index, predicted)[owned].tolist() == list(range(length))
    # A window is a run of frames, but for the repetitions at the ends of the clip.
    step = index.diff(dim=1)
    inside = (index[:, 1:] > 0) & (index[:, :-1] < length - 1)
    assert (step[inside] == 1).all()
    assert index.min() >= 0
    assert index.max() <= length - 1


def test_a_model_of_one_frame_sees_each_frame_in_the_middle_and_repeated_ends() -> None:
    index, owned = cover(4, 5, 1)
    assert index.tolist() == [[0, 0, 0, 1, 2], [0, 0, 1, 2, 3], [0, 1, 2, 3, 3], [1, 2, 3, 3, 3]]
    assert owned.all()


def test_an_even_context_has_its_odd_frame_after_the_prediction() -> None:
    index, _ = cover(10, 4, 1)
    assert index[5].tolist() == [4, 5, 6, 7]  # (4 - 1) // 2 = 1 frame before


def test_six_hundred_frames_in_windows_of_243_end_with_an_overlap_that_counts_twice() -> None:
    index, owned = reference_cover(600, 243)
    assert [(row[0], row[-1]) for row in index.tolist()] == [(0, 242), (243, 485), (357, 599)]
    assert owned.all()
    times = torch.bincount(index[owned], minlength=600)
    assert times[:357].tolist() == [1] * 357
    assert times[357:486].tolist() == [2] * 129
    assert times[486:].tolist() == [1] * 114


def test_a_clip_shorter_than_a_window_counts_its_last_frame_for_every_repetition() -> None:
    index, owned = reference_cover(5, 9)
    assert index.tolist() == [[0, 1, 2, 3, 4, 4, 4, 4, 4]]
    assert owned.all()


def test_a_clip_of_whole_windows_has_no_frame_twice() -> None:
    index, owned = reference_cover(486, 243)
    assert index[owned].tolist() == list(range(486))


@given(length=st.integers(1, 300), frames=st.integers(1, 100))
def test_a_cover_owns_each_frame_exactly_once_and_in_order(length, frames) -> None:
    index, owned = cover(length, frames)
    assert index.shape == owned.shape == (-(-length // frames), frames)
    assert index[owned].tolist() == list(range(length))


@given(length=st.integers(1, 300), frames=st.integers(1, 100))
def test_windows_of_a_cover_are_runs_of_frames_inside_the_clip(length, frames) -> None:
    index, owned = cover(length, frames)
    if length >= frames:
        assert (index.diff(dim=1) == 1).all()
        assert (index.min(), index.max()) == (0, length - 1)
        assert owned[:-1].all()
    else:
        # The last frame is repeated, and the repetitions belong to nobody.
        assert index[0].tolist() == [min(i, length - 1) for i in range(frames)]
        assert owned[0].tolist() == [i < length for i in range(frames)]


def test_the_last_window_ends_with_the_clip() -> None:
    index, owned = cover(600, 243)
    assert index[:, 0].tolist() == [0, 243, 357]
    assert owned.sum(1).tolist() == [243, 243, 114]
