"""Files of a run between two steps: the curves and the state."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import threading

import pytest
import torch

from rtpca.errors import CheckpointError, InputError, TrainingError
from rtpca.training.curves import COLUMNS, Curves, draw_curves, read_curves
from rtpca.training.state import TrainState, load_state, save_state


def row(step: int, **more: float) -> dict[str, float]:
    return {"step": step, "seconds": 0.5 * step, "frames": 9.0 * step, "lr": 1e-3, "loss": 1 / step} | more


def test_rows_come_back_to_the_last_digit(tmp_path) -> None:
    with Curves(tmp_path, 0) as curves:
        curves.add(row(3))
        curves.add(row(6, val_mpjpe_mm=41.0, val_p_mpjpe_mm=30.0, frames_per_second=100.0))
    rows = read_curves(tmp_path / "curves.csv")
    assert rows[0] == row(3)
    assert rows[1] == row(6, val_mpjpe_mm=41.0, val_p_mpjpe_mm=30.0)
    with (tmp_path / "curves.csv").open() as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_a_resumed_run_drops_what_comes_after_its_step(tmp_path) -> None:
    with Curves(tmp_path, 0) as curves:
        for step in (2, 4, 6):
            curves.add(row(step))
    before = (tmp_path / "curves.csv").read_text().splitlines()
    with Curves(tmp_path, 4):
        assert (tmp_path / "curves.csv").read_text().splitlines() == before[:3]
    with Curves(tmp_path, 4) as curves:
        curves.add(row(6, val_mpjpe_mm=1.0))
    assert [r["step"] for r in read_curves(tmp_path / "curves.csv")] == [2, 4, 6]
    assert "val_mpjpe_mm" in read_curves(tmp_path / "curves.csv")[-1]


@pytest.mark.parametrize("half", ["6", "3", "6,3.0,5", "4,2.0,36.0,0.001,0.2"])
def test_a_row_half_written_by_a_killed_run_is_dropped(tmp_path, half) -> None:
    with Curves(tmp_path, 0) as curves:
        curves.add(row(2))
        curves.add(row(4))
    path = tmp_path / "curves.csv"
    path.write_text(path.read_text() + half)
    with Curves(tmp_path, 4) as curves:
        curves.add(row(6))
    assert read_curves(path) == [row(2), row(4), row(6)]


def test_a_new_run_starts_the_curves_afresh(tmp_path) -> None:
    for loss in (1.0, 2.0):
        with Curves(tmp_path, 0) as curves:
            curves.add(row(1, loss=loss))
    assert [r["loss"] for r in read_curves(tmp_path / "curves.csv")] == [2.0]


def test_tensorboard_gets_every_number(tmp_path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with Curves(tmp_path, 0) as curves:
        curves.add(row(3, loss_position=0.25))
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {"seconds", "frames", "lr", "loss", "loss_position"}
    (event,) = events.Scalars("loss_position")
    assert (event.step, event.value) == (3, 0.25)


@pytest.mark.parametrize("validated", [True, False])
def test_the_picture_is_drawn(tmp_path, validated) -> None:
    with Curves(tmp_path, 0) as curves:
        curves.add(row(3, **({"val_mpjpe_mm": 50.0, "val_p_mpjpe_mm": 40.0} if validated else {})))
    draw_curves(tmp_path)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_no_curves_are_no_rows(tmp_path) -> None:
    assert read_curves(tmp_path / "curves.csv") == []


@pytest.fixture
def state() -> TrainState:
    layer = torch.nn.Linear(2, 3)
    optimiser = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(2)).sum().backward()
    optimiser.step()
    ema = {key: value / 2 for key, value in layer.state_dict().items()}
    return TrainState(7, layer.state_dict(), ema, [optimiser.state_dict()], 12.5, {"steps": 9}, {"frames": 3})


def test_a_state_comes_back_exactly(tmp_path, state) -> None:
    path = tmp_path / "state.pt"
    save_state(path, state)
    again = load_state(path)
    assert (again.step, again.seconds, again.config) == (7, 12.5, {"steps": 9})
    for mine, theirs in ((state.model, again.model), (state.ema, again.ema)):
        assert list(mine) == list(theirs)
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    moments = state.optimizers[0]["state"][0], again.optimizers[0]["state"][0]
    assert torch.equal(moments[0]["exp_avg_sq"], moments[1]["exp_avg_sq"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.pt"]


def test_a_failed_save_keeps_the_last_state(tmp_path, state, monkeypatch) -> None:
    path = tmp_path / "state.pt"
    save_state(path, state)
    before = path.read_bytes()

    def full_disk(values, target):
        target.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_state(path, state)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.pt"]


class Hostile:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_foreign_damaged_and_hostile_states_are_refused(tmp_path, state) -> None:
    path = tmp_path / "state.pt"
    with pytest.raises(CheckpointError, match="nothing to resume; start without `resume`"):
        load_state(path)
    save_state(path, state)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r"state\.pt: not a readable training state"):
        load_state(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="not a readable training state"):
        load_state(path)
    torch.save({"model": {}}, path)
    with pytest.raises(CheckpointError, match="not a training state of this package"):
        load_state(path)
    torch.save({"format": "rtpca-training-state-1", "step": 3}, path)
    with pytest.raises(CheckpointError, match="not a training state of this package"):
        load_state(path)
    torch.save(Hostile(tmp_path / "sprung"), path)
    with pytest.raises(CheckpointError, match="not a readable training state"):
        load_state(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "content",
    [
        "step,loss\n3,many\n",
        "loss\n3\n",
        "step,loss\nnan,3\n",
        "step,loss\n1,2,3\n",
        "step\x00\n\x00\n",
        "step,loss\n1,\ud800\n",
    ],
)
def test_a_damaged_curves_file_is_one_clear_line(tmp_path, content) -> None:
    path = tmp_path / "curves.csv"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    for read in (lambda: read_curves(path), lambda: Curves(tmp_path, 10)):
        with pytest.raises(TrainingError, match=r"curves.csv: damaged, .*move it away") as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_disk_that_is_full_while_curves_grow_is_one_clear_line(tmp_path, monkeypatch) -> None:
    curves = Curves(tmp_path, 0)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(curves._board, "add_scalar", full)
    monkeypatch.setattr(curves._board, "close", full)
    with pytest.raises(InputError, match="cannot write in .*: the disk is full"):
        curves.add(row(1))
    with pytest.raises(InputError, match="the disk is full"), curves:
        pass
    with pytest.raises(ZeroDivisionError), curves:
        raise ZeroDivisionError


def test_curves_in_a_folder_that_is_gone_are_one_clear_line(tmp_path, capfd) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    before = threading.excepthook

    def add_to_nothing() -> None:
        with Curves(folder, 0) as curves:
            shutil.rmtree(folder)
            curves.add(row(1))

    with pytest.raises(InputError, match=r"cannot write in .*run"):
        add_to_nothing()
    assert threading.excepthook is before
    assert "Traceback" not in capfd.readouterr().err
