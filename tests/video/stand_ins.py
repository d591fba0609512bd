"""ONNX networks with the inputs and outputs of YOLOX and RTMPose, without weights: constants come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT_WH = (192, 256)
BINS_PER_PX = 2


def _write(path: Path, input_shape: list[int], outputs: dict[str, np.ndarray]) -> Path:
    """A network that looks at its input (times zero) and gives constants."""
    zero = numpy_helper.from_array(np.zeros((), np.float32), "zero")
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["most"], keepdims=0),
        helper.make_node("Mul", ["most", "zero"], ["nothing"]),
    ]
    constants = [zero]
    for name, value in outputs.items():
        constants.append(numpy_helper.from_array(value.astype(np.float32), f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, input_shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
            for name, value in outputs.items()
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def write_yolox(path: Path) -> Path:
    """Exported with NMS: (1, N, 5) boxes and scores in the input of 640 x 640; the second is doubtful."""
    # A picture of 320 x 240 is enlarged twice: this box is (110, 70) to (210, 170) in it.
    boxes = np.array([[[220, 140, 420, 340, 0.95], [0, 0, 50, 50, 0.05]]])
    return _write(path, [1, 3, 640, 640], {"dets": boxes})


def write_rtmpose(path: Path, joints: int = 17) -> Path:
    """SimCC: (1, J, 2 W) and (1, J, 2 H) bins; the joints one below the other in the middle."""
    width, height = INPUT_WH
    x = np.zeros((1, joints, BINS_PER_PX * width))
    y = np.zeros((1, joints, BINS_PER_PX * height))
    x[..., width] = 0.9
    y[0, np.arange(joints), np.linspace(100, 400, joints).astype(int)] = 0.8
    return _write(path, [1, 3, height, width], {"simcc_x": x, "simcc_y": y})
