"""The card of the weights that ship, from what is published of them."""

from fermask.dataset.manifest import open_set
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.headlines import headlines, published_out_of_fold
from fermask.evaluation.rates import Rate
from fermask.faces.labels import CLASSES
from fermask.hosting.model_card import model_card
from fermask.reporting.calibration_report import describe_calibration
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.paths import PUBLISHED, PUBLISHED_RECIPE, SHIPPED, WORN
from fermask.training.recipe import CALIBRATION


def published_card() -> str:
    """``data/models/README.md`` as Markdown with YAML front matter."""
    record = read_json(check_file(SHIPPED.with_suffix(".json")))
    predictions = published_out_of_fold()
    shipped = predictions[0]
    measured = (shipped.table["fold"] != DEVELOPMENT_FOLD).to_numpy()
    labels = shipped.table["label"][measured].map(CLASSES.index).to_numpy()
    ferm = open_set(PUBLISHED)
    networks = read_json(check_file(WORN))["networks"] if WORN.is_file() else {}
    return model_card(
        record,
        evaluate(labels, shipped.probabilities[measured]),
        headlines(ferm, predictions),
        len(ferm.manifest),
        describe_calibration(read_json(check_file(PUBLISHED_RECIPE / CALIBRATION))),
        {name: Rate(**each) for name, each in networks.get(SHIPPED.stem, {}).items()},
    )
