"""Preparing motion capture end to end: small packs of every form, side files, options, failures, the pack."""

from __future__ import annotations

import json
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from rtpca.data.datasets import DATASETS, options_of, reader_of
from rtpca.data.datasets.mappings import built_in_mapping
from rtpca.data.datasets.mocap import stature_in_units
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.prepare import prepare
from rtpca.data.datasets.reader import DatasetReader
from rtpca.data.store import open_dataset
from rtpca.errors import ConfigError, InputError
from rtpca.skeletons import Skeleton, get_skeleton

HEIGHTS = (
    (("ead", "Eye", "face"), 1.6),
    (("oot", "tibia", "toes", "Toe"), 0.0),
    (("UpLeg",), 0.8),
    (("Shin", "shin", "Leg", "femur"), 0.42),
    (("neck", "Neck"), 1.36),
    (("ForeArm", "forearm.L_End", "forearm.R_End"), 1.08),
    (("Shldr", "upper_arm", "clavicle"), 1.3),
    (("forearm", "humerus"), 1.08),
    (("LeftArm", "RightArm"), 1.3),
)
"""How high joints are, by what stands in their names; the first that fits counts."""


def body(skeleton: Skeleton, scale: float = 1.0) -> np.ndarray:
    """A straight body, (J, 3): every joint has its own place, the head is 1.6 above the ankles."""
    places = np.zeros((skeleton.num_joints, 3))
    for index, name in enumerate(skeleton.joints):
        height = next((height for words, height in HEIGHTS if any(word in name for word in words)), 0.8)
        places[index] = [0.004 * index, height, 0.001 * index]
    return places * scale


def bvh(skeleton: str, frames: int = 40, header_fps: float = 120.0, scale: float = 100.0) -> str:
    """A BVH of a known skeleton that stands still and moves one unit along x in every frame."""
    known = get_skeleton(skeleton)
    places = body(known, scale)
    children = {i: [j for j, p in enumerate(known.parents) if p == i] for i in range(known.num_joints)}

    def lines(joint: int) -> list[str]:
        parent = known.parents[joint]
        offset = places[joint] - (places[parent] if parent >= 0 else 0)
        head = "OFFSET " + " ".join(f"{v:.9g}" for v in offset)
        if known.joints[joint].endswith("_End"):
            return ["End Site", "{", head, "}"]
        channels = ["CHANNELS 3 Xposition Yposition Zposition"] if parent < 0 else ["CHANNELS 1 Xrotation"]
        word = "ROOT" if parent < 0 else "JOINT"
        inner = [line for child in children[joint] for line in lines(child)]
        return [f"{word} {known.joints[joint]}", "{", head, *channels, *inner, "}"]

    turning = sum(not name.endswith("_End") for name in known.joints) - 1
    rows = [f"{frame} 0 0" + " 0" * turning for frame in range(frames)]
    header = ["MOTION", f"Frames: {frames}", f"Frame Time: {1 / header_fps:.8f}"]
    return "\n".join(["HIERARCHY", *lines(known.parents.index(-1)), *header, *rows]) + "\n"


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def dances(tmp_path) -> Path:
    takes = {name: bvh("cmu_bvh") for name in ("salsa/01.bvh", "salsa/16.bvh", "martial/07.bvh")}
    return zipped(tmp_path / "cmu_bvh.zip", takes)


def test_a_known_bvh_pack_is_prepared_without_being_told_anything(dances, tmp_path):
    report = prepare("bvh", [dances], tmp_path / "out.h5")
    with open_dataset(tmp_path / "out.h5") as dataset:
        takes = {take.name: take for take in dataset.iterate()}
        (terms,) = dataset.attributions
    # Frames 0 to 9 of these files are a T-pose; salsa was captured at 60 fps whatever the header says.
    take = takes["cmu_bvh.zip:salsa/16.bvh@10-39"]
    assert (take.num_frames, take.fps, take.subject, take.action) == (30, 60.0, "cmu-61", "salsa")
    assert takes["cmu_bvh.zip:salsa/01.bvh@10-39"].subject == "cmu-60"
    martial = takes["cmu_bvh.zip:martial/07.bvh@10-39"]
    assert (martial.fps, martial.subject, martial.split, martial.source) == (
        120.0,
        "cmu-135",
        "none",
        "cmu_bvh",
    )
    known = get_skeleton("cmu_bvh")
    expected = built_in_mapping("cmu_bvh").apply(body(known)[None], known.joints)[0] + [0.1, 0, 0]
    np.testing.assert_allclose(take.positions3d[0], expected, atol=1e-6)  # frame 10 has moved by 10 cm
    assert "mocap.cs.cmu.edu" in terms.acknowledgement
    assert "NSF EIA-0196217" in terms.acknowledgement
    assert report.takes == 3
    assert report.dropped_frames == 30
    assert any("taken as 60 fps, the files state 120" in note for note in report.notes)
    assert any("sequences in no split: 3" in note for note in report.notes)


