"""Each explanation is paired with the recipe, on the development fold alone."""

import numpy as np
import pytest

from fermask.faces.masking import draw_look, put_mask
from fermask.networks import NETWORKS
from fermask.reporting.explanations_report import explanations_section
from fermask.studies import explanations
from fermask.studies.explanations import (
    FOLDER,
    endings_table,
    explanations_table,
    missing_runs,
    train_explanation,
)
from fermask.system.files import read_json
from tests.tiny_network import TINY, eager_tensorflow, tiny

RUNS = (("recipe", 0), ("recipe", 1), ("falling", 0), ("falling", 1), ("averaged", 0))


@pytest.fixture(scope="module")
def runs(tiny_set, tmp_path_factory):
    """Two seeds of the recipe and of a falling rate, and one of averaged weights, of a tiny network
    in M-Xception's place."""
    folder = tmp_path_factory.mktemp("explanations")
    with eager_tensorflow(), pytest.MonkeyPatch.context() as patched:
        patched.setitem(NETWORKS, TINY, f"{tiny.__module__}:{tiny.__name__}")
        for name, seed in RUNS:
            train_explanation(name, TINY, seed, tiny_set[0], folder, epochs=2)
    for run in list((folder / FOLDER).iterdir()):
        run.rename(run.with_name(run.name.replace(TINY, "m_xception")))
    return folder


def test_explanations_are_paired_with_the_recipe(runs, tiny_set):
    ferm = tiny_set[0]
    table = explanations_table(runs, ferm).set_index("words")
    recipe, falling = table.loc["the paper's recipe"], table.loc["a rate that falls to nothing"]
    assert (recipe["runs"], falling["runs"]) == (2, 2)
    assert recipe["n"] == (ferm.manifest["fold"] == 9).sum()
    assert falling["difference"] == pytest.approx(falling["accuracy"] - recipe["accuracy"])
    assert falling["low"] <= falling["difference"] <= falling["high"]
    best = table.loc["its best epoch"]
    assert best["difference"] == pytest.approx(best["accuracy"] - recipe["accuracy"])
    assert best["difference"] >= -0.1
    agreed = table.loc["faces that 8 of 10 voters agree on, alone"]
    of_fold = ferm.manifest[ferm.manifest["fold"] == 9]
    assert agreed["n"] == (of_fold["agreement"] >= 0.8).sum()
    text = explanations_section(explanations_table(runs, ferm), endings_table(runs))
    assert f"a rate that falls to nothing | 2 | {falling['n']:.0f} |" in text
    assert "| m_xception |" in text


def test_masks_of_one_colour_differ_in_all_else(tiny_set, tmp_path, tiny_network):
    ferm, seen = tiny_set[0], []
    assert ferm.points_xy is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(explanations, "train", lambda examples, *_: seen.append(examples) or {})
        for name in ("recipe", "one-colour"):
            train_explanation(name, TINY, 0, ferm, tmp_path)
    bare, one = seen[0].bare, seen[1].images
    faces = zip(bare, ferm.points_xy, ferm.manifest["mask_seed"], strict=True)
    own = np.stack([put_mask(face, points, draw_look(seed)).image for face, points, seed in faces])
    # The first face's mask gives the colour; the others keep their outlines.
    np.testing.assert_array_equal(own[0], one[0])
    assert (own != one).any(axis=(1, 2)).mean() > 0.9
    covered = [images != bare for images in (own, one)]
    assert (covered[0] == covered[1]).mean() > 0.95


def test_the_seed_is_of_the_weights_and_not_of_the_fold(runs):
    started = [
        read_json(runs / FOLDER / f"recipe-m_xception-{seed}" / "run.json")["settings"]
        for seed in (0, 1)
    ]
    assert [each["seed"] for each in started] == [9, 9]
    results = [
        (runs / FOLDER / f"recipe-m_xception-{seed}" / "history.csv").read_text("utf-8")
        for seed in (0, 1)
    ]
    assert results[0] != results[1]


def test_what_is_done_is_not_missing(runs, tiny_set, tmp_path):
    missing = missing_runs(runs)
    assert ("recipe", "m_xception", 0) not in missing
    assert ("recipe", "m_xception", 2) in missing
    none = tmp_path / "none"
    assert explanations_section(explanations_table(none, tiny_set[0]), endings_table(none)) == ""
