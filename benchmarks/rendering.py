"""How fast pictures of a result are drawn, in pictures per second of one core; the size of the viewer's page.

    python benchmarks/rendering.py [--frames N]

Draws the embedded clip's truth at 1280 x 480 with one and three people, on an empty canvas and over images in
the size in which a video's are decoded for drawing. Counted is the time of the processor, so that other
programs on the machine hardly matter.
"""

from __future__ import annotations

import argparse
import dataclasses
import time

import numpy as np

from rtpca.cli.console import run_script
from rtpca.data.demo_clip import load_demo_clip
from rtpca.inference import LiftResult
from rtpca.skeletons import get_skeleton
from rtpca.viz import SceneRenderer
from rtpca.viz.html import html_page

SIZE = (1280, 480)
PAGE_FRAMES = 3000


def people_of_the_clip(count: int, frames: int) -> list[LiftResult]:
    """The clip as a result, side by side `count` times, over and over until it has `frames`."""
    clip = load_demo_clip()
    index = np.arange(frames) % clip.keypoints.frames
    one = LiftResult(
        poses3d=clip.truth_poses3d[index],
        root=clip.truth_root[index],
        confidence=clip.keypoints.scores[index],
        keypoints2d=clip.keypoints.keypoints_px[index],
        valid=np.ones(frames, dtype=bool),
        image_size=clip.keypoints.image_size,
        fps=clip.keypoints.fps,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )
    return [
        dataclasses.replace(
            one,
            root=one.root + np.float32([1.2 * number, 0, 0]),
            keypoints2d=one.keypoints2d + np.float32([250.0 * number, 0]),
        )
        for number in range(count)
    ]


def pictures_per_second(people: list[LiftResult], image: np.ndarray | None, frames: int) -> float:
    """Pictures that one core draws in a second, the first one not counted."""
    renderer = SceneRenderer(people, SIZE)
    renderer.draw(image, 0)
    started_s = time.process_time()
    for frame in range(frames):
        renderer.draw(image, frame)
    return frames / (time.process_time() - started_s)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=200, help="pictures to draw")
    frames = parser.parse_args().frames
    for count in (1, 3):
        people = people_of_the_clip(count, max(frames, 2))
        width, height = SceneRenderer(people, SIZE).image_wh
        image = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
        blank = pictures_per_second(people, None, frames)
        over = pictures_per_second(people, image, frames)
        page_mb = len(html_page(people_of_the_clip(count, PAGE_FRAMES))) / 1e6
        print(
            f"people {count}: {blank:.0f} pictures per second on an empty canvas, {over:.0f} over images; "
            f"page of {PAGE_FRAMES} frames {page_mb:.2f} MB"
        )


if __name__ == "__main__":
    run_script(main)
