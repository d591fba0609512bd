from __future__ import annotations

import sys

import pytest

from rtpca.cli.main import main


def test_a_missing_extra_is_said_with_its_command(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert main(["app"]) == 2
    assert "pip install 'rtpca[app]'" in capsys.readouterr().err


def test_unknown_weights_are_said_before_anything_is_served(capsys) -> None:
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'rtpca[app]'")
    assert main(["app", "--port", "0", "--weights", "no-such"]) == 2
    assert "no-such" in capsys.readouterr().err
