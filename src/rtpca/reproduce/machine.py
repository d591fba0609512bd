"""The machine in words: named beside every number, and kept with every run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def machine_text(device: str = "auto") -> str:
    """One line: processor or GPU, cores and threads, version of torch."""
    if device != "cpu" and torch.cuda.is_available():
        used = torch.cuda.get_device_name()
    else:
        threads = torch.get_num_threads()
        used = f"{_processor()}, {os.cpu_count()} cores, {threads} thread{'s' * (threads > 1)} per run"
    return f"{used}; torch {torch.__version__}"


def load_text() -> str:
    """How busy the machine is; empty where the system does not say."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f"; load average {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
