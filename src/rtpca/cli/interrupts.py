"""Ctrl-C and SIGTERM end a command by unwinding, wherever they arrive."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from types import FrameType

_AGAIN_S = 0.05


def unwind_on_signals() -> None:
    """From now on SIGTERM unwinds as Ctrl-C does, so that nothing half-written is left.

    Both raise an exception in whatever code runs. Where that is a weak reference's callback or a `__del__`,
    of which h5py has many, Python prints the exception and goes on; then the signal is sent once more.
    """
    signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook = _send_again


def _terminate(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def _send_again(lost: sys.UnraisableHookArgs) -> None:
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signum = signal.SIGINT
    elif isinstance(lost.exc_value, SystemExit) and lost.exc_value.code == 128 + signal.SIGTERM:
        signum = signal.SIGTERM
    else:
        sys.__unraisablehook__(lost)
        return
    # A little later, when this is left: what is raised in here is lost as well. `Thread.start` would wait
    # for the thread.
    _thread.start_new_thread(_send_later, (signum,))


def _send_later(signum: int) -> None:
    time.sleep(_AGAIN_S)
    if hasattr(signal, "pthread_kill"):  # wakes the main thread where it waits, as raise_signal does not
        signal.pthread_kill(threading.main_thread().ident or 0, signum)
    else:
        signal.raise_signal(signum)
