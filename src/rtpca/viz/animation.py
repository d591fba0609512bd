"""A moving picture of a result as GIF: plays in every browser, mail and slide."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from rtpca.arrays import ImageArray
from rtpca.checks import check_positive
from rtpca.files import written_whole
from rtpca.progress import Progress, in_silence
from rtpca.viz.render import SceneRenderer

_SMALLEST_DELAY_MS = 20  # browsers play faster GIFs at 10 frames per second
_COLORS_BLANK = 64
_COLORS_IMAGE = 255
_FAR_OFF, _MORE_FAR_OFF = 32, 0.002
"""A palette no longer serves where so many more of the pixels are off by that much than at first."""


def save_gif(
    path: str | os.PathLike[str],
    renderer: SceneRenderer,
    images_rgb: Iterable[ImageArray] | None = None,
    gif_fps: float = 12.5,
    progress: Progress = in_silence,
) -> Path:
    """Write an endless GIF in the motion's own speed, whole or not at all.

    Frames are dropped, never slowed down: the GIF shows the frame nearest in time. It is held in memory until
    it is written, so it suits short clips and small pictures; long ones are better MP4.

    Args:
        path: Where to; an existing file is replaced.
        renderer: Draws the pictures; its `size`, `fps` and `frames` are those of the GIF.
        images_rgb: The clip's images (height, width, 3) from the first on, read one by one; where they end,
            the canvas is empty.
        gif_fps: Pictures per second, at most 50.
        progress: Told of pictures.

    Returns:
        The path written.

    Raises:
        InputError: `gif_fps` is not above zero.
    """
    # GIF delays are whole hundredths of a second.
    wanted = check_positive("gif_fps", min(gif_fps, renderer.fps), "pictures per second")
    delay_ms = max(_SMALLEST_DELAY_MS, 10 * round(100 / wanted))
    count = max(1, round(1000 * renderer.frames / renderer.fps / delay_ms))
    picked = [min(renderer.frames - 1, round(i * delay_ms * renderer.fps / 1000)) for i in range(count)]
    pictures: list[Image.Image] = []
    palette: Image.Image | None = None
    usual = 0.0
    colors = _COLORS_BLANK if images_rgb is None else _COLORS_IMAGE
    with written_whole(path) as scratch:
        for done, pixels in enumerate(renderer.pictures(images_rgb, picked), start=1):
            picture = Image.fromarray(pixels)
            # One palette for as long as it serves, so that colours do not flicker.
            indexed = picture.quantize(palette=palette, dither=Image.Dither.NONE) if palette else None
            if indexed is None or _far_off(indexed, pixels) > 2 * usual + _MORE_FAR_OFF:
                palette = indexed = picture.quantize(colors=colors, dither=Image.Dither.NONE)
                usual = _far_off(indexed, pixels)
            pictures.append(indexed)
            progress(done, count)
        pictures[0].save(
            scratch, save_all=True, append_images=pictures[1:], duration=delay_ms, loop=0, optimize=False
        )
    return Path(path)


def _far_off(indexed: Image.Image, pixels: ImageArray) -> float:
    """Part of the pixels, every second in both directions, that a palette shows in another colour."""
    shown = np.asarray(indexed.convert("RGB"))[::2, ::2].astype(np.int16)
    return float((np.abs(shown - pixels[::2, ::2]) > _FAR_OFF).any(axis=-1).mean())
