"""Do people who cross stay themselves?

    python benchmarks/crossings.py mocap.h5 [--split test] [--each 10] [--people 2 3] [--seed 0]

Real walks of a prepared file, on the spot, are led along ways that cross: past each other, in the same
direction at different speeds, past somebody who stands, to a stop and back, to a stop and on, side by side;
0.5 to 2 m apart in depth, by bodies of different and of the same size and walk, at 10 to 60 frames per
second. A random camera sees them, with a detector's errors, detections and whole frames that are lost, and
joints that another body hides: found all the same; missed or guessed; the whole person missed; put onto the
other body. The people of a frame come in any order. Prints in how many crossings everybody keeps their
identity: in one track before and after, with at least 90 % of all detections; how often the remark comes that
people may be exchanged, where they were and where not; and how fast people are followed.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np

from _crossings.gaits import real_gaits
from _crossings.identity import kept
from _crossings.scenes import OCCLUSIONS, WAYS, crossing
from _crossings.speed import following_speed
from rtpca.cli.console import run_script
from rtpca.keypoints.tracks import build_tracks


def main() -> None:
    """Draw, follow, count."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--each", type=int, default=10, help="Scenes per way, occlusion and kind of people.")
    parser.add_argument("--people", type=int, nargs="+", default=[2, 3], choices=(2, 3))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    gaits = real_gaits(arguments.data, arguments.split)
    print(f"{len(gaits)} walks; crossings in which everybody keeps their identity")
    print(f"{'people':8}{'bodies':12}{'way':12}" + "".join(f"{name:>12}" for name in OCCLUSIONS))
    held: list[tuple[int, str, bool, bool]] = []
    for people in arguments.people:
        for twins in (False, True):
            for way in WAYS:
                cells = []
                for occlusion in OCCLUSIONS:
                    good = 0
                    for number in range(arguments.each):
                        key = [arguments.seed, people, twins, WAYS.index(way), OCCLUSIONS.index(occlusion)]
                        rng = np.random.default_rng([*key, number])
                        with warnings.catch_warnings():
                            warnings.simplefilter("ignore")
                            scene = crossing(gaits, rng, way, occlusion, people=people, twins=twins)
                        tracks = build_tracks(scene.detections, scene.frames)
                        told = any("may be exchanged" in note for track in tracks for note in track.notes)
                        held.append((people, occlusion, kept(scene, tracks), told))
                        good += held[-1][2]
                    cells.append(f"{good:>6} of {arguments.each:2}")
                print(
                    f"{people:<8}{'the same' if twins else 'different':12}{way:12}" + "".join(cells),
                    flush=True,
                )
    parts = {f"{people} people": [one for one in held if one[0] == people] for people in arguments.people}
    parts |= {name: [one for one in held if one[1] == name] for name in OCCLUSIONS} | {"all": held}
    for name, part in parts.items():
        print(f"{name:12}{100 * np.mean([good for *_, good, _ in part]):6.1f} % of {len(part)}")
    for what, outcome in (("exchanged or lost", False), ("kept", True)):
        told = [remark for *_, good, remark in held if good == outcome]
        print(f"remark where identities are {what}: {sum(told)} of {len(told)}")
    for count in (1, 3, 10):
        live, file = following_speed(gaits, count, np.random.default_rng(arguments.seed))
        print(f"{count:2} people: {live:.0f} frames per second live, {file:.0f} of a file")


if __name__ == "__main__":
    run_script(main)
