"""`rtpca profile`: parameters, multiply-accumulates, latency and throughput of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtpca.cli.console import out

if TYPE_CHECKING:
    from rtpca.models import ModelConfig

# Table 4 of the paper: parameters in millions, "FLOPs" in billions.
_PAPER = {"ste": (33.78, 139.0), "ste+tpca": (33.84, 139.4), "rtpca": (33.91, 139.4)}
_EXPLANATION = (
    "The paper's operations are those of the thop profiler: multiply-accumulates of linear layers and "
    "convolutions plus about 0.4 G for norms and pooling, attention products left out. Its 33.91 M "
    "parameters count eight pyramids that the authors' code creates in the spatial blocks and never runs "
    "(63,408 parameters); cross-layer refinement itself has none."
)


def profile(
    preset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="rtpca, ste, ste+tpca, ste+xlr, ...; repeatable. [default: all]"),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change an option, e.g. dim=128; repeatable."),
    ] = None,
    latency: Annotated[bool, typer.Option(help="Time the forward pass too.")] = True,
    batch: Annotated[int, typer.Option(min=1, help="Sequences at a time.")] = 1,
    runs: Annotated[int, typer.Option(min=1, help="Timed runs; the median is shown.")] = 5,
    device: Annotated[str, typer.Option(help="Where to time.")] = "cpu",
) -> None:
    """Show what models cost, beside the paper's figures where it has them."""
    from rich.table import Table

    from rtpca.devices import resolve_device
    from rtpca.models import model_config
    from rtpca.models.profile import count_operations, count_parameters, measure_latency

    device = resolve_device(device)
    options = _options(set or [])
    names = preset or ["ste", "ste+tpca", "ste+xlr", "rtpca"]
    configs = {name: model_config(name, **options) for name in names}
    table = Table(title=f"One sequence, {_sizes(next(iter(configs.values())))}")
    table.add_column("model")
    for title in ("params\nM", "paper\nM", "MACs\nG", "paper\nG", "attn\nG", "pool\nG", "total\nG"):
        table.add_column(title, justify="right")
    if latency:
        table.add_column(f"{device}\nms", justify="right")
        table.add_column("frames\nper s", justify="right")
    for name, config in configs.items():
        operations = count_operations(config)
        paper = _PAPER.get(name) if not options else None
        numbers = [
            f"{count_parameters(config) / 1e6:.2f}",
            f"{paper[0]:.2f}" if paper else "-",
            f"{operations.without_attention / 1e9:.1f}",
            f"{paper[1]:.1f}" if paper else "-",
            f"{operations.attention / 1e9:.1f}",
            f"{operations.pooling / 1e9:.1f}",
            f"{operations.total / 1e9:.1f}",
        ]
        if latency:
            timed = measure_latency(config, batch=batch, runs=runs, device=device)
            numbers += [f"{timed.seconds * 1000:.0f}", f"{timed.frames_per_second:.0f}"]
        table.add_row(name, *numbers)
    out.print(table)
    if not options:
        out.print(_EXPLANATION, markup=False)


def _options(assignments: list[str]) -> dict[str, Any]:
    import yaml

    from rtpca.errors import ConfigError

    options: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator:
            raise ConfigError(f"--set {assignment}: give key=value, e.g. --set dim=128")
        try:
            options[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {assignment}: {value!r} is not a YAML value") from error
    return options


def _sizes(config: ModelConfig) -> str:
    return f"{config.frames} frames, {config.describe()}"
