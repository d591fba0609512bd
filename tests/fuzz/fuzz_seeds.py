"""Good files of every kind that rtpca reads, small ones, and what reads each kind."""

from __future__ import annotations

import importlib.util
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import torch
import yaml
from safetensors.torch import save_file
from scipy.io import savemat

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[1] / "keypoints" / "files"))
sys.path.append(str(Path(__file__).parents[1] / "models"))
sys.path.append(str(Path(__file__).parents[2] / "tools"))

from door_files import MEDIAPIPE_JSON, TABLES, ULTRALYTICS, deeplabcut_h5, parts, table
from keypoint_writers import WRITERS, person, write_json
from test_adapters import foreign_weights

from imitation.h36m import write_h36m
from imitation.humaneva import write_humaneva
from imitation.motion import MotionLibrary
from imitation.mpi_inf_3dhp import write_mpi_inf_3dhp
from rig_files import NAMINGS, rig_bvh
from rtpca.data.datasets.mappings import read_mappings
from rtpca.data.datasets.prepare import prepare as prepare_data
from rtpca.data.datasets.takelists import read_attributions, read_bad_frames, read_splits
from rtpca.data.formats.amc import amc_positions, parse_amc
from rtpca.data.formats.archives import find_archives, read_archive
from rtpca.data.formats.asf import parse_asf
from rtpca.data.formats.bvh import bvh_positions, parse_bvh
from rtpca.data.formats.joint_positions import read_joint_positions
from rtpca.data.formats.matlab5 import read_variables, variable_names
from rtpca.data.formats.source_files import SourceFiles
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import RtpcaError
from rtpca.export import FORMATS
from rtpca.files.pickled import read_pickle
from rtpca.inference import LiftResult
from rtpca.keypoints import Keypoints, open_keypoints
from rtpca.keypoints.checked import checked_keypoints
from rtpca.keypoints.prepare import prepare
from rtpca.models import InputSpec, build_model, convert_state_dict, load_checkpoint, save_checkpoint
from rtpca.models.foreign_files import read_foreign_state_dict
from rtpca.skeletons import get_skeleton
from rtpca.training.curves import Curves, read_curves
from rtpca.training.recipe import load_recipe

_FRAMES = 6
_MOST_PEOPLE = 3
_JOINTS = get_skeleton("coco17").joints
_ASF = """# a body of two bones
:version 1.10
:name walker
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name lfemur
    direction 0.34 -0.94 0
    length 7.5
    axis 0 0 20 XYZ
    dof rx ry rz
    limits (-160.0 20.0)
           (-70.0 70.0)
           (-60.0 70.0)
  end
  begin
    id 2
    name ltibia
    direction 0.34 -0.94 0
    length 7.2
    axis 0 0 20 XYZ
    dof rx
    limits (-10.0 170.0)
  end
:hierarchy
  begin
    root lfemur
    lfemur ltibia
  end
"""
_AMC = "#!OML:ASF\n:FULLY-SPECIFIED\n:DEGREES\n" + "".join(
    f"{i}\nroot 0 17 {i} 0 0 0\nlfemur {i} 2 3\nltibia 40\n" for i in range(1, 5)
)


@dataclass(frozen=True)
class Reader:
    """A kind of files.

    Attributes:
        seeds: Writes good files into a folder; a folder of frames is one of them.
        read: Reads a file, as far as the program goes with it before the network.
    """

    seeds: Callable[[Path], Iterator[Path]]
    read: Callable[[Path], object]


_BY_JOINTS = {25: "body25", 26: "halpe26"}


def _read_keypoints(path: Path) -> None:
    people = open_keypoints(path, (1000, 1000))
    for number in range(1, min(len(people), _MOST_PEOPLE) + 1):
        one = people.person(number)
        try:
            _prepare(one)
        except RtpcaError:  # a walk of straight lines is no body whose joint set could be told
            likely = _BY_JOINTS.get(one.keypoints_px.shape[1], "coco17")
            _prepare(replace(one, skeleton=get_skeleton(likely)))


def _prepare(keypoints: Keypoints) -> None:
    one = checked_keypoints(keypoints)
    prepare(one, min_score=0.1, max_gap_s=0.5, needs_image_size=False, judge=lambda size, fps: _Undecided())


