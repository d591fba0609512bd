"""A table's page from what is measured of its plan: blocks, notes, and how it was made."""

from __future__ import annotations

from rtpca.evaluation import get_protocol
from rtpca.progress import Progress, in_silence
from rtpca.reproduce import grids
from rtpca.reproduce.datafile import DATASETS
from rtpca.reproduce.evaluations import measure_all
from rtpca.reproduce.made import hardware, how_made
from rtpca.reproduce.page import Grid, Page
from rtpca.reproduce.paper import NEWER, table_of
from rtpca.reproduce.setup import Setup
from rtpca.reproduce.table_plan import PAPERS_DATA, TablePlan


def make_table(plan: TablePlan, progress: Progress = in_silence) -> Page:
    """Measure the finished experiments of a table and lay it out, with empty cells where one is not finished.

    Raises:
        TrainingError: A run folder holds something else.
    """
    number, setup = plan.number, plan.setup
    finished = [each for each in plan.experiments if each.finished]
    for each in finished:
        each.check()
    levels = {5: grids.NOISE_PX, NEWER: (0.0, grids.NEWER_NOISE_PX)}.get(number, (0.0,))
    ways = [setup.evaluation(px) for px in levels]
    evaluations = measure_all(finished, ways, setup, progress)
    measured = [(data, [each for each in evaluations if each.experiment.data is data]) for data in setup.data]
    (data, found), notes, blocks = measured[0], list[str](), list[Grid]()
    made = [*how_made(setup, plan.experiments), _protocol(setup)]
    match number:
        case 1:
            blocks = grids.table_1(plan.rows, measured)
        case 2:
            blocks = grids.table_2(plan.rows, data, found)
        case 3:
            blocks = grids.table_3(plan.rows, found)
        case 5:
            blocks, sentence = grids.table_5(plan.rows, found)
            notes.append(sentence)
        case "newer":
            blocks = [grids.newer(setup, plan.rows, found, progress)]
            made.append(hardware(setup.device))
        case int():
            blocks = grids.ablation(number, setup, plan.rows, found)
        case _:
            raise AssertionError(number)  # `table_of` knows no other
    title = table_of(number).title
    return Page(
        name=f"table-{number}" if number == NEWER else f"table{number}",
        title=title if number == NEWER else f"Table {number}: {title}",
        grids=tuple(blocks),
        readings=[(label, run.reading) for label, run in plan.rows],
        notes=[*notes, *_comparability(number, setup), *table_of(number).notes],
        made=made,
        unfinished=[each.standing for each in plan.experiments if not each.finished],
    )


def _comparability(number: int | str, setup: Setup) -> list[str]:
    """What keeps ours from being compared with the paper's."""
    notes: list[str] = []
    wanted = DATASETS[PAPERS_DATA.get(number, "h36m")]
    held = {each.title for each in setup.data} - {wanted}
    if held and number != NEWER:
        notes.append(
            f"Measured on {', '.join(sorted(held))}, not on {wanted} as in the paper: only the order of rows "
            "can be compared, not the figures."
        )
    if setup.scale == "small":
        notes.append("The small scale is a smaller model, trained for fewer steps than the paper's.")
    if setup.overrides:
        notes.append(f"The recipe was changed by hand: {', '.join(setup.overrides)}.")
    return notes


def _protocol(setup: Setup) -> str:
    cameras = "every camera" if setup.evaluation().all_cameras else "one camera each, in turn"
    about = get_protocol(setup.protocol).about
    return f"Protocol {setup.protocol} ({about}), {cameras}; averages as docs/protocols.md says."
