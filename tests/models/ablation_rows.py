"""The rows of the paper's Tables 4 to 7 as options, and the options beside them."""

from __future__ import annotations

from typing import Any

ROWS: dict[str, dict[str, Any]] = {
    "table 4 baseline, table 5 STE": {"tpca": False, "cross_layer": "none"},
    "table 4 +TPCA, table 6 pool/trans-conv, table 7 TPCA": {"cross_layer": "none"},
    "table 4 full, table 5 RTPCA, table 7 residual XLR": {},
    "table 5 STE+XLR": {"tpca": False},
    "table 6 pool": {"cross_layer": "none", "amplification": "none"},
    "table 6 conv": {"cross_layer": "none", "compression": "conv", "amplification": "none"},
    "table 6 pool+conv": {"cross_layer": "none", "compression": "pool+conv", "amplification": "none"},
    "table 6 pool+conv/linear": {
        "cross_layer": "none",
        "compression": "pool+conv",
        "amplification": "linear",
    },
    "table 6 pool+conv/trans-conv": {"cross_layer": "none", "compression": "pool+conv"},
    "table 7 pyramidal XLR, pyramidal Q": {"cross_layer": "pyramidal", "query": "pyramidal"},
    "table 7 pyramidal XLR, constant Q": {"cross_layer": "pyramidal"},
    "authors' code": {"memory": "accumulated", "block_residual": "doubled"},
    "what the authors' code was perhaps meant to be": {"block_residual": "previous"},
    "pyramid norms over channels": {"pyramid_norm": "channels"},
    "accumulated pyramidal memory": {"memory": "accumulated", "cross_layer": "pyramidal"},
    "compressed keys handed on": {"amplification": "none", "memory": "accumulated"},
    "score channel, scaled start": {"in_channels": 3, "init": "scaled"},
}
SMALL: dict[str, Any] = {"frames": 20, "joints": 5, "dim": 8, "depth": 4, "heads": 2}
