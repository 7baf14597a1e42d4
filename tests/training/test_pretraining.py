"""Faces to pretrain on: none of FERM's photographs, the votes as targets."""

import numpy as np
import pytest

from fermask.dataset.building import build
from fermask.dataset.ferm import FermSettings
from fermask.training.pretraining import pretraining_examples
from tests.faces import other_face
from tests.tiny_fer2013 import MORE_SEEDS, TinyFer2013, mirrored, read


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    rows = TinyFer2013(private=False)
    # A FERM face's mirror image whose voters disagree: too weak for FERM, and its twin.
    rows.add("weak_twin", mirrored(rows.pixels[0]), "neutral", 5, "sadness", "anger")
    rows.add("half", other_face(MORE_SEEDS[11]), "unknown", 5, "surprise", "anger")
    rows.add("under_half", other_face(MORE_SEEDS[12]), "unknown", 6, "surprise", "anger")
    return rows, read(rows.write(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def ferm(tiny):
    # All neutral faces that pass, the first one of them, and half of the others.
    return build(tiny[1], FermSettings(quotas={"neutral": 6, "sad": 3, "surprise": 3, "angry": 3}))


@pytest.fixture(scope="module")
def examples(tiny, ferm):
    return pretraining_examples(tiny[1], ferm)


def test_no_photograph_of_ferm_is_trained_on(tiny, ferm, examples):
    trained_on = set(examples.rows[examples.split == "training"])
    assert trained_on
    assert not trained_on & set(ferm.manifest["row"])
    left = set(tiny[0].rows["good"]) - set(ferm.manifest["row"])
    assert left
    assert left <= trained_on


def test_no_twin_of_a_ferm_face_is_trained_on(tiny, ferm, examples):
    (twin,), source = tiny[0].rows["weak_twin"], tiny[0].rows["good"][0]
    assert source in set(ferm.manifest["row"])
    assert twin not in set(ferm.manifest["row"])
    assert twin not in set(examples.rows)


def test_half_of_the_votes_must_be_for_an_expression(tiny, examples):
    (half,), (under_half,) = tiny[0].rows["half"], tiny[0].rows["under_half"]
    assert half in set(examples.rows)
    assert under_half not in set(examples.rows)


def test_weak_labels_are_welcome_with_their_votes_as_targets(tiny, examples):
    weak = np.flatnonzero(examples.rows == tiny[0].rows["weak_label"][0])
    # Five for surprise, three for fear, two for neutral.
    np.testing.assert_allclose(examples.targets[weak], [[0.2, 0, 0.5, 0, 0, 0.3, 0, 0]], atol=1e-6)
    assert examples.classes[examples.labels[weak[0]]] == "surprise"


def test_the_development_fold_is_what_is_measured_on(ferm, examples):
    measured = examples.rows[examples.split == "validation"]
    assert measured.tolist() == ferm.manifest["row"][ferm.manifest["fold"] == 9].tolist()


def test_masks_can_be_drawn_anew(examples):
    assert examples.bare.shape == examples.images.shape
    assert examples.points_xy.shape == (len(examples.labels), 68, 2)
