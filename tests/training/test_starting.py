"""A run that starts from other weights, ends by itself, or has more epochs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import Ferm
from fermask.networks import build_network
from fermask.networks.predictions import read_predictions
from fermask.system.files import read_json, write_json
from fermask.system.parquet import read_parquet
from fermask.system.paths import MODELS, SHIPPED
from fermask.training.settings import TrainingSettings
from fermask.training.starting import HEAD, read_start, take_weights
from fermask.training.targets import class_weights
from fermask.training.training import train
from fermask.training.training_data import ferm_examples
from tests.tiny_network import TINY

QUICK = TrainingSettings(model=TINY, epochs=2, batch_size=37)
OWN = ("calm", "lively", "stern")


@pytest.fixture
def examples(tiny_set):
    return ferm_examples(tiny_set[0], "clean", 0)


@pytest.fixture
def own_examples(tiny_set):
    """The same faces in three classes of one's own, one of them rare."""
    ferm = tiny_set[0]
    manifest = ferm.manifest.assign(label=np.array([*OWN, OWN[0]])[ferm.labels])
    about = ferm.about | {"name": "own photographs x", "classes": OWN, "photographs": 80}
    return ferm_examples(Ferm(manifest, about, ferm.masked, ferm.bare), "clean", 0)


class TestWeights:
    def test_of_the_network_that_ships_all_but_the_head_is_taken(self):
        import keras

        path = SHIPPED.with_suffix(".keras")
        theirs = keras.saving.load_model(path)
        model = build_network("m_xception", 3)
        head = model.get_layer("probabilities").get_weights()
        take_weights(model, read_start(path), OWN)
        taken = 0
        for layer in model.layers:
            expected = head if layer.name in HEAD else theirs.get_layer(layer.name).get_weights()
            for ours, wanted in zip(layer.get_weights(), expected, strict=True):
                np.testing.assert_array_equal(ours, wanted)
                taken += 1
        assert taken > 50

    def test_of_the_same_classes_the_head_is_taken_too(self):
        import keras

        path = MODELS / "m_xception.keras"
        model = build_network("m_xception")
        take_weights(model, read_start(path), ("neutral", "sad", "surprise", "angry"))
        # Of all eight expressions the first four.
        theirs = keras.saving.load_model(path).get_layer("probabilities").get_weights()
        taken = model.get_layer("probabilities").get_weights()
        np.testing.assert_array_equal(taken[0], theirs[0][:, :4])
        np.testing.assert_array_equal(taken[1], theirs[1][:4])
        # As many classes of other names are others.
        take_weights(other := build_network("m_xception"), read_start(path), ("a", "b", "c", "d"))
        assert not np.array_equal(other.get_layer("probabilities").get_weights()[0], taken[0])

    def test_another_network_is_a_sentence(self):
        start = read_start(MODELS / "m_xception.keras")
        with pytest.raises(ValueError, match="holds the weights of m_xception; cnn has others"):
            take_weights(build_network("cnn", 3), start, OWN)

    def test_weights_that_are_not_there_are_a_sentence(self, examples, tmp_path):
        with pytest.raises(FileNotFoundError, match="expected weights to start from"):
            train(examples, TrainingSettings(), tmp_path / "run", initial=tmp_path / "none.keras")


