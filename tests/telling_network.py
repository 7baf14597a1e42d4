"""A network's file that says the same of every face, with whatever outputs a test asks for."""

import json

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


def write_telling_network(path, probabilities, record=None, **more):
    """Writes ``path`` (.onnx) and the record beside it.

    Args:
        path: of the network.
        probabilities: four numbers.
        record: of the ``.json`` file.
        more: further outputs by name, such as ``other`` and ``mask``: the numbers of one face.
    """
    outputs = {"probabilities": probabilities, "features": [[[0.0]]], "evidence": [[[0.0] * 4]]}
    axes = numpy_helper.from_array(np.array([1, 2, 3]), "axes")
    nothing = numpy_helper.from_array(np.zeros(1, np.float32), "nothing")
    nodes = [
        helper.make_node("ReduceMean", ["face", "axes"], ["mean"]),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
    ]
    constants, values = [axes, nothing], []
    for name, numbers in (outputs | more).items():
        told = np.array(numbers, np.float32)[None]
        constants.append(numpy_helper.from_array(told, f"{name} of one"))
        if told.ndim == 2:
            nodes.append(helper.make_node("Squeeze", ["zero", "two"], [f"{name} zero"]))
        zero = f"{name} zero" if told.ndim == 2 else "zero"
        nodes.append(helper.make_node("Add", [zero, f"{name} of one"], [name]))
        shape = ["n", *told.shape[1:]]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    constants.append(numpy_helper.from_array(np.array([2, 3]), "two"))
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n", 48, 48, 1])
    graph = helper.make_graph(nodes, "telling", [face], values, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    checker.check_model(model)
    save(model, path)
    path.with_suffix(".json").write_text(json.dumps(record or {}))
    return path