class _Undecided:
    """A judge of sides who finds every body alike."""

    def window(self, middle: int, frames: int) -> np.ndarray:
        return np.clip(np.arange(middle - 4, middle + 5), 0, frames - 1)

    def __call__(self, points_px: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        alike = np.ones(scores.shape, dtype=np.float32)
        return np.where(scores > 0, alike, np.nan), alike


def _keypoint_files(folder: Path) -> Iterator[Path]:
    for index, (write, joints) in enumerate(WRITERS.values()):
        place = folder / str(index)
        place.mkdir()
        yield write(place, [person(_FRAMES, joints), person(_FRAMES, joints, left=600.0, seed=1)])
    body = person(_FRAMES, 17)
    np.save(folder / "bare.npy", body)
    yield folder / "bare.npy"
    yield from _tables(folder, body)
    yield from _more_json(folder, body)
    yield from _of_further_programs(folder)
    joints = list(_JOINTS)
    with h5py.File(folder / "sleap.h5", "w") as file:
        file["node_names"], file["track_names"] = np.array(joints, "S"), np.array(["a"], "S")
        file["tracks"] = body[None, ..., :2].transpose(0, 3, 2, 1).astype(np.float64)
    yield folder / "sleap.h5"
    views = {"S1": {"Walk": [body[..., :2], body[..., :2]]}}
    metadata = {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": [[1], [2]]}
    np.savez(
        folder / "data_2d.npz", positions_2d=np.array(views, object), metadata=np.array(metadata, object)
    )
    yield folder / "data_2d.npz"


def _tables(folder: Path, body: np.ndarray) -> Iterator[Path]:
    """Keypoints as text: a table of scripts, DeepLabCut's, YOLO's, an OpenSim table in pixels."""
    flat = body.reshape(len(body), -1)
    header = ",".join(f"{j}_{axis}" for j in _JOINTS for axis in ("x", "y", "score"))
    rows = [f"{frame},{','.join(map(str, row))}" for frame, row in enumerate(flat)]
    (folder / "wide.csv").write_text("\n".join([f"frame,{header}", *rows]))
    parts = [j for j in _JOINTS for _ in range(3)]
    levels = [["scorer", *["net"] * 51], ["bodyparts", *parts], ["coords", *["x", "y", "likelihood"] * 17]]
    (folder / "dlc.csv").write_text("\n".join([*map(",".join, levels), *rows]))
    (folder / "yolo.txt").write_text(
        "\n".join(f"0 0.5 0.5 0.2 0.4 {' '.join(f'{v / 1000:.5f}' for v in row)}" for row in flat)
    )
    names = "\t\t\t".join(_JOINTS)
    axes = "\t".join(f"{axis}{j}" for j in range(1, 18) for axis in "XYZ")
    head = ["PathFileType\t4\t(X/Y/Z)\tpx.trc", "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits"]
    head += [f"60\t60\t{len(body)}\t17\tpx", f"Frame#\tTime\t{names}", f"\t\t{axes}", ""]
    flat = (body * (1, 1, 0)).reshape(len(body), -1)
    lines = ["\t".join(map(str, [i + 1, i / 60, *row])) for i, row in enumerate(flat)]
    (folder / "walk_px_person00.trc").write_text("\n".join(head + lines))
    yield from (folder / name for name in ("wide.csv", "dlc.csv", "yolo.txt", "walk_px_person00.trc"))


def _more_json(folder: Path, body: np.ndarray) -> Iterator[Path]:
    """COCO annotations with image sizes and names of joints."""
    images = [{"id": i, "file_name": f"{i:05d}.jpg", "width": 1000, "height": 800} for i in range(len(body))]
    people = [{"image_id": i, "keypoints": row.reshape(-1).tolist()} for i, row in enumerate(body)]
    category = {"id": 1, "keypoints": list(_JOINTS)}
    document = {"images": images, "annotations": people, "categories": [category]}
    yield write_json(folder / "annotations.json", document)


def _of_further_programs(folder: Path) -> Iterator[Path]:
    """Results of ultralytics and MediaPipe, tables of landmarks, DeepLabCut's HDF5."""
    body, whole = person(_FRAMES, 17), person(_FRAMES, 33)
    for number, form in enumerate(ULTRALYTICS.values()):
        yield write_json(folder / f"ultralytics{number}.json", form(body))
    for number, form in enumerate(MEDIAPIPE_JSON.values()):
        yield write_json(folder / f"mediapipe{number}.json", form(whole))
    for number, form in enumerate(TABLES.values()):
        yield table(folder / f"table{number}.csv", *form(parts(whole)))
    for kind in ("table", "fixed"):
        yield deeplabcut_h5(folder / f"deeplabcut-{kind}.h5", person(_FRAMES, 13), kind)
    items = [{"image_id": f"{f}.jpg", "keypoints": joints.reshape(-1)} for f, joints in enumerate(body)]
    (folder / "results.pkl").write_bytes(pickle.dumps(items))
    yield folder / "results.pkl"


def _pickles(folder: Path) -> Iterator[Path]:
    nested = np.array([np.arange(3.0), {"a": [1, (2, 3)]}, None], dtype=object)
    value = {"S1": [np.ones((2, 3), np.float32), nested], b"x": {1, 2}, "text": "walk", "n": np.float32(1)}
    for protocol in range(6):
        path = folder / f"{protocol}.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        yield path


def _datasets(folder: Path) -> Iterator[Path]:
    write_dataset(folder / "data.h5", synthetic_recordings(frames=20)[:2])
    yield folder / "data.h5"


def _read_dataset(path: Path) -> None:
    with open_dataset(path) as dataset:
        for recording in dataset.iterate():
            assert np.isfinite(recording.positions3d).all()


def _weights(folder: Path) -> Iterator[Path]:
    for number, options in enumerate(({"uncertainty": True}, {"query": "pyramidal"})):
        model = build_model("rtpca", frames=9, dim=8, depth=2, heads=2, **options)
        save_checkpoint(folder / f"{number}.safetensors", model, InputSpec(fps=25.0), {"data": "made"})
        yield folder / f"{number}.safetensors"


def _state_dicts(folder: Path) -> Iterator[Path]:
    state = {"model_pos": {"a.weight": torch.ones(3, 2), "b": torch.zeros(2)}, "epoch": 3}
    torch.save(state, folder / "new.bin")
    torch.save(state, folder / "old.bin", _use_new_zipfile_serialization=False)
    yield from (folder / "new.bin", folder / "old.bin")


def _foreign_weights(folder: Path) -> Iterator[Path]:
    for arch in ("mixste", "rtpca-authors"):
        torch.save({"model_pos": foreign_weights(arch)}, folder / f"{arch}.bin")
        yield folder / f"{arch}.bin"
    save_file(foreign_weights("mixste"), folder / "mixste.safetensors")
    yield folder / "mixste.safetensors"


def _import_weights(path: Path) -> None:
    arch = "rtpca-authors" if path.stem == "rtpca-authors" else "mixste"
    convert_state_dict(read_foreign_state_dict(path), arch, heads=2).model()


def _recipes(folder: Path) -> Iterator[Path]:
    values = {
        "name": "walk",
        "steps": 10,
        "model": {"dim": 16, "frames": 9, "heads": 2},
        "optim": {"lr": 0.001},
        "stages": [{"stage": "first"}, {"stage": "second", "seed": 3, "data": {"rate_range": [0.5, 2.0]}}],
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values))
    yield folder / "recipe.yaml"


def _results(folder: Path) -> Iterator[Path]:
    rng = np.random.default_rng(0)
    result = LiftResult(
        poses3d=rng.normal(size=(_FRAMES, 17, 3)).astype(np.float32),
        root=np.ones((_FRAMES, 3), np.float32),
        confidence=np.ones((_FRAMES, 17), np.float32),
        keypoints2d=np.ones((_FRAMES, 17, 2), np.float32),
        valid=np.ones(_FRAMES, bool),
        image_size=(640, 480),
        fps=30.0,
        skeleton="h36m17",
        joint_names=tuple(f"joint {i}" for i in range(17)),
    )
    yield result.save(folder / "poses.npz")


def _motions(folder: Path) -> Iterator[Path]:
    (poses,) = _results(folder)
    FORMATS["bvh"](folder / "walk.bvh", LiftResult.load(poses), None)
    yield folder / "walk.bvh"
    (folder / "body.asf").write_text(_ASF)
    (folder / "walk.amc").write_text(_AMC)
    yield from (folder / "body.asf", folder / "walk.amc")


def _read_motion(path: Path) -> None:
    with SourceFiles(path) as source:
        text = source.read_text(path.name)
    if path.suffix == ".bvh":
        bvh_positions(parse_bvh(text, str(path)))
    elif path.suffix == ".asf":
        skeleton = parse_asf(text, str(path))
        amc_positions(skeleton, parse_amc(_AMC, skeleton, str(path)))
    else:
        skeleton = parse_asf(_ASF, str(path))
        amc_positions(skeleton, parse_amc(text, skeleton, str(path)))


def _motion_folders(folder: Path) -> Iterator[Path]:
    """Motion of several programs, with what may lie beside it."""
    for number, naming in enumerate(NAMINGS.values()):
        place = folder / str(number)
        place.mkdir()
        (place / "walk.bvh").write_text(rig_bvh(naming, frames=40))
        lists = {
            "splits.json": {"train": ["walk.bvh"], "test": []},
            "bad_frames.json": {"walk.bvh": [[3, 5]]},
            "attributions.json": {"walk.bvh": {"licence": "free", "title": "walks"}},
        }
        for name, content in lists.items():
            write_json(place / name, content)
        yield place


def _prepare_motion(path: Path) -> None:
    _prepare_data("bvh", path)


def _data_sets(folder: Path) -> Iterator[Path]:
    library = MotionLibrary(synthetic_recordings(frames=30))
    writers = {
        "h36m": lambda place: write_h36m(
            library, place, frames=20, subjects=("S1", "S9"), actions=("Walking",), detections=False
        ),
        "humaneva": lambda place: write_humaneva(library, place, frames=20, subjects=("S1",)),
        "mpi-inf-3dhp": lambda place: write_mpi_inf_3dhp(
            library, place, frames=20, train=("S1",), test=("TS1",)
        ),
    }
    for name, write in writers.items():
        place = folder / name
        place.mkdir()
        write(place)
        yield place


def _prepare_data_set(path: Path) -> None:
    _prepare_data(path.name, path)


def _prepare_data(data_set: str, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare_data(data_set, [path], Path(folder) / "data.h5")


def _curves(folder: Path) -> Iterator[Path]:
    with Curves(folder, 0) as curves:
        for step in (1, 2):
            curves.add({"step": step, "seconds": 0.5, "frames": 9.0, "lr": 1e-3, "loss": 0.1})
    yield folder / "curves.csv"


def _matlab(folder: Path) -> Iterator[Path]:
    cells = np.empty((2, 1), dtype=object)
    cells[:, 0] = [np.arange(24.0).reshape(4, 6), np.zeros((0, 0))]
    for packed in (False, True):
        path = folder / f"{packed}.mat"
        savemat(path, {"a": np.arange(6.0), "cells": cells, "text": "words"}, do_compression=packed)
        yield path


def _archives(folder: Path) -> Iterator[Path]:
    library = MotionLibrary(synthetic_recordings(frames=20))
    yield from write_h36m(library, folder, frames=8, subjects=("S1", "S9"), actions=("Walking",))


def _read_archives(path: Path) -> None:
    for archive in find_archives([path], "h36m"):
        read_archive(archive)


def _takes(folder: Path) -> Iterator[Path]:
    np.savez(
        folder / "takes.npz",
        positions=np.ones((8, 4, 3), np.float32),
        offsets=np.array([0, 5, 8]),
        names=np.array(["a", "b"]),
        actions=np.array(["walk", "run"]),
        joint_names=np.array(list("abcd")),
        fps=30.0,
    )
    yield folder / "takes.npz"


def _lists(folder: Path) -> Iterator[Path]:
    contents = {
        "splits.json": {"train": ["x.zip:a.bvh"], "test": ["x.zip:b.bvh", "y/c.bvh"]},
        "bad_frames.json": {"x.zip:a.bvh": [[3, 9]]},
        "attributions.json": {"x.zip": {"licence": "free", "title": "walks"}},
        "mapping.json": {"sources": {"x": {"recipe": "cmu_bvh", "metres_per_unit": 0.01, "fps": 30}}},
    }
    yield from (write_json(folder / name, content) for name, content in contents.items())


def _read_lists(path: Path) -> None:
    refused = 0
    readers = (read_splits, read_bad_frames, read_attributions, read_mappings)
    for read in readers:
        try:
            read(path)
        except RtpcaError as error:
            refused, last = refused + 1, error
    if refused == len(readers):
        raise last


READERS = {
    "keypoints": Reader(_keypoint_files, _read_keypoints),
    "pickles": Reader(_pickles, read_pickle),
    "prepared data": Reader(_datasets, _read_dataset),
    "weights": Reader(_weights, load_checkpoint),
    "weights of others": Reader(_state_dicts, read_foreign_state_dict),
    "recipes": Reader(_recipes, load_recipe),
    "weights to import": Reader(_foreign_weights, _import_weights),
    "results": Reader(_results, LiftResult.load),
    "motion": Reader(_motions, _read_motion),
    "motion to prepare": Reader(_motion_folders, _prepare_motion),
    "data sets to prepare": Reader(_data_sets, _prepare_data_set),
    "curves": Reader(_curves, read_curves),
    "matlab": Reader(_matlab, lambda path: read_variables(path, variable_names(path))),
    "archives": Reader(_archives, _read_archives),
    "takes": Reader(_takes, read_joint_positions),
    "lists": Reader(_lists, _read_lists),
}
"""What is fuzzed, by name."""
LEFT_OUT: dict[str, str] = {}
"""What is not, and why."""

if importlib.util.find_spec("av") and importlib.util.find_spec("PIL"):
    from fuzz_films import films, read_film

    READERS["films"] = Reader(films, read_film)
else:
    LEFT_OUT["films"] = "PyAV is not installed; `make test-video` makes an environment with it"
