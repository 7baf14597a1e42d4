import numpy as np
import pandas as pd

from fermask.evaluation.rates import Paired
from fermask.faces.labels import CLASSES
from fermask.reporting.peers_report import describe_asking, describe_pairs, format_peers


def test_a_class_without_a_face_has_a_dash_for_its_recall():
    row = {"over": "held back", "network": "ours", "look": "masked", "n": 2}
    row |= {"accuracy": 1.0, "low": 0.34, "high": 1.0, "macro_f1": 0.25}
    table = pd.DataFrame([row | dict.fromkeys(CLASSES, np.nan) | {"sad": 1.0}])
    formatted = format_peers(table).iloc[0]
    assert formatted[["network", "accuracy %", "95% interval", "sad %", "angry %"]].tolist() == [
        *("M-Xception", "100.0", "34.0 to 100.0", "100.0", "–")
    ]


def test_each_pair_is_a_sentence():
    text = describe_pairs({"held back": Paired(0, 12, 30, 0.0005)})
    assert "Of the 30 masked faces *held back*, only fer names 0 right" in text
    assert "only M-Xception 12 (McNemar's exact test, p < 0.001)." in text
    assert describe_pairs({}) == ""


def test_faces_that_fer_may_have_seen_are_counted():
    faces = {"usage": ["PublicTest", "PublicTest", "Training"], "group": [12, 30_000, 3]}
    assert "Of FERM's 2 PublicTest faces 1 have a twin" in describe_asking(pd.DataFrame(faces))
