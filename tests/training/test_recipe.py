"""The recipe that ships: one pretraining, ten folds, an answer by who never saw the face."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.system.files import read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.training import recipe
from fermask.training.recipe import (
    ABLATIONS,
    ablation_results,
    fold_results,
    measure_views,
    out_of_fold,
    pretrain,
    train_ablation,
    train_everything,
    train_fold,
)
from fermask.training.training_data import ferm_examples
from tests.tiny_network import TINY


def written_fold(folder, fold, rows):
    """A finished run that held back some rows and learned from two others."""
    table = pd.DataFrame({"row": [*rows, 900, 901], "label": "sad", "group": 0})
    table["split"] = ["validation"] * len(rows) + ["training"] * 2
    for name in ("neutral", "sad", "surprise", "angry"):
        table[f"p_{name}"] = np.float32(fold / 100)
    write_parquet(folder / f"fold-{fold}" / "predictions.parquet", table, {})
    result = {"accuracy": 0.5, "correct": 1, "n": len(rows), "best_accuracy": 0.6}
    write_json(folder / f"fold-{fold}" / "result.json", result)


def test_every_face_is_answered_by_the_run_that_held_it_back(tmp_path):
    for fold in range(10):
        assert out_of_fold(tmp_path) is None
        written_fold(tmp_path, fold, [20 - fold, 50 + fold])
    table = out_of_fold(tmp_path)
    assert table["row"].tolist() == [*range(11, 21), *range(50, 60)]
    assert table["fold"].tolist() == [*range(9, -1, -1), *range(10)]
    np.testing.assert_allclose(table["p_sad"], table["fold"] / 100, atol=1e-6)


def test_the_development_fold_stands_in_no_figure(tmp_path):
    for fold in (0, 9):
        written_fold(tmp_path, fold, [fold])
    assert fold_results(tmp_path)["fold"].tolist() == [0]


def test_ablations_are_averaged_over_the_seeds_there_are(tmp_path):
    for seed, accuracy in enumerate((0.8, 0.84)):
        result = {"accuracy": accuracy, "n": 403}
        write_json(tmp_path / f"ablation-labels-{seed}" / "result.json", result)
    table = ablation_results(tmp_path)
    assert table["name"].tolist() == ["labels"]
    assert table["words"][0] == ABLATIONS["labels"].words
    assert (table["seeds"][0], table["n"][0]) == (2, 403)
    assert table["mean"][0] == pytest.approx(0.82)


def test_nothing_is_trained_before_the_pretraining(tiny_set, tmp_path):
    with pytest.raises(FileNotFoundError, match="the pretraining comes first"):
        train_fold(tiny_set[0], 0, tmp_path)


@pytest.fixture
def short(tiny_network, monkeypatch):
    """The recipe with one epoch each, of a network that is trained in a moment."""
    quick = {"model": TINY, "epochs": 1, "warmup_epochs": 0, "batch_size": 80}
    monkeypatch.setattr(recipe, "FINETUNING", replace(recipe.FINETUNING, **quick))
    for name, settings in recipe.PRETRAININGS.items():
        monkeypatch.setitem(recipe.PRETRAININGS, name, replace(settings, **quick))
    one_epoch = {
        name: replace(each, settings=replace(each.settings, **quick))
        for name, each in ABLATIONS.items()
    }
    monkeypatch.setattr(recipe, "ABLATIONS", one_epoch)


def test_folds_and_all_of_ferm_start_from_the_one_pretraining(short, tiny_set, tmp_path):
    ferm = tiny_set[0]
    shares = np.full((80, 4), 0.25, dtype=np.float32)
    pool = replace(ferm_examples(ferm, "clean", 9), targets=shares)
    pretrained = pretrain(pool, tmp_path)
    ferm = replace(ferm, manifest=ferm.manifest.assign(votes_neutral=np.int8(5)))
    fold = train_fold(ferm, 3, tmp_path)
    assert fold["n"] == (ferm.manifest["fold"] == 3).sum()
    views = measure_views(ferm, tmp_path).set_index("view")
    assert views["n"].tolist() == [fold["n"]] * 3
    assert views.loc["masked", "correct"] == fold["correct"]
    # The tiny set's bare faces are its masked ones.
    assert views.loc["bare", "correct"] == fold["correct"]
    everything = train_everything(ferm, tmp_path)
    assert everything["n"] == 0
    with pytest.raises(FileNotFoundError, match="train medium first"):
        train_ablation(ferm, "distilled", 0, tmp_path)
    # Any network may teach.
    shutil.copytree(tmp_path / "fold-3", tmp_path / "ablation-medium-0")
    for name in ("distilled", "scratch"):
        train_ablation(ferm, name, 0, tmp_path)
    started = {
        path.parent.name: read_json(path)["initial_sha256"] for path in tmp_path.glob("*/run.json")
    }
    assert started["fold-3"] == started["everything"] == started["ablation-distilled-0"] != ""
    assert started["pretraining"] == started["ablation-scratch-0"] == ""
    assert read_json(tmp_path / "ablation-distilled-0" / "run.json")["teacher_sha256"]
    assert pretrained.is_file()
