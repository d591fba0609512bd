"""MHFormer written out a second time, as plainly as its description reads, from tensors under their names.

Nothing of `rtpca.models` is called. The golden vectors check it where there are some: at 27 frames.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

HYPOTHESES = (1, 2, 3)


def random_weights(weights: dict[str, Tensor], frames: int, plain: bool) -> dict[str, Tensor]:
    """Other weights with the keys and shapes of given ones of 27 frames, at another number of frames.

    Args:
        weights: Those of 27 frames.
        frames: The other number.
        plain: The embedding is the convolution alone, without a norm and with one number less in its name.
    """
    generator = torch.Generator().manual_seed(frames)
    scale = {27: frames, 54: 2 * frames, 81: 3 * frames}
    drawn: dict[str, Tensor] = {}
    for key, tensor in weights.items():
        if not tensor.is_floating_point() or (plain and key.startswith("embedding") and ".1." in key):
            continue
        name = key.replace(".0.", ".") if plain and key.startswith("embedding") else key
        shape = [scale.get(size, size) for size in tensor.shape]
        drawn[name] = 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64)
        if "norm" in key or key.startswith("regression.0") or ".1." in name.partition("blocks")[0]:
            drawn[name] = drawn[name].abs() + 0.5
    return drawn


def naive_mhformer(weights: dict[str, Tensor], keypoints: Tensor, heads: int) -> Tensor:
    """(B, F, J, 2) to (B, F, J, 3), in evaluation mode."""
    batch, frames, joints, _ = keypoints.shape
    x = keypoints.reshape(batch, frames, 2 * joints).transpose(1, 2)  # (B, 2 J, F)
    h: dict[int, Tensor] = {}
    for n in HYPOTHESES:
        x = x + _generate(weights, n, x)
        embedded = _embed(weights, n, x, frames)
        h[n] = embedded.transpose(1, 2) + weights[f"Transformer_hypothesis.pos_embed_{n}"]
    refine = "Transformer_hypothesis.SHR_blocks"
    for i in range(len({key.split(".")[2] for key in weights if key.startswith(refine)})):
        for n in HYPOTHESES:
            normed = _norm(weights, f"{refine}.{i}.norm1_{n}", h[n], 1e-6)
            qkv = _linear(weights, f"{refine}.{i}.attn_{n}.qkv", normed).chunk(3, -1)
            h[n] = h[n] + _linear(weights, f"{refine}.{i}.attn_{n}.proj", _attend(*qkv, heads))
        h = _feed_forward(weights, f"{refine}.{i}", h)
    cross = "Transformer_hypothesis.CHI_blocks.0"
    for n, roles in ((1, (2, 3, 1)), (2, (1, 3, 2)), (3, (1, 2, 3))):
        q, k, v = (
            _linear(
                weights,
                f"{cross}.attn_{n}.linear_{letter}",
                _norm(weights, f"{cross}.norm3_{n}{place}", h[role], 1e-6),
            )
            for place, letter, role in zip((1, 2, 3), "qkv", roles, strict=True)
        )
        value = roles[2]
        h[value] = h[value] + _linear(weights, f"{cross}.attn_{n}.proj", _attend(q, k, v, heads))
    h = _feed_forward(weights, cross, h)
    joined = _norm(weights, "Transformer_hypothesis.norm", torch.cat([h[n] for n in HYPOTHESES], -1), 1e-6)
    x = _batch_norm(weights, "regression.0", joined.transpose(1, 2))
    x = F.conv1d(x, weights["regression.1.weight"], weights["regression.1.bias"])
    return x.transpose(1, 2).reshape(batch, frames, joints, 3)


def _generate(weights, n, x):
    encoder = f"Transformer_encoder_{n}"
    x = _norm(weights, f"norm_{n}", x, 1e-5) + weights[f"{encoder}.pos_embed"]
    for i in range(4):
        block = f"{encoder}.blocks.{i}"
        qkv = _linear(weights, f"{block}.attn.qkv", _norm(weights, f"{block}.norm1", x, 1e-6)).chunk(3, -1)
        x = x + _linear(weights, f"{block}.attn.proj", _attend(*qkv, heads=9))
        hidden = F.gelu(_linear(weights, f"{block}.mlp.fc1", _norm(weights, f"{block}.norm2", x, 1e-6)))
        x = x + _linear(weights, f"{block}.mlp.fc2", hidden)
    return _norm(weights, f"{encoder}.norm", x, 1e-6)


def _embed(weights, n, x, frames):
    if frames > 27:
        return F.conv1d(x, weights[f"embedding_{n}.weight"], weights[f"embedding_{n}.bias"])
    x = F.conv1d(x, weights[f"embedding_{n}.0.weight"], weights[f"embedding_{n}.0.bias"])
    return F.relu(_batch_norm(weights, f"embedding_{n}.1", x))


def _feed_forward(weights, block, h):
    x = torch.cat([h[n] for n in HYPOTHESES], -1)
    hidden = F.gelu(_linear(weights, f"{block}.mlp.fc1", _norm(weights, f"{block}.norm2", x, 1e-6)))
    x = x + _linear(weights, f"{block}.mlp.fc2", hidden)
    return dict(zip(HYPOTHESES, x.chunk(3, -1), strict=True))


def _attend(q, k, v, heads):
    out = []
    for query, key, value in zip(q.chunk(heads, -1), k.chunk(heads, -1), v.chunk(heads, -1), strict=True):
        logits = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
        out.append(logits.softmax(-1) @ value)
    return torch.cat(out, -1)


def _linear(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _norm(weights, name, x, eps):
    return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], eps)


def _batch_norm(weights, name, x):
    return F.batch_norm(
        x,
        weights[f"{name}.running_mean"],
        weights[f"{name}.running_var"],
        weights[f"{name}.weight"],
        weights[f"{name}.bias"],
    )
