"""Files of a lifted clip: the people of one input together; their exports and their moving picture.

What both `rtpca lift` and `rtpca app` write; where and under which names is theirs to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from rtpca.export import FORMATS
from rtpca.inference import LiftResult, estimate_ground
from rtpca.viz import SceneRenderer, picture_size, save_gif

if TYPE_CHECKING:
    from rtpca.video.reader import Image

_VIDEO_WIDTH, _GIF_WIDTH = 1280, 800


@dataclass(frozen=True, eq=False)
class Clip:
    """The people of an input.

    Attributes:
        people: One result per person, the most complete first.
        title: What to call the clip.
        images: Gives the pictures of all frames one after the other, or None where there are none.
        speeds: Frames per second of each stage that made the people, by its name.
    """

    people: Sequence[LiftResult]
    title: str
    images: Callable[[], Iterator[Image]] | None = None
    speeds: Mapping[str, float] = field(default_factory=dict[str, float])


def write_exports(
    people: Sequence[LiftResult],
    names: Sequence[str],
    place: Callable[[str, int], Path],
    *,
    grounded: bool,
) -> Iterator[tuple[str, int]]:
    """Write files for other programs, each when the next one is asked for.

    Args:
        people: The people of a clip.
        names: Formats, see `rtpca.export.FORMATS`.
        place: From a format and the number of a person, from 1, to the path to write to.
        grounded: Put the floor at y = 0. It is one floor for everybody, so that people keep their places.

    Yields:
        The format and the number of the person of each file, after it was written.

    Raises:
        RtpcaError: a file cannot be written; see the formats.
    """
    ground = estimate_ground(*people) if grounded and names else None
    for number, person in enumerate(people, start=1):
        for name in names:
            FORMATS[name](place(name, number), person, ground)
            yield name, number


def save_motion(clip: Clip, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Write a moving picture of the keypoints beside the poses.

    Args:
        clip: The people, and their pictures; without pictures the keypoints stand on an empty canvas.
        path: File to write: a GIF, or whatever `rtpca.video.VideoWriter` writes by that ending.
        progress: Called with (pictures drawn, pictures in all).

    Raises:
        RtpcaError: the people are of different clips, or PyAV is missing where a video is asked for.
    """
    first = clip.people[0]
    gif = path.suffix.lower() == ".gif"
    renderer = SceneRenderer(clip.people, picture_size(first.image_size, _GIF_WIDTH if gif else _VIDEO_WIDTH))
    images = None if clip.images is None else clip.images()
    if gif:
        save_gif(path, renderer, images, on_frame=progress)
        return
    from rtpca.video import VideoWriter

    with VideoWriter(path, Fraction(first.fps).limit_denominator(1001)) as video:
        for picture in renderer.pictures(images):
            video.write(picture)
            if progress is not None:
                progress(video.frames, first.frames)