@pytest.mark.usefixtures("tiny_network")
class TestRuns:
    def test_own_classes_are_learned_from_other_weights_and_the_run_tells_which(
        self, examples, own_examples, tmp_path
    ):
        train(examples, QUICK, tmp_path / "first")
        start = tmp_path / "first" / "model.keras"
        settings = replace(QUICK, class_weights=True)
        result = train(own_examples, settings, tmp_path / "own", initial=start)
        assert 0 <= result["accuracy"] <= 1
        record = read_json(tmp_path / "own" / "run.json")
        assert record["classes"] == list(OWN)
        assert record["photographs"] == "own photographs x"
        assert record["initial"]["ferm"] == "tiny"
        table, _ = read_parquet(tmp_path / "own" / "predictions.parquet")
        assert [name for name in table if name.startswith("p_")] == [f"p_{name}" for name in OWN]

    def test_more_epochs_are_as_if_they_had_been_asked_for_at_once(self, examples, tmp_path):
        train(examples, replace(QUICK, epochs=3), tmp_path / "whole")
        train(examples, replace(QUICK, epochs=1), tmp_path / "parts")
        told = []
        result = train(
            examples, replace(QUICK, epochs=3), tmp_path / "parts", lambda *row: told.append(row[1])
        )
        assert told == [3, 3]
        assert read_json(tmp_path / "parts" / "run.json")["settings"]["epochs"] == 3
        assert result["accuracy"] == read_json(tmp_path / "whole" / "result.json")["accuracy"]
        whole, parts = (
            read_predictions(tmp_path / name / "predictions.parquet").probabilities
            for name in ("whole", "parts")
        )
        np.testing.assert_allclose(parts, whole, atol=1e-5)
        with pytest.raises(ValueError, match="another run: epochs was 3, not 2"):
            train(examples, QUICK, tmp_path / "parts")

    def test_a_run_without_its_checkpoint_or_of_another_schedule_ends_as_it_is(
        self, examples, tmp_path
    ):
        more = replace(QUICK, epochs=3)
        train(examples, QUICK, tmp_path / "run")
        (tmp_path / "run" / "checkpoint.keras").unlink()
        with pytest.raises(ValueError, match=r"no checkpoint.keras to go on from.*--initial"):
            train(examples, more, tmp_path / "run")
        assert read_json(tmp_path / "run" / "run.json")["settings"]["epochs"] == 2
        train(examples, replace(QUICK, schedule="cosine"), tmp_path / "cosine")
        with pytest.raises(ValueError, match="another run: epochs was 2, not 3"):
            train(examples, replace(more, schedule="cosine"), tmp_path / "cosine")

    def test_a_patient_run_ends_and_keeps_the_epoch_with_the_lowest_loss(self, examples, tmp_path):
        # Steps so large that the loss on the faces held back soon grows.
        settings = replace(QUICK, epochs=30, patience=2, learning_rate=0.3)
        result = train(examples, settings, tmp_path / "run")
        history = pd.read_csv(tmp_path / "run" / "history.csv")
        best = int(history["val_loss"].idxmin()) + 1
        assert len(history) == best + 2 < 30
        assert result["chosen_epoch"] == best
        predictions = read_predictions(tmp_path / "run" / "predictions.parquet")
        held_back = (predictions.table["split"] == "validation").to_numpy()
        right = predictions.probabilities.argmax(axis=1) == predictions.labels
        assert result["accuracy"] == pytest.approx(right[held_back].mean())
        # The weights kept are those of that epoch: a run that ends with it has the same.
        short = replace(settings, epochs=best)
        train(examples, short, tmp_path / "short")
        shorter = read_predictions(tmp_path / "short" / "predictions.parquet")
        agree = shorter.probabilities.argmax(axis=1) == predictions.probabilities.argmax(axis=1)
        assert agree.mean() > 0.8

    def test_patience_without_faces_held_back_is_a_sentence(self, tiny_set, tmp_path):
        examples = ferm_examples(tiny_set[0], None, 0)
        settings = replace(QUICK, protocol=None, trained_on="everything", patience=2)
        with pytest.raises(ValueError, match="Patience needs faces held back"):
            train(examples, settings, tmp_path / "run")


def test_class_weights_make_classes_count_alike():
    labels = np.array([0, 0, 0, 2])
    weights = class_weights(labels, 3)
    np.testing.assert_allclose(weights, [2 / 3, 0, 2])
    assert weights[labels].mean() == pytest.approx(1)


def test_weights_without_a_record_are_of_unknown_classes(tmp_path):
    write_json(tmp_path / "net.keras", {})
    start = read_start(tmp_path / "net.keras")
    assert start.record == {}
    assert set(start.faces_seen()) == {"sha256"}
