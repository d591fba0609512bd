"""Which device to compute on, decided in one place."""

from __future__ import annotations

from rtpca.errors import ConfigError


def resolve_device(device: str) -> str:
    """The device behind `auto`, `cpu` or `cuda`.

    Args:
        device: `auto` takes CUDA where there is one.

    Returns:
        `cpu` or `cuda`.

    Raises:
        ConfigError: If there is no such device.
    """
    import torch

    if device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"unknown device {device!r}: choose auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device cuda is not available here: use auto or cpu, or install a CUDA build of torch"
        )
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device
