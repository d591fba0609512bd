"""Tables 4 to 7: configurations of one model, measured in the same way."""

from __future__ import annotations

import math
import statistics

from rtpca.models.cost import count_operations, count_parameters
from rtpca.reproduce.evaluations import Evaluation, Measurement
from rtpca.reproduce.layout import Column, Grid, Line
from rtpca.reproduce.paper import TABLES
from rtpca.reproduce.results import Results, RowOfTable
from rtpca.reproduce.scales import paper_size

NOISE_PX = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Levels of Gaussian noise in Table 5; the paper does not give its own."""

_MPJPE = Column("mpjpe_mm", "MPJPE mm", 2)
_PAPER_MPJPE = Column("mpjpe_mm_paper", "MPJPE, paper", 1, single=True)


def _mpjpe(evaluation: Evaluation) -> float | None:
    return evaluation.mean("mpjpe_mm")


def _accel(evaluation: Evaluation) -> float | None:
    return evaluation.mean("acceleration_mm")


def _accel_s2(evaluation: Evaluation) -> float | None:
    return evaluation.mean("acceleration_mm_s2")


def _paper(table: int, label: str, column: str) -> tuple[float, ...]:
    value = TABLES[table].blocks[0].value(label, column)
    return () if value is None else (value,)


def measurements(table: int, scale: str, protocol: str = "standard") -> tuple[Measurement, ...]:
    """How the runs of a table are evaluated; at the small scale in one camera per sequence, to save time."""
    levels = NOISE_PX if table == 5 else (0.0,)
    return tuple(Measurement(px, protocol=protocol, all_cameras=scale == "paper") for px in levels)


def component_grids(results: Results) -> tuple[Grid, ...]:
    """Table 4: error, parameters, multiply-accumulates."""
    columns = (
        _MPJPE,
        _PAPER_MPJPE,
        Column("params_m", "params M", 3, "neither", single=True),
        Column("params_m_paper_size", "params M, paper's size", 2, "neither", single=True),
        Column("params_m_paper", "params M, paper", 2, "neither", single=True),
        Column("macs_g", "MACs G", 3, "neither", single=True),
        Column("macs_g_paper_size", "MACs G, paper's size", 1, "neither", single=True),
        Column("macs_g_paper", "MACs G, paper", 1, "neither", single=True),
    )
    return (Grid("", columns, tuple(_component_line(results, row) for row in results.rows)),)


def _component_line(results: Results, row: RowOfTable) -> Line:
    here, full = results.configs[row.run.name].model, paper_size(row.run).model
    cells = {
        "mpjpe_mm": results.values(row.run.name, _mpjpe),
        "mpjpe_mm_paper": _paper(4, row.label, "MPJPE"),
        "params_m": (count_parameters(here) / 1e6,),
        "params_m_paper_size": (count_parameters(full) / 1e6,),
        "params_m_paper": _paper(4, row.label, "Params"),
        "macs_g": (count_operations(here).without_attention / 1e9,),
        "macs_g_paper_size": (count_operations(full).without_attention / 1e9,),
        "macs_g_paper": _paper(4, row.label, "FLOPs"),
    }
    return Line(row.label, row.run.name, cells)


def error_grids(table: int, results: Results) -> tuple[Grid, ...]:
    """Tables 6 and 7: the error."""
    lines = [
        Line(
            row.label,
            row.run.name,
            {
                "mpjpe_mm": results.values(row.run.name, _mpjpe),
                "mpjpe_mm_paper": _paper(table, row.label, "MPJPE"),
            },
        )
        for row in results.rows
    ]
    return (Grid("", (_MPJPE, _PAPER_MPJPE), tuple(lines)),)


def noise_grids(results: Results) -> tuple[tuple[Grid, ...], tuple[str, ...]]:
    """Table 5: the paper's columns at the level that comes nearest to it, then the whole sweep.

    Returns:
        The blocks, and the sentences that say which level that is.
    """
    level, sentence = nearest_level(results)
    columns = (
        Column("accel_noisy_mm", "Accel mm/frame², noisy", 2),
        Column("accel_paper", "Accel, paper", 1, single=True),
        Column("accel_noisy_mm_s2", "Accel mm/s², noisy", 0),
        Column("accel_clean_mm", "Accel mm/frame², clean", 2),
        Column("mpjpe_noisy_mm", "MPJPE mm, noisy", 2),
        Column("mpjpe_noisy_mm_paper", "noisy, paper", 1, single=True),
        Column("mpjpe_mm", "MPJPE mm, clean", 2),
        Column("mpjpe_mm_paper", "clean, paper", 1, single=True),
        Column("ratio", "noisy / clean", 2),
        Column("ratio_paper", "ratio, paper", 2, single=True),
    )
    lines = tuple(_noise_line(results, row, level) for row in results.rows)
    main = Grid(f"Noise of {level:g} px", columns, lines)
    sweeps = (
        ("MPJPE mm by noise", "mpjpe_mm", _mpjpe, 1, "noise-mpjpe"),
        ("Acceleration error mm/frame² by noise", "accel_mm", _accel, 2, "noise-accel"),
        ("Acceleration error mm/s² by noise", "accel_mm_s2", _accel_s2, 0, "noise-accel-s2"),
    )
    grids = [main]
    for title, key, pick, decimals, file in sweeps:
        swept = tuple(Column(f"{key}_{px:g}px", f"{px:g} px", decimals) for px in NOISE_PX)
        rows = [
            Line(
                row.label,
                row.run.name,
                {
                    column.key: results.values(row.run.name, pick, px)
                    for column, px in zip(swept, NOISE_PX, strict=True)
                },
            )
            for row in results.rows
        ]
        grids.append(Grid(title, swept, tuple(rows), file))
    return tuple(grids), (sentence,)


def _noise_line(results: Results, row: RowOfTable, level: float) -> Line:
    name = row.run.name
    noisy, clean = results.values(name, _mpjpe, level), results.values(name, _mpjpe)
    paper_noisy, paper_clean = (_paper(5, row.label, c) for c in ("MPJPE (noisy input)", "MPJPE"))
    cells = {
        "accel_noisy_mm": results.values(name, _accel, level),
        "accel_paper": _paper(5, row.label, "Accel"),
        "accel_noisy_mm_s2": results.values(name, _accel_s2, level),
        "accel_clean_mm": results.values(name, _accel),
        "mpjpe_noisy_mm": noisy,
        "mpjpe_noisy_mm_paper": paper_noisy,
        "mpjpe_mm": clean,
        "mpjpe_mm_paper": paper_clean,
        "ratio": tuple(a / b for a, b in zip(noisy, clean, strict=False)),
        "ratio_paper": tuple(a / b for a, b in zip(paper_noisy, paper_clean, strict=True)),
    }
    return Line(row.label, name, cells)


def nearest_level(results: Results) -> tuple[float, str]:
    """The level of noise at which ours has the paper's ratio of noisy to clean error, and how it was found.

    The baseline decides, since it says how hard the noise is; where it is not trained, the first row that is.
    """
    for row in results.rows:
        paper = TABLES[5].blocks[0].rows.get(row.label)
        clean = results.values(row.run.name, _mpjpe)
        if paper is None or not clean:
            continue
        wanted = _number(paper[1]) / _number(paper[2])
        ratios = {
            px: statistics.fmean(noisy) / statistics.fmean(clean)
            for px in NOISE_PX[1:]
            if (noisy := results.values(row.run.name, _mpjpe, px))
        }
        if ratios:
            level = min(ratios, key=lambda px: abs(math.log(ratios[px] / wanted)))
            return level, (
                f"Of the levels measured, {level:g} px comes nearest to the paper's ratio of noisy to clean "
                f"error of {row.label}: {ratios[level]:.2f} here, {wanted:.2f} in the paper."
            )
    return 5.0, "No row of the paper's table is here yet, so the level of noise is a guess: 5 px."


def _number(value: float | None) -> float:
    assert value is not None, "Table 5 has no empty cells"
    return value
