"""What README and RESULTS say of masks that people wear is what was measured."""

import numpy as np
import pandas as pd

from fermask.networks.predictions import Predictions, predictions_table, read_predictions
from fermask.photographs.prediction import SMILE_LIKELY
from fermask.reporting.worn_report import (
    format_prior,
    format_shifts,
    format_worn,
    prior_recalls,
    worn_section,
)
from fermask.studies.worn import AS_SURE, choose_shift
from fermask.system.files import read_json
from fermask.system.paths import OUT_OF_FOLD, ROOT, SHIPPED, WORN


def test_readme_says_what_was_measured():
    measured = read_json(WORN)["networks"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    ours, before = measured["m_xception"], measured["m_xception_v1"]

    def percent(network, what):
        return f"{100 * network[what]['value']:.1f}"

    named, surely = "worn neutral named neutral", "worn neutral surely named another"
    sure = "worn neutral sure"
    n = ours[named]["n"]
    assert (
        f"it names **{percent(ours, named)}%** neutral and {percent(ours, surely)}% surely "
        f"something else (n = {n}; 0.1: {percent(before, named)} and {percent(before, surely)}%). "
        f"It is sure of {percent(ours, sure)}% of them (0.1: {percent(before, sure)}%)"
    ) in readme
    assert (
        f"{percent(ours, surely + AS_SURE)}% are named surely something else "
        f"(0.1: {percent(before, surely + AS_SURE)}%)"
    ) in readme
    seen, bare = "worn masks seen", "bare faces called masked"
    printed = f"{seen}, of those with a print or a valve"
    assert (
        f"sees {percent(ours, seen)}% of worn masks (n = {ours[seen]['n']}; "
        f"{percent(ours, printed)}% of the {ours[printed]['n']} with a print or a valve)"
    ) in readme
    assert (
        f"calls {percent(ours, bare)}% of bare faces masked (n = {ours[bare]['n']}; 0.1: "
        f"{percent(before, bare)}% of {before[bare]['n']})"
    ) in readme
    smiles, smiling = "worn smiles seen", "worn neutral called smiling"
    assert (
        f"it sees {percent(ours, smiles)}% of them (n = {ours[smiles]['n']}) and calls "
        f"{percent(ours, smiling)}% of the neutral faces smiling"
    ) in readme


def test_a_smile_is_called_one_as_seldom_as_the_photographs_for_choices_say():
    # Beyond it one in twenty of their calm faces lies.
    assert abs(read_json(WORN)["smile_threshold"] - SMILE_LIKELY) < 0.05
    assert f"more than {SMILE_LIKELY:.0%} of all eight" in worn_section(WORN)


def test_the_prior_that_ships_is_the_one_that_the_shifts_tried_give():
    shift = read_json(SHIPPED.with_suffix(".json"))["neutral_shift"]
    assert choose_shift(pd.DataFrame(read_json(WORN)["shifts"])) == shift
    rows = format_shifts(read_json(WORN))
    assert f"{shift:g}" in rows["shift"].tolist()


def test_readme_says_what_the_prior_of_photographs_costs():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    shift = read_json(SHIPPED.with_suffix(".json"))["neutral_shift"]
    recalls = prior_recalls(read_predictions(OUT_OF_FOLD), shift)
    photographs, ferm = (
        "{}, {} and {}%".format(*(recall[name].percent for name in ("sad", "surprise", "angry")))
        for recall in (recalls["photographs' prior"], recalls["FERM's prior"])
    )
    assert f"({shift:g} is added to its log-odds)" in readme
    told = f"names sad, surprise and angry faces right in {photographs}"
    assert f"{told} (under FERM's own prior {ferm}" in readme


def test_a_rate_a_row_and_a_network_a_column():
    table = format_worn(read_json(WORN))
    assert table.columns.tolist() == ["share", "M-Xception", "0.1's M-Xception", "n"]
    assert table["n"].gt(30).all()


def test_a_network_asked_about_other_faces_says_how_many():
    networks = {
        name: {"bare": {"value": 0.5, "low": 0.4, "high": 0.6, "n": n}}
        for name, n in (("m_xception", 170), ("cnn", 170), ("m_xception_v1", 200))
    }
    table = format_worn({"networks": networks})
    assert table["n"].tolist() == [170]
    cells = table.drop(columns=["share", "n"]).iloc[0].tolist()
    assert [cell.endswith(" of 200") for cell in cells] == [False, False, True]


def test_nothing_measured_is_no_section(tmp_path):
    assert worn_section(tmp_path / "none.json") == ""


def test_the_prior_of_photographs_names_more_faces_neutral():
    # A sad face, and a neutral one, that hardly lean; fold 9 does not count.
    table = pd.DataFrame({"row": range(3), "label": ["sad", "neutral", "sad"], "fold": [0, 1, 9]})
    shares = np.array([[0.45, 0.55, 0, 0], [0.45, 0.55, 0, 0], [0.1, 0.9, 0, 0]])
    predictions = Predictions(predictions_table(table.assign(split="validation"), shares), {})
    rows = format_prior(prior_recalls(predictions, 0.5)).set_index("class")
    assert rows.loc["sad", "FERM's prior"].startswith("100.0%")
    assert rows.loc["sad", "photographs' prior"].startswith("0.0%")
    assert rows.loc["neutral", "photographs' prior"].startswith("100.0%")
    assert rows["n"].tolist() == [1, 1, 0, 0]
