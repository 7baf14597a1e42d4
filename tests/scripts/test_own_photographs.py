"""One's own photographs from their folders to a network, by the commands of the README."""

import json

import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.evaluation.scope import Scope, leak_warning, seen_in_training
from fermask.exploring.faces_table import faces_table
from fermask.exploring.imported_predictions import import_predictions
from fermask.networks.inference import load_network
from fermask.photographs.prediction import predict
from fermask.system.files import read_json
from fermask.system.parquet import read_parquet
from fermask.system.paths import MODELS, PUBLISHED
from scripts.build_ferm import main as build
from scripts.evaluate import main as evaluate
from scripts.export import main as export
from scripts.train import main as train
from tests.apps.exploring import faces, go, opened, said, start
from tests.own_photographs import CLASSES, write_class_folders

INITIAL = str(MODELS / "m_xception.keras")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with ``set``, ``run`` and ``network.onnx``, each made by its command."""
    folder = tmp_path_factory.mktemp("own")
    photographs = write_class_folders(folder / "faces")
    place, run = str(folder / "set"), str(folder / "run")
    assert build(["--photos", str(photographs), "--out", place, "--jobs", "1"]) == 0
    seed = str(load(folder / "set").manifest["fold"].mode()[0])
    begun = ["--initial", INITIAL, "--ferm", place, "--seed", seed, "--out", run]
    assert train([*begun, "--epochs", "1", "--class-weights", "--patience", "1"]) == 0
    assert export(["--run", run, "--ferm", place, "--out", str(folder / "network")]) == 0
    return folder


def test_the_set_says_by_its_name_what_it_is(made):
    ferm = load(made / "set")
    assert (ferm.name, ferm.classes) == ("own photographs faces", CLASSES)
    assert not (made / ".set.unfinished").exists()


def test_evaluate_names_the_classes_and_what_the_faces_chose(made, capsys):
    network = str(made / "network.onnx")
    assert evaluate(["--model", network, "--ferm", str(made / "set"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result["classes"]) == list(CLASSES)
    assert np.shape(result["confusion"]) == (3, 3)
    assert result["weighted_accuracy"] is None
    assert result["ferm"] == "own photographs faces"
    assert "chosen on the faces held back" in result["warning"]
    assert evaluate(["--model", network, "--ferm", str(made / "set")]) == 0
    assert "stern" in capsys.readouterr().out


def test_evaluate_refuses_a_network_of_other_classes(made, capsys):
    with pytest.raises(SystemExit):
        evaluate(["--ferm", str(made / "set"), "--split", "all"])
    assert "tells neutral, sad, surprise, angry apart; own photographs" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        evaluate(["--model", str(made / "network.onnx"), "--ferm", str(PUBLISHED)])
    assert "tells calm, lively, stern apart; FERM v2 has neutral" in capsys.readouterr().err


def test_the_network_s_record_knows_its_faces_and_those_it_started_from(made):
    record, ferm = read_json(made / "network.json"), load(made / "set")
    table, _ = read_parquet(made / "run" / "predictions.parquet")
    held_back = (table["split"] == "validation").to_numpy()
    seen = seen_in_training(ferm.manifest, record, ferm.about["source_sha256"], ferm.bare)
    np.testing.assert_array_equal(seen, ~held_back)
    shipped = load(PUBLISHED)
    started = read_json(MODELS / "m_xception.json")
    source = shipped.about["source_sha256"]
    of_ferm = seen_in_training(shipped.manifest, record, source)
    np.testing.assert_array_equal(of_ferm, seen_in_training(shipped.manifest, started, source))
    assert of_ferm.all()
    # Its own rows are no rows of FER2013.
    alone = {key: value for key, value in record.items() if key != "initial"}
    assert not seen_in_training(shipped.manifest, alone, source).any()


def test_nobody_can_tell_whether_the_shipped_network_saw_a_photograph_of_one_s_own(made):
    ferm, record = load(made / "set"), read_json(MODELS / "m_xception.json")
    scope = Scope(None, None, "all")
    words = leak_warning(ferm.manifest, record, scope, ferm.about["source_sha256"], ferm.bare)
    assert "These are somebody's own photographs" in words


def test_predict_answers_in_the_network_s_own_classes(made):
    network = load_network(made / "network.onnx")
    assert network.classes == CLASSES
    (face,) = predict(made / "faces" / "calm" / "00.jpg", network)
    assert face.label in CLASSES
    assert face.probabilities.shape == (3,)


def test_the_run_s_own_predictions_open_beside_the_set(made):
    ferm = load(made / "set")
    path = made / "run" / "predictions.parquet"
    imported = import_predictions(path.read_bytes(), path.name, ferm)
    table = faces_table(ferm, imported.predictions)
    assert table["predicted"].isin(CLASSES).all()
    text = table[["row", *(f"p_{name}" for name in CLASSES)]].to_csv(index=False)
    again = import_predictions(text.encode(), "mine.csv", ferm)
    np.testing.assert_allclose(
        again.predictions.probabilities, imported.predictions.probabilities, atol=1e-6
    )
    with pytest.raises(ValueError, match=r"calm, lively, stern.*Expected|has no column"):
        import_predictions(b"id,neutral,sad,surprise,angry\n0,1,0,0,0\n", "four.csv", ferm)


@pytest.mark.parametrize(
    "page", ["overview", "samples", "confusion", "mistakes", "map", "models", "review", "figures"]
)
def test_the_explorer_opens_the_set(made, page):
    app = start(ferm_path=made / "set", predictions_path=made / "run" / "predictions.parquet")
    app = go(app, page)
    assert not app.error
    if page == "samples":
        assert faces(app)
    if page == "confusion":
        # A row of the matrix has its faces, rightly named or not.
        assert any(faces(go(app, page, true=name)) for name in CLASSES)
    if page == "review":
        assert "Marks change a set that is built from FER2013" in said(app)


def test_the_explorer_says_that_the_set_is_not_ferm(made):
    assert "It is not FERM" in said(opened("overview", ferm_path=made / "set"))


def test_photographs_and_fer2013_are_not_one_set(made, tmp_path, capsys):
    with pytest.raises(SystemExit):
        build(["--photos", str(made / "faces"), "--fer2013", "x.csv", "--out", str(tmp_path / "s")])
    assert "give no other source beside" in capsys.readouterr().err


def test_a_fold_without_a_face_names_those_that_have_some(made, tmp_path, capsys):
    folds = set(load(made / "set").manifest["fold"])
    empty = next(iter(set(range(10)) - folds))
    arguments = ["--ferm", str(made / "set"), "--seed", str(empty), "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit):
        train(arguments)
    assert f"Fold {empty} of own photographs faces holds no face" in capsys.readouterr().err
