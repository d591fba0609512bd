"""Work in processes: results in order, errors as they are, a killed worker is one line, a stop stops all."""

from __future__ import annotations

import operator
import os
import signal
import threading
import time
from functools import partial

import pytest
import torch

from rtpca.checks import check_positive
from rtpca.errors import InputError, RtpcaError
from rtpca.reproduce.processes import in_processes


def test_results_come_in_the_order_of_the_calls_and_progress_is_told() -> None:
    told: list[int] = []
    assert in_processes([partial(operator.mul, 3, n) for n in range(5)], 2, told.append) == [0, 3, 6, 9, 12]
    assert told[-1] == 5
    assert told == sorted(told)
    assert in_processes([], 2) == []


def test_each_process_has_one_thread_and_a_session_of_its_own() -> None:
    threads, session = in_processes([torch.get_num_threads, partial(os.getsid, 0)], 2)
    assert threads == 1
    assert session != os.getsid(0)


def test_an_error_of_the_user_is_passed_on() -> None:
    with pytest.raises(InputError, match="height is -1"):
        in_processes([partial(check_positive, "height", -1.0), partial(operator.add, 1, 1)], 2)


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        in_processes([partial(operator.truediv, 1, 0)], 2)
    assert "Traceback" in str(caught.value.__cause__)


def test_a_killed_process_is_one_clear_line_and_stops_the_others() -> None:
    began = time.monotonic()
    with pytest.raises(RtpcaError, match="ended without a word: it was killed.*with fewer `jobs`"):
        in_processes([partial(time.sleep, 600.0), partial(os._exit, 9)], 2)
    assert time.monotonic() - began < 300


def test_an_interrupt_stops_what_runs() -> None:
    began = time.monotonic()
    press = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    press.start()
    with pytest.raises(KeyboardInterrupt):
        in_processes([partial(time.sleep, 600.0)] * 3, 2)
    assert time.monotonic() - began < 300
