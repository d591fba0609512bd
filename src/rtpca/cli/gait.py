"""`rtpca gait`: lifted poses of somebody who walks in; events, steps and cycles out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtpca.cli.console import out, print_line, print_note
from rtpca.cli.json_file import JsonFile, check_json_file, print_or_write

if TYPE_CHECKING:
    from rich.table import Table

    from rtpca.motion import Gait


def gait(
    poses: Annotated[
        Path,
        typer.Argument(help="3D poses of one person, as rtpca lift writes them (.npz).", show_default=False),
    ],
    json_file: JsonFile = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a picture of feet and cycles, .png.")
    ] = None,
) -> None:
    """Say when the feet of somebody who walks touch the floor, how long and wide the steps are, and how even.

    Which way is up is found from the poses. Touches and leavings are told by the ankles, for the feet are not
    among the joints (docs/angles.md).
    """
    from rtpca.errors import InputError
    from rtpca.files import written_together
    from rtpca.inference import LiftResult
    from rtpca.motion import find_gait
    from rtpca.viz import gait_figure, save_png

    check_json_file(json_file)
    if plot is not None and plot.suffix.lower() != ".png":
        raise InputError(f"`plot` is {plot}: give a file that ends in .png")
    result = LiftResult.load(poses)
    try:
        found = find_gait(result)
    except InputError as error:
        raise InputError(f"{poses}: {error}") from error
    with written_together() as scratch:
        if plot is not None:
            save_png(gait_figure(found, poses.stem), scratch(plot))

    def show() -> None:
        out.print(_table(found, poses.name))
        for note in found.notes:
            print_note(note)
        if plot is not None:
            print_line(f"{plot}: feet over time, and the angles over a cycle")

    print_or_write({"poses": str(poses)} | found.to_dict(), json_file, show)


# Title, factor and decimals of each measure.
_ROWS = {
    "step_length_m": ("step length, cm", 100, 1),
    "step_width_m": ("step width, cm", 100, 1),
    "step_time_s": ("step time, s", 1, 3),
    "stride_time_s": ("stride time, s", 1, 3),
    "stance_percent": ("stance, % of the stride", 1, 1),
}


def _table(gait: Gait, name: str) -> Table:
    from rich import box
    from rich.table import Table

    strides = sum(len(each) for each in gait.strides_s.values())
    caption = f"{gait.steps_per_min:.1f} steps/min, {gait.speed_m_per_s:.2f} m/s; "
    caption += f"{len(gait.steps)} steps, {strides} strides"
    table = Table(title=f"Gait in {name}", caption=caption, box=box.SIMPLE, pad_edge=False)
    table.add_column("")
    for title in ("mean", "spread", "right", "left", "right - left, %"):
        table.add_column(title, justify="right")
    for measure, row in gait.measures().items():
        title, factor, digits = _ROWS[measure]
        shown = [row[key] * factor for key in ("mean", "sd", "right", "left")]
        cells = [_cell(value, digits) for value in shown] + [_cell(row["symmetry_percent"], 1)]
        table.add_row(title, *cells)
    return table


def _cell(value: float, digits: int) -> str:
    return "-" if value != value else f"{value:.{digits}f}"
