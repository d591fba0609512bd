"""How wrong MediaPipe's keypoints are on a video, as far as that shows without a truth.

    python benchmarks/detector_errors.py two_people_park.mp4 [--detections FILE.npz]

Needs the extra `mediapipe`. The frames of a video are given to the detector as they are and in variants that
change nothing about the pose: mirrored, smaller, cropped, blurred, noisy, darker. Where two variants
disagree, at least one is wrong; if they are wrong independently, each by 1 / sqrt(2) of the difference. What
all variants do wrong together does not show, so these are lower bounds. Everything is converted to h36m17;
lengths are in percent of the person's size in the picture (larger side of the joints' box, median over a
window), as in `rtpca.data.noise`. Printed are

- jitter: distance of each joint from a cubic through the eight frames around it;
- differences between variants by joint, exchanged sides put right: deviation (from the median), tails,
  correlation over time, the part that is constant over 1.35 s (a window of 27 frames at 20 per second);
- exchanged legs and arms: how often, for how long, and how that depends on how far apart the two limbs are;
- how left and right lie to each other where the variants do not agree about them;
- joints that are missing, and the size of the differences by fifths of the score;
- the same of the errors that `rtpca.data.noise` makes.

`--detections` keeps what the detector found, and reads it the next time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _detector_errors.detections import kept
from _detector_errors.missing import print_missing
from _detector_errors.people import people_of
from _detector_errors.sides import print_depths, print_mixing, print_sides
from _detector_errors.sizes import print_differences, print_jitter, print_model
from rtpca.cli.console import run_script


def main() -> None:
    """Detect, compare and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("video", type=Path)
    parser.add_argument("--detections", type=Path, metavar="FILE.npz")
    arguments = parser.parse_args()
    found, fps, size = kept(arguments.video, arguments.detections)
    people = list(people_of(found, fps))
    print(
        f"{arguments.video.name}: {len(found['as it is'])} frames, {size[0]} x {size[1]}, {fps:g} per second"
    )
    for number, person in enumerate(people):
        frames = int(person.present.sum())
        print(f"person {number}: {frames} frames, {person.size_px:.0f} px tall")
    print_jitter(people)
    print_differences(people)
    print_sides(people)
    print_depths(people)
    print_mixing(people)
    print_missing(people)
    print_model()


if __name__ == "__main__":
    run_script(main)
