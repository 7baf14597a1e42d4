"""The recipe that ships: one pretraining, ten folds, an answer by who never saw the face."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.faces.labels import EXPRESSIONS
from fermask.system.files import file_hash, read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.training import recipe
from fermask.training.recipe import (
    fold_results,
    measure_views,
    out_of_fold,
    pretrain,
    train_everything,
    train_fold,
)
from fermask.training.training_data import ferm_examples
from tests.small import small_ferm
from tests.tiny_network import TINY


def written_fold(folder, fold, rows):
    """A finished run that held back some rows and learned from two others."""
    table = pd.DataFrame({"row": [*rows, 900, 901], "label": "sad", "group": 0})
    table["split"] = ["validation"] * len(rows) + ["training"] * 2
    for name in ("neutral", "sad", "surprise", "angry", "happy"):
        table[f"p_{name}"] = np.float32(0)
    # Half of all eight expressions' share is happy's.
    table["p_sad"], table["p_angry"], table["p_happy"] = fold / 200, 0.5 - fold / 200, 0.5
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


def drawable(ferm):
    """The set with landmarks and votes, and other faces to train on beside it."""
    frontal = small_ferm().points_xy[0].ravel()
    manifest = ferm.manifest.assign(landmarks=[frontal] * 80, votes_neutral=np.int8(5))
    ferm = replace(ferm, manifest=manifest)
    shares = np.full((80, 8), 0.125, dtype=np.float32)
    return ferm, replace(ferm_examples(ferm, "clean", 9), targets=shares, classes=EXPRESSIONS)


def test_nothing_is_trained_before_the_pretraining(tiny_set, tmp_path):
    with pytest.raises(FileNotFoundError, match="the pretraining comes first"):
        train_fold(*drawable(tiny_set[0]), 0, tmp_path)


@pytest.fixture
def short(tiny_network, monkeypatch):
    """The recipe with one epoch each, of a network that is trained in a moment."""
    quick = {"model": TINY, "epochs": 1, "warmup_epochs": 0, "batch_size": 80}
    monkeypatch.setattr(recipe, "FINETUNING", replace(recipe.FINETUNING, **quick))
    monkeypatch.setattr(recipe, "PRETRAINING", replace(recipe.PRETRAINING, **quick))


def test_folds_and_all_of_ferm_start_from_the_one_pretraining(short, tiny_set, tmp_path):
    ferm, others = drawable(tiny_set[0])
    manifest = ferm.manifest
    pretrained = pretrain(others, tmp_path)
    fold = train_fold(ferm, others, 3, tmp_path)
    assert fold["n"] == (manifest["fold"] == 3).sum()
    views = measure_views(ferm, tmp_path).set_index("view")
    assert views["n"].tolist() == [fold["n"]] * 3
    assert views.loc["masked", "correct"] == fold["correct"]
    # The tiny set's bare faces are its masked ones.
    assert views.loc["bare", "correct"] == fold["correct"]
    assert train_everything(ferm, others, tmp_path)["n"] == 0
    started = {
        path.parent.name: read_json(path)["initial_sha256"] for path in tmp_path.glob("*/run.json")
    }
    assert started["fold-3"] == started["everything"] == file_hash(pretrained)
    # The pretraining's second half goes on from its first, which starts from nothing.
    assert started["pretraining"] == file_hash(tmp_path / "begun" / "model.keras")
    assert started["begun"] == ""
