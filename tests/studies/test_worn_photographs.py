"""Photographs of worn masks: whose face is measured, which half chooses, and what is counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import skimage.data

from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.photographs.detection import detect_faces
from fermask.studies.worn import (
    FLOORS,
    Answers,
    Thresholds,
    WornPhotographs,
    answers_of,
    choose_shift,
    labelled_face,
    read_worn,
    shifts_tried,
    smile_rates,
    smile_threshold,
    sure_alike,
    unsure_band,
    worn_rates,
)
from tests.worn_photographs import write_photographs


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return write_photographs(tmp_path_factory.mktemp("photographs"))


def test_labelled_faces_are_found_and_halved_by_their_group(folders):
    photographs = read_worn(*folders)
    assert photographs.worn.shape == (3, 48, 48)
    assert photographs.calm.tolist() == [True, False, False]
    assert photographs.smiling.tolist() == [False, True, False]
    assert photographs.missed.tolist() == [3]
    odd, even = photographs.half(1), photographs.half(0)
    assert (odd.group.tolist(), odd.missed.tolist(), odd.number.tolist()) == ([1], [3], [1])
    assert (even.group.tolist(), even.missed.tolist()) == ([0, 2], [])
    # The photograph of number 0 is chosen by, as number 1.
    assert photographs.number.tolist() == [0, 1, 2]
    assert even.number.tolist() == [2]
    rates = worn_rates(
        photographs,
        *(answers_of(load_network(), faces) for faces in (photographs.worn, photographs.bare)),
        Thresholds(0.6),
    )
    assert rates["worn masks seen"].n == 4
    assert rates["bare faces called masked"].n == 3


def test_a_box_elsewhere_is_of_no_face_found():
    faces = detect_faces(skimage.data.astronaut())
    assert labelled_face(faces, tuple(faces[0].box_xywh)) is faces[0]
    assert labelled_face(faces, (400, 400, 50, 50)) is None


def made_up(neutral, mask=None, happy=None):
    """Answers whose probability of neutral, or of sad instead, is given."""
    neutral = np.asarray(neutral, dtype=float)
    rest = (1 - neutral) / 3
    others = None
    if happy is not None:
        others = np.zeros((len(neutral), 4))
        others[:, 0] = happy
    probabilities = np.column_stack([neutral, rest, rest, rest])
    probabilities[:, 1] += 1e-6
    return Answers(probabilities, others, None if mask is None else np.asarray(mask))


def photographs(calm, smiling=None, missed=0, bare=2):
    count = len(calm)
    return WornPhotographs(
        np.zeros((count, 48, 48), np.uint8),
        np.asarray(calm, dtype=bool),
        np.zeros(count, dtype=bool) if smiling is None else np.asarray(smiling, dtype=bool),
        np.arange(count) == 0,
        np.arange(count),
        np.arange(missed),
        np.ones(missed, dtype=bool),
        np.zeros((bare, 48, 48), np.uint8),
        np.arange(bare),
        np.arange(bare),
    )


def test_surely_is_the_threshold_on_the_four_whatever_else_is_likelier():
    # Neutral; another, not sure; another, surely, though a smile is likelier than any of the four.
    worn = Answers(
        np.array([[0.9, 0.1, 0, 0], [0.3, 0.5, 0.2, 0], [0.1, 0, 0.9, 0], [0.9, 0.1, 0, 0]]),
        np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0.9, 0, 0, 0], [0.6, 0, 0, 0]]),
        np.full(4, 0.9),
    )
    of = photographs([1, 1, 1, 0], [0, 0, 0, 1])
    rates = worn_rates(of, worn, made_up([0.5, 0.5], [0.1, 0.7]), Thresholds(0.6))
    counted = {name: (round(each.value * each.n), each.n) for name, each in rates.items()}
    assert counted["worn neutral named neutral"] == (1, 3)
    assert counted["worn neutral surely named another"] == (1, 3)
    assert counted["worn neutral sure"] == (2, 3)
    assert counted["bare faces called masked"] == (1, 2)
    assert smile_rates(of, made_up([0.5] * 4)) == {}


def test_a_face_that_is_not_found_has_no_mask_seen():
    worn = made_up([0.9, 0.9, 0.9], [0.9, 0.4, 0.1])
    of = photographs([1, 1, 1], missed=1)
    rates = worn_rates(of, worn, made_up([0.9, 0.9], [0, 0]), Thresholds(0, 0, (0.2, 0.6)))
    assert (rates["worn masks seen"].value, rates["worn masks seen"].n) == (0.25, 4)
    # The first one, and the one that was not found.
    printed = rates["worn masks seen, of those with a print or a valve"]
    assert (printed.value, printed.n) == (0.5, 2)
    assert rates["worn masks unsure"].value == 0.5


def test_a_network_without_the_output_has_no_rate_of_masks():
    rates = worn_rates(photographs([1]), made_up([0.9]), made_up([0.9, 0.9]), Thresholds(0))
    assert set(rates) == {
        "worn neutral named neutral",
        "worn neutral surely named another",
        "worn neutral sure",
    }


def held_back(share):
    """Forty faces a class; those that are not neutral have this share of neutral's odds."""
    labels = np.repeat(CLASSES, 40)
    probabilities = np.full((160, 4), 0.01)
    probabilities[np.arange(160), np.repeat(np.arange(4), 40)] = 0.5
    probabilities[40:, 0] = 0.5 * share
    table = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in CLASSES])
    return table.assign(label=labels)


