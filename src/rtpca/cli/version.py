"""What `rtpca --version` says: versions, and which optional parts this machine has.

Nothing is imported to find out: versions come from the metadata of the installed packages.
"""

from __future__ import annotations

import platform
import re
import shutil
from importlib import metadata

import rtpca

_CORE_PACKAGES = ("torch", "numpy", "lightning", "safetensors", "h5py")
_TOOLING_EXTRAS = {"dev", "video-tests"}


def package_version(name: str) -> str | None:
    """Version of an installed distribution, None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def optional_packages() -> dict[str, tuple[str, ...]]:
    """The extras that rtpca declares, without its own tooling, and the packages behind each.

    Returns:
        Extra name -> distribution names; empty where rtpca runs from a source folder that is not installed.
    """
    try:
        requirements = metadata.requires("rtpca") or []
    except metadata.PackageNotFoundError:
        return {}
    extras: dict[str, list[str]] = {}
    for requirement in requirements:
        # "onnx>=1.16; extra == 'export'"
        match = re.match(r"([A-Za-z0-9._-]+).*extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
        # An extra that builds on another names rtpca itself.
        if match and match[2] not in _TOOLING_EXTRAS and match[1] != "rtpca":
            extras.setdefault(match[2], []).append(match[1])
    return {extra: tuple(names) for extra, names in extras.items()}


def version_lines() -> list[str]:
    """The lines of `rtpca --version`: rtpca and Python, core packages, optional back-ends."""
    lines = [f"rtpca {rtpca.__version__}, Python {platform.python_version()}"]
    lines += [f"  {name} {package_version(name) or 'missing'}" for name in _CORE_PACKAGES]
    lines.append("optional back-ends:")
    for extra, names in optional_packages().items():
        absent = [name for name in names if package_version(name) is None]
        state = f"missing {', '.join(absent)}: pip install 'rtpca[{extra}]'" if absent else "installed"
        lines.append(f"  {extra}: {state}")
    lines.append(f"  CUDA: {_cuda_state()}")
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    lines.append(f"  torch.compile: {f'C++ compiler {compiler}' if compiler else 'no C++ compiler found'}")
    return lines


def _cuda_state() -> str:
    build = package_version("torch") or ""
    if build.endswith("+cpu"):
        return "this torch is a CPU build"
    return "NVIDIA driver found" if shutil.which("nvidia-smi") else "no NVIDIA driver found"