def test_side_files_are_found_used_and_mentioned(dances, tmp_path):
    (tmp_path / "splits.json").write_text(json.dumps({"val": ["cmu_bvh.zip:salsa/01.bvh"], "train": []}))
    (tmp_path / "bad_frames.json").write_text(json.dumps({"cmu_bvh.zip:salsa/01.bvh": [[12, 13], [30, 31]]}))
    report = prepare("bvh", [dances], tmp_path / "out.h5", PrepareOptions(min_seconds=0.05))
    with open_dataset(tmp_path / "out.h5") as dataset:
        names = dataset.names("val")
        first = dataset.read(names[0])
    # At 60 fps three frames are 0.05 s; the two frames 10 and 11 are too short a run.
    assert names == ("cmu_bvh.zip:salsa/01.bvh@14-29", "cmu_bvh.zip:salsa/01.bvh@32-39")
    known = get_skeleton("cmu_bvh")
    expected = built_in_mapping("cmu_bvh").apply(body(known)[None], known.joints)[0] + [0.14, 0, 0]
    np.testing.assert_allclose(first.positions3d[0], expected, atol=1e-6)
    assert report.dropped_frames == 16 + 10 + 10
    for name in ("splits.json", "bad_frames.json"):
        assert f"using {tmp_path / name}, found beside the source" in report.notes


def test_an_unpacked_pack_gives_the_same(dances, tmp_path):
    (tmp_path / "splits.json").write_text(json.dumps({"val": ["cmu_bvh.zip:salsa/01.bvh"]}))
    with zipfile.ZipFile(dances) as archive:
        archive.extractall(tmp_path / "cmu_bvh")
    prepare("bvh", [dances], tmp_path / "zip.h5")
    prepare("bvh", [tmp_path / "cmu_bvh"], tmp_path / "folder.h5")
    with open_dataset(tmp_path / "zip.h5") as one, open_dataset(tmp_path / "folder.h5") as other:
        for first, second in zip(one.iterate(), other.iterate(), strict=True):
            assert first.name.replace(".zip", "") == second.name
            assert (first.fps, first.subject, first.split) == (second.fps, second.subject, second.split)
            np.testing.assert_array_equal(first.positions3d, second.positions3d)
        assert one.splits() == other.splits() == {"val": 1, "none": 2}


def test_options_of_the_user_win(dances, tmp_path):
    (tmp_path / "splits.json").write_text(json.dumps({"val": ["cmu_bvh.zip:salsa/01.bvh"]}))
    options = PrepareOptions(
        split="test", fps=25.0, metres_per_unit=0.012, licence="mine", attribution="me", up_axis="z"
    )
    prepare("bvh", [dances], tmp_path / "out.h5", options)
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert dataset.splits() == {"test": 3}
        take = next(dataset.iterate())
        (terms,) = dataset.attributions
    assert (take.fps, take.licence, take.source) == (25.0, "mine", "cmu_bvh")
    assert (terms.licence, terms.acknowledgement) == ("mine", "me")
    known = get_skeleton("cmu_bvh")
    plain = built_in_mapping("cmu_bvh").apply(body(known)[None], known.joints)[0] + [0.1, 0, 0]
    np.testing.assert_allclose(take.positions3d[0], 1.2 * plain[:, [0, 2, 1]] * [1, 1, -1], atol=1e-6)


