"""Joint mappings: built in and from JSON they agree, numbers are found by path, mistakes are named."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from rtpca.data.datasets.mappings import built_in_mapping, per_file, read_mappings
from rtpca.errors import ConfigError, InputError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17").joints
IDENTITY = {
    "recipe": {joint: joint.upper() for joint in H36M},
    "metres_per_unit": 0.01,
    "fps": {"a": 30, "a/b": 60},
}


def written(tmp_path, content) -> dict:
    (tmp_path / "mapping.json").write_text(json.dumps(content))
    return read_mappings(tmp_path / "mapping.json")


@pytest.mark.parametrize(
    ("skeleton", "file"),
    [
        ("cmu_asf31", "cmu_asfamc.zip"),
        ("cmu_bvh", "cmu_bvh.zip"),
        ("freemocap", "react_idle_bvh.zip"),
        ("cmu38", "cmu_actions.npz"),
    ],
)
def test_built_in_recipes_are_those_of_the_pack(shared_data, skeleton, file):
    given = read_mappings(shared_data / "data" / "h36m17_mapping.json")[file]
    built_in = built_in_mapping(skeleton)
    assert {j: dict(w) for j, w in given.recipe.items()} == {j: dict(w) for j, w in built_in.recipe.items()}
    assert given.skip_first_frames == built_in.skip_first_frames
    assert given.fits(get_skeleton(skeleton).joints)


def test_one_mapping_is_read_with_its_numbers(tmp_path):
    mapping = written(tmp_path, {**IDENTITY, "skip_first_frames": 2})[""]
    assert mapping.source_joints == {joint.upper() for joint in H36M}
    assert (mapping.metres_per_unit, mapping.skip_first_frames, mapping.up_axis) == (0.01, 2, "y")
    names = [*(joint.upper() for joint in reversed(H36M)), "EXTRA"]
    positions = np.random.default_rng(0).normal(size=(2, 18, 3))
    np.testing.assert_array_equal(mapping.apply(positions, names), positions[:, 16::-1])


def test_z_up_becomes_y_up_without_mirroring(tmp_path):
    mapping = written(tmp_path, {**IDENTITY, "up_axis": "z"})[""]
    axes = np.zeros((3, 17, 3)) + np.eye(3)[:, None]
    turned = mapping.apply(axes, [joint.upper() for joint in H36M])[:, 0]
    np.testing.assert_array_equal(turned[2], [0, 1, 0])
    assert np.linalg.det(turned) == pytest.approx(1)


def test_a_recipe_may_name_a_built_in_skeleton(tmp_path):
    mapping = written(tmp_path, {"recipe": "cmu_asf31", "fps": {"16": 60}})[""]
    assert mapping.recipe == built_in_mapping("cmu_asf31").recipe
    assert per_file(mapping.fps, ("subjects", "16", "16_01.amc")) == 60


@pytest.mark.parametrize(
    ("path", "value"),
    [("pack/a/x.bvh", 30), ("pack/a/b/x.bvh", 60), ("pack/c/x.bvh", None), ("pack/ab/x.bvh", None)],
)
def test_numbers_are_found_by_the_longest_path(tmp_path, path, value):
    assert per_file(written(tmp_path, IDENTITY)[""].fps, path.split("/")) == value
    assert per_file(None, path.split("/")) is None
    assert per_file(2.0, path.split("/")) == 2.0


def change(**changes):
    content = copy.deepcopy(IDENTITY)
    for key, value in changes.items():
        if key == "recipe":
            content["recipe"].update(value)
        else:
            content[key] = value
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "holds list"),
        ({}, "neither 'recipe' .* nor 'sources'"),
        ({"sources": {"a": 3}}, "source 'a' is no object"),
        ({"sources": {"a": {}}}, "mapping 'a': 'recipe' is missing"),
        ({"recipe": {"pelvis": "HIPS"}}, "no entry for right_hip, .*all 17 joints"),
        (change(recipe={"pelvis": 3}), "entry of 'pelvis' is neither a joint nor"),
        (change(recipe={"pelvis": {"A": "x"}}), "'pelvis' holds 'x', where a number is needed"),
        (change(recipe={"pelvis": {"A": 0.5}}), "'pelvis': the weights sum to 0.5"),
        (change(recipe={"tail": {"A": 1}}), "'tail'"),
        (change(up_axis="w"), "up_axis is 'w'; possible are y, z, x, -y, -z, -x"),
        (change(metres_per_unit=0), "'metres_per_unit' must be above zero"),
        (change(fps={"a": -1}), "'fps' must be above zero"),
        (change(fps=True), "'fps' holds True"),
        (change(metres_per_unit=10**400), "'metres_per_unit' holds 1000"),
        (change(skip_first_frames=1e300), "'skip_first_frames' holds 1e"),
    ],
)
def test_mistakes_in_a_mapping_are_named(tmp_path, content, message):
    with pytest.raises(InputError, match=f"mapping.json.*{message}"):
        written(tmp_path, content)


def test_an_unknown_built_in_skeleton_is_named(tmp_path):
    with pytest.raises(ConfigError, match="unknown skeleton 'cmu_asf32'"):
        written(tmp_path, {"recipe": "cmu_asf32"})


@pytest.mark.parametrize("text", ['{"recipe": ' + "9" * 5000 + "}", "[" * 100_000, "\udcff"])
def test_numbers_depth_and_bytes_of_no_json_are_refused(tmp_path, text):
    (tmp_path / "mapping.json").write_text(text, errors="surrogateescape")
    with pytest.raises(InputError, match=r"mapping.json: cannot be read"):
        read_mappings(tmp_path / "mapping.json")
