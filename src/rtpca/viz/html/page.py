"""The page: a template, a style sheet and a few scripts of ours, filled with one clip.

Nothing is loaded from elsewhere, and the page's own security policy forbids it: the file opens without
network, and will in ten years. Lines and points are drawn on a canvas by hand: a 3D library would be larger
than most clips.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from rtpca import __version__
from rtpca.files import written_whole
from rtpca.inference import LiftResult
from rtpca.viz.html.packing import pack_clip

_SCRIPTS = ("clip.js", "camera.js", "draw.js", "player.js", "main.js")
_FIELD = re.compile(r"\{\{(\w+)\}\}")


def save_html(
    path: str | os.PathLike[str],
    people: Sequence[LiftResult],
    names: Sequence[str] | None = None,
    title: str = "rtpca",
) -> Path:
    """Write the viewer with a clip in it: one file, whole or not at all.

    It shows the 3D skeletons to turn, move and zoom, the keypoints in the image beside them, plays at several
    speeds, and tells each joint's place under the pointer.

    Args:
        path: Where to, `.html`; an existing file is replaced.
        people: Results of one clip, one per person, each with all frames.
        names: What to call them; "Person 1", ... by default.
        title: Heading of the page.

    Returns:
        The path written.

    Raises:
        InputError: There is nobody, the results are not of one clip, names and people are not as many, or the
            folder cannot be written to.
    """
    page = html_page(people, names, title)
    with written_whole(path) as scratch:
        scratch.write_text(page, encoding="utf-8")
    return Path(path)


def html_page(people: Sequence[LiftResult], names: Sequence[str] | None = None, title: str = "rtpca") -> str:
    """The text of the page that `save_html` writes.

    Args:
        people: See `save_html`.
        names: See `save_html`.
        title: See `save_html`.

    Returns:
        The text.

    Raises:
        InputError: See `save_html`.
    """
    assets = resources.files("rtpca.viz.html") / "assets"

    def asset(name: str) -> str:
        return (assets / name).read_text(encoding="utf-8").rstrip()

    fields = {
        "version": html.escape(__version__),
        "title": html.escape(title),
        "style": asset("viewer.css"),
        "clip": pack_clip(people, names),
        "script": '"use strict";\n' + "\n\n".join(asset(name) for name in _SCRIPTS),
    }
    # In one pass: what is filled in is not looked at again, whatever it holds.
    return _FIELD.sub(lambda match: fields[match[1]], asset("viewer.html"))
