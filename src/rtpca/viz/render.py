"""Pictures of a result, frame by frame: the image with the 2D overlay beside the 3D scene on its floor.

The renderer draws single pictures; `rtpca.video` writes them as MP4, `rtpca.viz.animation` as GIF. What does
not move is drawn once and copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgba_array
from numpy.typing import ArrayLike

from rtpca.arrays import DoubleArray, FloatArray, ImageArray
from rtpca.checks import check_axes, check_positive
from rtpca.errors import InputError, ShapeError
from rtpca.inference import LiftResult
from rtpca.viz.colors import FLOOR, MIDDLE, PAPER, TRUTH, bone_colors, joint_colors, palette_of
from rtpca.viz.layers import Colors, Picture, faded, whole_size
from rtpca.viz.projection import ELEVATION_DEG, Rect, best_azimuth_deg, floor_lines, parallel_view
from rtpca.viz.scene import build_scene

_SMALLEST_WH = (320, 160)
_IMAGE_SHARE = 0.56  # part of the width that the image may take, at most
_FOOTER = 0.065  # part of the height that the line of text below takes
_EDGE = 0.015  # white around the image, as part of the height
_TILE_M = 0.5
_FAINTEST = 0.3
_SWATCHES = 5  # people whose colours the legend shows
_SHADOW = "#c3cad0"
_FRAME = "#c5ccd2"
_HALO = (0.05, 0.06, 0.08, 0.55)
_LABEL = (1.0, 1.0, 1.0, 0.8)


@dataclass(frozen=True, eq=False)
class _Look:
    """The colours of one person: (bones, 4), (J, 4), and of the name."""

    bones: Colors
    joints: Colors
    name: str


class SceneRenderer:
    """Draws one clip's pictures.

    Everybody's left is drawn in a cool colour, their right in a warm one, in shades of their own. What is not
    sure fades. The 3D view is held still over the clip and shows the whole of everybody's path, all axes in
    one scale; a person is left out of frames in which they are not in view.

    Example:
        >>> renderer = SceneRenderer([result])  # doctest: +SKIP
        >>> renderer.draw(None, 0).shape  # doctest: +SKIP
        (480, 1280, 3)
    """

    def __init__(
        self,
        people: Sequence[LiftResult],
        size: tuple[int, int] = (1280, 480),
        fps: float | None = None,
        truth_m: Sequence[ArrayLike] | None = None,
    ) -> None:
        """Lay out the picture and place the people; nothing is drawn yet.

        Args:
            people: Results of one clip, one per person, each with all frames.
            size: Width and height of the picture in pixels. Even numbers suit video files.
            fps: Frames per second for the clock in the picture; that of the results by default.
            truth_m: One (F, J, 3) per person, root-relative, camera axes: drawn in grey behind the result.

        Raises:
            InputError: There is nobody, the results are not of one clip, or the picture is too small.
            ShapeError: A truth does not fit its person.
        """
        if size[0] < _SMALLEST_WH[0] or size[1] < _SMALLEST_WH[1]:
            raise InputError(
                f"a picture of {size[0]} x {size[1]} pixels is too small: give at least "
                f"{_SMALLEST_WH[0]} x {_SMALLEST_WH[1]}"
            )
        self.scene = build_scene(people)
        self.people = tuple(people)
        self.frames = people[0].frames
        self.fps = check_positive("fps", people[0].fps if fps is None else fps, "frames per second")
        self.size = size
        self._truth_m = self._placed(truth_m)
        skeleton = self.scene.skeleton
        self._bones = np.array(skeleton.bones)  # (bones, 2)
        self._names_at = skeleton.joints.index("head") if "head" in skeleton.joints else 0
        palettes = [palette_of(number) for number in range(len(people))]
        self._looks = [
            _Look(
                to_rgba_array(bone_colors(skeleton, palette)),
                to_rgba_array(joint_colors(skeleton, palette)),
                palette.middle,
            )
            for palette in palettes
        ]
        self._image, self._stage, footer = _layout(size, people[0].image_size)
        self._image_scale = self._image.width / people[0].image_size[0]
        low, high = self.scene.low_m.copy(), self.scene.high_m.copy()
        low[:2], high[:2] = np.floor(low[:2] / _TILE_M) * _TILE_M, np.ceil(high[:2] / _TILE_M) * _TILE_M
        around = self.scene.everywhere_m()
        azimuth = best_azimuth_deg(around, self._stage)
        self.view = parallel_view(around, self._stage, azimuth, ELEVATION_DEG)
        self._picture = Picture(size, "white")
        self._draw_background(low, high, footer)
        self._picture.keep()
        self._font_px = footer.height * 0.52
        self._clock_at = (footer.right - self._font_px * 0.5, footer.top + footer.height * 0.68)
        self._thick_px = max(1.5, 2.6 * size[1] / 480)

    @property
    def image_wh(self) -> tuple[int, int]:
        """Width and height in pixels at which images are shown; those that have it are not scaled again."""
        return whole_size(self._image)

    def draw(self, frame_rgb: ImageArray | None, frame_index: int) -> ImageArray:
        """Draw one picture.

        Args:
            frame_rgb: (height, width, 3) image of the frame, of any size with the clip's shape; None leaves
                an empty canvas.
            frame_index: Which frame, from 0.

        Returns:
            (H, W, 3) picture of `size`.

        Raises:
            InputError: There is no such frame.
            ShapeError: The image is no (height, width, 3).
        """
        if not 0 <= frame_index < self.frames:
            raise InputError(f"there is no frame {frame_index}: give one from 0 to {self.frames - 1}")
        self._picture.begin()
        if frame_rgb is not None:
            check_axes("frame_rgb", frame_rgb, "height", "width", 3)
            self._picture.paste(np.asarray(frame_rgb, dtype=np.uint8), self._image)
        self._draw_flat(frame_index, over_image=frame_rgb is not None)
        self._draw_scene(frame_index)
        clock = f"{frame_index / self.fps:.2f} s   frame {frame_index}"
        self._picture.text(self._clock_at, clock, MIDDLE, self._font_px, "right")
        return self._picture.pixels()

    def pictures(
        self, images_rgb: Iterable[ImageArray] | None = None, frames: Sequence[int] | None = None
    ) -> Iterator[ImageArray]:
        """Draw the clip's pictures one after another, for a writer of video files.

        Args:
            images_rgb: The clip's images from the first on, read one by one and no further than needed; where
                they end, the canvas is empty.
            frames: Which frames, in rising order; all by default.

        Yields:
            (H, W, 3) pictures of `size`.
        """
        images = iter(images_rgb or ())
        image: ImageArray | None = None
        read = 0
        for frame in range(self.frames) if frames is None else frames:
            while read <= frame:
                image = next(images, None)
                read += 1
            yield self.draw(image, frame)

    def _placed(self, truth_m: Sequence[ArrayLike] | None) -> list[DoubleArray]:
        if truth_m is None:
            return []
        if len(truth_m) != len(self.people):
            raise ShapeError(f"{len(truth_m)} truths for {len(self.people)} people: give one for each")
        placed: list[DoubleArray] = []
        for truth, drawn in zip(truth_m, self.scene.joints_m, strict=True):
            truth = np.asarray(truth)
            joints = ("J", self.scene.skeleton.num_joints)
            check_axes("truth_m", truth, ("F", self.frames), joints, 3)
            placed.append(truth @ self.scene.turn_from_cam.T + drawn[:, :1])  # both from the pelvis
        return placed

    def _draw_background(self, low_m: DoubleArray, high_m: DoubleArray, footer: Rect) -> None:
        picture = self._picture
        picture.rect(self._image, PAPER, _FRAME)
        grid = self.view.to_px(floor_lines(low_m, high_m, _TILE_M))
        picture.lines(grid, FLOOR, 1.0, self._stage)
        size = footer.height * 0.52
        base = footer.top + footer.height * 0.68
        at = size * 0.5
        palettes = [palette_of(number) for number in range(min(len(self.people), _SWATCHES))]
        entries = [("person's left", [palette.left for palette in palettes])]
        entries += [("person's right", [palette.right for palette in palettes])]
        entries += [("truth", [TRUTH])] if self._truth_m else []
        for label, colors in entries:
            for color in colors:
                ends = [at + size * 0.14, base - size * 0.35], [at + size * 1.06, base - size * 0.35]
                swatch = np.array([ends])
                picture.lines(swatch, color, size * 0.28, footer)
                at += size * 1.4
            at += size * 0.3
            at += picture.text((at, base), label, MIDDLE, size) + size * 1.4

    def _draw_flat(self, frame: int, over_image: bool) -> None:
        """The 2D skeletons, over the image."""
        segments: list[DoubleArray] = []
        bones: list[Colors] = []
        dots: list[DoubleArray] = []
        dot_colors: list[Colors] = []
        names: list[tuple[int, DoubleArray]] = []
        corner = (self._image.left, self._image.top)
        for number, (person, look) in enumerate(zip(self.people, self._looks, strict=True)):
            if not person.valid[frame]:
                continue
            points = corner + self._image_scale * person.keypoints2d[frame].astype(np.float64)  # (J, 2)
            sure = _strength(person.confidence[frame])  # (J,)
            seen = np.isfinite(points).all(axis=-1)
            whole = seen[self._bones].all(axis=1)
            segments.append(points[self._bones[whole]])
            bones.append(faded(look.bones[whole], sure[self._bones[whole]].min(axis=1)))
            dots.append(points[seen])
            dot_colors.append(faded(look.joints[seen], sure[seen]))
            if seen.any():
                names.append((number, points[seen][points[seen][:, 1].argmin()]))
        if not segments:
            return
        lines, colors = np.concatenate(segments), np.concatenate(bones)
        if over_image:
            halo = faded(np.tile(_HALO, (len(lines), 1)), colors[:, 3])
            self._picture.lines(lines, halo, self._thick_px * 1.8, self._image)
        self._picture.lines(lines, colors, self._thick_px, self._image)
        dots_px, dots_rgba = np.concatenate(dots), np.concatenate(dot_colors)
        self._picture.dots(dots_px, dots_rgba, self._thick_px * 2, self._image)
        if len(self.people) > 1:
            for number, (x, y) in names:
                place = (float(x), max(float(y) - 3 * self._thick_px, self._image.top + 8 * self._thick_px))
                self._name(number, place, 1.2, _LABEL)

    def _draw_scene(self, frame: int) -> None:
        """The 3D skeletons: shadows on the floor, the truth, then all bones from far to near."""
        there = [i for i, shown in enumerate(self.scene.shown) if shown[frame]]
        if not there:
            return
        view = self.view
        width = float(np.clip(0.03 * view.px_per_m, 0.7 * self._thick_px, 1.6 * self._thick_px))
        joints = np.stack([self.scene.joints_m[i][frame] for i in there]).astype(np.float64)  # (P, J, 3)
        sure = np.stack([_strength(self.people[i].confidence[frame]) for i in there])  # (P, J)
        bones = joints[:, self._bones]  # (P, bones, 2, 3)
        shadow = bones.reshape(-1, 2, 3) * [1.0, 1.0, 0.0]
        self._picture.lines(view.to_px(shadow), _SHADOW, width, self._stage)
        if self._truth_m:
            truth = np.stack([self._truth_m[i][frame] for i in there])[:, self._bones].reshape(-1, 2, 3)
            self._picture.lines(view.to_px(truth), TRUTH, 0.8 * width, self._stage)
        colors = np.concatenate([self._looks[i].bones for i in there])
        strength = sure[:, self._bones].min(axis=-1).reshape(-1)
        order = view.nearness_m(bones.mean(axis=2)).reshape(-1).argsort()
        self._picture.lines(
            view.to_px(bones.reshape(-1, 2, 3)[order]),
            faded(colors, strength, "white")[order],
            width,
            self._stage,
        )
        order = view.nearness_m(joints).reshape(-1).argsort()
        dot_colors = np.concatenate([self._looks[i].joints for i in there])
        self._picture.dots(
            view.to_px(joints.reshape(-1, 3)[order]),
            faded(dot_colors, sure.reshape(-1), "white")[order],
            1.6 * width,
            self._stage,
        )
        if len(self.people) > 1:
            for i, person in zip(there, joints, strict=True):
                x, y = view.to_px(person[self._names_at] + [0.0, 0.0, 0.12])
                self._name(i, (float(x), float(y)), 1.1)

    def _name(
        self,
        person: int,
        place_px: tuple[float, float],
        size: float,
        label: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Write a person's number, `size` times as large as the line of text below."""
        color = self._looks[person].name
        self._picture.text(place_px, str(person + 1), color, self._font_px * size, "center", label)


