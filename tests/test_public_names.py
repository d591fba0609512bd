"""What `import rtpca` offers."""

from __future__ import annotations

import pytest

import rtpca
from rtpca.errors import RtpcaError
from rtpca.models import load_checkpoint


@pytest.mark.parametrize("name", rtpca.__all__)
def test_every_public_name_is_there(name) -> None:
    assert getattr(rtpca, name) is not None
    assert name in dir(rtpca)


def test_the_public_error_is_the_base_of_all_errors() -> None:
    assert rtpca.RtpcaError is RtpcaError


def test_listed_weights_can_be_loaded() -> None:
    weights = rtpca.list_weights()
    assert "rtpca-s" in weights
    for name, path in weights.items():
        assert path.is_file()
        assert load_checkpoint(name).name == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Liftr'"):
        _ = rtpca.Liftr
