"""Consecutive windows: covers own each frame once, the authors' chunks and evaluation windows are theirs."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.chunks import cover, reference_cover, training_starts, windows_around
from rtpca.geometry.network_input import middle

LENGTH = st.integers(1, 300)


def training_chunks(length: int, frames: int, out_frames: int | None = None) -> torch.Tensor:
    """(chunks, F) frames that are seen."""
    predicted = frames if out_frames is None else out_frames
    return windows_around(training_starts(length, predicted), length, frames, predicted)


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


def test_training_chunks_split_the_padding_between_both_ends() -> None:
    # Three chunks of 4 for 9 frames: 3 too many, one before and two after.
    assert training_chunks(9, 4).tolist() == [[0, 0, 1, 2], [3, 4, 5, 6], [7, 8, 8, 8]]
    assert training_chunks(8, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert training_chunks(2, 4).tolist() == [[0, 0, 1, 1]]


def test_training_chunks_of_600_frames() -> None:
    chunks = training_chunks(600, 243)  # 729 - 600 = 129 frames too many, 64 of them before
    assert chunks.shape == (3, 243)
    assert chunks[0, :65].tolist() == [0] * 65
    assert chunks[:, -1].tolist() == [178, 421, 599]
    assert chunks[2, -66:].tolist() == [599] * 66


def test_training_chunks_of_a_model_with_context_are_as_long_as_its_prediction() -> None:
    chunks = training_chunks(3, 5, 2)  # two chunks of 2 for 3 frames: one too many, after the clip
    assert middle(chunks, 2).tolist() == [[0, 1], [2, 2]]
    assert chunks.tolist() == [[0, 0, 1, 2, 2], [1, 2, 2, 2, 2]]


@given(length=LENGTH, predicted=st.integers(1, 40), context=st.integers(0, 30))
def test_training_chunks_hold_every_frame(length, predicted, context) -> None:
    shown = middle(training_chunks(length, predicted + context, predicted), predicted)
    assert shown.unique().tolist() == list(range(length))
    assert len(shown) == -(-length // predicted)


def test_windows_of_several_clips_end_with_their_own() -> None:
    index = windows_around(torch.tensor([2, 2]), torch.tensor([3, 9]), 4, 2)
    assert index.tolist() == [[1, 2, 2, 2], [1, 2, 3, 4]]
