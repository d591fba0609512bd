"""Several people of one input: each is lifted, and who cannot be does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rtpca.errors import InputError
from rtpca.inference.keypoint_files import KeypointFile
from rtpca.inference.lifter import Lifter
from rtpca.inference.result import LiftResult
from rtpca.progress import Progress, in_silence


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


def lift_file(
    lifter: Lifter,
    file: KeypointFile,
    *,
    image_size: tuple[int, int] | None = None,
    fps: float | None = None,
    focal_px: float | tuple[float, float] | None = None,
    progress: Progress = in_silence,
) -> LiftResult:
    """Lift one person of a keypoint file, so that the results of all of them belong together.

    Args:
        lifter: The lifter.
        file: The person.
        image_size: (width, height) in pixels, instead of what the file says. Where neither says it, all
            people of the file have one image, the smallest that holds everybody.
        fps: Frames per second, instead of what the file says.
        focal_px: See `Lifter`.
        progress: See `Lifter`.

    Returns:
        The poses.

    Raises:
        InputError: the keypoints cannot be lifted; see `Lifter`.
    """
    size = image_size or file.image_size
    notes: tuple[str, ...] = ()
    if size is None and file.people > 1 and not lifter.needs_image_size:
        size = file.extent
        notes = (
            f"image size not given: {size[0]} x {size[1]} px assumed, the extent of everybody's keypoints; "
            "directions and distances are better with --image-size W H",
        )
    result = lifter(
        file.keypoints_px,
        image_size=size,
        fps=file.fps if fps is None else fps,
        skeleton=file.skeleton,
        scores=file.scores,
        focal_px=focal_px,
        progress=progress,
    )
    return replace(result, notes=notes + result.notes)
