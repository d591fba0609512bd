"""Several people of one input: each is lifted, and who cannot be does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rtpca.errors import InputError
from rtpca.inference.result import LiftResult


def lift_each(
    numbers: Sequence[int], lift: Callable[[int], LiftResult], say: Callable[[str], None] | None = None
) -> list[LiftResult]:
    """Lift people one after the other, leaving out those whose keypoints do not allow it.

    Args:
        numbers: Numbers of the people, at least one.
        lift: From a person's number to their poses; it raises an `InputError` if they cannot be lifted.
        say: Called with one line for each person who is left out, when all are done.

    Returns:
        The others, in the order of their numbers, at least one.

    Raises:
        InputError: nobody can be lifted. Where the reason is not the same for everybody, it is that of the
            first.
    """
    lifted: list[LiftResult] = []
    failures: dict[int, InputError] = {}
    for number in numbers:
        try:
            lifted.append(lift(number))
        except InputError as error:
            failures[number] = error
    if not lifted:
        first = failures[numbers[0]]
        if len({str(error) for error in failures.values()}) == 1:
            raise first
        raise InputError(f"none of the {len(numbers)} people can be lifted; the first: {first}") from first
    if say is not None:
        for number, error in failures.items():
            moved = "" if number == numbers[-1] else ", later ones move up"
            say(f"person {number} is left out{moved}: {error}")
    return lifted
