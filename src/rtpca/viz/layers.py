"""A picture in pixels that is drawn over and over: what stands still once, what moves on top of a copy of it.

Matplotlib draws lines well and figures slowly. So there is no figure here: its rasteriser (Agg) gets all
lines of one kind, and all circles, in a single call. Pillow prints the letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform
from PIL import Image, ImageDraw, ImageFont

from rtpca.arrays import DoubleArray, FloatArray, ImageArray
from rtpca.viz.projection import Rect

_DPI = 72
"""With this a point, in which matplotlib counts widths and sizes of letters, is a pixel."""
_LINE, _CIRCLE = Path([[0.0, 0.0], [1.0, 0.0]]), Path.unit_circle()
_NOWHERE = IdentityTransform().frozen()
_LABEL_PAD_PX = 2.0

Colors = DoubleArray
"""(N, 4) red, green, blue, opacity, each from 0 to 1."""
Align = Literal["left", "center", "right"]


class Picture:
    """A picture with a still background, in pixels: x right, y down, from the top left corner.

    What is drawn before `keep` is the background of all pictures.
    """

    def __init__(self, size: tuple[int, int], paper: str) -> None:
        """An empty picture.

        Args:
            size: Width and height in pixels.
            paper: Colour of the background.
        """
        width, height = size
        # Untyped: its stubs know of fewer kinds of arguments than it takes.
        self._agg: Any = RendererAgg(width, height, _DPI)
        # A view: what is written here is drawn.
        self._pixels = np.asarray(self._agg.buffer_rgba())  # (H, W, 4)
        self._pixels[:] = np.round(255 * np.array(to_rgba(paper))).astype(np.uint8)
        self._background = self._pixels.copy()
        # Matplotlib's y points up.
        self._upward = Affine2D().scale(1, -1).translate(0, height).frozen()

    def keep(self) -> None:
        """Make what is drawn so far the background."""
        self._background = self._pixels.copy()

    def begin(self) -> None:
        """Start a new picture from the background."""
        self._pixels[:] = self._background

    def paste(self, image_rgb: ImageArray, rect: Rect) -> None:
        """Put an image (height, width, 3) into a rectangle, scaled to fill it."""
        left, top = round(rect.left), round(rect.top)
        size = whole_size(rect)
        image = Image.fromarray(image_rgb)
        if image.size != size:
            image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.1)
        _copy_rgb(np.asarray(image), self._pixels[top : top + size[1], left : left + size[0]])

    def rect(self, rect: Rect, face: str, edge: str) -> None:
        """Draw a filled rectangle."""
        self._agg.draw_path(self._context(edge), _outline(rect), self._upward, to_rgba(face))

    def lines(self, segments_px: DoubleArray, colors: Colors | str, width_px: float, clip: Rect) -> None:
        """Draw lines (N, 2, 2) with round ends, the last on top."""
        if len(segments_px) == 0:
            return
        # One path for all, turned and stretched: as many paths would take longer to make than to draw.
        (x, y), (along, down) = segments_px[:, 0].T, (segments_px[:, 1] - segments_px[:, 0]).T
        placed = np.zeros((len(segments_px), 3, 3))
        placed[:, 0] = np.stack([along, -down, x], axis=-1)
        placed[:, 1] = np.stack([down, along, y], axis=-1)
        placed[:, 2, 2] = 1.0
        self._collection(clip, _LINE, placed, edges=to_rgba_array(colors), width_px=width_px)

    def dots(self, points_px: DoubleArray, colors: Colors, diameter_px: float, clip: Rect) -> None:
        """Draw circles around points (N, 2), the last on top."""
        if len(points_px) == 0:
            return
        scale = np.diag([diameter_px / 2, diameter_px / 2, 1.0])[None]
        self._collection(clip, _CIRCLE, scale, self._upward.transform(points_px), faces=colors)

    def text(
        self,
        place_px: tuple[float, float],
        text: str,
        color: str,
        size_px: float,
        align: Align = "left",
        label: tuple[float, float, float, float] | None = None,
    ) -> float:
        """Write a text standing on y; its width in pixels comes back.

        Args:
            place_px: Where it begins, has its middle, or ends.
            text: What to write.
            color: Of the letters.
            size_px: Height of the letters.
            align: Which part of the text is at the place.
            label: Colour of a box behind it.
        """
        letters = _letters(text, size_px)
        left = round(place_px[0] - {"left": 0.0, "center": letters.width / 2, "right": letters.width}[align])
        base = round(place_px[1])
        if label is not None:
            # As high as the highest and lowest letters, so that labels of one size are alike.
            high = _letters("lp", size_px)
            top, pad = base + high.top, _LABEL_PAD_PX
            box = _outline(Rect(left - pad, top - pad, letters.width + 2 * pad, len(high.strength) + 2 * pad))
            self._agg.draw_path(self._context("none"), box, self._upward, label)
        self._print(letters, left, base, color)
        return letters.width

    def pixels(self) -> ImageArray:
        """A copy of the picture as it is now: (H, W, 3), red, green, blue."""
        copied = np.empty((*self._pixels.shape[:2], 3), dtype=np.uint8)
        _copy_rgb(self._pixels, copied)
        return copied

    def _print(self, letters: _Letters, left: int, base: int, color: str) -> None:
        """Put letters onto the picture; what lies outside of it is left out."""
        top, left = base + letters.top, left + letters.left
        above, before = max(0, -top), max(0, -left)
        strength = letters.strength[above:, before:, None]
        under = self._pixels[top + above :, left + before :, :3][: strength.shape[0], : strength.shape[1]]
        strength = strength[: under.shape[0], : under.shape[1]]
        ink = 255 * np.array(to_rgba(color)[:3], dtype=np.float32)
        under[:] = np.round(under + strength * (ink - under)).astype(np.uint8)

    def _context(self, color: str, clip: Rect | None = None) -> Any:
        context = self._agg.new_gc()
        context.set_foreground(to_rgba(color), isRGBA=True)
        context.set_linewidth(0.0 if color == "none" else 1.0)
        context.set_capstyle("round")
        if clip is not None:
            corners = self._upward.transform([[clip.left, clip.bottom], [clip.right, clip.top]])
            context.set_clip_rectangle(Bbox(corners))
        return context

    def _collection(
        self,
        clip: Rect,
        path: Path,
        transforms: DoubleArray,
        offsets_px: DoubleArray | None = None,
        faces: Colors | None = None,
        edges: Colors | None = None,
        width_px: float = 0.0,
    ) -> None:
        """Draw a path many times; one transform (N, 3, 3) serves for all, as one colour does."""
        nothing = np.zeros((0, 4))
        self._agg.draw_path_collection(
            self._context("black", clip),
            self._upward if offsets_px is None else _NOWHERE,
            # It draws as many as there are paths or offsets, never as there are transforms.
            [path] * len(transforms),
            transforms,
            np.zeros((0, 2)) if offsets_px is None else offsets_px,
            _NOWHERE,
            nothing if faces is None else faces,
            nothing if edges is None else edges,
            np.array([width_px]),
            [(0, None)],
            [True],
            [None],
            "screen",
        )


def whole_size(rect: Rect) -> tuple[int, int]:
    """Width and height in whole pixels of an image that fills a rectangle."""
    return round(rect.right) - round(rect.left), round(rect.bottom) - round(rect.top)


def _copy_rgb(source: ImageArray, target: ImageArray) -> None:
    """Copy red, green and blue; NumPy copies three whole channels faster than three bytes a pixel."""
    for channel in range(3):
        target[..., channel] = source[..., channel]


def _outline(rect: Rect) -> Path:
    return Path.unit_rectangle().transformed(
        Affine2D().scale(rect.width, rect.height).translate(rect.left, rect.top)
    )


@dataclass(frozen=True, eq=False)
class _Letters:
    """A text as it is printed.

    Attributes:
        strength: (h, w) how much of each pixel is ink, from 0 to 1.
        left: Pixels from where the text begins to the first column.
        top: Pixels from the line that it stands on to the first row; above the line is negative.
        width: How far the text reaches, in pixels.
    """

    strength: FloatArray
    left: int
    top: int
    width: float


@lru_cache
def _font(size_px: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont(FontProperties()), size_px)


@lru_cache(maxsize=64)
def _letters(text: str, size_px: float) -> _Letters:
    font = _font(size_px)
    left, top, right, bottom = (round(side) for side in font.getbbox(text, anchor="ls"))
    printed = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(printed).text((-left, -top), text, fill=255, font=font, anchor="ls")
    return _Letters(np.asarray(printed, dtype=np.float32) / np.float32(255), left, top, font.getlength(text))


def faded(colors: Colors, strength: DoubleArray, paper: str | None = None) -> Colors:
    """Colours that fade.

    Args:
        colors: (N, 4).
        strength: (N,) 1 for the full colour.
        paper: Colour to fade into, opaque; None fades into whatever is behind.

    Returns:
        (N, 4).
    """
    mixed = colors.copy()
    if paper is None:
        mixed[:, 3] *= strength
    else:
        ground = to_rgba_array(paper)[0]
        mixed[:, :3] = ground[:3] + strength[:, None] * (colors[:, :3] - ground[:3])
    return mixed
