"""What a run was trained on: named beside every number, and kept with the run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def machine_text(accelerator: str = "auto") -> str:
    """One line: processor or GPU, cores and threads, version of torch."""
    if accelerator != "cpu" and torch.cuda.is_available():
        device = torch.cuda.get_device_name()
    else:
        threads = torch.get_num_threads()
        used = f"{threads} thread{'s' if threads > 1 else ''}"
        device = f"{_processor()}, {os.cpu_count()} cores, {used} per run"
    return f"{device}; torch {torch.__version__}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
