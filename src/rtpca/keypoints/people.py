"""The people of one keypoint file, of whom one or all are taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtpca.errors import InputError, ShapeError, counted
from rtpca.keypoints.checked import LARGEST_PX
from rtpca.keypoints.recognise import known_skeleton, skeleton_of
from rtpca.keypoints.record import Keypoints
from rtpca.keypoints.tracks import Track
from rtpca.skeletons import Skeleton, named_joints


@dataclass(frozen=True, eq=False)
class People:
    """The people of a keypoint file.

    Attributes:
        path: The file, or the folder of frames.
        format: What wrote it, for the user.
        each: Their keypoints or tracks, the most complete first (sequences of a VideoPose3D file: in its
            order); the reason for somebody who cannot be read, though others can. At least one.
        declared: What the file calls its joint set, or None.
        binding: Whether nothing else may be taken for what the file calls it, unless the user says so.
        joint_names: What the file calls each of its joints, which decides before anything but the user's
            word; None where it does not say.
        fps: Frames per second that the file states, or None.
        clips: Which clip of the file each belongs to; empty where it holds one.
    """

    path: Path
    format: str
    each: tuple[Keypoints | Track | InputError, ...]
    declared: str | None = None
    binding: bool = False
    joint_names: tuple[str, ...] | None = None
    fps: float | None = None
    clips: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.each)

    def person(self, number: int | None = None, skeleton: str | Skeleton = "auto") -> Keypoints:
        """One of them.

        Args:
            number: From 1; None takes the first.
            skeleton: Joint set; "auto" takes what the file says, and leaves open what it does not say. Joints
                beyond it that the file says it has are left out.

        Returns:
            Their keypoints, with what the file says about image, frame rate and joints.

        Raises:
            InputError: there is no such person, nothing of them can be read, the file calls its joints
                something that they are not, or its names for them do not show a body.
            ShapeError: the skeleton has another number of joints.
            ConfigError: there is no such skeleton.
        """
        people, index = len(self.each), 0 if number is None else number - 1
        if not 0 <= index < people:
            there = counted(people, "person", "people")
            raise InputError(
                f"{self.path}: `person` is {number}, but the file has {there}; give a number from 1 to "
                f"{people}"
            )
        one = self.each[index]
        if isinstance(one, InputError):
            hint = f"; take another with `person`, from 1 to {people}"
            raise type(one)(f"{self.path}, {one}{hint if number is None and people > 1 else ''}")
        one = one.keypoints() if isinstance(one, Track) else one
        one = one if self.fps is None else replace(one, fps=self.fps)
        notes = [
            f"{self.format}: {counted(one.frames, 'frame')} of {counted(one.keypoints_px.shape[1], 'joint')}"
        ]
        if people > 1 and number is None:
            notes.append(
                f"{people} people in the file; person 1 is lifted ({one.who}); `person` chooses another"
            )
        elif people > 1:
            notes.append(f"person {number} of {people} in the file: {one.who}")
        notes += one.notes
        if self.joint_names is not None and skeleton_of(skeleton) is None:
            try:
                named = named_joints(self.joint_names)
            except InputError as error:
                raise InputError(f"{self.path}: {error}") from error
            return replace(
                one,
                keypoints_px=named.of(one.keypoints_px),
                scores=named.of(one.scores),
                skeleton=named.skeleton,
                notes=(*notes, named.note),
            )
        declared, given = self._declared_set(), skeleton_of(skeleton)
        joints = one.keypoints_px.shape[1]
        if given and declared and declared.num_joints == joints and set(given.joints) < set(declared.joints):
            places = [declared.index(joint) for joint in given.joints]
            one = replace(one, keypoints_px=one.keypoints_px[:, places], scores=one.scores[:, places])
            return replace(one, skeleton=given, notes=(*notes, f"{given.name} taken out of {declared.name}"))
        joint_set, note = self._joint_set(joints, skeleton)
        return replace(one, skeleton=joint_set, notes=(*notes, *([note] if note else [])))

    def in_one_image(self) -> People:
        """The same people, with the smallest image that holds them all where the file does not say its size.

        What is lifted of them then belongs together. One person of a clip alone stays as they are.
        """
        clips = self.clips or (0,) * len(self.each)
        each = list(self.each)
        for clip in set(clips):
            inside = [index for index, number in enumerate(clips) if number == clip]
            for index, sized in zip(inside, _in_one_image([each[i] for i in inside]), strict=True):
                each[index] = sized
        return replace(self, each=tuple(each))

    def _declared_set(self) -> Skeleton | None:
        return None if self.declared is None else known_skeleton(self.declared)

    def _joint_set(self, joints: int, skeleton: str | Skeleton) -> tuple[Skeleton | None, str]:
        """What so many joints are, and a note; None where neither the user nor the file says it."""
        given = skeleton_of(skeleton)
        if given is not None:
            if given.num_joints != joints:
                raise ShapeError(
                    f"{self.path}: {joints} joints, but skeleton {given.name} has {given.num_joints}: give "
                    "another `skeleton`, or auto"
                )
            return given, ""
        if self.declared is None or self.declared == "auto":
            return None, ""
        declared = self._declared_set()
        if declared is not None and declared.num_joints == joints:
            return declared, f"{joints} joints: {declared.name}, as the file says"
        if not self.binding:
            return None, ""
        wrong = "not known" if declared is None else f"{declared.num_joints} joints, but it holds {joints}"
        raise InputError(
            f"{self.path}: the file says skeleton {self.declared!r}, which is {wrong}; say which one it is "
            "with `skeleton`"
        )


def _in_one_image(
    each: Sequence[Keypoints | Track | InputError],
) -> Sequence[Keypoints | Track | InputError]:
    """The people of one clip; see `People.in_one_image`."""
    known = [one for one in each if not isinstance(one, InputError)]
    if len(each) < 2 or any(one.image_size is not None for one in known):
        return each
    corner = np.ones(2)
    for one in known:
        points = (one.joints[..., :2] if isinstance(one, Track) else one.keypoints_px).reshape(-1, 2)
        corner = np.maximum(corner, np.where(np.abs(points) <= LARGEST_PX, points, 1).max(axis=0))
    size = math.ceil(corner[0]), math.ceil(corner[1])
    note = (
        f"image size not given: {size[0]} x {size[1]} px assumed, the extent of everybody's keypoints; "
        "directions and distances are better with `image_size`"
    )
    return [
        one if isinstance(one, InputError) else replace(one, image_size=size, notes=(*one.notes, note))
        for one in each
    ]
