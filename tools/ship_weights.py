"""Put trained weights into the package: half precision, with a model card beside them.

    python tools/ship_weights.py RUN NAME --clean clean.json --noisy noisy.json

RUN is a finished run folder; the JSON files are those that `rtpca eval --json` wrote for its weights on the
test split, with clean 2D and with noise. Writes src/rtpca/assets/NAME.safetensors and NAME.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch

from rtpca.models import load_checkpoint, save_checkpoint
from rtpca.models.profile import count_parameters

ASSETS = Path(__file__).parents[1] / "src" / "rtpca" / "assets"
CARD = Path(__file__).with_name("model_card.md")


def main() -> None:
    """Write the weights and their card."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--clean", type=Path, required=True)
    parser.add_argument("--noisy", type=Path, required=True)
    arguments = parser.parse_args()
    clean, noisy = (json.loads(path.read_text()) for path in (arguments.clean, arguments.noisy))
    for report, noise in ((clean, False), (noisy, True)):
        if report["split"] != "test" or (report["noise_px"] > 0) != noise:
            parser.error(
                f"{report['split']} with {report['noise_px']} px is not the report that is asked for"
            )

    checkpoint = load_checkpoint(arguments.run / "weights.safetensors")
    numbers = {"protocol": "test split, four fixed cameras, each frame once per camera"}
    numbers |= {"clean": clean["average"], f"noise_{noisy['noise_px']:g}px": noisy["average"]}
    about = checkpoint.about | {"licence": "Apache-2.0", "numbers_mm": numbers}
    target = ASSETS / f"{arguments.name}.safetensors"
    save_checkpoint(target, checkpoint.model, checkpoint.input, about, dtype=torch.float16)

    config = checkpoint.config
    card = CARD.read_text(encoding="utf-8").format(
        name=arguments.name,
        frames=config.frames,
        fps=checkpoint.input.fps,
        dim=config.dim,
        depth=config.depth,
        heads=config.heads,
        parameters=f"{count_parameters(config):,}",
        normalisation=checkpoint.input.normalisation,
        steps=about["steps"],
        batch=about["recipe"]["batch"],
        million=about["frames"] / 1e6,
        digest=hashlib.sha256(target.read_bytes()).hexdigest(),
        data="\n".join(_terms(source) for source in about["data"]),
        clean=_row(clean),
        noisy=_row(noisy),
        noise=noisy["noise_px"],
    )
    target.with_suffix(".md").write_text(card, encoding="utf-8")
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, and its card")


def _terms(source: dict[str, str]) -> str:
    parts = (" ".join(value.split()).rstrip(".") for value in source.values() if value)
    return f"- {'. '.join(parts)}."


def _row(report: dict[str, dict[str, float]]) -> str:
    means = (report[rows][key] for rows in ("average", "all_frames") for key in ("mpjpe_mm", "p_mpjpe_mm"))
    return " | ".join(f"{value:.1f}" for value in means)


if __name__ == "__main__":
    main()
