"""The chunks that the authors train on."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.chunks import training_starts, windows_around
from rtpca.geometry.network_input import middle

LENGTH = st.integers(1, 300)


def training_chunks(length: int, frames: int, out_frames: int | None = None) -> torch.Tensor:
    """(chunks, F) frames that are seen."""
    predicted = frames if out_frames is None else out_frames
    return windows_around(training_starts(length, predicted), length, frames, predicted)


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
