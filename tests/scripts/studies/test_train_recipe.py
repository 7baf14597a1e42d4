"""``scripts.studies.train_recipe``: what is missing is trained, and what ships says how good."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.networks.predictions import PROBABILITY_COLUMNS, predictions_table, read_predictions
from fermask.system.files import write_json
from fermask.system.parquet import write_parquet
from fermask.training import recipe
from fermask.training.recipe import pretrain
from fermask.training.training_data import ferm_examples
from scripts.studies import train_recipe
from scripts.studies.train_recipe import main
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


@pytest.fixture
def runs(tiny_network, tiny_set, tmp_path, monkeypatch):
    """A one-epoch pretraining, and ten folds that name three faces in four right."""
    quick = {"model": TINY, "epochs": 1, "warmup_epochs": 0}
    quick |= {"soft_targets": False, "batch_size": 80}
    monkeypatch.setattr(recipe, "FINETUNING", replace(recipe.FINETUNING, **quick))
    short = replace(recipe.PRETRAININGS[recipe.PRETRAINED], **quick)
    monkeypatch.setitem(recipe.PRETRAININGS, recipe.PRETRAINED, short)
    ferm, folder = tiny_set[0], tmp_path / "runs"
    pretrain(ferm_examples(ferm, "clean", 9), folder)
    said = np.where(np.arange(80) % 4 == 0, (ferm.labels + 1) % 4, ferm.labels)
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
    return folder


def test_what_ships_says_what_the_folds_reach(tiny_set, runs, tmp_path, monkeypatch):
    ferm = tiny_set[0]
    monkeypatch.setattr(train_recipe, "measure_views", lambda *_: pd.DataFrame({"fold": [0]}))
    monkeypatch.setattr(train_recipe, "OUT_OF_FOLD", tmp_path / "out_of_fold.parquet")
    out = tmp_path / "models" / "net"
    assert main(["--ferm", str(tiny_set[1]), "--runs", str(runs), "--out", str(out)]) == 0
    record = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    measured = ferm.manifest["fold"] != 9
    assert record["result"]["n"] == measured.sum()
    # 94% sure and 75% right: too sure, so the logits are divided.
    assert record["temperature"] > 1
    assert set(record["rows"]) == set(ferm.manifest["row"])
    predictions = read_predictions(tmp_path / "out_of_fold.parquet")
    assert predictions.table["row"].tolist() == ferm.manifest["row"].tolist()
    assert (predictions.table["split"] == "validation").all()
    assert predictions.probabilities.max() < 0.94
    card = (tmp_path / "models" / "README.md").read_text(encoding="utf-8")
    assert f"n = {measured.sum()}" in card
