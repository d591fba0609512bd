"""A recording for Rerun (rerun.io): to scrub a result, in 3D and 2D, beside other data on the same timelines.

Needs the extra `rerun`. Everybody stands on the floor that `estimate_ground` finds, as in exports.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.extras import optional_import
from rtpca.files import written_whole
from rtpca.inference import LiftResult, estimate_ground
from rtpca.skeletons import get_skeleton
from rtpca.viz.colors import bone_colors, joint_colors, palette_of
from rtpca.viz.scene import check_people

FRAME_TIMELINE = "frame"
TIME_TIMELINE = "time"
_JOINT_RADIUS_M, _BONE_RADIUS_M = 0.018, 0.01
_JOINT_RADIUS_PX = 4.0


def save_rrd(path: str | os.PathLike[str], people: Sequence[LiftResult]) -> Path:
    """Write a Rerun recording, whole or not at all.

    Entities, for each person: `world/person_1/joints` and `.../bones` (metres: x right, y up with the floor
    at 0, z towards the camera), `image/person_1/joints` and `.../bones` (pixels), `confidence/person_1` (mean
    over the joints). The timelines are `frame` (number) and `time` (seconds). Frames without the person are
    empty.

    Args:
        path: Where to, `.rrd`; an existing file is replaced.
        people: Results of one clip, one per person. A person whose root is not known stands in the middle.

    Returns:
        The path written.

    Raises:
        MissingExtraError: rerun-sdk is not installed.
        InputError: There is nobody, the results are not of one clip, or the folder cannot be written to.
    """
    check_people(people)
    rr: Any = optional_import("rerun", "rerun", "to write .rrd files")
    with written_whole(path) as scratch:
        recording = rr.RecordingStream("rtpca")
        recording.save(scratch, default_blueprint=_blueprint())
        _describe(rr, recording, people)
        ground = estimate_ground(*people)
        for index, person in enumerate(people):
            _log_person(rr, recording, index, person, ground.place(person).astype(np.float32))
        recording.flush()
        recording.disconnect()
    return Path(path)


def _blueprint() -> Any:
    blueprint: Any = optional_import("rerun.blueprint", "rerun", "to write .rrd files")
    return blueprint.Blueprint(
        blueprint.Horizontal(
            blueprint.Spatial2DView(origin="image", name="Image"),
            blueprint.Spatial3DView(origin="world", name="Scene"),
        ),
        blueprint.TimePanel(timeline=TIME_TIMELINE),
        collapse_panels=True,
    )


def _describe(rr: Any, recording: Any, people: Sequence[LiftResult]) -> None:
    """What holds for the whole clip: which way the axes point, and what joints are called."""
    skeleton = get_skeleton(people[0].skeleton)
    recording.log("world", rr.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
    classes: list[Any] = []
    for index in range(len(people)):
        colors = joint_colors(skeleton, palette_of(index))
        joints = [
            rr.AnnotationInfo(id=joint, label=name, color=_rgb(color))
            for joint, (name, color) in enumerate(zip(skeleton.joints, colors, strict=True))
        ]
        info = rr.AnnotationInfo(id=index, label=f"person {index + 1}")
        classes.append(rr.ClassDescription(info=info, keypoint_annotations=joints))
    recording.log("/", rr.AnnotationContext(classes), static=True)


def _log_person(rr: Any, recording: Any, index: int, person: LiftResult, joints_m: FloatArray) -> None:
    name = f"person_{index + 1}"
    bones = np.array(get_skeleton(person.skeleton).bones)
    bone_rgb = [_rgb(color) for color in bone_colors(get_skeleton(person.skeleton), palette_of(index))]
    frames = np.arange(person.frames)
    times = (
        rr.TimeColumn(FRAME_TIMELINE, sequence=frames),
        rr.TimeColumn(TIME_TIMELINE, duration=frames / person.fps),
    )
    placed = {"world": joints_m, "image": person.keypoints2d}
    for space, joints in placed.items():
        points, lines, radius, bone_radius = (
            (rr.Points3D, rr.LineStrips3D, _JOINT_RADIUS_M, _BONE_RADIUS_M)
            if space == "world"
            else (rr.Points2D, rr.LineStrips2D, rr.Radius.ui_points(_JOINT_RADIUS_PX), None)
        )
        seen = np.isfinite(joints).all(axis=-1) & person.valid[:, None]  # (F, J)
        number = np.broadcast_to(np.arange(seen.shape[1]), seen.shape)[seen]
        recording.send_columns(
            f"{space}/{name}/joints",
            indexes=times,
            columns=points.columns(
                positions=joints[seen],
                keypoint_ids=number,
                class_ids=np.full(len(number), index),
                radii=[radius] * len(number),
            ).partition(seen.sum(axis=1)),
        )
        whole = seen[:, bones].all(axis=-1)  # (F, bones)
        colors = np.broadcast_to(np.array(bone_rgb), (*whole.shape, 3))[whole]
        strips: list[FloatArray] = list(joints[:, bones][whole])
        extra = {} if bone_radius is None else {"radii": [bone_radius] * len(strips)}
        recording.send_columns(
            f"{space}/{name}/bones",
            indexes=times,
            columns=lines.columns(strips=strips, colors=colors, **extra).partition(whole.sum(axis=1)),
        )
    recording.send_columns(
        f"confidence/{name}",
        indexes=times,
        columns=rr.Scalars.columns(scalars=person.confidence.mean(axis=1)),
    )


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
