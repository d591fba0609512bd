"""Lists of splits and bad frames: takes are found by the ends of their paths, segments hold good frames."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.datasets.takelists import TakeTable, good_segments, read_bad_frames, read_splits
from rtpca.errors import InputError


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 10)).map(lambda r: (r[0], r[0] + r[1]))),
)
def test_segments_are_exactly_the_runs_of_good_frames(frames, bad):
    good = [all(not first <= frame <= last for first, last in bad) for frame in range(frames)]
    expected: list[tuple[int, int]] = []
    for frame, is_good in enumerate(good):
        if is_good and (frame == 0 or not good[frame - 1]):
            expected.append((frame, frame))
        elif is_good:
            expected[-1] = (expected[-1][0], frame)
    assert good_segments(frames, bad) == expected


PACK = {
    "train": ["pack.zip:salsa/01.bvh", "takes.npz:walking/one", "cmu.zip:all/subjects/01/01_01.amc"],
    "test": ["pack.zip:indian/01.bvh"],
}


@pytest.fixture
def splits(tmp_path) -> TakeTable[str]:
    (tmp_path / "splits.json").write_text(json.dumps(PACK))
    return read_splits(tmp_path / "splits.json")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("pack/salsa/01.bvh", "train"),  # the zip, or a folder of its name
        ("salsa/01.bvh", "train"),  # the folder inside, or the one file
        ("copy/of/pack/indian/01.bvh", "test"),
        ("takes/walking/one", "train"),
        ("subjects/01/01_01.amc", "train"),
        ("01/01_01.amc", "train"),
        ("other/salsa/02.bvh", "none"),
        ("bossa/01.bvh", "none"),
        ("01.bvh", "none"),  # the name alone says too little
    ],
)
def test_takes_are_found_by_the_ends_of_their_paths(splits, path, split):
    assert splits.find(path.split("/"), "none") == split


def test_a_path_that_fits_several_takes_is_refused_unless_one_fits_exactly():
    table: TakeTable[int] = TakeTable()
    table.add("one.zip:a/01.bvh", 1)
    table.add("two.zip:a/01.bvh", 2)
    assert table.find(("two", "a", "01.bvh"), 0) == 2
    with pytest.raises(InputError, match="a/01.bvh fits several entries"):
        table.find(("a", "01.bvh"), 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1: .*no whole JSON file"),
        ('{"train": [\n"a:b",\n]}', "line 3: "),
        ("[]", "needed is an object of split name"),
        ('{"train": "a:b/c"}', "split 'train' is no list of take names"),
        ('{"train": [1]}', "split 'train' is no list of take names"),
        ('{"train": ["a:b/c"], "test": ["a:b/c"]}', "'a:b/c' is listed twice"),
    ],
)
def test_damaged_splits_are_refused(tmp_path, content, message):
    (tmp_path / "splits.json").write_text(content)
    with pytest.raises(InputError, match=f"splits.json.*{message}"):
        read_splits(tmp_path / "splits.json")


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"a:b": 3}',
        '{"a:b": [3]}',
        '{"a:b": [[3]]}',
        '{"a:b": [[5, 3]]}',
        '{"a:b": [[-1, 3]]}',
        '{"a:b": [[0, 1.5]]}',
    ],
)
def test_damaged_bad_frames_are_refused(tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(InputError, match="bad.json.*needed is"):
        read_bad_frames(tmp_path / "bad.json")


def test_missing_lists_are_named(tmp_path):
    with pytest.raises(InputError, match="none.json: no such file"):
        read_splits(tmp_path / "none.json")


def test_lists_of_the_pack_are_read(shared_data):
    splits = read_splits(shared_data / "data" / "splits.json")
    bad_frames = read_bad_frames(shared_data / "data" / "bad_frames.json")
    assert splits.find(("cmu_asfamc", "all_asfamc", "subjects", "02", "02_01.amc"), "none") == "test"
    assert bad_frames.find(("cmu_bvh", "salsa", "07.bvh"), ()) == (
        (0, 9),
        (1211, 1222),
        (1256, 1281),
        (1363, 2071),
    )
