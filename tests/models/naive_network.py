"""The network written out a second time, as plainly as the equations read, from the tensors of a model.

Nothing of `rtpca.models` is called: slow library kernels, one head at a time, queries, keys and values apart.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def naive_forward(config, weights: dict[str, Tensor], keypoints: Tensor) -> Tensor:
    """(B, F, J, C) to (B, F, J, 3), without dropout and stochastic depth."""
    batch, _, joints, _ = keypoints.shape
    x = linear(keypoints, weights, "embed") + weights["spatial_position"]
    handed_on: list[tuple[Tensor, Tensor]] = []
    for i in range(config.depth):
        before = x
        frames = x.shape[1]
        folded = x.reshape(batch * frames, joints, config.dim)
        folded, _, _ = block(
            config, weights, f"spatial_blocks.{i}", folded, folded_memory=None, pyramid=False
        )
        x = norm(folded, weights, "spatial_norm", 1e-6).reshape(batch, frames, joints, config.dim)
        if i == 0:
            x = x + weights["temporal_position"]
        memory = handed_on[source_of(config, i)] if source_of(config, i) is not None else None
        folded = x.permute(0, 2, 1, 3).reshape(batch * joints, frames, config.dim)
        folded, own, joined = block(config, weights, f"temporal_blocks.{i}", folded, memory, config.tpca)
        handed_on.append(joined if config.memory == "accumulated" else own)
        folded = norm(folded, weights, "temporal_norm", 1e-6)
        x = folded.reshape(batch, joints, frames, config.dim).permute(0, 2, 1, 3)
        if i > 0 and config.block_residual == "doubled":
            x = x + x
        if i > 0 and config.block_residual == "previous":
            x = x + before
        if f"resample.{i}.weight" in weights:
            x = torch.einsum("gf,bfjc->bgjc", weights[f"resample.{i}.weight"], x)
            x = x + weights[f"resample.{i}.bias"][None, :, None, None]
    return linear(norm(x, weights, "head_norm", 1e-5), weights, "head")


def source_of(config, i: int) -> int | None:
    """Whose keys and values temporal block `i` attends to beside its own."""
    if config.cross_layer == "adjacent" and i >= 1:
        return i - 1
    if config.cross_layer == "pyramidal" and i >= (config.depth + 1) // 2:
        return config.depth - 1 - i
    return None


def block(config, weights, name, x, folded_memory, pyramid):
    """Equations 1 and 2."""
    normed = norm(x, weights, f"{name}.norm1", 1e-6)
    source = pyramid_of(config, weights, f"{name}.attention.refine", normed) if pyramid else normed
    attended, own, joined = attention(config, weights, f"{name}.attention", normed, source, folded_memory)
    x = x + attended
    hidden = F.gelu(linear(norm(x, weights, f"{name}.norm2", 1e-6), weights, f"{name}.mlp.expand"))
    return x + linear(hidden, weights, f"{name}.mlp.contract"), own, joined


def attention(config, weights, name, x, source, memory):
    """Equation 4, head by head; without memory plain attention."""
    w_q, w_k, w_v = weights[f"{name}.qkv.weight"].chunk(3)
    zero = torch.zeros(3 * config.dim, dtype=x.dtype)
    b_q, b_k, b_v = weights.get(f"{name}.qkv.bias", zero).chunk(3)
    q, k, v = x @ w_q.T + b_q, source @ w_k.T + b_k, source @ w_v.T + b_v
    own = (k, v)
    if memory is not None:
        length = max(1, x.shape[1] // config.memory_ratio)
        k, v = (
            torch.cat((mine, F.adaptive_avg_pool1d(theirs.transpose(1, 2), length).transpose(1, 2)), dim=1)
            for mine, theirs in zip((k, v), memory, strict=True)
        )
    width = config.dim // config.heads
    heads = []
    for h in range(config.heads):
        part = slice(h * width, (h + 1) * width)
        logits = q[..., part] @ k[..., part].transpose(1, 2) / width**0.5
        heads.append(torch.softmax(logits, dim=-1) @ v[..., part])
    return linear(torch.cat(heads, dim=-1), weights, f"{name}.proj"), own, (k, v)


def pyramid_of(config, weights, name, z):
    """Equation 3, (N, n, C), then the LayerNorm in front of the projection."""
    down = [z.transpose(1, 2)]
    for stage in range(config.stages):
        level = compress(config, weights, f"{name}.compress.{stage}.resample", down[-1])
        level = pyramid_norm(config, weights, f"{name}.compress.{stage}.norm", level)
        down.append(F.gelu(level))
    up = down[-1]
    if config.amplification != "none":
        for stage in range(config.stages):
            skip = down[config.stages - 1 - stage]
            level = amplify(config, weights, f"{name}.amplify.{stage}.resample", up, skip.shape[-1])
            level = pyramid_norm(config, weights, f"{name}.amplify.{stage}.norm", level)
            up = F.gelu(level) + skip
    return norm(up.transpose(1, 2), weights, f"{name}.norm", 1e-5)


def compress(config, weights, name, z):
    length = max(1, z.shape[-1] // config.ratio)
    out = torch.zeros(1, dtype=z.dtype)
    if "pool" in config.compression:
        out = out + F.adaptive_avg_pool1d(z, length)
    if "conv" in config.compression:
        name = f"{name}.conv" if "pool" in config.compression else name
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        out = out + F.conv1d(z, weight, bias, stride=config.ratio, groups=config.dim)
    return out


def amplify(config, weights, name, z, length):
    if config.amplification == "linear":
        return F.interpolate(z, size=length, mode="linear", align_corners=False)
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return F.conv_transpose1d(z, weight, bias, stride=config.ratio, groups=config.dim)


def pyramid_norm(config, weights, name, z):
    if config.pyramid_norm == "time":
        return norm(z, weights, name, 1e-5)
    return norm(z.transpose(1, 2), weights, name, 1e-5).transpose(1, 2)


def linear(x, weights, name):
    return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)


def norm(x, weights, name, eps):
    mean = x.mean(-1, keepdim=True)
    variance = (x - mean).square().mean(-1, keepdim=True)
    return (x - mean) / (variance + eps).sqrt() * weights[f"{name}.weight"] + weights[f"{name}.bias"]
