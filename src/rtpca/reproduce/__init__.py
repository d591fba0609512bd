"""The paper's tables and figures from named runs: trained or taken, evaluated once, laid out."""

from rtpca.reproduce.datafile import DataFile, read_data_file
from rtpca.reproduce.evaluations import Evaluation, Measurement, measure_runs
from rtpca.reproduce.rows import RUNS, NamedRun, named_run, parse_row, table_rows
from rtpca.reproduce.runs import Run, is_finished, plan_runs, train_runs
from rtpca.reproduce.scales import recipe, recipe_path
from rtpca.reproduce.tables import TableRequest, make_table, train_table

__all__ = [
    "RUNS",
    "DataFile",
    "Evaluation",
    "Measurement",
    "NamedRun",
    "Run",
    "TableRequest",
    "is_finished",
    "make_table",
    "measure_runs",
    "named_run",
    "parse_row",
    "plan_runs",
    "read_data_file",
    "recipe",
    "recipe_path",
    "table_rows",
    "train_runs",
    "train_table",
]
