"""Where data come from, under which terms, and the words that its authors ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Attribution:
    """Terms of one source, carried along in every prepared file and every model trained on it.

    Attributes:
        source: short name, the `source` of its recordings.
        title: what people call it.
        licence: name of the licence or terms, one line.
        acknowledgement: text that has to be shown.
        citation: publication to cite.
        url: where it comes from.
        licence_text: full text, where the licence must travel with copies.
    """

    source: str
    title: str
    licence: str
    acknowledgement: str = ""
    citation: str = ""
    url: str = ""
    licence_text: str = ""

    def to_dict(self) -> dict[str, str]:
        """Plain strings by field name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Attribution:
        """The inverse of `to_dict`; unknown fields are left out, missing optional ones are empty.

        Raises:
            KeyError: `source`, `title` or `licence` is missing.
        """
        required = {name: str(values[name]) for name in ("source", "title", "licence")}
        optional = {f.name: str(values.get(f.name, "")) for f in fields(cls) if f.name not in required}
        return cls(**required, **optional)
