"""Evaluation: predictions for whole sequences, errors per frame, and the averages of a protocol."""

from rtpca.evaluation.report import Report, Row, summarise
from rtpca.evaluation.runner import EvalConfig, SequenceErrors, at_frame_rate, evaluate, predict

__all__ = [
    "EvalConfig",
    "Report",
    "Row",
    "SequenceErrors",
    "at_frame_rate",
    "evaluate",
    "predict",
    "summarise",
]
