"""MotionAGFormer: a stream of attention and one of graph convolutions in every layer, fused token by token.

Mehraban, Adeli, Taati: "MotionAGFormer: Enhancing 3D Human Pose Estimation with a Transformer-GCNFormer
Network", WACV 2024. Both streams have the full width, as in the published configurations; the abstract says
that they share the channels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rtpca.errors import ConfigError
from rtpca.models.config import Size
from rtpca.models.network import LiftingNetwork
from rtpca.models.streams import (
    LAYER_SCALE,
    FusedStreams,
    MixerBlock,
    RepresentationHead,
    Stream,
    TwoStreamConfig,
)
from rtpca.options import Positive, options
from rtpca.skeletons import get_skeleton

_JOINT_SETS = {17: "h36m17", 15: "humaneva15"}
# Who does not receive from whom in the authors' graph, though there is a bone: the pelvis from the left hip,
# the thorax from both shoulders.
_NOT_RECEIVED = ((0, 4), (8, 11), (8, 14))


@options("model")
class MotionAGFormerConfig(TwoStreamConfig):
    """Sizes of MotionAGFormer; the defaults are the published model B, of 243 frames.

    Attributes:
        skeleton: Joint set whose bones are the graph over joints; None for the one of so many joints that
            data sets come with, h36m17 or humaneva15, and in a recipe for `input.skeleton`.
        graph: "bones", both ways; or "published", the asymmetric graph of the authors' code over Human3.6M's
            joints, where the pelvis receives nothing from the left hip and the thorax nothing from the
            shoulders. Their code gives it the joints of MPI-INF-3DHP too, in their own order.
        neighbours: Frames that a frame is linked with in the graph over frames, itself among them as a rule.
        layer_scale: What the learned scales of the residual branches begin with.
    """

    arch: Literal["motionagformer"] = "motionagformer"
    skeleton: str | None = None
    graph: Literal["bones", "published"] = "bones"
    neighbours: Size = 2
    layer_scale: Positive = LAYER_SCALE

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours > self.frames:
            raise ConfigError(
                f"model.neighbours={self.neighbours} of model.frames={self.frames} frames; link each frame "
                "with no more than there are"
            )
        if self.graph == "published" and not self._has_as_many_joints("h36m17"):
            raise ConfigError(
                f"model.graph='published' is over the 17 joints of Human3.6M, not over {self.joints}; use "
                "model.graph='bones'"
            )
        if not self._has_as_many_joints(self.joint_set):
            raise ConfigError(
                f"model.joints={self.joints}, and {self.joint_set} has "
                f"{get_skeleton(self.joint_set).num_joints}: name the joint set whose bones are the graph in "
                "model.skeleton"
            )

    @property
    def joint_set(self) -> str:
        """Joint set whose bones are the graph."""
        if self.graph == "published":
            return "h36m17"
        return self.skeleton or _JOINT_SETS.get(self.joints, "h36m17")

    def for_skeleton(self, skeleton: str) -> MotionAGFormerConfig:
        """With the bones of this joint set, unless the graph is the published one, whatever the joints are.

        Raises:
            ConfigError: If it names another joint set.
        """
        if self.graph == "published" or self.joint_set == skeleton:
            return self
        if self.skeleton is not None:
            raise ConfigError(
                f"model.skeleton={self.skeleton!r} has other bones than the joints of "
                f"input.skeleton={skeleton!r}; leave it out"
            )
        return replace(self, skeleton=skeleton) if self._has_as_many_joints(skeleton) else self

    def _has_as_many_joints(self, skeleton: str) -> bool:
        return get_skeleton(skeleton).num_joints == self.joints

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        norm = f"layers.{self.depth - 1}.second.temporal.mixing.branch.norm.weight"
        return super().main_shapes() | {norm: (self.frames,)}


class MotionAGFormer(LiftingNetwork):
    """Embedding -> layers of attention fused with graph convolutions -> representation -> coordinates.

    There is no position embedding over frames: the norms of the graph convolutions, which have a scale and a
    shift for every frame, tell them apart, and tie the network to its window.

    Args:
        config: Sizes and options.
    """

    config: MotionAGFormerConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: MotionAGFormerConfig) -> None:
        super().__init__(config)
        self.embed = nn.Linear(config.in_channels, config.dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, 1, config.joints, config.dim))
        self.layers = nn.ModuleList(
            FusedStreams(config.dim, _attention_stream(config, index), _graph_stream(config, index))
            for index in range(config.depth)
        )
        self.head = RepresentationHead(config)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, F, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = self.embed(keypoints) + self.spatial_position  # (B, F, J, C)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)

    def transformer_blocks(self) -> list[nn.Module]:
        """The blocks of both streams, layer by layer."""
        return [module for module in self.layers.modules() if isinstance(module, MixerBlock)]


class GraphConvolution(nn.Module):
    """ReLU(z + BatchNorm(N V(z) + U(z))) over the nodes of a graph, which are joints or frames.

    Args:
        dim: Channels C.
        nodes: Nodes L; the norm has a scale and a shift for each, shared by the channels.
        neighbourhood: Sums what each node (N, L, C) receives: N of the formula.
    """

    def __init__(self, dim: int, nodes: int, neighbourhood: nn.Module) -> None:
        super().__init__()
        self.own = nn.Linear(dim, dim)
        self.sent = nn.Linear(dim, dim)
        self.neighbourhood = neighbourhood
        self.norm = nn.BatchNorm1d(nodes)

    def forward(self, z: Tensor) -> Tensor:
        """(N, L, C) to (N, L, C)."""
        return F.relu(z + self.norm(self.neighbourhood(z, self.sent(z)) + self.own(z)))


class Bones(nn.Module):
    """The graph over joints: those that a bone connects."""

    adjacency: Tensor

    def __init__(self, config: MotionAGFormerConfig) -> None:
        super().__init__()
        # Ones and zeros, so that no precision is lost when the model changes its dtype.
        self.register_buffer("adjacency", bone_adjacency(config), persistent=False)

    def forward(self, z: Tensor, sent: Tensor) -> Tensor:
        """What each joint receives of (N, J, C); `z` does not matter."""
        del z
        return normalised_sum(self.adjacency.to(sent.dtype), sent)


class NearestFrames(nn.Module):
    """The graph over frames: each receives from those that are most like it, by the product of their tokens.

    Frames as much alike as the last of them are taken too, so repeated frames give more neighbours. Nothing
    is learnt through the choice.
    """

    def __init__(self, neighbours: int) -> None:
        super().__init__()
        self.neighbours = neighbours

    def forward(self, z: Tensor, sent: Tensor) -> Tensor:
        """What each frame receives of (N, F, C)."""
        return normalised_sum(self.adjacency(z).to(sent.dtype), sent)

    @torch.no_grad()
    def adjacency(self, z: Tensor) -> Tensor:
        """(N, F, C) to (N, F, F): whether the frame of a row receives from that of a column."""
        likeness = z @ z.transpose(1, 2)
        return likeness >= likeness.topk(self.neighbours, dim=-1).values[..., -1:]


def normalised_sum(adjacency: Tensor, sent: Tensor) -> Tensor:
    """Sums over j of A_ij / sqrt(d_i d_j) times what node j sends, with d the sums of the rows of A.

    Args:
        adjacency: A, (..., L, L), ones and zeros; row i receives.
        sent: (N, L, C).
    """
    weight = adjacency.sum(-1, keepdim=True).clamp(min=1).rsqrt()  # (..., L, 1)
    return adjacency @ (sent * weight) * weight


def bone_adjacency(config: MotionAGFormerConfig) -> Tensor:
    """The graph over joints, (J, J), ones and zeros; row i receives from column j."""
    adjacency = torch.zeros(config.joints, config.joints)
    for joint, parent in enumerate(get_skeleton(config.joint_set).parents):
        if parent >= 0:
            adjacency[joint, parent] = adjacency[parent, joint] = 1
    if config.graph == "published":
        for receiver, sender in _NOT_RECEIVED:
            adjacency[receiver, sender] = 0
    return adjacency


def _attention_stream(config: MotionAGFormerConfig, index: int) -> Stream:
    spatial, temporal = (MixerBlock(config, index, layer_scale=config.layer_scale) for _ in range(2))
    return Stream(spatial, temporal)


def _graph_stream(config: MotionAGFormerConfig, index: int) -> Stream:
    spatial = GraphConvolution(config.dim, config.joints, Bones(config))
    temporal = GraphConvolution(config.dim, config.frames, NearestFrames(config.neighbours))
    blocks = (
        MixerBlock(config, index, mixer, layer_scale=config.layer_scale) for mixer in (spatial, temporal)
    )
    return Stream(*blocks)
