"""VideoPose3D (facebookresearch/VideoPose3D): one list of convolutions, two of which are a residual block."""

from __future__ import annotations

import math

from rtpca.models.adapters.renamer import ConvertedWeights, Renamer, StateDict
from rtpca.models.videopose3d import VideoPose3DConfig


def convert_videopose3d(source: StateDict, heads: int, frames: int | None = None) -> ConvertedWeights:
    """The window is one receptive field by default; no shape tells a causal or dense variant from this."""
    del heads  # it has none
    rename = Renamer(source, "videopose3d", {"expand_conv.weight": 3, "shrink.weight": 3})
    channels, inputs, first = source["expand_conv.weight"].shape
    joints, in_channels = rename.joints(inputs, source["shrink.weight"].shape[0])
    widths = [first]
    rename.take_module("expand_conv", "expand")
    rename.take_module("expand_bn", "norm")
    for index in range(rename.count("layers_conv") // 2):
        block, over_time, over_channels = f"blocks.{index}", 2 * index, 2 * index + 1
        rename.require({f"layers_conv.{over_time}.weight": 3})
        widths.append(source[f"layers_conv.{over_time}.weight"].shape[2])
        rename.take_module(f"layers_conv.{over_time}", f"{block}.over_time")
        rename.take_module(f"layers_bn.{over_time}", f"{block}.norm1")
        rename.take_module(f"layers_conv.{over_channels}", f"{block}.over_channels")
        rename.take_module(f"layers_bn.{over_channels}", f"{block}.norm2")
    rename.take_module("shrink", "shrink")
    config = VideoPose3DConfig(
        frames=math.prod(widths) if frames is None else frames,
        joints=joints,
        in_channels=in_channels,
        filter_widths=tuple(widths),
        channels=channels,
    )
    return rename.finish(config)
