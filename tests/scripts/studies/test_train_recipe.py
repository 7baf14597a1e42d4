"""``scripts.studies.train_recipe``: what is missing is trained, and what ships says how good."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.manifest import write
from fermask.faces.labels import CLASSES, EXPRESSIONS
from fermask.networks.inference import load_network
from fermask.networks.predictions import PROBABILITY_COLUMNS, predictions_table, read_predictions
from fermask.system.files import write_json
from fermask.system.parquet import write_parquet
from fermask.training import recipe
from fermask.training.augmentation import Augmentation
from fermask.training.recipe import pretrain
from fermask.training.training_data import ferm_examples
from scripts.studies import train_recipe
from scripts.studies.train_recipe import main
from tests.small import small_ferm
from tests.tiny_network import TINY


def test_without_fer2013_there_is_no_pretraining(tiny_set, tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main(
            [
                *("--folds", "0", "--ferm", str(tiny_set[1]), "--runs", str(tmp_path / "runs")),
                *("--fer2013", str(tmp_path)),
            ]
        )
    assert exit_status.value.code == 1
    assert "No FER2013 in" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def others(ferm):
    """Faces beside FERM: the tiny set's own, under other expressions."""
    points_xy = np.tile(small_ferm().points_xy[:1], (80, 1, 1))
    shares = np.full((80, 8), 0.125, dtype=np.float32)
    examples = ferm_examples(ferm, "clean", 9)
    return replace(examples, points_xy=points_xy, targets=shares, classes=EXPRESSIONS)


@pytest.fixture
def runs(tiny_network, tiny_set, tmp_path, monkeypatch):
    """Two pretrainings of an epoch, after which the folds name 3 faces in 4, and 1 in 2, right."""
    quick = {"model": TINY, "epochs": 1, "warmup_epochs": 0}
    quick |= {"batch_size": 80, "augmentation": Augmentation()}
    monkeypatch.setattr(recipe, "FINETUNING", replace(recipe.FINETUNING, **quick))
    monkeypatch.setattr(recipe, "PRETRAINING", replace(recipe.PRETRAINING, **quick))
    ferm, folder = tiny_set[0], tmp_path / "runs"
    monkeypatch.setattr(train_recipe, "pretraining_examples", lambda *_, **__: others(ferm))
    monkeypatch.setattr(train_recipe, "load_votes", lambda _: None)
    for seed, recipes, wrong in ((0, folder, 4), (1, folder / "again", 2)):
        pretrain(others(ferm), recipes, seed=seed)
        write_folds(recipes, ferm, np.arange(80) % wrong == 0)
    return folder


def write_folds(folder, ferm, wrong):
    """Ten finished folds that name some faces wrong."""
    said = np.where(wrong, (ferm.labels + 1) % 4, ferm.labels)
    probabilities = np.full((80, len(PROBABILITY_COLUMNS)), 0.02)
    probabilities[np.arange(80), said] = 0.94
    for fold in range(10):
        held_back = (ferm.manifest["fold"] == fold).to_numpy()
        faces = ferm.manifest[["row", "label", "group"]].assign(
            split=np.where(held_back, "validation", "training")
        )
        table = predictions_table(faces, probabilities)
        write_parquet(folder / f"fold-{fold}" / "predictions.parquet", table, {})
        correct = int((said == ferm.labels)[held_back].sum())
        result = {"correct": correct, "n": int(held_back.sum()), "accuracy": 0.75}
        write_json(folder / f"fold-{fold}" / "result.json", result)


def test_what_ships_says_what_the_folds_reach(tiny_set, runs, tmp_path, monkeypatch):
    # A fifth of its photographs, of which every row has its own, stand in the file twice.
    copies = np.where(np.arange(80) % 5 == 0, 2, 1).astype(np.int32)
    ferm = replace(tiny_set[0], manifest=tiny_set[0].manifest.assign(copies=copies))
    write(ferm, tmp_path / "set")
    monkeypatch.setattr(train_recipe, "measure_views", lambda *_: pd.DataFrame({"fold": [0]}))
    monkeypatch.setattr(train_recipe, "_export_folds", lambda *_: None)
    for name in ("OUT_OF_FOLD", "OUT_OF_FOLD_AGAIN"):
        monkeypatch.setattr(train_recipe, name, tmp_path / f"{name.lower()}.parquet")
    out = tmp_path / "models" / "net"
    assert main(["--ferm", str(tmp_path / "set"), "--runs", str(runs), "--out", str(out)]) == 0
    record = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    measured = ferm.manifest["fold"] != 9
    assert record["result"]["n"] == measured.sum()
    # It has learned all eight expressions, names the four, and tells the others and a mask besides.
    network = load_network(out.with_suffix(".onnx"))
    assert (network.classes, network.more_outputs) == (CLASSES, ("other", "mask"))
    # 94% sure and 75% right: too sure, so the logits are divided.
    assert record["temperature"] > 1
    assert set(record["rows"]) == set(ferm.manifest["row"])
    predictions = read_predictions(tmp_path / "out_of_fold.parquet")
    assert predictions.table["row"].tolist() == ferm.manifest["row"].tolist()
    assert (predictions.table["split"] == "validation").all()
    assert predictions.probabilities.max() < 0.94
    card = (tmp_path / "models" / "README.md").read_text(encoding="utf-8")
    assert f"n = {measured.sum()}" in card
    # Two pretrainings, after which three quarters and half of the faces are named rightly.
    right = np.mean([(np.arange(80) % wrong != 0)[measured].mean() for wrong in (4, 2)])
    assert f"**{100 * right:.1f}%** of the held-back faces" in card
    assert f"`fresh`, n = {(measured & (copies == 1)).sum()}" in card
    # What its probabilities are worth is of these too.
    assert "fresh: each fold by the network that did not see it" in card
