"""Error measures, one value per frame: averaging over frames, clips and actions belongs to the protocol."""

from __future__ import annotations

from rtpca.metrics.bones import bone_length_error, bone_lengths
from rtpca.metrics.motion import acceleration_error, mpjve
from rtpca.metrics.pck import AUC_THRESHOLDS_M, MPI_INF_3DHP_JOINTS, auc, pck
from rtpca.metrics.position import mpjpe, n_mpjpe, p_mpjpe
from rtpca.metrics.stature import stature_m

__all__ = [
    "AUC_THRESHOLDS_M",
    "MPI_INF_3DHP_JOINTS",
    "acceleration_error",
    "auc",
    "bone_length_error",
    "bone_lengths",
    "mpjpe",
    "mpjve",
    "n_mpjpe",
    "p_mpjpe",
    "pck",
    "stature_m",
]
