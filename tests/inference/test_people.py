from __future__ import annotations

import re

import pytest

from rtpca.errors import ConfigError, InputError
from rtpca.inference import lift_each


def lifting(reasons: dict[int, str]):
    """Work that fails for some numbers and gives back the others."""

    def lift(number: int):
        if number in reasons:
            raise InputError(reasons[number])
        return number

    return lift


def test_who_cannot_be_lifted_is_left_out_and_said() -> None:
    said: list[str] = []
    lifted = lift_each([1, 2, 3, 4], lifting({1: "no joints", 4: "one frame"}), said.append)
    assert lifted == [2, 3]
    assert said == ["person 1 is left out, later ones move up: no joints", "person 4 is left out: one frame"]
    assert lift_each([1, 2], lifting({2: "no joints"})) == [1]


@pytest.mark.parametrize(
    ("reasons", "message"),
    [
        ({1: "no joints"}, "no joints"),
        ({1: "fps is 0", 2: "fps is 0", 3: "fps is 0"}, "fps is 0"),
        ({1: "no joints", 2: "one frame"}, "none of the 2 people can be lifted; the first: no joints"),
    ],
)
def test_nobody_is_an_error_and_nothing_else_is_said(reasons, message) -> None:
    said: list[str] = []
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        lift_each(list(reasons), lifting(reasons), said.append)
    assert said == []


def test_what_is_not_about_a_person_ends_the_work() -> None:
    def lift(number: int):
        raise ConfigError("unknown skeleton")

    with pytest.raises(ConfigError):
        lift_each([1, 2], lift)
