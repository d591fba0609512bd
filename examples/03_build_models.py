"""Build the paper's model, its baseline and rows of its ablation tables, and run them.

    python examples/03_build_models.py

Shows: presets, options, sizes that are free, parameter counts.
"""

from __future__ import annotations

import torch

from rtpca.models import build_model

SIZES = {"frames": 27, "joints": 17, "dim": 32, "depth": 2, "heads": 4}
VARIANTS = {
    "STE, the baseline (MixSTE)": ("ste", {}),
    "RTPCA, the paper's model": ("rtpca", {}),
    "only the temporal pyramid": ("ste+tpca", {}),
    "only cross-layer refinement": ("ste+xlr", {}),
    "convolution instead of pooling": ("rtpca", {"compression": "conv"}),
    "linear amplification": ("rtpca", {"amplification": "linear"}),
    "with a score channel": ("rtpca", {"in_channels": 3}),
}


def main() -> None:
    """One forward pass of each variant."""
    torch.manual_seed(0)
    for label, (name, options) in VARIANTS.items():
        model = build_model(name, **SIZES, **options).eval()
        keypoints_norm = torch.randn(1, 27, 17, options.get("in_channels", 2))  # (B, F, J, C)
        with torch.inference_mode():
            poses = model(keypoints_norm)  # (B, F, J, 3)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        print(f"{label:<32} {parameters:>7,} parameters, output {tuple(poses.shape)}")


if __name__ == "__main__":
    main()
