"""Work that goes on beside the caller's."""

from __future__ import annotations

import threading

import pytest

from rtpca.video.ahead import Ahead


def test_all_items_come_in_order_and_the_end_stays_the_end():
    with Ahead(iter(range(20))) as items:
        assert list(items) == list(range(20))
        assert next(items, None) is None


def test_items_are_made_while_the_caller_works_and_only_a_few():
    made: list[int] = []
    third = threading.Event()

    def make():
        for number in range(10):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    with Ahead(make()) as items:
        assert next(items) == 0
        assert third.wait(10)
        assert len(made) == 3
    assert len(made) == 3


def test_what_goes_wrong_is_raised_where_the_item_would_have_come():
    def make():
        yield 1
        raise ValueError("the second is broken")

    with Ahead(make()) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="the second is broken"):
            next(items)


def test_no_thread_is_left_when_the_caller_stops_early_or_fails():
    before = threading.active_count()

    def interrupted():
        with Ahead(iter(range(1000))) as items:
            next(items)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert threading.active_count() == before
