"""`rtpca prepare h36m|humaneva|mpi-inf-3dhp` from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imitation.h36m import write_h36m
from imitation.humaneva import write_humaneva
from imitation.motion import MotionLibrary
from imitation.mpi_inf_3dhp import write_mpi_inf_3dhp
from rtpca.cli.main import main
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All files of the three datasets in one folder, as people keep them."""
    folder = tmp_path_factory.mktemp("data")
    library = MotionLibrary(synthetic_recordings(frames=40))
    write_h36m(library, folder, frames=12, subjects=("S1", "S8", "S9"), actions=("Eating",))
    write_humaneva(library, folder, frames=20, subjects=("S1", "S2"))
    write_mpi_inf_3dhp(library, folder, frames=12, train=("S1", "S3"), test=("TS2",))
    return folder


def test_h36m(folder, tmp_path, capsys):
    output = tmp_path / "out.h5"
    words = ["prepare", "h36m", "data_3d_h36m.npz", "data_2d_h36m_gt.npz", "-o", str(output)]
    words[2:4] = [str(folder / name) for name in words[2:4]]
    assert main([*words, "--val-subject", "S8"]) == 0
    shown = capsys.readouterr()
    assert f"6 takes prepared, 0 frames left out, in {output}" in shown.out
    assert "note: S5, S6, S7, S11: not in data_3d_h36m.npz" in shown.err
    with open_dataset(output) as dataset:
        assert dataset.splits() == {"train": 2, "val": 2, "test": 2}


def test_humaneva(folder, tmp_path, capsys):
    output = tmp_path / "out.h5"
    words = ["prepare", "humaneva", str(folder), "-o", str(output)]
    assert main([*words, "--action", "Walking", "--action", "Jog", "--val-subject", "S2"]) == 0
    assert "16 takes prepared" in capsys.readouterr().out
    with open_dataset(output) as dataset:
        assert dataset.splits() == {"train": 4, "val": 4, "test": 8}


def test_mpi_inf_3dhp(folder, tmp_path, capsys):
    output = tmp_path / "out.h5"
    words = ["prepare", "mpi-inf-3dhp", str(folder), "-o", str(output)]
    assert main([*words, "--val-subject", "S3"]) == 0
    shown = capsys.readouterr()
    assert "33 takes prepared" in shown.out
    assert "valid frames, the published sequence has 540" in shown.err
    with open_dataset(output) as dataset:
        assert dataset.splits() == {"train": 16, "val": 16, "test": 1}
    assert main([*words, "--append"]) == 2
    assert "already holds a sequence" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["h36m", "{folder}"], "2 files of 2D input, but a data file holds one"),
        (["h36m", "none.npz"], "none.npz: no such file or folder"),
        (["h36m", "cut.npz"], "cut.npz: not an .npz archive, or truncated"),
        (
            ["h36m", "hostile.npz"],
            "only numpy arrays and plain containers are read, and nothing of the file was",
        ),
        (["humaneva", "{folder}/data_3d_h36m.npz"], "holds Human3.6M; prepare it with `rtpca prepare h36m`"),
        (["humaneva", "{folder}/data_3d_humaneva15.npz"], "a 2D file is needed too"),
        (["humaneva", "{folder}", "--action", "Fly"], "--action Fly: there is none"),
        (["mpi-inf-3dhp", "empty"], "no files of MPI-INF-3DHP found"),
        (["mpi-inf-3dhp", "{folder}", "--val-subject", "TS1"], "--val-subject TS1: is a test subject"),
        (["mpi-inf-3dhp", "broken.mat"], "broken.mat: damaged or no MATLAB file"),
    ],
)
def test_mistakes_end_in_one_line_and_code_2(folder, tmp_path, monkeypatch, capsys, words, message):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trap"),)

    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("cut.npz").write_bytes((folder / "data_3d_h36m.npz").read_bytes()[:5000])
    Path("broken.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(300))
    np.savez("hostile.npz", positions_3d=np.array({"S1": Trap()}, dtype=object))
    assert main(["prepare", *(word.format(folder=folder) for word in words), "-o", "out.h5"]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.startswith("rtpca: error: ")
    assert shown.count("\n") == 1
    assert not Path("trap").exists()
    assert not list(Path().glob("*out*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss is that of Linux")
def test_full_size_human36m_is_prepared_in_little_memory(tmp_path):
    """2.1 million frames of four cameras, as many as the published files hold."""
    write_dataset(tmp_path / "mocap.h5", synthetic_recordings(frames=400))
    files = [str(tmp_path / name) for name in ("data_3d_h36m.npz", "data_2d_h36m_gt.npz")]
    # In processes of their own: what a process once used stays its peak.
    run_python(
        "from pathlib import Path; import sys; sys.path.append(sys.argv[2]); "
        "from imitation.h36m import write_h36m; "
        "from imitation.motion import MotionLibrary; folder = Path(sys.argv[1]); "
        "library = MotionLibrary.from_file(folder / 'mocap.h5'); "
        "write_h36m(library, folder, frames=None, detections=False, compress=False)",
        *(str(tmp_path), str(Path(__file__).parents[2] / "tools")),
    )
    assert sum(Path(path).stat().st_size for path in files) > 450e6
    shown = run_python(
        "import resource, sys; from rtpca.cli.main import main; code = main(sys.argv[1:]); "
        "print('peak', code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)",
        *("prepare", "h36m", *files, "-o", str(tmp_path / "out.h5")),
    )
    code, peak_kib = map(int, shown.splitlines()[-1].split()[1:])
    assert code == 0
    assert peak_kib < 4 << 20
    with open_dataset(tmp_path / "out.h5") as dataset:
        assert dataset.splits() == {"train": 150, "test": 59}
        frames = sum(dataset.info(name).num_frames for name in dataset.names())
    assert 4 * frames > 2_000_000


def run_python(code: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=570, check=True
    )
    return run.stdout
