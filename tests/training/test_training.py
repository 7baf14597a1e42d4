"""Training: the split it keeps to, augmentation, going on after a kill, the run's files."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.splits import FER2013
from fermask.faces.labels import FER2013_EMOTIONS
from fermask.networks.inference import network_input
from fermask.networks.predictions import read_predictions
from fermask.system.files import read_json, write_json
from fermask.system.kept import note_files
from fermask.system.parquet import read_parquet
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import Examples, ferm_examples
from tests.tiny_network import TINY

SETTINGS = TrainingSettings(model="m_xception", protocol="clean", seed=0, epochs=2, batch_size=37)


# What concerns no network of its own is seen on one that is trained in a moment.
QUICK = replace(SETTINGS, model=TINY)


class Killed(Exception):
    """Stands for whatever ends a training run in the middle."""


@pytest.fixture
def ferm(tiny_set):
    return tiny_set[0]


@pytest.fixture
def examples(ferm):
    return ferm_examples(ferm, "clean", 0)


@pytest.fixture
def run(tiny_run):
    return tiny_run


@pytest.mark.usefixtures("tiny_network")
def test_tensorflow_computes_with_onednn_unless_told_otherwise(examples, tmp_path, monkeypatch):
    name = "TF_ENABLE_ONEDNN_OPTS"
    for told, wanted in (("", "1"), ("0", "0")):
        monkeypatch.setenv(name, told)
        if not told:
            monkeypatch.delenv(name)
        train(examples, replace(QUICK, epochs=1), tmp_path / "run")
        assert os.environ[name] == wanted


class TestARun:
    def test_tells_what_it_was(self, run, ferm):
        record = read_json(run / "run.json")
        assert record["settings"]["model"] == "m_xception"
        assert record["settings"]["augmentation"]["rotation"] == 10
        assert record["ferm"] == "tiny"
        assert record["images_sha256"] == ferm.about["masked_sha256"]
        assert "keras" in record["versions"]

    def test_keeps_a_row_for_every_epoch(self, run):
        history = pd.read_csv(run / "history.csv")
        assert history["epoch"].tolist() == [1, 2]
        assert (
            history[["seconds", "loss", "accuracy", "val_loss", "val_accuracy"]]
            .notna()
            .all(axis=None)
        )

    def test_reports_the_last_epoch_on_the_faces_held_back(self, run, ferm):
        result = read_json(run / "result.json")
        history = pd.read_csv(run / "history.csv")
        assert result["n"] == (ferm.manifest["fold"] == 0).sum()
        assert result["accuracy"] == pytest.approx(history["val_accuracy"].iloc[-1])
        assert result["best_accuracy"] == pytest.approx(history["val_accuracy"].max())
        assert result["parameters"] == 81_788

    def test_predicts_every_face_and_says_which_were_held_back(self, run, ferm):
        predictions = read_predictions(run / "predictions.parquet")
        held_back = predictions.table["split"] == "validation"
        assert held_back.tolist() == (ferm.manifest["fold"] == 0).tolist()
        np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, atol=1e-5)
        assert predictions.title == "m_xception, clean 0, tiny"

    def test_is_not_trained_again(self, run, examples):
        before = (run / "model.keras").read_bytes()
        result = train(examples, SETTINGS, run, lambda *_: pytest.fail("trained again"))
        assert result == read_json(run / "result.json")
        assert (run / "model.keras").read_bytes() == before

    def test_is_not_overwritten_by_another(self, run, ferm):
        with pytest.raises(ValueError, match="holds another run"):
            train(ferm_examples(ferm, "clean", 1), TrainingSettings(seed=1), run)

    @pytest.mark.usefixtures("tiny_network")
    def test_goes_on_after_a_kill_as_if_nothing_had_been(self, examples, tmp_path):
        def kill(row, epochs):
            assert (row["epoch"], epochs) == (1, 2)
            raise Killed

        whole, parts = tmp_path / "whole", tmp_path / "parts"
        train(examples, QUICK, whole)
        with pytest.raises(Killed):
            train(examples, QUICK, parts, kill)
        assert not (parts / "result.json").exists()
        resumed = []
        train(examples, QUICK, parts, lambda row, epochs: resumed.append(row["epoch"]))
        assert resumed == [2]
        np.testing.assert_allclose(
            read_predictions(parts / "predictions.parquet").probabilities,
            read_predictions(whole / "predictions.parquet").probabilities,
            atol=1e-5,
        )


def test_examples_with_nothing_held_back_leave_no_run(examples, tmp_path):
    all_training = replace(examples, split=np.full(len(examples.labels), "training"))
    with pytest.raises(ValueError, match="leaves one side empty"):
        train(all_training, SETTINGS, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("eagerly")
def test_a_network_of_other_classes_is_trained_and_tested_on_their_own_faces(ferm, tmp_path):
    """As Table 1 is: seven classes, and a test that no epoch looks at."""
    examples = Examples(
        "FER2013",
        ferm.masked,
        ferm.labels,
        FER2013_EMOTIONS,
        np.resize(["training", "training", "validation", "test"], len(ferm.labels)),
        ferm.manifest["row"].to_numpy(),
        "0" * 64,
    )
    settings = TrainingSettings("mini_xception", None, epochs=1, batch_size=20, trained_on=FER2013)
    result = train(examples, settings, tmp_path)
    assert (result["n"], result["test_n"]) == (20, 20)
    assert result["parameters"] == 58_423
    table, _ = read_parquet(tmp_path / "predictions.parquet")
    assert [name for name in table.columns if name.startswith("p_")] == [
        f"p_{name}" for name in FER2013_EMOTIONS
    ]
    test = table[table["split"] == "test"]
    said = test.filter(like="p_").idxmax(axis=1).str.removeprefix("p_")
    assert result["test_accuracy"] == pytest.approx((said == test["label"]).mean())


def test_no_epoch_at_all_leaves_no_run(examples, tmp_path):
    with pytest.raises(ValueError, match="1 epoch or more, received 0"):
        train(examples, TrainingSettings(epochs=0), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unknown_network_is_named(examples, tmp_path):
    with pytest.raises(ValueError, match="Unknown network 'vgg'"):
        train(examples, TrainingSettings(model="vgg"), tmp_path)


def test_network_input_is_grey_between_0_and_1():
    faces = np.array([[[0, 255]]], dtype=np.uint8)
    np.testing.assert_array_equal(network_input(faces), [[[[0.0], [1.0]]]])
    assert network_input(faces).dtype == np.float32


def test_an_older_record_means_the_defaults_of_what_it_does_not_name(run, examples, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    record = read_json(tmp_path / "run" / "run.json")
    del record["initial_sha256"], record["settings"]["schedule"]
    del record["settings"]["augmentation"]["redraw"]
    write_json(tmp_path / "run" / "run.json", record)
    note_files(tmp_path / "run", ["run.json"])
    assert train(examples, SETTINGS, tmp_path / "run")["n"] > 0
    with pytest.raises(ValueError, match="another run: schedule was 'constant', not 'cosine'"):
        train(examples, replace(SETTINGS, schedule="cosine"), tmp_path / "run")


def _trained_weights(path):
    import keras

    return [each.numpy() for each in keras.saving.load_model(path).trainable_variables]


@pytest.mark.usefixtures("tiny_network")
class TestBeyondThePaper:
    SETTINGS = replace(
        QUICK,
        soft_targets=True,
        schedule="cosine",
        warmup_epochs=1,
        weight_decay=0.01,
        averaging=0.9,
    )

    @pytest.fixture
    def voted(self, examples):
        shares = np.full((len(examples.labels), 4), 0.1, dtype=np.float32)
        shares[np.arange(len(shares)), examples.labels] = 0.7
        return replace(examples, targets=shares)

    def test_a_run_goes_on_after_a_kill_as_if_nothing_had_been(self, voted, tmp_path):
        def kill(row, epochs):
            raise Killed

        train(voted, self.SETTINGS, tmp_path / "whole")
        with pytest.raises(Killed):
            train(voted, self.SETTINGS, tmp_path / "parts", kill)
        train(voted, self.SETTINGS, tmp_path / "parts")
        whole, parts = (
            read_predictions(tmp_path / name / "predictions.parquet").probabilities
            for name in ("whole", "parts")
        )
        np.testing.assert_allclose(parts, whole, atol=1e-5)

    @pytest.fixture
    def start(self, examples, tmp_path):
        """The weights of a finished run."""
        train(examples, QUICK, tmp_path / "start")
        return tmp_path / "start" / "model.keras"

    def test_another_runs_weights_are_where_it_starts(self, start, examples, tmp_path):
        still = replace(QUICK, epochs=1, learning_rate=1e-9)
        train(examples, still, tmp_path / "still", initial=start)
        before, after = (
            read_predictions(tmp_path / name / "predictions.parquet").probabilities
            for name in ("start", "still")
        )
        # Only batch normalisation's averages have moved.
        assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.5
        with pytest.raises(ValueError, match="holds another run"):
            train(examples, still, tmp_path / "still")

    def test_the_weights_kept_are_averages_over_the_batches(self, start, examples, tmp_path):
        slow = replace(QUICK, epochs=5, averaging=1 - 1e-6)
        train(examples, slow, tmp_path / "slow", initial=start)
        after = _trained_weights(tmp_path / "slow" / "model.keras")
        # That of the first batch, whose step is the learning rate, and hardly any other.
        for ours, theirs in zip(after, _trained_weights(start), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1.1 * slow.learning_rate)

    def test_beside_averages_the_last_epochs_accuracy_is_known(self, examples, tmp_path):
        settings = replace(QUICK, epochs=3)
        plain = train(examples, settings, tmp_path / "plain")
        averaged = train(examples, replace(settings, averaging=0.999), tmp_path / "averaged")
        assert averaged["estimated_accuracy"] == plain["accuracy"]
        assert averaged["last_accuracy"] == plain["last_accuracy"]

    def test_averages_where_no_face_is_held_back_are_of_no_accuracy(self, examples, tmp_path):
        alone = replace(examples, split=np.full(len(examples.labels), "training"))
        everything = replace(QUICK, epochs=1, averaging=0.9, protocol=None, trained_on="everything")
        result = train(alone, everything, tmp_path)
        assert result["n"] == 0
        assert not [key for key in result if "accuracy" in key]

    def test_of_a_large_class_so_many_are_drawn(self, examples, tmp_path):
        # 74 faces to train on would be five steps; at most five of a class are two.
        settings = replace(QUICK, batch_size=16, largest_class=5)

        def stop(row, epochs):
            raise Killed

        with pytest.raises(Killed):
            train(examples, settings, tmp_path, stop)
        import keras

        checkpoint = keras.saving.load_model(tmp_path / "checkpoint.keras")
        assert int(checkpoint.optimizer.iterations) == 2

    def test_without_votes_there_are_no_soft_targets(self, examples, tmp_path):
        with pytest.raises(ValueError, match="no votes"):
            train(replace(examples, targets=None), self.SETTINGS, tmp_path)
        assert not list(tmp_path.iterdir())

    def test_an_unknown_schedule_is_named(self, examples, tmp_path):
        with pytest.raises(ValueError, match="Unknown schedule 'steps'"):
            train(examples, replace(SETTINGS, schedule="steps"), tmp_path)
