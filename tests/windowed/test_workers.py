"""Work on several threads: in order, with PyTorch's own threads as they were."""

from __future__ import annotations

import threading

import pytest
import torch

from rtpca.windowed.workers import in_order

CPU = torch.device("cpu")


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_items_from_several_threads(three_threads) -> None:
    begun = threading.Barrier(3, timeout=60)  # broken unless three work at a time

    def work(item: int) -> int:
        begun.wait()
        assert torch.get_num_threads() == 1
        return item * item

    assert list(in_order(work, range(9), CPU)) == [(item, item * item) for item in range(9)]
    assert torch.get_num_threads() == 3


def test_items_are_taken_as_they_are_needed(three_threads) -> None:
    taken: list[int] = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(lambda item: item, items(), CPU)
    next(results)
    assert len(taken) < 20
    results.close()
    assert torch.get_num_threads() == 3


def test_what_goes_wrong_in_a_thread_is_raised_here(three_threads) -> None:
    def work(item: int) -> int:
        if item == 4:
            raise ValueError("four")
        return item

    with pytest.raises(ValueError, match="four"):
        list(in_order(work, range(50), CPU))
    assert torch.get_num_threads() == 3
