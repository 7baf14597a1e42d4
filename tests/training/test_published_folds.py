"""The weights of the folds that are published give the answers that every figure is of."""

import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.dataset.splits import FOLDS
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.networks.predictions import read_predictions
from fermask.system.files import read_json
from fermask.system.paths import OUT_OF_FOLD, OUT_OF_FOLD_AGAIN, PUBLISHED, PUBLISHED_RECIPE
from fermask.training.recipe import AGAIN, FOLD_WEIGHTS


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("stored", "runs"),
    [(OUT_OF_FOLD, PUBLISHED_RECIPE), (OUT_OF_FOLD_AGAIN, PUBLISHED_RECIPE / AGAIN)],
    ids=["first", "again"],
)
def test_the_headlines_can_be_had_from_the_weights(stored, runs, real_faces):
    ferm = load(PUBLISHED, real_faces)
    stored = read_predictions(stored)
    said = dict(zip(stored.table["row"], stored.probabilities.argmax(axis=1), strict=True))
    for fold in range(FOLDS):
        folder = runs / f"fold-{fold}"
        network = load_network(folder / f"{FOLD_WEIGHTS}.onnx")
        held_back = (ferm.manifest["fold"] == fold).to_numpy()
        rows = ferm.manifest["row"][held_back]
        assert not set(rows) & set(network.record["rows"])
        answers = network.probabilities(ferm.masked[held_back]).argmax(axis=1)
        # Another processor rounds otherwise, and a face may stand on the edge.
        assert np.mean(answers == [said[row] for row in rows]) > 0.99
        right = np.mean(np.array(CLASSES)[answers] == ferm.manifest["label"][held_back])
        assert right == pytest.approx(read_json(folder / "result.json")["accuracy"], abs=0.01)
