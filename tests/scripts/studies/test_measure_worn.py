"""``scripts.studies.measure_worn``: what is measured, what is chosen, and where it goes."""

import shutil

import numpy as np
import pytest

from fermask.dataset.manifest import write
from fermask.networks.predictions import predictions_table
from fermask.photographs.prediction import SMILE_LIKELY
from fermask.system.files import read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.system.paths import SHIPPED
from scripts.studies import measure_worn
from scripts.studies.measure_worn import main
from tests.small import ABOUT, small_ferm
from tests.worn_photographs import write_photographs


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The folders, as arguments."""
    worn, bare = write_photographs(tmp_path_factory.mktemp("photographs"))
    return ["--worn", str(worn), "--bare", str(bare)]


def test_the_even_half_is_measured_and_other_networks_stay(given, tmp_path):
    out = tmp_path / "worn.json"
    write_json(out, {"networks": {"older": {}}})
    assert main([*given, "--out", str(out)]) == 0
    networks = read_json(out)["networks"]
    assert set(networks) == {"older", "m_xception"}
    rates = networks["m_xception"]
    # Groups 0 and 2, of which the first is calm; the bare photograph 2.
    assert rates["worn masks seen"]["n"] == 2
    assert rates["worn neutral named neutral"]["n"] == 1
    assert rates["bare faces called masked"]["n"] == 1
    # No choice rests on smiles: both halves.
    assert rates["worn smiles seen"]["n"] == 1
    # By FERM's fresh faces it is sure more often than by its own threshold, which is higher.
    as_often = rates["worn neutral sure, at 75% of fresh"]
    assert as_often["value"] >= rates["worn neutral sure"]["value"]
    # What choices were made by stands beside.
    record = read_json(out)
    assert [row["shift"] for row in record["shifts"]][:3] == [0, 0.1, 0.2]
    # No face of its odd half is calm.
    assert record["smile_threshold"] is None
    assert record["smile_likely"] == SMILE_LIKELY


def test_what_is_chosen_is_written_beside_the_weights(given, tmp_path, monkeypatch):
    model = tmp_path / "m_xception.onnx"
    shutil.copy(SHIPPED, model)
    record = read_json(SHIPPED.with_suffix(".json"))
    write_json(model.with_suffix(".json"), record | {"neutral_shift": 9.0, "mask_unsure": [0, 1]})
    ferm = small_ferm(80)
    write(ferm, tmp_path / "ferm")
    faces = ferm.manifest[["row", "label", "group"]].assign(split="validation", fold=9)
    surely = np.eye(4)[ferm.labels]
    write_parquet(tmp_path / "predictions.parquet", predictions_table(faces, surely), ABOUT)
    monkeypatch.setattr(measure_worn, "SHIPPED", model)
    monkeypatch.setattr(measure_worn, "PUBLISHED", tmp_path / "ferm")
    monkeypatch.setattr(measure_worn, "OUT_OF_FOLD", tmp_path / "predictions.parquet")
    arguments = [*given, "--models", str(model), "--out", str(tmp_path / "worn.json")]
    assert main([*arguments, "--choose"]) == 0
    chosen = read_json(model.with_suffix(".json"))
    assert 0 <= chosen["neutral_shift"] <= 1.2
    low, high = chosen["mask_unsure"]
    assert 0 <= low <= high <= 1
    kept = ("rows", "not_sure_below", "temperature")
    assert [chosen[key] for key in kept] == [record[key] for key in kept]