def test_the_smallest_shift_that_is_enough_is_taken():
    # Calm faces whose neutral lacks a log-odds of 0.35.
    worn, bare = made_up(np.full(50, 0.19), np.full(50, 0.9)), made_up([0.5] * 2, [0.1, 0.2])
    worn.probabilities[:, 1:] = [0.27, 0.27, 0.27]
    of = photographs([1] * 50)
    tried = shifts_tried(worn, bare, of, held_back(0.01), 0.25)
    assert choose_shift(tried) == 0.4
    assert tried.set_index("shift")["neutral"].loc[[0.3, 0.4]].tolist() == [0, 1]
    # Named neutral, but of none surely: more is needed.
    assert choose_shift(shifts_tried(worn, bare, of, held_back(0.01), 0.35)) == 0.9


def test_no_shift_takes_the_other_classes_below_their_floors():
    worn, bare = made_up(np.full(50, 0.01)), made_up([0.5] * 2)
    # From a log-odds of 0.3 on, all that is not neutral is called so.
    tried = shifts_tried(worn, bare, photographs([1] * 50), held_back(float(np.exp(-0.25))), 0.6)
    assert choose_shift(tried) == 0.2
    assert set(FLOORS) == {"sad", "surprise", "angry"}
    # What comes back above its floor later was below it before.
    tried.loc[tried["shift"] == 0.1, "sad"] = 0.5
    assert choose_shift(tried) == 0
    tried["sad"] = 0.5
    assert choose_shift(tried) == 0


def test_masks_are_unsure_where_worn_and_bare_faces_meet():
    worn, bare = np.linspace(0.3, 1, 200), np.linspace(0, 0.7, 200)
    low, high = unsure_band(worn, bare)
    unsure = sum(((low < each) & (each <= high)).mean() for each in (worn, bare)) / 2
    assert 0.015 < unsure <= 0.03
    # As many worn faces below as bare ones above.
    assert (worn <= low).mean() + (bare > high).mean() < 0.6


def test_where_masks_are_told_apart_hardly_a_face_is_unsure():
    low, high = unsure_band(np.linspace(0.9, 1, 100), np.linspace(0, 0.1, 100))
    assert 0.09 < low <= 0.1
    assert 0.1 <= high < 0.92


def test_networks_are_sure_of_as_many_fresh_faces():
    shares = np.linspace(0.3, 1, 100)
    fresh = np.stack([shares, 1 - shares, np.zeros(100), np.zeros(100)], axis=1)
    assert (fresh.max(axis=1) >= sure_alike(fresh)).mean() == 0.75


def test_smiles_are_told_from_calm_faces():
    # Two calm faces of the odd half, two of the even one, and three smiles.
    of = photographs([1, 1, 1, 1, 0, 0, 0], smiling=[0, 0, 0, 0, 1, 1, 1])
    of = replace(of, group=np.array([1, 3, 2, 4, 5, 6, 7]))
    worn = made_up([0.5] * 7, happy=[0.1, 0.9, 0.3, 0.8, 0.5, 0.7, 0.9])
    rates = smile_rates(of, worn)
    assert (rates["worn neutral called smiling"].value, rates["worn neutral called smiling"].n) == (
        0.5,
        2,
    )
    assert rates["worn smiles seen"].value == 2 / 3
    apart = rates["worn smiles told from neutral (AUC)"]
    # Of twelve pairs: two, two and a half for the tie and three for 0.9.
    assert apart.value == pytest.approx((2 + 2 + 3 + 0.5) / 12)
    assert apart.low < apart.value < apart.high
    assert apart.n == 7
    # Of the odd groups the calm faces alone: 0.1 and 0.9.
    odd = made_up([0.5] * 4, happy=[0.1, 0.9, 0.5, 0.9])
    assert smile_threshold(of.half(1), odd) == pytest.approx(0.86)
    assert smile_threshold(of, made_up([0.5] * 7)) is None
