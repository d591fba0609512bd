from __future__ import annotations

import sys

import numpy as np
import pytest

from rtpca.errors import InputError, MissingExtraError
from rtpca.inference import estimate_ground
from rtpca.skeletons import get_skeleton
from rtpca.viz import save_rrd

H36M = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def recording(people, tmp_path_factory):
    """Entity path -> record batches, read back by Rerun itself."""
    pytest.importorskip("rerun", reason="rerun-sdk is not installed: pip install 'rtpca[rerun]'")
    from rerun.chunk import RrdReader

    path = save_rrd(tmp_path_factory.mktemp("rerun") / "out.rrd", people)
    found: dict[str, list] = {}
    for chunk in RrdReader(path).stream().to_chunks():
        found.setdefault(chunk.entity_path, []).append(chunk.to_record_batch())
    return found


def column(recording, entity: str, name: str) -> list:
    values = []
    for batch in recording[entity]:
        if name in batch.schema.names:
            values += batch.column(name).to_pylist()
    return values


def test_people_come_back_where_they_stand_in_exports(recording, people) -> None:
    frames = column(recording, "/world/person_1/joints", "frame")
    assert frames == list(range(people[0].frames))
    positions = np.array(column(recording, "/world/person_1/joints", "Points3D:positions"))
    assert positions == pytest.approx(estimate_ground(*people).place(people[0]), abs=1e-5)


def test_both_timelines_agree(recording, people) -> None:
    (batch,) = recording["/image/person_1/joints"]
    seconds = batch.column("time").cast("int64").to_numpy() / 1e9
    assert seconds == pytest.approx(np.arange(people[0].frames) / people[0].fps, abs=1e-6)


def test_frames_without_the_person_are_empty(recording, people) -> None:
    positions = column(recording, "/world/person_2/joints", "Points3D:positions")
    assert [len(points) for points in positions] == [17 if seen else 0 for seen in people[1].valid]
    assert not any(column(recording, "/image/person_2/bones", "LineStrips2D:strips")[:40])


def test_joints_have_their_names_and_every_bone_is_drawn(recording) -> None:
    (((first, _),),) = column(recording, "/", "AnnotationContext:context")
    labels = [joint["label"] for joint in first["class_description"]["keypoint_annotations"]]
    assert labels == list(H36M.joints)
    strips = column(recording, "/world/person_1/bones", "LineStrips3D:strips")
    assert {len(bones) for bones in strips} == {len(H36M.bones)}


def test_a_missing_package_is_said_with_the_command(monkeypatch, people, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rtpca\[rerun\]'"):
        save_rrd(tmp_path / "out.rrd", people)
    assert not list(tmp_path.iterdir())


def test_nobody_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="there is nobody"):
        save_rrd(tmp_path / "out.rrd", [])
