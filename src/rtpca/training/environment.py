"""What surrounds a run: devices, precision, signals, the run folder."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import torch

from rtpca.errors import ConfigError, InputError
from rtpca.files import make_folder, written_whole
from rtpca.training.config import TrainConfig
from rtpca.training.recipe import recipe_text

_MOST_DEVICES = 1024


def check_devices(accelerator: str, devices: int) -> None:
    """Refuse devices that are not there."""
    if not 1 <= devices <= _MOST_DEVICES:
        raise ConfigError(f"{devices} devices: give a number from 1 to {_MOST_DEVICES:,}")
    found = torch.cuda.device_count()
    if accelerator == "cuda" and devices > found:
        raise InputError(
            f"{devices} CUDA devices are asked for, this machine has {found}; use the CPU or fewer"
        )


def taken_precision(wanted: str, device: torch.device) -> str:
    """The precision behind `auto`: without units for it bfloat16 is slower than float32."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        has_units = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has_units = device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bf16-mixed" if has_units else "32-true"


def prepare_folder(folder: Path, config: TrainConfig) -> None:
    """Make the run folder, with the resolved recipe in it."""
    make_folder(folder)
    with written_whole(folder / "config.yaml") as partial:
        partial.write_text(recipe_text([config]), encoding="utf-8")


@contextmanager
def matmul_precision(wanted: str) -> Generator[None]:
    """PyTorch's precision of float32 products, which is one for the whole process, and back."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(wanted)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def stop_signals() -> Generator[threading.Event]:
    """Turns the first Ctrl-C or termination into a stop after the current step; the second is immediate."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: object) -> None:
        stopped.set()
        for signum, handler in previous.items():
            signal.signal(signum, handler)

    previous = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
