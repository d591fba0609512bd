"""OpenCV's FileStorage as plain YAML: its first line and its word for a matrix are nobody else's."""

from __future__ import annotations

import re

_FIRST_LINE = re.compile(r"\A%YAML[:\s].*\n?")
_KIND = re.compile(r"(?:!!|!<tag:yaml\.org,2002:)opencv-(?:nd-)?matrix>?")


def is_file_storage(text: str) -> bool:
    """Whether a text begins as OpenCV's YAML does."""
    return text.startswith("%YAML") or text.startswith("---")


def plain_yaml(text: str) -> str:
    """The same text as YAML that any reader understands: matrices are mappings of rows, cols and data."""
    return _KIND.sub("", _FIRST_LINE.sub("", text))
