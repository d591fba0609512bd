"""SLEAP: its analyses (`.h5`, exported for other programs) and projects (`.slp`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames, numbered_frames
from rtpca.keypoints.files.parsing import frame_number, size_of
from rtpca.keypoints.people import People

_ORDER = ("frame", "track", "node", "xy")
_ORDER_FOR_MATLAB = ("track", "xy", "node", "frame")


def read_analysis(path: Path, file: Any) -> People:
    """An analysis in an open HDF5 file: "tracks" by track, x and y, node and frame, and "node_names".

    Raises:
        InputError: arrays are missing, or do not fit each other.
    """
    from rtpca.files.hdf5 import array_in, attributes_of

    names = _texts(file, "node_names")
    tracks = array_in(file, "tracks")
    if tracks.ndim != 4:
        raise InputError(
            f"{path}: 'tracks' has the shape {tracks.shape}, needed are track, x and y, node, frame"
        )
    stated = attributes_of(tracks, any_length=True).get("dims")
    order = (
        tuple(json.loads(_text(stated))) if stated is not None else _guessed_order(tracks.shape, len(names))
    )
    if sorted(order) != sorted(_ORDER):
        raise InputError(f"{path}: the axes of 'tracks' are {order}, needed are {', '.join(_ORDER)}")
    points = np.transpose(tracks[()], [order.index(axis) for axis in _ORDER])  # (F, people, J, 2)
    frames, people, nodes, pair = points.shape
    if pair != 2 or nodes != len(names):
        raise InputError(f"{path}: 'tracks' has the shape {tracks.shape}, but {len(names)} nodes are named")
    scores = np.ones((frames, people, nodes), dtype=np.float32)
    if "point_scores" in file and array_in(file, "point_scores").size == scores.size:
        axes = [axis for axis in order if axis != "xy"]
        given = np.transpose(array_in(file, "point_scores")[()], [axes.index(axis) for axis in _ORDER[:3]])
        if given.shape == scores.shape and np.nansum(given) > 0:
            scores = given
    called = _texts(file, "track_names") if "track_names" in file else []
    seen = np.isfinite(points).all(axis=-1).any(axis=-1)
    found = [
        Found(
            int(frame),
            np.column_stack([points[frame, who], scores[frame, who]]).astype(np.float32),
            (called[who],) if who < len(called) else (str(who),),
        )
        for frame, who in np.argwhere(seen)
    ]
    return people_of(path, "SLEAP analysis", found, [ClipFrames({}, frames)], joint_names=names)


def _guessed_order(shape: tuple[int, ...], nodes: int) -> tuple[str, ...]:
    """The order of axes of files that do not state it: MATLAB's, unless only that of plain arrays fits."""
    if shape[1] == 2 and shape[2] == nodes:
        return _ORDER_FOR_MATLAB
    if shape[1] == nodes and shape[2] == 2:
        return ("frame", "node", "xy", "track")
    return _ORDER


def read_project(path: Path, file: Any) -> People:
    """A project in an open HDF5 file: frames, instances, and the points of both kinds of them.

    What somebody labelled counts before what was predicted from it. Videos are clips of their own.

    Raises:
        InputError: tables are missing, or do not fit each other.
    """
    from rtpca.files.hdf5 import array_in, attributes_of, group_in

    metadata = json.loads(_text(attributes_of(group_in(file, "metadata"), any_length=True)["json"]))
    nodes = [_text(node["name"]) for node in metadata["nodes"]]
    skeletons = [[int(node["id"]) for node in skeleton["nodes"]] for skeleton in metadata["skeletons"]]
    if not skeletons:
        raise InputError(f"{path}: a project of SLEAP without a skeleton")
    names = [nodes[place] for place in skeletons[0]]
    frames, instances, labelled, predicted = (
        array_in(file, name)[()] for name in ("frames", "instances", "points", "pred_points")
    )
    tracks = [json.loads(track) for track in _texts(file, "tracks_json")] if "tracks_json" in file else []
    videos = sorted({int(video) for video in frames["video"]})
    sizes = _sizes_of_videos(file)
    clips = []
    for video in videos:
        clip = numbered_frames([int(index) for index in frames["frame_idx"][frames["video"] == video]])
        clips.append(ClipFrames(clip.places, clip.frames, f"video {video}", clip.note, clip.scattered))
    found: list[Found] = []
    for frame in frames:
        members = instances[int(frame["instance_id_start"]) : int(frame["instance_id_end"])]
        origins = {int(one["from_predicted"]) for one in members if one["instance_type"] == 0}
        clip = videos.index(int(frame["video"]))
        place = clips[clip].places[int(frame["frame_idx"])]
        for one in members:
            if one["instance_type"] == 1 and int(one["instance_id"]) in origins:
                continue
            table = predicted if one["instance_type"] == 1 else labelled
            points = table[int(one["point_id_start"]) : int(one["point_id_end"])]
            if len(points) != len(names) or int(one["skeleton"]) != 0:
                raise InputError(
                    f"{path}: people of several skeletons; export one of them as an analysis (.h5)"
                )
            score = points["score"] if "score" in points.dtype.names else np.ones(len(points))
            score = np.where(points["visible"] | (one["instance_type"] == 1), score, 0)
            track = int(one["track"])
            identity = (_track_name(tracks, track),) if track >= 0 else ()
            joints = np.column_stack([points["x"], points["y"], score]).astype(np.float32)
            found.append(Found(place, joints, identity, clip, sizes.get(int(frame["video"]))))
    return people_of(path, "SLEAP project", found, clips, joint_names=names)


def _track_name(tracks: list[Any], track: int) -> str:
    """What a track is called, with its number, for names repeat."""
    named = tracks[track] if track < len(tracks) else None
    name = named[1] if isinstance(named, list) and len(named) > 1 else named
    return f"{name}" if isinstance(name, str) and name and tracks.count(named) == 1 else str(track)


def _sizes_of_videos(file: Any) -> dict[int, tuple[int, int]]:
    """(width, height) of the videos that state it."""
    sizes: dict[int, tuple[int, int]] = {}
    for number, video in enumerate(_texts(file, "videos_json") if "videos_json" in file else ()):
        backend = json.loads(video).get("backend")
        shape = backend.get("shape") if isinstance(backend, dict) else None
        if isinstance(shape, list) and len(shape) == 4:
            size = size_of(frame_number(shape[2]), frame_number(shape[1]))
            sizes |= {number: size} if size else {}
    return sizes


def _texts(file: Any, name: str) -> list[str]:
    """An array of texts, of whatever length each."""
    from rtpca.files.hdf5 import array_in

    return [_text(value) for value in array_in(file, name)[()]]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
