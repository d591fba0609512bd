"""`rtpca.data` hands out its public names, and costs nothing until one is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rtpca.data


def test_every_public_name_is_there():
    assert dir(rtpca.data) == sorted(rtpca.data.__all__)
    for name in rtpca.data.__all__:
        assert getattr(rtpca.data, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'opne_dataset'"):
        _ = rtpca.data.opne_dataset


def test_importing_it_is_light():
    code = "import sys, rtpca.data; print({'numpy', 'torch', 'h5py'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
