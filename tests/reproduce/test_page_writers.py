"""Tables as Markdown, CSV, JSON and on the terminal: what is written can be read back."""

from __future__ import annotations

import csv
import io
import json

from rich.console import Console

from rtpca.reproduce.page import (
    Column,
    Grid,
    Line,
    Page,
    best_cells,
    cell_text,
    to_csv,
    to_dict,
    to_markdown,
    to_rich,
    write_page,
)

COLUMNS = (
    Column("mpjpe_mm", "MPJPE mm", 1, "lower", seeds=True),
    Column("pck", "PCK", 1, "higher", seeds=True),
    Column("mpjpe_mm_paper", "paper", 1, "lower"),
)
GRID = Grid(
    "Block",
    COLUMNS,
    (
        Line("A, b", "a", {"mpjpe_mm": (41.0, 42.0), "pck": (90.0,), "mpjpe_mm_paper": 20.0}),
        Line("C | d", "c", {"mpjpe_mm": (40.04, 40.0), "pck": (80.0,), "mpjpe_mm_paper": 19.5}),
        Line("E", "e", {"mpjpe_mm": (39.97, 40.0)}),
        Line("theirs", "", {"mpjpe_mm": (12.0,)}),
    ),
)
TABLE = Page(
    name="table4",
    title="Table 4: Components",
    grids=(GRID,),
    readings=[("E", "Read so.")],
    notes=["A note."],
    made=["Command: `rtpca table 4`"],
    unfinished=["e, seed 1: 3 of 9 steps"],
)


def test_a_cell_is_mean_and_spread_or_a_dash() -> None:
    assert cell_text((41.0, 42.0), 1) == "41.5 ± 0.7"
    assert cell_text((41.04,), 1) == "41.0"
    assert cell_text(41.04, 1) == "41.0"
    assert cell_text((), 1) == cell_text(None, 1) == "–"
    assert (cell_text("walk", 1), cell_text(3, 1)) == ("walk", "3")


def test_the_best_is_told_among_ours_and_among_the_papers_and_equal_figures_are_both_best() -> None:
    assert best_cells(GRID) == {(1, "mpjpe_mm"), (2, "mpjpe_mm"), (0, "pck"), (1, "mpjpe_mm_paper")}
    alone = Grid("", COLUMNS, GRID.lines[:1])
    assert best_cells(alone) == set()


def test_markdown_reads_back() -> None:
    text = to_markdown(TABLE)
    rows = [
        [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    assert rows[0] == ["", "MPJPE mm", "PCK", "paper"]
    assert {len(row) for row in rows} == {4}
    assert rows[2] == ["A, b", "41.5 ± 0.7", "**90.0**", "20.0"]
    assert rows[3] == ["C ¦ d", "**40.0 ± 0.0**", "80.0", "**19.5**"]
    assert rows[4] == ["E", "**40.0 ± 0.0**", "–", "–"]
    for words in ("# Table 4: Components", "**Block**", "- E: Read so.", "- A note.", "`rtpca table 4`"):
        assert words in text
    assert "Not trained yet: e, seed 1: 3 of 9 steps." in text


def test_csv_reads_back() -> None:
    ((name, text),) = to_csv(TABLE).items()
    assert name == "table4.csv"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["row"] for row in rows] == ["A, b", "C | d", "E", "theirs"]
    assert (rows[0]["block"], rows[0]["run"]) == ("Block", "a")
    assert float(rows[0]["mpjpe_mm"]) == 41.5
    assert float(rows[0]["mpjpe_mm_std"]) == 0.707107
    assert (rows[0]["mpjpe_mm_seeds"], rows[0]["mpjpe_mm_paper"]) == ("2", "20")
    assert (rows[2]["pck"], rows[2]["pck_std"], rows[2]["pck_seeds"]) == ("", "", "")
    assert "mpjpe_mm_paper_std" not in rows[0]


def test_blocks_of_other_columns_have_files_of_their_own() -> None:
    sweep = Grid("Sweep", COLUMNS[:1], GRID.lines, file="noise")
    texts = to_csv(Page(name="table5", title="", grids=(GRID, sweep, GRID)))
    assert list(texts) == ["table5.csv", "table5-noise.csv"]
    assert len(texts["table5.csv"].splitlines()) == 9


def test_a_figure_is_a_page_too(tmp_path) -> None:
    columns = (Column("error_mm", "error"), Column("take", "take", terminal=False), Column("frame", "frame"))
    lines = (
        Line("ste", "", {"error_mm": 1.5, "take": "x, y", "frame": 0}),
        Line("rtpca", "", {"error_mm": None, "take": "z", "frame": 7}),
    )
    page = Page(
        name="figure4",
        title="Figure 4",
        grids=(Grid("", columns, lines), Grid("", columns, lines, file=None)),
        text=["What it shows."],
        files=[tmp_path / "figure4.png", tmp_path / "figure4.pdf"],
    )
    assert [path.name for path in write_page(page, tmp_path)] == [
        "figure4.png",
        "figure4.pdf",
        "figure4.csv",
        "figure4.md",
    ]
    assert (tmp_path / "figure4.csv").read_text() == (
        'block,row,run,error_mm,take,frame\n,ste,,1.5,"x, y",0\n,rtpca,,,z,7\n'
    )
    text = (tmp_path / "figure4.md").read_text()
    assert "![Figure 4](figure4.png)\n\nWhat it shows.\n\n|  | error | take | frame |" in text
    assert "| ste | 1.50 | x, y | 0 |\n| rtpca | – | z | 7 |" in text
    assert not any("x, y" in line for line in shown(page.grids[0], 6))


def test_json_has_one_number_per_seed() -> None:
    values = json.loads(json.dumps(to_dict(TABLE)))
    assert values["blocks"][0]["rows"][0]["mpjpe_mm"] == [41.0, 42.0]
    assert values["blocks"][0]["rows"][2]["pck"] == []
    assert values["unfinished"] == ["e, seed 1: 3 of 9 steps"]


def shown(grid: Grid, widest: int) -> list[str]:
    console = Console(width=80, file=io.StringIO(), color_system=None)
    console.print(to_rich(grid, "Title", widest))
    return console.file.getvalue().splitlines()


def test_many_columns_become_rows_on_the_terminal() -> None:
    wide = shown(GRID, 6)
    assert any("MPJPE mm" in line and "PCK" in line for line in wide)
    turned = shown(GRID, 2)
    assert any("A, b" in line and "theirs" in line for line in turned)
    assert any("MPJPE mm" in line and "41.5 ± 0.7" in line and "12.0" in line for line in turned)
