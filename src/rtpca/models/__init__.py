"""The networks: RTPCA with all its options, its STE baseline, its competitors, weights in and out.

Knows nothing of data, cameras or files other than weights.
"""

from rtpca.models.adapters import ConvertedWeights, architectures, convert_state_dict, import_state_dict
from rtpca.models.checkpoint import (
    Checkpoint,
    InputSpec,
    find_weights,
    list_weights,
    load_checkpoint,
    save_checkpoint,
)
from rtpca.models.config import ModelConfig, RTPCAConfig
from rtpca.models.network import LiftingNetwork
from rtpca.models.registry import build, build_model, config_from_dict, model_config, preset_names
from rtpca.models.rtpca import RTPCA
from rtpca.models.uncertainty import ScaleCalibration

__all__ = [
    "RTPCA",
    "Checkpoint",
    "ConvertedWeights",
    "InputSpec",
    "LiftingNetwork",
    "ModelConfig",
    "RTPCAConfig",
    "ScaleCalibration",
    "architectures",
    "build",
    "build_model",
    "config_from_dict",
    "convert_state_dict",
    "find_weights",
    "import_state_dict",
    "list_weights",
    "load_checkpoint",
    "model_config",
    "preset_names",
    "save_checkpoint",
]
