"""What the recipe's choices are worth: one change each, from every pretraining there is."""

from dataclasses import replace

import numpy as np
import pytest

from fermask.faces.labels import EXPRESSIONS
from fermask.studies import recipe_steps
from fermask.studies.recipe_steps import VARIANTS, measure_step, train_step
from fermask.studies.worn import WornPhotographs
from fermask.system.files import file_hash, read_json
from fermask.training import recipe
from fermask.training.recipe import pretrain
from fermask.training.training_data import ferm_examples
from tests.small import small_ferm
from tests.tiny_network import TINY


@pytest.fixture
def short(tiny_network, monkeypatch):
    """The recipe with one epoch each, of a network that is trained in a moment."""
    quick = {"model": TINY, "epochs": 1, "warmup_epochs": 0, "batch_size": 80}
    for name in ("PRETRAINING", "LENGTHENING"):
        monkeypatch.setattr(recipe, name, replace(getattr(recipe, name), **quick))
    for name, (words, settings) in VARIANTS.items():
        monkeypatch.setitem(recipe_steps.VARIANTS, name, (words, replace(settings, **quick)))


def test_a_step_starts_from_each_pretraining_and_is_measured_on_what_choices_are_for(
    short, tiny_set, tmp_path
):
    tiny = tiny_set[0]
    frontal = small_ferm().points_xy[0].ravel()
    copies = np.where(np.arange(80) % 2, 1, 2)
    manifest = tiny.manifest.assign(
        landmarks=[frontal] * 80, votes_neutral=np.int8(5), copies=copies
    )
    ferm = replace(tiny, manifest=manifest)
    shares = np.full((80, 8), 0.125, dtype=np.float32)
    others = replace(ferm_examples(ferm, "clean", 9), targets=shares, classes=EXPRESSIONS)
    pretrain(others, tmp_path)
    assert len(train_step("fewer", ferm, others, tmp_path)) == 1
    pretrain(others, tmp_path / "again", seed=1)
    runs = train_step("fewer", ferm, others, tmp_path)
    assert [run.relative_to(tmp_path).as_posix() for run in runs] == [
        "step-fewer",
        "again/step-fewer",
    ]
    started = {read_json(run / "run.json")["initial_sha256"] for run in runs}
    assert len(started) == 2
    # More of a pretraining is trained where it is not there yet.
    parts = ("begun", "pretraining", "longer")
    for step, part in zip(("fewer", "whole", "longer"), parts, strict=True):
        train_step(step, ferm, others, tmp_path)
        start = read_json(tmp_path / f"step-{step}" / "run.json")["initial_sha256"]
        assert start == file_hash(tmp_path / part / "model.keras")
    faces = np.stack([ferm.masked[i] for i in range(6)])
    calm = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    none = np.array([], dtype=bool)
    of_worn = (faces, calm, ~calm, ~calm, np.ones(6), none, none)
    odd = WornPhotographs(*of_worn, faces, *[np.ones(6)] * 2)
    measured = measure_step(runs, ferm, odd)
    in_fold = manifest["fold"] == 9
    assert measured["runs"] == 2
    assert measured["n"] == in_fold.sum()
    assert measured["n_fresh"] == (in_fold & (manifest["copies"] == 1)).sum()
    assert measured["n_calm"] == 3
    # The tiny set's bare faces are its masked ones.
    assert measured["bare"] == measured["masked"]
    # The mean of two networks that each know at most three faces.
    assert measured["neutral"] * 6 == pytest.approx(round(measured["neutral"] * 6))
