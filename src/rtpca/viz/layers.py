"""A picture in pixels that is drawn over and over: what stands still once, what moves in layers on top of it.

Matplotlib draws lines well and figures slowly. So the figure is drawn once and kept, and each picture starts
from that copy and draws only its few collections of lines and dots anew ("blitting").
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import CircleCollection, LineCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox, IdentityTransform, TransformedBbox
from PIL import Image

from rtpca.arrays import DoubleArray, ImageArray
from rtpca.viz.projection import Rect

_DPI = 100
_POINTS_PER_PX = 72 / _DPI

Colors = DoubleArray
"""(N, 4) red, green, blue, opacity, each from 0 to 1."""


class Picture:
    """A picture with a still background, in pixels: x right, y down, from the top left corner."""

    def __init__(self, size: tuple[int, int], paper: str) -> None:
        """An empty picture.

        Args:
            size: Width and height in pixels.
            paper: Colour of the background.
        """
        width, height = size
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=paper)
        self._canvas = FigureCanvasAgg(figure)
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.set_axis_off()
        self._background: Any = None

    def still_lines(self, segments_px: DoubleArray, color: str, width_px: float, clip: Rect) -> None:
        """Draw lines (N, 2, 2) into the background."""
        lines = LineCollection(list(segments_px), colors=color, linewidths=width_px * _POINTS_PER_PX)
        self._axes.add_collection(lines, autolim=False)
        lines.set_clip_box(self._box(clip))

    def still_rect(self, rect: Rect, face: str, edge: str) -> None:
        """Draw a filled rectangle into the background."""
        self._axes.add_patch(
            Rectangle((rect.left, rect.top), rect.width, rect.height, facecolor=face, edgecolor=edge)
        )

    def still_text(
        self,
        place_px: tuple[float, float],
        text: str,
        color: str,
        size_px: float,
        align: Literal["left", "center", "right"] = "left",
    ) -> float:
        """Write into the background, standing on y; the width in pixels comes back."""
        written = self._axes.text(
            *place_px, text, color=color, fontsize=size_px * _POINTS_PER_PX, ha=align, va="baseline"
        )
        return float(written.get_window_extent(self._canvas.get_renderer()).width)

    def line_layer(self, clip: Rect) -> LineCollection:
        """A layer of lines with round ends; hand it to `draw_lines`."""
        layer = LineCollection([], capstyle="round", animated=True)
        self._axes.add_collection(layer, autolim=False)
        layer.set_clip_box(self._box(clip))
        return layer

    def dot_layer(self, clip: Rect) -> CircleCollection:
        """A layer of filled circles; hand it to `draw_dots`."""
        layer = CircleCollection([1.0], animated=True, linewidths=0, offsets=np.zeros((0, 2)))
        # Circles are sized in points, and placed in pixels.
        layer.set_offset_transform(self._axes.transData)
        layer.set_transform(IdentityTransform())
        self._axes.add_collection(layer, autolim=False)
        layer.set_clip_box(self._box(clip))
        return layer

    def text_layer(self, color: str, size_px: float, align: Literal["left", "center", "right"]) -> Text:
        """A text that moves or changes; hand it to `draw_text`."""
        return self._axes.text(
            0, 0, "", color=color, fontsize=size_px * _POINTS_PER_PX, ha=align, va="baseline", animated=True
        )

    def begin(self) -> None:
        """Start a new picture from the background, which is drawn on first use."""
        if self._background is None:
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self._axes.figure.bbox)
        self._canvas.restore_region(self._background)

    def paste(self, image_rgb: ImageArray, rect: Rect) -> None:
        """Put an image (height, width, 3) into a rectangle, scaled to fill it."""
        left, top = round(rect.left), round(rect.top)
        width, height = round(rect.right) - left, round(rect.bottom) - top
        scaled = Image.fromarray(image_rgb).resize(
            (width, height), Image.Resampling.BILINEAR, reducing_gap=1.1
        )
        pixels = np.asarray(self._canvas.buffer_rgba())  # (H, W, 4), a view of the canvas
        pixels[top : top + height, left : left + width, :3] = np.asarray(scaled)
        pixels[top : top + height, left : left + width, 3] = 255

    def draw_lines(
        self,
        layer: LineCollection,
        segments_px: DoubleArray,
        colors: Colors,
        width_px: DoubleArray | float,
    ) -> None:
        """Draw lines (N, 2, 2), the last on top."""
        if len(segments_px) == 0:
            return
        layer.set_segments(list(segments_px))
        layer.set_color(colors)  # pyright: ignore[reportArgumentType] -- an array of colours is fine
        layer.set_linewidth(np.asarray(width_px) * _POINTS_PER_PX)  # pyright: ignore[reportArgumentType]
        self._axes.draw_artist(layer)

    def draw_dots(
        self, layer: CircleCollection, points_px: DoubleArray, colors: Colors, diameter_px: float
    ) -> None:
        """Draw circles around points (N, 2)."""
        if len(points_px) == 0:
            return
        layer.set_offsets(points_px)
        layer.set_facecolor(colors)  # pyright: ignore[reportArgumentType] -- an array of colours is fine
        layer.set_sizes(np.array([(diameter_px * _POINTS_PER_PX) ** 2 * np.pi / 4]), _DPI)
        self._axes.draw_artist(layer)

    def draw_text(self, layer: Text, place_px: tuple[float, float], text: str) -> None:
        """Write a text standing on y."""
        layer.set_position(place_px)
        layer.set_text(text)
        self._axes.draw_artist(layer)

    def pixels(self) -> ImageArray:
        """A copy of the picture as it is now: (H, W, 3), red, green, blue."""
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()

    def _box(self, rect: Rect) -> TransformedBbox:
        corners = Bbox([[rect.left, rect.bottom], [rect.right, rect.top]])
        return TransformedBbox(corners, self._axes.transData)


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
