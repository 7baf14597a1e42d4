"""Each rule drops the faces it names, at the threshold it names, and the counts add up."""

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.dataset.screening import (
    RULES,
    STAGES,
    ScreeningSettings,
    conflicting_twins,
    first_rule,
    funnel,
    sharpness,
    twins_of_training,
)
from fermask.faces.labels import CLASSES
from tests.faces import face

GOOD_LABEL = {"majority": "sadness", "label": "sad", "agreement": 0.9}
GOOD_FACE = {"score": 1.0, "yaw": 0.0, "roll": 0.0, "sharpness": 0.5}


def label_rule(**changed):
    table = pd.DataFrame([GOOD_LABEL | changed])
    return first_rule(table, "label", ScreeningSettings()).item()


def face_rule(**changed):
    table = pd.DataFrame([GOOD_FACE | changed])
    return first_rule(table, "face", ScreeningSettings()).item()


def test_a_good_face_passes():
    assert label_rule() == ""
    assert face_rule() == ""


@pytest.mark.parametrize("majority", [None, "unknown", "NF"])
def test_without_a_label(majority):
    assert label_rule(majority=majority, label=None) == "no_label"


@pytest.mark.parametrize("majority", ["happiness", "fear", "disgust", "contempt"])
def test_another_expression(majority):
    assert label_rule(majority=majority, label=None) == "other_expression"


@pytest.mark.parametrize(("agreement", "rule"), [(0.5, "weak_label"), (0.6, ""), (np.nan, "")])
def test_at_least_six_of_ten_agree(agreement, rule):
    assert label_rule(agreement=agreement) == rule


@pytest.mark.parametrize(("score", "rule"), [(np.nan, "no_face"), (-1e-6, "no_face"), (0.0, "")])
def test_dlib_sees_a_face(score, rule):
    assert face_rule(score=score) == rule


@pytest.mark.parametrize(
    ("angle", "limit"), [("yaw", 25.0), ("yaw", -25.0), ("roll", 20.0), ("roll", -20.0)]
)
def test_a_face_at_the_limit_is_frontal_and_beyond_it_is_not(angle, limit):
    assert face_rule(**{angle: limit}) == ""
    assert face_rule(**{angle: limit * 1.001}) == "not_frontal"


@pytest.mark.parametrize(("value", "rule"), [(0.149, "blurred"), (0.15, "")])
def test_a_face_at_the_limit_is_sharp(value, rule):
    assert face_rule(sharpness=value) == rule


def test_a_face_is_counted_at_the_first_rule_that_drops_it():
    assert label_rule(majority="unknown", label=None, agreement=0.3) == "no_label"
    assert face_rule(score=np.nan, yaw=np.nan, roll=np.nan, sharpness=0.0) == "no_face"
    assert face_rule(yaw=60.0, sharpness=0.0) == "not_frontal"


def test_thresholds_can_be_set():
    strict = ScreeningSettings(0.95, 2.0, 1.0, 1.0, 0.9)
    assert first_rule(pd.DataFrame([GOOD_LABEL]), "label", strict).item() == "weak_label"
    assert first_rule(pd.DataFrame([GOOD_FACE]), "face", strict).item() == "no_face"


def test_the_same_thresholds_for_every_class():
    table = pd.DataFrame(
        {"majority": "any", "label": [*CLASSES] * 2, "agreement": [0.5] * 4 + [0.6] * 4}
    )
    rules = first_rule(table, "label", ScreeningSettings())
    assert rules.to_list() == ["weak_label"] * 4 + [""] * 4


def test_no_faces_are_no_error():
    for stage, good in (("label", GOOD_LABEL), ("face", GOOD_FACE)):
        assert first_rule(pd.DataFrame([good]).iloc[:0], stage, ScreeningSettings()).empty


def test_rules_stand_in_the_order_of_their_stages():
    stages = [STAGES.index(rule.stage) for rule in RULES.values()]
    assert stages == sorted(stages)