def picture_size(image_size: tuple[int, int], width: int = 1280) -> tuple[int, int]:
    """A picture size that suits an image: both halves well filled, even numbers.

    Args:
        image_size: Width and height of the clip's images, in pixels.
        width: Width of the picture, in pixels.

    Returns:
        (width, height) in pixels.
    """
    wanted = _IMAGE_SHARE * width * image_size[1] / image_size[0] / (1 - _FOOTER)
    height = float(np.clip(wanted, 0.35 * width, 0.6 * width))
    return width // 2 * 2, round(height / 2) * 2


def _layout(size: tuple[int, int], image_size: tuple[int, int]) -> tuple[Rect, Rect, Rect]:
    """The places of the image, the 3D scene and the line of text, in pixels."""
    width, height = size
    footer = Rect(0, height * (1 - _FOOTER), width, height * _FOOTER)
    edge = round(_EDGE * height)
    scale = min(_IMAGE_SHARE * width / image_size[0], (footer.top - 2 * edge) / image_size[1])
    image_wh = (max(1, round(scale * image_size[0])), max(1, round(scale * image_size[1])))
    image = Rect(edge, round((footer.top - image_wh[1]) / 2), *image_wh)
    stage = Rect(image.right, 0, width - image.right, footer.top)
    return image, stage, footer


def _strength(confidence: FloatArray) -> DoubleArray:
    """How strong to draw what is this sure, (J,) in [0, 1] both."""
    return _FAINTEST + (1 - _FAINTEST) * np.clip(confidence.astype(np.float64), 0, 1)
