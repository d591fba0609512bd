"""The length unit of a body that does not say it: bones tell how tall a person is, and people are alike."""

from __future__ import annotations

_UNITS: tuple[tuple[str, float, tuple[float, float]], ...] = (
    ("metres", 1.0, (0.8, 2.5)),
    ("centimetres", 0.01, (0.8, 2.5)),
    ("millimetres", 0.001, (0.8, 2.5)),
    ("inches", 0.0254, (1.2, 2.3)),
    ("CMU's units of (1/0.45) inch", 0.0254 / 0.45, (1.2, 2.3)),
    ("decimetres", 0.1, (1.2, 2.3)),
    ("feet", 0.3048, (1.2, 2.3)),
)
"""Name, metres, and the heights of bodies for which it is believed. The first that fits is taken, so that a
child in centimetres is nobody in inches."""


def likely_unit(height: float) -> tuple[str, float] | None:
    """The length unit in which a body of this height is a person.

    Args:
        height: in that unit.

    Returns:
        Its name and its metres; None where no unit fits.

    Example:
        >>> likely_unit(172.0)
        ('centimetres', 0.01)
    """
    return next(((name, m) for name, m, (low, high) in _UNITS if low <= height * m <= high), None)