def test_blurring_lowers_sharpness_and_contrast_does_not():
    blurred = cv2.GaussianBlur(face(), (0, 0), 4)
    assert sharpness(blurred) < 0.05 < 0.15 < sharpness(face())
    faint = (face() * 0.3 + 90).astype(np.uint8)
    assert sharpness(faint) == pytest.approx(sharpness(face()), rel=0.1)


def test_a_flat_picture_has_no_sharpness():
    assert sharpness(np.full((48, 48), 7, np.uint8)) == 0


PUBLIC, PRIVATE = "PublicTest", "PrivateTest"


def conflicts(*rows):
    majority, group, usage = map(list, zip(*rows, strict=True))
    return conflicting_twins(
        pd.Series(majority, dtype="str"), np.array(group), np.array(usage)
    ).tolist()


def test_twins_with_different_labels_conflict():
    rows = [("sadness", 0, PUBLIC), ("anger", 0, "Training"), ("anger", 2, "Training")]
    assert conflicts(*rows) == [True, True, False]


def test_twins_with_the_same_label_do_not():
    assert conflicts(("anger", 0, PUBLIC), ("anger", 0, PUBLIC)) == [False, False]


def test_a_twin_of_another_expression_conflicts():
    assert conflicts(("anger", 0, PUBLIC), ("happiness", 0, PUBLIC)) == [True, True]
    assert conflicts(("anger", 0, PUBLIC), ("unknown", 0, PUBLIC)) == [True, True]


def test_of_three_the_one_that_two_outvote_conflicts():
    rows = [("anger", 0, PUBLIC), ("sadness", 0, PUBLIC), ("anger", 0, "Training")]
    assert conflicts(*rows) == [False, True, False]


def test_a_twin_without_a_majority_contradicts_nobody():
    assert conflicts(("anger", 0, PUBLIC), (None, 0, PUBLIC)) == [False, False]


def test_private_test_has_no_say_about_the_others():
    rows = [("anger", 0, PUBLIC), ("sadness", 0, PRIVATE), ("fear", 2, PRIVATE)]
    assert conflicts(*rows) == [False, True, False]
    assert conflicts(("fear", 2, PRIVATE), ("anger", 2, PRIVATE)) == [True, True]


def test_twins_of_training_are_private_test_faces_in_a_group_with_others():
    group = np.array([0, 0, 2, 2, 4, 5, 5])
    usage = np.array(["Training", PRIVATE, PUBLIC, PRIVATE, PRIVATE, PRIVATE, PRIVATE])
    expected = [False, True, False, True, False, False, False]
    assert twins_of_training(group, usage).tolist() == expected


def test_the_funnel_counts_each_face_once_under_its_class():
    first_rule = pd.Series(["", "no_face", "no_label", "other_expression", "no_label", ""])
    label = pd.Series(["sad", "sad", None, None, None, "angry"], dtype="str")
    emotion = np.array([0, 4, 5, 3, 1, 0])  # the last: FER2013's own label
    table = funnel(first_rule, label, emotion).set_index("step")
    assert list(table.index) == ["all", *RULES, "left"]
    assert list(table.columns) == [*CLASSES, "other"]
    assert table.loc["left"].to_dict() == {
        "neutral": 0, "sad": 1, "surprise": 0, "angry": 1, "other": 0
    }  # fmt: skip
    assert table.loc["no_face", "sad"] == 1
    assert table.loc["no_label", ["surprise", "other"]].to_list() == [1, 1]
    assert table.loc["other_expression", "other"] == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", *RULES]), st.sampled_from([*CLASSES, None]), st.integers(0, 6)
        )
    )
)
def test_the_funnels_steps_sum_to_all(rows):
    rule, label, emotion = (
        (list(column) for column in zip(*rows, strict=True)) if rows else [[]] * 3
    )
    table = funnel(
        pd.Series(rule, dtype="str"), pd.Series(label, dtype="str"), np.array(emotion, int)
    ).set_index("step")
    assert table.loc["all"].sum() == len(rows)
    assert (table.drop("all").sum() == table.loc["all"]).all()
