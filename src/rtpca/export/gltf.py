"""glTF 2.0, binary (.glb): an animated, skinned skeleton that Blender, three.js and viewers open.

Metres, y up, as the format demands. The mesh is a long octahedron per bone, bound to the joint that the bone
starts from: programs that draw no bare skeletons have something to show, and Blender makes an armature of it.
Written by hand: the packages for glTF (pygltflib, with which tests read it) leave the layout of buffers,
which is what there is to do, to their user.
Source: glTF 2.0 specification, Khronos Group, sections 3.7 (skins), 3.11 (animations) and 4.4 (GLB).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from rtpca.arrays import DoubleArray
from rtpca.export.body import BODY, CHILD, CHILDREN
from rtpca.export.inverse_kinematics import BodyMotion, fit_motion
from rtpca.export.world import PathLike, world_motion
from rtpca.files import written_whole
from rtpca.inference import Ground, LiftResult

_FLOAT, _UINT16, _UINT8 = 5126, 5123, 5121
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_KINDS = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_COMPONENTS = {np.dtype(np.float32): _FLOAT, np.dtype(np.uint16): _UINT16, np.dtype(np.uint8): _UINT8}
_BONE_WIDTH = 0.09
_OCTAHEDRON_SIDES = ((0, 1), (1, 2), (2, 3), (3, 0))


def save_glb(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write an animated skeleton as binary glTF; see `Save`."""
    motion = world_motion(result, ground)
    body = fit_motion(motion.joints_m, motion.fps)
    buffer = _Buffer()
    document = _document(body, motion.times_s, buffer)
    with written_whole(path) as scratch:
        scratch.write_bytes(_container(document, buffer))
    return Path(path)