def test_own_recordings_of_a_known_rig_are_not_taken_for_a_published_collection(tmp_path):
    source = zipped(tmp_path / "mine.zip", {"walk.bvh": bvh("freemocap", header_fps=24), "LICENSE": "ask me"})
    report = prepare("bvh", [source], tmp_path / "out.h5", PrepareOptions(stature_m=1.8))
    with open_dataset(tmp_path / "out.h5") as dataset:
        take = next(dataset.iterate())
        (terms,) = dataset.attributions
    assert (take.fps, take.source, take.licence, take.subject) == (24.0, "mine", "unknown", "unknown")
    assert terms.licence_text == "ask me"
    assert any("licence not known" in note for note in report.notes)
    assert stature_in_units(take.positions3d.astype(np.float64), "") == pytest.approx(1.8, rel=1e-5)


def test_react_idle_is_recognised_with_its_licence_persons_and_frame_rate(tmp_path):
    members = {
        f"{kind}/{n}_{kind}.bvh": bvh("freemocap", 20, 24)
        for n, kind in (("003", "genuine"), ("001", "acted"))
    }
    options = PrepareOptions(metres_per_unit=0.01)
    prepare("bvh", [zipped(tmp_path / "react.zip", members)], tmp_path / "out.h5", options)
    with open_dataset(tmp_path / "out.h5") as dataset:
        facts = {(t.subject, t.action, t.fps, t.licence, t.source) for t in dataset.iterate()}
        (terms,) = dataset.attributions
    assert facts == {
        ("react_idle-001", "idle_acted", 30.0, "MIT", "react_idle_bvh"),
        ("react_idle-002", "idle_genuine", 30.0, "MIT", "react_idle_bvh"),  # 002 and 003 are one person
    }
    assert "Copyright (c) 2025 [RSAIT]" in terms.licence_text
    assert "Permission is hereby granted" in terms.licence_text
    assert "arXiv:2509.05023" in terms.citation


def test_a_given_mapping_reads_an_unknown_skeleton(tmp_path):
    text = bvh("cmu_bvh").replace("lShin", "unterschenkel_l")
    source = zipped(tmp_path / "own.zip", {"a.bvh": text})
    with pytest.raises(ConfigError, match=r"its joints \(hip, abdomen, .*\) fit no known .*`mapping`"):
        prepare("bvh", [source], tmp_path / "out.h5")
    recipe = {j: dict(w) for j, w in built_in_mapping("cmu_bvh").recipe.items()}
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"recipe": recipe, "metres_per_unit": 0.01}))
    with pytest.raises(ConfigError, match=r"a.bvh: has no lShin, which .*mapping.json needs"):
        prepare("bvh", [source], tmp_path / "out.h5", PrepareOptions(mapping=mapping))
    mapping.write_text(
        json.dumps({"recipe": {**recipe, "left_knee": "unterschenkel_l"}, "metres_per_unit": 0.01})
    )
    prepare("bvh", [source], tmp_path / "out.h5", PrepareOptions(mapping=mapping))
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert dataset.names() == ("own.zip:a.bvh",)  # nothing says that the first frames are bad


def asf_amc(subject: str, takes: int = 2) -> dict[str, str]:
    """Members of a CMU subject: the real bone names, a plain geometry."""
    known = get_skeleton("cmu_asf31")
    places = body(known, 1 / 0.0564444444)
    blocks, tree = [], []
    for index, name in enumerate(known.joints):
        parent = known.parents[index]
        if parent < 0:
            continue
        offset = places[index] - places[parent]
        length = float(np.linalg.norm(offset))
        direction = " ".join(f"{v:.9g}" for v in offset / length)
        dof = "    dof rx\n" if name == "lfemur" else ""
        shape = f" direction {direction}\n length {length:.9g}\n axis 0 0 0 XYZ\n"
        blocks.append(f"  begin\n name {name}\n{shape}{dof}  end\n")
        tree.append((parent, f"    {known.joints[parent]} {name}\n"))
    asf = ":version 1.10\n:units\n  length 0.45\n  angle deg\n:root\n  order TX TY TZ RX RY RZ\n  axis XYZ\n"
    asf += (
        ":bonedata\n"
        + "".join(blocks)
        + ":hierarchy\n  begin\n"
        + "".join(line for _, line in sorted(tree))
        + "  end\n"
    )
    frames = "".join(f"{n}\nroot {n} 0 0 0 0 0\nlfemur 0\n" for n in range(1, 51))
    folder = f"all_asfamc/subjects/{subject}"
    amc = {
        f"{folder}/{subject}_{take:02d}.amc": f":FULLY-SPECIFIED\n:DEGREES\n{frames}"
        for take in range(1, takes + 1)
    }
    return {f"{folder}/{subject}.asf": asf, **amc}


