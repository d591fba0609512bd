"""The learning curves of a run: a CSV file, TensorBoard, and a picture at the end."""

from __future__ import annotations

import csv
import math
import threading
from pathlib import Path
from types import TracebackType

from rtpca.errors import InputError, TrainingError
from rtpca.files import written_whole
from rtpca.files.reading import read_whole
from rtpca.files.writing import appending_in

COLUMNS = ("step", "seconds", "frames", "lr", "loss", "val_mpjpe_mm", "val_p_mpjpe_mm")


class Curves:
    """Appends rows to `curves.csv` and to TensorBoard; rows after the resumed step are dropped first."""

    def __init__(self, folder: Path, resumed_step: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._folder, self._path = folder, folder / "curves.csv"
        rows = [row for row in _rows(self._path) if float(row["step"]) <= resumed_step]
        with written_whole(self._path) as partial, partial.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows([row.get(column, "") for column in COLUMNS] for row in rows)
        with appending_in(folder):
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=resumed_step + 1)

    def __enter__(self) -> Curves:
        # TensorBoard writes in a thread and raises what fails there again here: Python need not print it too.
        self._said_before = threading.excepthook
        threading.excepthook = self._say
        return self

    def _say(self, failed: threading.ExceptHookArgs, /) -> None:
        if not isinstance(failed.exc_value, OSError):
            self._said_before(failed)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with appending_in(self._folder):
                self._board.close()
        except InputError:
            if error is None:  # else that is what is to be said
                raise
        finally:
            threading.excepthook = self._said_before

    def add(self, row: dict[str, float]) -> None:
        """One row; columns that are not given stay empty, other keys go to TensorBoard only."""
        with appending_in(self._folder):
            with self._path.open("a", newline="") as file:
                csv.writer(file).writerow([row.get(column, "") for column in COLUMNS])
            for key, value in row.items():
                if key != "step":
                    self._board.add_scalar(key, value, int(row["step"]))
            self._board.flush()


def read_curves(path: Path) -> list[dict[str, float]]:
    """Rows of a `curves.csv`, without their empty columns."""
    return [{key: float(value) for key, value in row.items() if value} for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows as they are written, without one that a killed process left half-written.

    Raises:
        TrainingError: the file is damaged.
    """
    if not path.is_file():
        return []
    lines = read_whole(path).decode("utf-8", "replace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        del lines[-1]
    rows = [row for row in csv.DictReader(lines) if None not in row.values()]
    try:
        for row in rows:
            for value in row.values():
                float(value or "nan")
            if not math.isfinite(float(row["step"])):
                raise ValueError("a step that is no number")
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path}: damaged, it holds something else than numbers; correct it, or move it away"
        ) from error
    return rows


def draw_curves(folder: Path) -> None:
    """Draw `curves.csv` as `curves.png`: loss and validation errors over the frames seen."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = read_curves(folder / "curves.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    losses = [row for row in rows if "loss" in row]
    left.plot([row["frames"] / 1e6 for row in losses], [row["loss"] for row in losses], color="tab:blue")
    # A likelihood may be below 0.
    scale = "log" if all(row["loss"] > 0 for row in losses) else "linear"
    left.set(xlabel="million frames seen", ylabel="training loss", yscale=scale, title="Training")
    checks = [row for row in rows if "val_mpjpe_mm" in row]
    for key, label in (("val_mpjpe_mm", "MPJPE"), ("val_p_mpjpe_mm", "P-MPJPE")):
        right.plot(
            [row["frames"] / 1e6 for row in checks], [row[key] for row in checks], "o-", ms=3, label=label
        )
    right.set(xlabel="million frames seen", ylabel="mm", title="Validation split, clean 2D")
    right.set_ylim(bottom=0)
    if checks:
        right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
    with written_whole(folder / "curves.png") as partial:
        figure.savefig(partial, dpi=120)
    plt.close(figure)
