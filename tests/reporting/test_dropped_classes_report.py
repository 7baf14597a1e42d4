"""Pairs of expressions that tell something stand in the table, the others do not."""

import pandas as pd

from fermask.evaluation.rates import rate
from fermask.reporting.dropped_classes_report import format_merged


def test_a_pair_of_few_faces_is_left_out():
    row = {"kept": "neutral", "dropped": "happiness", "view": "masked", "n_kept": 400}
    row |= {"n_dropped": 30, "auc": 0.8, "low": 0.7, "high": 0.9, "taken": rate(6, 30)}
    few = row | {"dropped": "disgust", "n_dropped": 29}
    table = format_merged(pd.DataFrame([row, few]))
    assert table["kept / dropped"].tolist() == ["neutral / happiness"]
    assert table[["n", "told apart (AUC)", "dropped taken for kept %"]].to_numpy().tolist() == [
        ["400 / 30", "0.80", "20"]
    ]