def test_the_official_cmu_layout_is_read_from_the_zip(tmp_path):
    source = zipped(tmp_path / "allasfamc.zip", {**asf_amc("02"), **asf_amc("61", 1), **asf_amc("104", 1)})
    prepare("cmu", [source], tmp_path / "out.h5")
    with open_dataset(tmp_path / "out.h5") as dataset:
        facts = [(t.name.split("/")[-1], t.subject, t.action, t.fps, t.num_frames) for t in dataset.iterate()]
        take = dataset.read(dataset.names()[0])
        (terms,) = dataset.attributions
    assert facts == [
        ("02_01.amc", "cmu-02", "walking", 120.0, 50),
        ("02_02.amc", "cmu-02", "walking", 120.0, 50),
        ("104_01.amc", "cmu-104", "unknown", 120.0, 50),
        ("61_01.amc", "cmu-61", "salsa", 60.0, 50),
    ]
    known = get_skeleton("cmu_asf31")
    places = body(known) - body(known)[0] + [2 * 0.0564444444, 0, 0]  # the second frame is two units along x
    expected = built_in_mapping("cmu_asf31").apply(places[None], known.joints)[0]
    np.testing.assert_allclose(take.positions3d[1], expected, atol=1e-6)
    assert terms.source == "cmu_asfamc"
    assert "NSF EIA-0196217" in terms.acknowledgement


def test_one_motion_finds_its_skeleton_beside_it_or_is_given_one(tmp_path):
    members = asf_amc("02", 1)
    asf, amc = members["all_asfamc/subjects/02/02.asf"], members["all_asfamc/subjects/02/02_01.amc"]
    (tmp_path / "02_01.amc").write_text(amc)
    with pytest.raises(InputError, match=r"02_01.amc: no .asf file beside it; give its skeleton as `asf`"):
        prepare("cmu", [tmp_path / "02_01.amc"], tmp_path / "out.h5")
    (tmp_path / "02.asf").write_text(asf)
    (tmp_path / "03.asf").write_text(asf)
    prepare("cmu", [tmp_path / "02_01.amc"], tmp_path / "out.h5")
    (tmp_path / "02.asf").rename(tmp_path / "04.asf")
    with pytest.raises(InputError, match=r"2 .asf files, none of them named 02.asf"):
        prepare("cmu", [tmp_path / "02_01.amc"], tmp_path / "out.h5")
    prepare("cmu", [tmp_path / "02_01.amc"], tmp_path / "given.h5", PrepareOptions(asf=tmp_path / "04.asf"))
    with open_dataset(tmp_path / "out.h5") as one, open_dataset(tmp_path / "given.h5") as other:
        np.testing.assert_array_equal(next(one.iterate()).positions3d, next(other.iterate()).positions3d)
    with pytest.raises(InputError, match=r"05.asf: no such file or folder"):
        prepare("cmu", [tmp_path / "02_01.amc"], tmp_path / "x.h5", PrepareOptions(asf=tmp_path / "05.asf"))


def test_joint_positions_are_prepared_take_by_take(tmp_path):
    known = get_skeleton("cmu38")
    positions = np.broadcast_to(body(known), (100, 38, 3)).astype(np.float32)
    np.savez(
        tmp_path / "takes.npz",
        positions=positions,
        offsets=np.array([0, 60, 100]),
        names=np.array(["walking/one", "running/two"]),
        actions=np.array(["walking", "running"]),
        joint_names=np.array(known.joints),
        performer=np.array(["7", ""]),
        fps=np.array(120),
    )
    prepare("cmu", [tmp_path / "takes.npz"], tmp_path / "out.h5")
    with open_dataset(tmp_path / "out.h5") as dataset:
        facts = [(t.name, t.subject, t.action, t.num_frames) for t in dataset.iterate()]
        take = next(dataset.iterate())
    assert facts == [
        ("takes.npz:walking/one", "cmu-07", "walking", 60),
        ("takes.npz:running/two", "cmu-unknown", "running", 40),
    ]
    expected = built_in_mapping("cmu38").apply(body(known)[None], known.joints)[0]
    np.testing.assert_allclose(take.positions3d[0], expected, atol=1e-6)