class _Buffer:
    """The binary part, and the tables that say what lies where."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, array: npt.NDArray[Any], target: int | None = None, bounds: bool = False) -> int:
        """Append an array (n,) or (n, k) and give the number of its accessor."""
        data = np.ascontiguousarray(array)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.content), "byteLength": data.nbytes}
        accessor: dict[str, Any] = {
            "bufferView": len(self.views),
            "componentType": _COMPONENTS[data.dtype],
            "count": len(data),
            "type": _KINDS[1 if data.ndim == 1 else data.shape[1]],
        }
        if target is not None:
            view["target"] = target
        if bounds:
            flat = data.reshape(len(data), -1)
            accessor["min"], accessor["max"] = flat.min(axis=0).tolist(), flat.max(axis=0).tolist()
        self.content += data.tobytes()
        self.content += b"\0" * (-len(self.content) % 4)
        self.views.append(view)
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _document(body: BodyMotion, times_s: DoubleArray, buffer: _Buffer) -> dict[str, Any]:
    """The JSON part: nodes 0 to 18 are the joints, 19 is the mesh."""
    nodes: list[dict[str, Any]] = []
    for number, joint in enumerate(BODY):
        node: dict[str, Any] = {"name": joint.name, "translation": body.offsets_m[number].tolist()}
        children = list(CHILDREN[number])
        nodes.append({**node, "children": children} if children else node)
    nodes[0]["translation"] = body.root_m[0].tolist()
    nodes.append({"name": "person", "mesh": 0, "skin": 0})
    rest = _rest_positions(body)
    inverse_bind = np.tile(np.eye(4, dtype=np.float32), (len(BODY), 1, 1))
    inverse_bind[:, 3, :3] = -rest  # column-major: the translation is the last column
    return {
        "asset": {"version": "2.0", "generator": "rtpca"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(BODY)]}],
        "nodes": nodes,
        "meshes": [{"name": "bones", "primitives": [_bones(rest, buffer)]}],
        "skins": [
            {
                "joints": list(range(len(BODY))),
                "skeleton": 0,
                "inverseBindMatrices": buffer.add(inverse_bind.reshape(-1, 16)),
            }
        ],
        "animations": [_animation(body, times_s, buffer)],
        "bufferViews": buffer.views,
        "accessors": buffer.accessors,
        "buffers": [{"byteLength": len(buffer.content)}],
    }


def _animation(body: BodyMotion, times_s: DoubleArray, buffer: _Buffer) -> dict[str, Any]:
    time = buffer.add(times_s.astype(np.float32), bounds=True)
    samplers = [{"input": time, "output": buffer.add(body.root_m.astype(np.float32))}]
    channels = [{"sampler": 0, "target": {"node": 0, "path": "translation"}}]
    for number in range(len(BODY)):
        quaternions = Rotation.from_matrix(body.rotations[:, number]).as_quat()  # (F, 4) x, y, z, w
        # q and -q are the same rotation; between neighbours of different sign a viewer would spin round.
        signs = np.where((quaternions[1:] * quaternions[:-1]).sum(axis=1) < 0, -1.0, 1.0)
        quaternions[1:] *= np.cumprod(signs)[:, None]
        channels.append({"sampler": len(samplers), "target": {"node": number, "path": "rotation"}})
        samplers.append({"input": time, "output": buffer.add(quaternions.astype(np.float32))})
    return {"name": "motion", "samplers": samplers, "channels": channels}


def _rest_positions(body: BodyMotion) -> DoubleArray:
    """(19, 3) joints of the rest pose, the pelvis at the origin."""
    rest = np.zeros((len(BODY), 3))
    for number, joint in enumerate(BODY):
        if joint.parent >= 0:
            rest[number] = rest[joint.parent] + body.offsets_m[number]
    return rest


def _bones(rest: DoubleArray, buffer: _Buffer) -> dict[str, Any]:
    """A triangle mesh in the rest pose: an octahedron per bone, every vertex bound to one joint."""
    corners: list[DoubleArray] = []
    bound: list[int] = []
    for number, joint in enumerate(BODY):
        if joint.tip_m is not None:
            ends = [rest[number] + joint.tip_m]
        elif joint.parent < 0:
            ends = [rest[child] for child in CHILDREN[number]]
        else:
            ends = [rest[CHILD[number]]]
        for end in ends:
            triangles = _octahedron(rest[number], end)
            corners.append(triangles)
            bound += [number] * len(triangles)
    positions = np.concatenate(corners).astype(np.float32)  # (3 n, 3)
    edges = positions.reshape(-1, 3, 3)
    normals = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    joints = np.zeros((len(positions), 4), dtype=np.uint8)
    joints[:, 0] = bound
    weights = np.tile(np.array([1, 0, 0, 0], dtype=np.float32), (len(positions), 1))
    attributes = {
        "POSITION": buffer.add(positions, _ARRAY_BUFFER, bounds=True),
        "NORMAL": buffer.add(np.repeat(normals, 3, axis=0).astype(np.float32), _ARRAY_BUFFER),
        "JOINTS_0": buffer.add(joints, _ARRAY_BUFFER),
        "WEIGHTS_0": buffer.add(weights, _ARRAY_BUFFER),
    }
    return {"attributes": attributes}


def _octahedron(start: DoubleArray, end: DoubleArray) -> DoubleArray:
    """(24, 3) corners of the 8 triangles of a bone from `start` to `end`, counter-clockwise from outside."""
    along = end - start
    side = np.cross(
        along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 * np.linalg.norm(along) else [1.0, 0.0, 0.0]
    )
    side *= _BONE_WIDTH * np.linalg.norm(along) / np.linalg.norm(side)
    other = np.cross(along, side) / np.linalg.norm(along)
    ring = [start + 0.15 * along + turn for turn in (side, other, -side, -other)]
    return np.array(
        [
            corner
            for one, two in _OCTAHEDRON_SIDES
            for corner in (end, ring[one], ring[two], start, ring[two], ring[one])
        ]
    )


def _container(document: dict[str, Any], buffer: _Buffer) -> bytes:
    """GLB: a header and two chunks, the JSON part padded with spaces."""
    text = json.dumps(document, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(buffer.content), b"BIN\0") + bytes(buffer.content)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
