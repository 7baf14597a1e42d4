"""A finished run → the files that are shipped: ``.keras``, ``.onnx`` and the record.

The ONNX file has three outputs: ``probabilities`` ``(n, classes)``, ``features`` (the last feature
map) and ``evidence`` (the dense layer at each place of it: a class activation map, Zhou et
al. 2016, whose mean over the places is the logit). A network of all eight expressions has
``other`` ``(n, 4)`` besides, the shares of the other four, and ``mask`` ``(n, 1)``; its
probabilities are those of the four, given that it is one of them. If wanted, a ``.tflite`` file
has the same outputs.
"""

import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.faces.labels import CLASSES, EXPRESSIONS
from fermask.networks.inference import MORE_OUTPUTS, OUTPUTS, network_input
from fermask.system.extras import needing_extra
from fermask.system.files import read_json, save_json
from fermask.system.kept import check_file, keep
from fermask.system.parquet import read_parquet
from fermask.training.run_folder import MODEL, PREDICTIONS, RESULT, RUN, load_model

if TYPE_CHECKING:
    import keras
    import onnx


# On how many faces a file has to answer as the network does, and how closely.
_COMPARED, _MOST_APART = 64, 1e-3


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
    run: Path, ferm: Ferm, model: Path, shipping: Shipping = Shipping(), tflite: bool = False
) -> dict[str, Any]:
    """Writes a run's network and the record of how it came about.

    Args:
        run: folder of a finished run.
        ferm: the set it was trained on.
        model: where to write, without suffix; ``.keras``, ``.onnx`` and ``.json`` are added.
        shipping: what there is beside the run.
        tflite: whether ``.tflite`` is written too.

    Returns:
        The record, as written to ``.json``.

    Raises:
        FileNotFoundError: the run is not finished.
        ValueError: it was trained on another set.
    """
    check_finished(run)
    with needing_extra("train", "Exporting"):
        import keras  # noqa: F401 - what follows needs it

    made, result = (read_json(check_file(run / name)) for name in (RUN, RESULT))
    if (made["images_sha256"], made["ferm"]) != (ferm.about["masked_sha256"], ferm.name):
        raise ValueError(f"{run} was trained on another set than the {ferm.name} given.")
    seen = _faces_seen(run, ferm, shipping.pretraining)
    # Of a pretraining the faces are among these.
    passed_on = ("photographs",) if shipping.pretraining else ("photographs", "initial")
    record = {
        "schema": 1,
        "model": made["settings"]["model"],
        # A network of all eight expressions names the four; the others are an output of their own.
        "classes": list(CLASSES) if tuple(made["classes"]) == EXPRESSIONS else made["classes"],
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
        **{key: made[key] for key in passed_on if key in made},
    }
    if ferm.is_own:
        record["licence"] = "MIT; what its photographs allow; the landmark model is for research"
    network = load_model(run / MODEL)
    _cool(network, shipping.calibration["temperature"])
    writers = {
        ".keras": network.save,
        ".onnx": partial(write_onnx, network),
        ".json": partial(save_json, value=record),
    }
    if tflite:
        writers[".tflite"] = partial(write_tflite, network, faces=ferm.images()[0][:_COMPARED])
    keep(model.parent, {model.name + suffix: write for suffix, write in writers.items()})
    return record


def check_finished(run: Path) -> None:
    """Raises ``FileNotFoundError`` where a folder holds no finished run."""
    if not (run / RESULT).is_file():
        missing = "holds no finished run; finish it with" if run.is_dir() else "does not exist; run"
        raise FileNotFoundError(f"{run} {missing} scripts.train.")


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


def write_tflite(network: "keras.Model", path: Path, faces: np.ndarray) -> None:
    """Writes a network as TensorFlow Lite with the outputs of the ONNX file, by their names.

    Args:
        network: of ``fermask.networks``.
        path: the file.
        faces: uint8 ``(n, 48, 48)``, on which file and network have to answer alike.

    Raises:
        ValueError: they do not, or Keras runs on another backend.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ValueError("TensorFlow Lite is written under KERAS_BACKEND=tensorflow alone.")
    import tensorflow as tf

    serving = _serving(network)
    # It says on standard output where it keeps files meanwhile, and warns of its own ways.
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(serving).convert())
    expected = serving(network_input(faces))
    for name, found in tflite_answers(path, faces).items():
        apart = float(np.abs(found - np.asarray(expected[name])).max(initial=0))
        # What is no number compares as false.
        if not apart <= _MOST_APART:
            raise ValueError(
                f"{path.name}: {name} is up to {apart:.2g} away from the network's own; expected "
                f"{_MOST_APART:g} at most."
            )


def tflite_answers(path: Path, faces: np.ndarray) -> dict[str, np.ndarray]:
    """A ``.tflite`` file's outputs by name for faces, uint8 ``(n, 48, 48)``."""
    import tensorflow as tf

    with warnings.catch_warnings():
        # TensorFlow means to give its interpreter to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(str(path))
    return interpreter.get_signature_runner()(face=network_input(faces))


def _serving(network: "keras.Model") -> "keras.Model":
    """The network with the outputs of an exported file, by name."""
    import keras

    return keras.Model(network.input, _outputs(network))


def write_onnx(network: "keras.Model", path: Path) -> None:
    """Writes a network of ``fermask.networks`` as ONNX with ``OUTPUTS`` and what more it tells."""
    import onnx

    serving = _serving(network)
    with warnings.catch_warnings():
        # tf2onnx asks NumPy for a name it no longer has; Keras names the inputs' structure.
        warnings.simplefilter("ignore")
        serving(np.zeros((1, 48, 48, 1), np.float32))
        serving.export(str(path), format="onnx", verbose=False)
    model = onnx.load(path)
    # Keras sorts outputs by name, and leaves the batch axis without one.
    found = {output.name: output for output in model.graph.output}
    del model.graph.output[:]
    model.graph.output.extend(found[name] for name in (*OUTPUTS, *MORE_OUTPUTS) if name in found)
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


def _outputs(network: "keras.Model") -> "dict[str, keras.KerasTensor]":
    """The file's outputs by name, in their order."""
    import keras

    features = network.get_layer("features").output
    probabilities, evidence, more = network.outputs[0], _evidence(network), {}
    if len(network.outputs) > 1:
        head, pooled = network.get_layer("probabilities"), network.get_layer("pool").output
        four, among_all = (
            keras.layers.Dense(count, activation="softmax", name=name)
            for count, name in ((len(CLASSES), "four"), (len(EXPRESSIONS), "all_eight"))
        )
        probabilities, shares = four(pooled), among_all(pooled)
        weights, bias = head.get_weights()
        four.set_weights([weights[:, : len(CLASSES)], bias[: len(CLASSES)]])
        among_all.set_weights([weights, bias])
        evidence = evidence[..., : len(CLASSES)]
        more = {"other": shares[:, len(CLASSES) :], "mask": network.outputs[1]}
    return dict(zip(OUTPUTS, (probabilities, features, evidence), strict=True)) | more


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