@pytest.fixture
def lab(tmp_path):
    """Joint positions of nobody's collection."""
    known = get_skeleton("cmu38")
    arrays = {
        "positions": np.broadcast_to(body(known), (100, 38, 3)).astype(np.float32),
        "offsets": np.array([0, 50, 100]),
        "names": np.array(["walk", "run"]),
        "actions": np.array(["walking", "running"]),
        "joint_names": np.array(known.joints),
        "performer": np.array(["lab-7", "lab-8"]),
        "fps": np.array(120),
    }
    np.savez(tmp_path / "lab.npz", **arrays)
    return tmp_path / "lab.npz"


@pytest.mark.parametrize("dataset", ["cmu", "joint-positions"])
def test_joint_positions_of_unknown_origin_have_unknown_terms(lab, tmp_path, dataset):
    report = prepare(dataset, [lab], tmp_path / "out.h5")
    with open_dataset(tmp_path / "out.h5") as data:
        info = data.info("lab.npz:walk")
    assert (info.source, info.licence, info.subject, info.action) == ("lab", "unknown", "lab-7", "walking")
    assert "lab.npz: licence not known; state it with `licence` and `attribution`" in report.notes


def test_terms_may_lie_beside_a_source(lab, tmp_path):
    terms = {"licence": "CC BY 4.0", "title": "Our lab", "acknowledgement": "Thank us."}
    (tmp_path / "attributions.json").write_text(json.dumps({"lab.npz": terms, "b.npz": {"licence": "MIT"}}))
    report = prepare("joint-positions", [lab], tmp_path / "out.h5")
    assert f"using {tmp_path / 'attributions.json'}, found beside the source" in report.notes
    assert not any("licence not known" in note for note in report.notes)
    prepare("bvh", [zipped(tmp_path / "b.zip", {"a.bvh": bvh("cmu_bvh")})], tmp_path / "b.h5")
    with open_dataset(tmp_path / "out.h5") as data, open_dataset(tmp_path / "b.h5") as other:
        (attribution,) = data.attributions
        assert (attribution.source, attribution.title) == ("lab", "Our lab")
        assert (attribution.licence, attribution.acknowledgement) == ("CC BY 4.0", "Thank us.")
        assert data.info("lab.npz:run").licence == "CC BY 4.0"
        assert other.attributions[0].source == "cmu_bvh"
    prepare("joint-positions", [lab], tmp_path / "out.h5", PrepareOptions(licence="mine"))
    with open_dataset(tmp_path / "out.h5") as data:
        assert data.attributions[0].licence == "mine"


@pytest.mark.parametrize(
    "entry",
    [None, {"title": "Our lab"}, {"licence": 3}, {"licence": ""}, {"license": "MIT", "licence": "MIT"}],
)
def test_terms_without_a_licence_are_refused(lab, tmp_path, entry):
    (tmp_path / "attributions.json").write_text(json.dumps({"lab.npz": entry}))
    with pytest.raises(InputError, match=r"attributions.json: the entry of .* needs 'licence', and may have"):
        prepare("joint-positions", [lab], tmp_path / "out.h5")


