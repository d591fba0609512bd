"""Multiply-accumulates of a configuration: closed formulas, one term per kind of layer.

A test holds them against PyTorch's own operation counter.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtpca.models.config import ModelConfig, RTPCAConfig
from rtpca.models.mhformer import GENERATOR_DEPTH, HYPOTHESES, MHFormerConfig
from rtpca.models.poseformer import PoseFormerConfig
from rtpca.models.pyramid import level_lengths
from rtpca.models.videopose3d import VideoPose3DConfig


@dataclass(frozen=True)
class Operations:
    """Multiply-accumulates of one window.

    Attributes:
        linear: Linear layers (and the compressed query's maps over time).
        convolution: Depth-wise convolutions of the pyramid, both ways; or those that a network consists of.
        attention: Products of queries with keys and of attention with values.
        pooling: Averaging of handed-on keys and values.
    """

    linear: int = 0
    convolution: int = 0
    attention: int = 0
    pooling: int = 0

    @property
    def without_attention(self) -> int:
        """What the paper's figures count: linear layers and convolutions."""
        return self.linear + self.convolution

    @property
    def total(self) -> int:
        """Everything."""
        return self.without_attention + self.attention + self.pooling


def count_operations(config: ModelConfig) -> Operations:
    """Multiply-accumulates of lifting one window.

    Raises:
        TypeError: If the architecture has no formula.
    """
    match config:
        case RTPCAConfig():
            return _rtpca(config)
        case VideoPose3DConfig():
            return _videopose3d(config)
        case PoseFormerConfig():
            return _poseformer(config)
        case MHFormerConfig():
            return _mhformer(config)
        case _:
            raise TypeError(f"no formula for {type(config).__name__}")


def _rtpca(config: RTPCAConfig) -> Operations:
    dim, joints = config.dim, config.joints
    linear = config.frames * joints * dim * (config.in_channels + 3)  # embedding and head
    convolution = attention = pooling = 0
    for index in range(config.depth):
        frames = config.block_frames(index)
        tokens = frames * joints
        own = _key_frames(config, frames)
        feed_forward = 2 * dim * config.hidden
        linear += tokens * (4 * dim * dim + feed_forward)  # spatial: q, k, v, output
        linear += tokens * (2 * dim * dim + feed_forward) + own * joints * 2 * dim * dim  # temporal
        attention += 2 * tokens * joints * dim
        source = config.memory_source(index)
        memory = 0 if source is None else config.memory_frames(index)
        attention += 2 * tokens * (own + memory) * dim
        if source is not None:
            handed_on = _key_frames(config, config.block_frames(source))
            if config.memory == "accumulated" and config.memory_source(source) is not None:
                handed_on += config.memory_frames(source)
            pooling += joints * memory * handed_on * 2 * dim
        if config.tpca:
            convolution += joints * dim * _pyramid_taps(config, frames)
        if index + 1 < config.depth and config.block_frames(index + 1) != frames:
            linear += joints * dim * frames * config.block_frames(index + 1)
    return Operations(linear, convolution, attention, pooling)


def _key_frames(config: RTPCAConfig, frames: int) -> int:
    """Length of a temporal block's own keys and values."""
    if config.tpca and config.amplification == "none":
        return level_lengths(frames, config.stages, config.ratio)[-1]
    return frames


def _pyramid_taps(config: RTPCAConfig, frames: int) -> int:
    """Multiply-accumulates of the pyramid's depth-wise convolutions, per channel and joint."""
    lengths = level_lengths(frames, config.stages, config.ratio)
    taps = 0
    for longer, shorter in zip(lengths, lengths[1:], strict=False):
        if config.compression != "pool":
            taps += shorter * min(longer, config.ratio)
        if config.amplification == "trans-conv":
            taps += shorter * (longer - (shorter - 1) * config.ratio)
    return taps


def _videopose3d(config: VideoPose3DConfig) -> Operations:
    inputs, channels = config.joints * config.in_channels, config.channels
    first, *others = config.lengths
    convolution = first * config.filter_widths[0] * inputs * channels
    for length, width in zip(others, config.filter_widths[1:], strict=True):
        convolution += length * (width + 1) * channels * channels  # over time, then 1x1
    convolution += config.out_frames * channels * config.joints * 3
    return Operations(convolution=convolution)


def _poseformer(config: PoseFormerConfig) -> Operations:
    frames, joints, dim = config.frames, config.joints, config.joint_dim
    spatial = _blocks(frames, joints, dim, config.hidden(dim))
    temporal = _blocks(1, frames, config.frame_dim, config.hidden(config.frame_dim))
    return Operations(
        linear=config.depth * (spatial.linear + temporal.linear)
        + frames * joints * config.in_channels * dim  # embedding
        + frames * config.frame_dim  # weighted sum over frames
        + config.frame_dim * joints * 3,  # head
        attention=config.depth * (spatial.attention + temporal.attention),
    )


def _mhformer(config: MHFormerConfig) -> Operations:
    frames, tokens, dim = config.frames, config.tokens, config.dim
    joined = HYPOTHESES * dim
    generator = _blocks(GENERATOR_DEPTH, tokens, frames, 2 * frames)
    attention = _blocks(HYPOTHESES * config.layers, frames, dim, 0)
    return Operations(
        linear=HYPOTHESES * generator.linear
        + attention.linear
        + config.layers * frames * 2 * joined * config.hidden,
        convolution=frames * (tokens * joined + joined * config.joints * 3),  # embedding, regression
        attention=HYPOTHESES * generator.attention + attention.attention,
    )


def _blocks(count: int, tokens: int, dim: int, hidden: int) -> Operations:
    """`count` transformer blocks, or sequences through one, of `tokens` tokens of width `dim`."""
    return Operations(
        linear=count * tokens * (4 * dim * dim + 2 * dim * hidden),
        attention=count * 2 * tokens * tokens * dim,
    )
