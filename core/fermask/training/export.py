"""A finished run → the files that are shipped: ``.keras``, ``.onnx`` and the record.

The ONNX file has three outputs: ``probabilities`` ``(n, 4)``, ``features`` (the last feature
map) and ``evidence`` (the dense layer at each place of it: a class activation map, Zhou et
al. 2016, whose mean over the places is the logit).
"""

import warnings
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.networks.inference import OUTPUTS
from fermask.system.files import read_json, whole_file, write_json
from fermask.system.parquet import read_parquet
from fermask.training.run_folder import MODEL, PREDICTIONS, RESULT, RUN

if TYPE_CHECKING:
    import keras
    import onnx


@dataclass(frozen=True)
class Shipping:
    """What weights that ship have beside their own run.

    ``pretraining``: folder of the run they started from, whose faces they have seen too.
    ``result``: how good they are, where no face was held back to tell (the recipe's folds).
    ``calibration``: as ``calibration.weights_record`` gives it; the logits are divided by its
    ``temperature``, so that the files give calibrated probabilities.
    """

    pretraining: Path | None = None
    result: dict[str, Any] | None = None
    calibration: dict[str, Any] = field(default_factory=lambda: {"temperature": 1.0})


def export_run(
    run: Path, ferm: Ferm, model: Path, shipping: Shipping = Shipping()
) -> dict[str, Any]:
    """Writes a run's network and the record of how it came about.

    Args:
        run: folder of a finished run.
        ferm: the set it was trained on.
        model: where to write, without suffix; ``.keras``, ``.onnx`` and ``.json`` are added.
        shipping: what there is beside the run.

    Returns:
        The record, as written to ``.json``.

    Raises:
        FileNotFoundError: the run is not finished.
        ValueError: it was trained on another set.
    """
    import keras

    if not (run / RESULT).is_file():
        raise FileNotFoundError(f"{run} holds no finished run; finish it with scripts.train.")
    made, result = read_json(run / RUN), read_json(run / RESULT)
    if (made["images_sha256"], made["ferm"]) != (ferm.about["masked_sha256"], ferm.name):
        raise ValueError(f"{run} was trained on another set than the {ferm.name} given.")
    seen = _faces_seen(run, ferm, shipping.pretraining)
    record = {
        "schema": 1,
        "model": made["settings"]["model"],
        "classes": made["classes"],
        "input": "float32 (n, 48, 48, 1), grey, 0 to 1",
        "licence": "MIT; FER2013, FER+ and the landmark model are for research",
        "ferm": made["ferm"],
        "masked_sha256": made["images_sha256"],
        "source_sha256": made["source_sha256"],
        "settings": made["settings"],
        "result": result | (shipping.result or {}),
        **shipping.calibration,
        "versions": made["versions"] | {"tf2onnx": version("tf2onnx")},
        "commit": made["commit"],
        "rows": sorted(set(seen["row"].to_list())),
        "groups": sorted(set(seen["group"].to_list())),
    }
    network = keras.saving.load_model(run / MODEL)
    _cool(network, shipping.calibration["temperature"])
    with whole_file(model.with_suffix(".keras")) as temporary:
        network.save(temporary)
    with whole_file(model.with_suffix(".onnx")) as temporary:
        write_onnx(network, temporary)
    write_json(model.with_suffix(".json"), record)
    return record


def _faces_seen(run: Path, ferm: Ferm, pretraining: Path | None) -> pd.DataFrame:
    """``row`` and ``group`` of every face that a run, or the one it started from, learned from."""
    predictions, _ = read_parquet(run / PREDICTIONS)
    learned = predictions.loc[predictions["split"] == "training", "row"]
    seen = ferm.manifest.loc[ferm.manifest["row"].isin(learned), ["row", "group"]]
    if pretraining is None:
        return seen
    before, _ = read_parquet(pretraining / PREDICTIONS)
    return pd.concat([seen, before.loc[before["split"] == "training", ["row", "group"]]])


def _cool(network: "keras.Model", temperature: float) -> None:
    """Divides the logits by a temperature, in the layer that gives them."""
    layers = {layer.name: layer for layer in network.layers}
    head = layers.get("evidence", layers["probabilities"])
    head.set_weights([weights / temperature for weights in head.get_weights()])


def write_onnx(network: "keras.Model", path: Path) -> None:
    """Writes a network of ``fermask.networks`` as ONNX with the three ``OUTPUTS``."""
    import keras
    import onnx

    evidence = _evidence(network)
    features = network.get_layer("features").output
    outputs = dict(zip(OUTPUTS, (network.output, features, evidence), strict=True))
    serving = keras.Model(network.input, outputs)
    with warnings.catch_warnings():
        # tf2onnx asks NumPy for a name it no longer has; Keras names the inputs' structure.
        warnings.simplefilter("ignore")
        serving(np.zeros((1, 48, 48, 1), np.float32))
        serving.export(str(path), format="onnx", verbose=False)
    model = onnx.load(path)
    # Keras sorts outputs by name, and leaves the batch axis without one.
    found = {output.name: output for output in model.graph.output}
    del model.graph.output[:]
    model.graph.output.extend(found[name] for name in OUTPUTS)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    _take_out_detours(model.graph)
    onnx.save(model, path)


def _take_out_detours(graph: "onnx.GraphProto") -> None:
    """Takes out what the next node could do itself, to the same bits.

    That is a 1×1 pooling before a convolution, which can take the stride, and a ReLU of a ReLU.
    onnxruntime leaves both in, though each is another walk over a feature map.
    """
    from onnx.helper import get_node_attr_value, make_attribute

    made_by = {name: node for node in graph.node for name in node.output}
    for node in list(graph.node):
        (fed,), (given,) = node.input[:1], node.output
        readers = [each for each in graph.node if given in each.input]
        pooled = node.op_type == "MaxPool" and get_node_attr_value(node, "kernel_shape") == [1, 1]
        if pooled and {each.op_type for each in readers} == {"Conv"}:
            stride = make_attribute("strides", get_node_attr_value(node, "strides"))
            for reader in readers:
                kept = [each for each in reader.attribute if each.name != "strides"]
                del reader.attribute[:]
                reader.attribute.extend([*kept, stride])
        elif not (
            node.op_type == "Relu" and fed in made_by and made_by[fed].op_type == "Relu" and readers
        ):
            continue
        for reader in readers:
            reader.input[:] = [fed if name == given else name for name in reader.input]
        graph.node.remove(node)


def _evidence(network: "keras.Model") -> "keras.KerasTensor":
    """What each place of the last feature map adds to each class."""
    import keras

    layers = {layer.name: layer for layer in network.layers}
    if "evidence" in layers:
        return layers["evidence"].output
    head = layers["probabilities"]
    # The dense layer itself would do, but ONNX has none that keeps places: it would reshape.
    everywhere = keras.layers.Conv2D(head.units, 1, name="evidence")
    evidence = everywhere(layers["features"].output)
    weights, bias = head.get_weights()
    everywhere.set_weights([weights[None, None], bias])
    return evidence