def test_a_damaged_take_stops_everything_or_is_left_out(tmp_path):
    good = bvh("cmu_bvh")
    source = zipped(tmp_path / "pack.zip", {"a/01.bvh": good, "b/02.bvh": good[:-30], "c/03.bvh": good})
    with pytest.raises(InputError, match=r"pack.zip:b/02.bvh, line \d+: "):
        prepare("bvh", [source], tmp_path / "out.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]
    report = prepare("bvh", [source], tmp_path / "out.h5", PrepareOptions(skip_damaged=True))
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert dataset.names() == ("pack.zip:a/01.bvh@10-39", "pack.zip:c/03.bvh@10-39")
    assert any(note.startswith("left out: ") and "b/02.bvh" in note for note in report.notes)


def test_nothing_is_written_when_nothing_is_good(tmp_path):
    source = zipped(tmp_path / "pack.zip", {"a/01.bvh": bvh("cmu_bvh", frames=11)})
    with pytest.raises(InputError, match=r"nothing to write, .*no 0.25 s of good frames in a row"):
        prepare("bvh", [source], tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


def test_the_wrong_verb_is_pointed_out(tmp_path, dances):
    with pytest.raises(InputError, match="holds no .amc file .*BVH files are read by `rtpca prepare bvh`"):
        prepare("cmu", [dances], tmp_path / "out.h5")
    source = zipped(tmp_path / "amc.zip", asf_amc("02", 1))
    with pytest.raises(InputError, match="holds no .bvh file; AMC files are read by `rtpca prepare cmu`"):
        prepare("bvh", [source], tmp_path / "out.h5")


def test_a_list_of_bad_frames_of_another_file_is_pointed_out(dances, tmp_path):
    (tmp_path / "bad_frames.json").write_text(json.dumps({"cmu_bvh.zip:salsa/01.bvh": [[35, 99]]}))
    report = prepare("bvh", [dances], tmp_path / "out.h5")
    assert any("has 40 frames, but its list of bad frames names 99" in note for note in report.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fps": 0.0}, "`fps` is 0"),
        ({"stature_m": -1.0}, "`stature_m` is -1"),
        ({"metres_per_unit": float("nan")}, "`metres_per_unit` is nan"),
        ({"min_seconds": -1.0}, "`min_seconds` is -1"),
        ({"metres_per_unit": 1.0, "stature_m": 1.0}, "give one of them"),
        ({"split": "train", "splits": Path("a")}, "give one of them"),
        ({"split": ""}, "`split` is empty"),
        ({"up_axis": "w"}, "`up_axis` is 'w': choose one of y, z, x, -y, -z, -x"),
        ({"root_offset": "both"}, "`root_offset` is 'both': choose one of auto, add, replace"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        PrepareOptions(**options)


def test_an_option_that_a_data_set_has_no_use_for_is_refused(dances, tmp_path):
    with pytest.raises(
        ConfigError, match="`keep_corrupted` is no option of bvh; it has root_offset, splits, split"
    ):
        prepare("bvh", [dances], tmp_path / "out.h5", PrepareOptions(keep_corrupted=True))
    with pytest.raises(ConfigError, match="data set is 'bvg': choose one of cmu, bvh"):
        prepare("bvg", [dances], tmp_path / "out.h5")


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_a_reader(name):
    reader = reader_of(name, PrepareOptions())
    assert issubclass(reader, DatasetReader)
    get_skeleton(reader.skeleton)
    assert set(options_of(name)) <= {field.name for field in fields(PrepareOptions)}


@pytest.mark.slow
def test_the_whole_pack_becomes_one_file_that_agrees_with_the_reference(shared_data, tmp_path):
    pack = shared_data / "data"
    prepare("cmu", [pack / "cmu_asfamc.zip", pack / "cmu_actions.npz"], tmp_path / "out.h5")
    options = PrepareOptions(append=True)
    prepare("bvh", [pack / "cmu_bvh.zip", pack / "react_idle_bvh.zip"], tmp_path / "out.h5", options)
    reference = np.load(pack / "fk_reference.npz", allow_pickle=False)
    splits = json.loads((pack / "splits.json").read_text())
    seen = dict.fromkeys(reference["index"].tolist(), 0)
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert {a.source for a in dataset.attributions} == {
            "cmu_asfamc",
            "cmu_actions",
            "cmu_bvh",
            "react_idle_bvh",
        }
        for split, keys in splits.items():
            assert {name.split("@")[0] for name in dataset.names(split)} == set(keys)
        for name in dataset.names():
            take = dataset.read(name)
            key, _, segment = name.partition("@")
            first = int(segment.split("-")[0]) if segment else 0
            if key in seen:
                for frame, expected in zip(
                    reference[f"{key}|frames"], reference[f"{key}|h36m17"], strict=True
                ):
                    if first <= frame < first + take.num_frames:
                        assert np.abs(take.positions3d[frame - first] - expected).max() < 1e-4
                        seen[key] += 1
            # Every frame is valid: nothing is much faster than the fastest kick (13 m/s, in martial/07).
            speed = np.linalg.norm(np.diff(take.positions3d, axis=0), axis=-1) * take.fps
            assert speed.max(initial=0) < 20, name
    assert all(count >= 4 for count in seen.values()), seen
