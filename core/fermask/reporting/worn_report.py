"""RESULTS.md's part on photographs of people who wear a mask."""

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.rates import Rate
from fermask.faces.labels import CLASSES
from fermask.networks import network_label
from fermask.networks.inference import shift_neutral
from fermask.networks.predictions import Predictions, read_predictions
from fermask.reporting.tables import percent_column
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.markdown import markdown_table
from fermask.system.paths import OUT_OF_FOLD, SHIPPED

_DESCRIPTION = (
    "Photographs of mask wearers and of bare faces, measured by "
    "`python -m scripts.studies.measure_worn` as `fermask predict` answers for them, with the "
    "prior of photographs. Neutral faces are those whose eyes three viewers all call neutral; "
    "the viewers are vision-language models that did not see each other's labels, not people. "
    "These are the even half of the photographs: prior, thresholds and settings were chosen on "
    "the odd half; the network before this one, whose covers it keeps, had both in view, and the "
    "rule for the prior was made stricter after the even half had been seen once. Bare photographs "
    "of the even half that also stand in the odd one, copied, blurred or turned, are left out, and "
    "six given as bare in which one man wears a mask; 0.1's figures count the copies and three of "
    "the six, and its masks were told by a rule fitted to drawn covers, which is gone. “At 75% of "
    "fresh” is at a threshold at which networks are as sure as each other, of 75% of FERM's fresh "
    "faces. A smile is called one where happy has more than {smile_likely:.0%} of all eight "
    "expressions' share, chosen by the calm faces of the odd half; smiles are faces, of both "
    "halves, that two of three viewers call happy. AUC is how often one of them has more of happy "
    "than a calm face. Prints, valves, beards, hands and scarves are as one vision-language model "
    "saw them, before it was known how they are told."
)
# A headline's words, and what the record calls it.
_HEADLINES = {
    "neutral faces named neutral": "worn neutral named neutral",
    "surely named another": "worn neutral surely named another",
}


def worn_section(path: Path) -> str:
    """The section, or nothing where nobody has measured.

    Args:
        path: as ``scripts.studies.measure_worn`` writes it.
    """
    if not path.is_file():
        return ""
    record = read_json(check_file(path))
    table = markdown_table(format_worn(record))
    words = describe_worn(record)
    return f"## Masks that people wear\n\n{words}\n\n{table}{_shifts(record)}{_prior()}"


def describe_worn(record: dict[str, Any]) -> str:
    """What the figures are of, in RESULTS.md and wherever else they are shown."""
    return _DESCRIPTION.format(smile_likely=record["smile_likely"])


def _shifts(record: dict[str, Any]) -> str:
    """By what the prior of photographs was chosen."""
    floors = ", ".join(f"{name} {floor:.0%}" for name, floor in record["floors"].items())
    return (
        "\nBy what the prior of photographs was chosen: what is added to neutral's log-odds, what "
        "it does to the calm faces of the odd half, in percent, and to the other classes of FERM's "
        f"development fold, which are to be named as often as this: {floors}. The smallest shift "
        "that reaches the aims for calm faces would be taken, else the largest that keeps those "
        f"floors.\n\n{markdown_table(format_shifts(record))}"
    )


def format_shifts(record: dict[str, Any]) -> pd.DataFrame:
    """``studies.worn.shifts_tried`` as people read it."""
    tried = pd.DataFrame(record["shifts"])
    named = {
        "neutral": "worn neutral named neutral %",
        "sure": "sure %",
        "surely_another": "surely another %",
    } | {name: f"{name} %" for name in record["floors"]}
    shifts = pd.DataFrame({"shift": tried["shift"].map("{:g}".format)})
    return shifts.assign(**{words: percent_column(tried[name]) for name, words in named.items()})


def _prior() -> str:
    """What the prior of photographs costs on FERM's own faces; "" without predictions."""
    if not OUT_OF_FOLD.is_file():
        return ""
    shift = float(read_json(check_file(SHIPPED.with_suffix(".json"))).get("neutral_shift", 0))
    return (
        "\nWhat the prior of photographs, which adds "
        f"{shift:g} to neutral's log-odds, costs where faces are as FERM's: the share named "
        "rightly of the faces held back (`clean` 0 to 8, masked), by class.\n\n"
        f"{markdown_table(format_prior(prior_recalls(read_predictions(OUT_OF_FOLD), shift)))}"
    )


def prior_recalls(out_of_fold: Predictions, shift: float) -> dict[str, dict[str, Rate]]:
    """By prior and class, how many faces held back are named rightly.

    Args:
        out_of_fold: the recipe's, with ``fold``; the development fold is left out.
        shift: what the prior of photographs adds to neutral's log-odds.
    """
    chosen = (out_of_fold.table["fold"] != DEVELOPMENT_FOLD).to_numpy()
    labels = out_of_fold.table["label"][chosen].map(CLASSES.index).to_numpy()
    probabilities = out_of_fold.probabilities[chosen]
    return {
        words: evaluate(labels, shift_neutral(probabilities, by)).recall
        for words, by in (("FERM's prior", 0.0), ("photographs' prior", shift))
    }


def format_prior(recalls: dict[str, dict[str, Rate]]) -> pd.DataFrame:
    """``prior_recalls`` as people read them."""
    columns = {words: [str(recall[name]) for name in CLASSES] for words, recall in recalls.items()}
    counts = [next(iter(recalls.values()))[name].n for name in CLASSES]
    return pd.DataFrame({"class": CLASSES} | columns | {"n": counts})


def worn_headlines(record: dict[str, Any], network: str = SHIPPED.stem) -> dict[str, Rate]:
    """What the network for photographs makes of masks as worn, by words."""
    rates = record["networks"].get(network, {})
    return {words: Rate(**rates[of]) for words, of in _HEADLINES.items() if of in rates}


def sure_alike_words(record: dict[str, Any], network: str = SHIPPED.stem) -> str:
    """How often another is named surely where networks are sure as often as each other."""
    rates = record["networks"].get(network, {})
    alike = rates.get("worn neutral surely named another, at 75% of fresh")
    if alike is None:
        return ""
    return (
        f"It is sure of {Rate(**rates['worn neutral sure'])} of them; at a threshold at which it "
        f"is sure of 75% of FERM's fresh faces it surely names another for {Rate(**alike)}."
    )


def format_worn(record: dict[str, Any]) -> pd.DataFrame:
    """A row a rate and a column a network, as people read them.

    ``n`` is of the first network; one that was asked about other faces says how many.
    """
    faces: dict[str, int] = {}
    columns: dict[str, dict[str, str]] = {}
    for name, rates in record["networks"].items():
        cells = columns.setdefault(network_label(name), {})
        for what, values in rates.items():
            share = Rate(**values)
            same = faces.setdefault(what, share.n) == share.n
            cells[what] = str(share) if same else f"{share} of {share.n}"
    return pd.DataFrame(columns).fillna("").assign(n=faces).rename_axis("share").reset_index()
