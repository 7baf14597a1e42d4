"""What networks are trained on: which faces, and which of them are held back."""

import numpy as np
import pytest

from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.ferm import Ferm
from fermask.training.training_data import fer2013_examples, ferm_examples
from tests.tiny import write_fer2013


def test_the_fold_is_held_back_and_no_face_of_its_groups_is_trained_on(tiny_set):
    ferm = tiny_set[0]
    examples = ferm_examples(ferm, "clean", 0)
    held_back = examples.split == "validation"
    assert held_back.tolist() == (ferm.manifest["fold"] == 0).tolist()
    groups = ferm.manifest["group"].to_numpy()
    assert not set(groups[held_back]) & set(groups[~held_back])
    assert examples.images_sha256 == ferm.about["masked_sha256"]


def test_a_set_without_images_says_what_it_needs(tiny_set):
    ferm = tiny_set[0]
    with pytest.raises(ValueError, match=r"fer2013\.csv"):
        ferm_examples(Ferm(ferm.manifest, ferm.about), "clean", 0)


def test_fer2013s_parts_are_training_validation_and_test(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    usages = ["Training", "PublicTest", "PrivateTest", "Training"]
    write_fer2013(tmp_path / "fer2013.csv", pixels, [0, 3, 6, 5], usages)
    examples = fer2013_examples(read_fer2013(tmp_path / "fer2013.csv"))
    assert examples.split.tolist() == ["training", "validation", "test", "training"]
    names = [examples.classes[label] for label in examples.labels]
    assert names == ["angry", "happy", "neutral", "surprise"]
    np.testing.assert_array_equal(examples.images, pixels)
