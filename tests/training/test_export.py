"""What is shipped answers as what was trained, and says how it came about."""

import json

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import Ferm
from fermask.evaluation.scope import training_faces
from fermask.networks import NETWORKS, build_network
from fermask.networks.inference import load_network, network_input
from fermask.networks.predictions import read_predictions
from fermask.system.parquet import write_parquet
from fermask.training import export
from fermask.training.export import (
    Shipping,
    export_run,
    tflite_answers,
    write_onnx,
    write_tflite,
)
from tests.networks_tried import quick_and_slow
from tests.tiny_network import tiny


@pytest.fixture
def ferm(tiny_set):
    return tiny_set[0]


def test_onnx_answers_as_keras_does(tiny_export, tiny_run, ferm):
    import keras

    network = keras.saving.load_model(tiny_export / "tiny.keras")
    # Called, since ``predict`` would first compile it.
    expected = np.asarray(network(network_input(ferm.masked)))
    answer = load_network(tiny_export / "tiny.onnx").answer(ferm.masked)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    stored = read_predictions(tiny_run / "predictions.parquet").probabilities
    np.testing.assert_allclose(answer.probabilities, stored, atol=1e-5)


def test_evidence_adds_up_to_the_probabilities(tiny_export, ferm):
    answer = load_network(tiny_export / "tiny.onnx").answer(ferm.masked)
    assert answer.features.shape == (80, 6, 6, 128)
    logits = answer.evidence.mean(axis=(1, 2))
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, answer.probabilities, atol=1e-5)


def test_the_record_holds_the_faces_seen_and_no_other(tiny_export, ferm):
    record = json.loads((tiny_export / "tiny.json").read_text())
    held_back = (ferm.manifest["fold"] == 0).to_numpy()
    np.testing.assert_array_equal(training_faces(ferm.manifest, record), ~held_back)
    assert record["settings"]["protocol"] == "clean"
    assert {"commit", "versions", "source_sha256", "result", "classes"} <= set(record)


def test_the_files_are_small(tiny_export):
    assert (tiny_export / "tiny.onnx").stat().st_size < 500_000
    assert (tiny_export / "tiny.keras").stat().st_size < 1_000_000


def test_an_unfinished_run_is_refused(ferm, tmp_path):
    with pytest.raises(FileNotFoundError, match="no finished run"):
        export_run(tmp_path, ferm, tmp_path / "x")


def test_a_run_on_another_set_is_refused(tiny_run, ferm, tmp_path):
    other = Ferm(ferm.manifest, ferm.about | {"masked_sha256": "1" * 64}, ferm.masked, ferm.bare)
    with pytest.raises(ValueError, match="another set"):
        export_run(tiny_run, other, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_what_ships_is_calibrated_and_has_seen_the_pretraining_too(
    tiny_export, tiny_run, ferm, tmp_path
):
    before = pd.DataFrame({"row": [500, 501], "group": [77, 501]})
    before["split"] = ["training", "validation"]
    write_parquet(tmp_path / "pretraining" / "predictions.parquet", before, {})
    measured = {"accuracy": 0.75, "correct": 3, "n": 4}
    shipping = Shipping(
        tmp_path / "pretraining", measured, {"temperature": 2.0, "not_sure_below": 0.6}
    )
    record = export_run(tiny_run, ferm, tmp_path / "net", shipping)
    assert 500 in record["rows"]
    assert 501 not in record["rows"]
    assert 77 in record["groups"]
    assert (record["temperature"], record["not_sure_below"]) == (2.0, 0.6)
    assert record["result"]["accuracy"] == 0.75
    assert record["result"]["parameters"] == 81_788
    raw, cooled = (
        load_network(path).answer(ferm.masked).probabilities
        for path in (tiny_export / "tiny.onnx", tmp_path / "net.onnx")
    )
    rooted = np.sqrt(raw)
    np.testing.assert_allclose(cooled, rooted / rooted.sum(axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("name", quick_and_slow(NETWORKS, "cnn"))
def test_every_network_can_be_shipped(name, tmp_path):
    network = build_network(name)
    write_onnx(network, tmp_path / "network.onnx")
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    shipped = load_network(tmp_path / "network.onnx")
    answer = shipped.answer(faces)
    expected = np.asarray(network(network_input(faces)))
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    logits = answer.evidence.mean(axis=(1, 2))
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, answer.probabilities, atol=1e-5)
    shapes = [output.shape for output in shipped.session.get_outputs()]
    assert shapes == [["n", *each.shape[1:]] for each in answer_arrays(answer)]


def answer_arrays(answer):
    return answer.probabilities, answer.features, answer.evidence


def test_a_file_walks_over_no_feature_map_in_vain(tiny_export):
    import onnx

    nodes = onnx.load(tiny_export / "tiny.onnx").graph.node
    made_by = {name: node.op_type for node in nodes for name in node.output}
    rectified = [made_by[node.input[0]] for node in nodes if node.op_type == "Relu"]
    assert len(rectified) == 17
    assert "Relu" not in rectified
    pooled = [
        onnx.helper.get_node_attr_value(node, "kernel_shape")
        for node in nodes
        if node.op_type == "MaxPool"
    ]
    assert pooled == 3 * [[3, 3]]
    assert not {"Shape", "Gather", "Tile"} & set(made_by.values())


def test_tensorflow_lite_answers_as_keras_does_with_all_outputs_by_name(tmp_path, capsys):
    network = tiny(3)
    faces = np.random.default_rng(0).integers(0, 256, (7, 48, 48)).astype(np.uint8)
    write_tflite(network, tmp_path / "tiny.tflite", faces)
    assert capsys.readouterr().out == ""
    found = tflite_answers(tmp_path / "tiny.tflite", faces)
    assert set(found) == {"probabilities", "features", "evidence"}
    expected = np.asarray(network(network_input(faces)))
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


def test_a_file_of_tensorflow_lite_that_answers_otherwise_is_refused(tmp_path, monkeypatch):
    faces = np.zeros((2, 48, 48), np.uint8)
    wrong = {"probabilities": np.full((2, 3), np.nan)}
    monkeypatch.setattr(export, "tflite_answers", lambda *_: wrong)
    with pytest.raises(ValueError, match="probabilities is up to nan away from the network's own"):
        write_tflite(tiny(3), tmp_path / "tiny.tflite", faces)
