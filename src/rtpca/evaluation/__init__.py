"""Evaluation: predictions for whole sequences, errors per frame, and the averages of a protocol."""

from rtpca.evaluation.calibration import calibrate, conditions
from rtpca.evaluation.prediction import EvalConfig, Prediction, predictions
from rtpca.evaluation.protocols import Protocol, get_protocol
from rtpca.evaluation.report import Report, Row, summarise
from rtpca.evaluation.sequence import SequenceErrors, evaluate

__all__ = [
    "EvalConfig",
    "Prediction",
    "Protocol",
    "Report",
    "Row",
    "SequenceErrors",
    "calibrate",
    "conditions",
    "evaluate",
    "get_protocol",
    "predictions",
    "summarise",
]
