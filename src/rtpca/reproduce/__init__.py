"""The paper's tables and figures from named runs: trained or taken, measured once, laid out."""

from rtpca.reproduce.datafile import DataFile, read_data_file
from rtpca.reproduce.evaluations import Evaluation, measure_all, values
from rtpca.reproduce.experiment import Experiment, plan
from rtpca.reproduce.page import Page, write_page
from rtpca.reproduce.paper import RUNS, NamedRun, named_run, parse_row
from rtpca.reproduce.setup import Setup, recipe_path
from rtpca.reproduce.table_plan import plan_table
from rtpca.reproduce.tables import make_table
from rtpca.reproduce.train import train_all

__all__ = [
    "RUNS",
    "DataFile",
    "Evaluation",
    "Experiment",
    "NamedRun",
    "Page",
    "Setup",
    "make_table",
    "measure_all",
    "named_run",
    "parse_row",
    "plan",
    "plan_table",
    "read_data_file",
    "recipe_path",
    "train_all",
    "values",
    "write_page",
]
