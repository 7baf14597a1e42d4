"""Measure networks on photographs of worn masks and bare faces: data/worn.json.

python -m scripts.studies.measure_worn --worn DIR --bare DIR [--choose]

DIR of worn holds photos/ and labels.csv (``file``, ``x``, ``y``, ``width``, ``height``, ``group``,
and three viewers' labels ``viewer_a`` to ``viewer_c``: vision-language models, not people); DIR of
bare holds numbered photographs of faces without a mask. Only even groups and numbers are counted;
what shifts of the prior do to the odd ones, by which it is chosen, is kept beside.
With --choose the prior of photographs and the mask's thresholds are chosen first, by the odd ones
and FERM's development fold, and written into the record of the weights that ship. Networks
measured before stay in the file. A network whose recipe's out-of-fold predictions lie in
data/predictions under its own name (0.1's: m_xception_v1) is also measured at the threshold at
which it is sure of 75% of FERM's fresh faces.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.manifest import open_set
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.scope import fresh_faces
from fermask.networks.inference import load_network
from fermask.networks.predictions import read_predictions
from fermask.photographs.prediction import SMILE_LIKELY
from fermask.reporting.published_card import published_card
from fermask.studies.worn import (
    AS_SURE,
    FLOORS,
    OF_SURE,
    Answers,
    Thresholds,
    WornPhotographs,
    answers_of,
    choose_shift,
    read_worn,
    shifts_tried,
    smile_rates,
    smile_threshold,
    sure_alike,
    unsure_band,
    worn_rates,
)
from fermask.system.files import read_json, write_text
from fermask.system.kept import check_file, keep_json
from fermask.system.paths import OUT_OF_FOLD, PUBLISHED, SHIPPED, WORN


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.measure_worn", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--worn", type=Path, required=True)
    parser.add_argument("--bare", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs="+", default=[SHIPPED])
    parser.add_argument("--choose", action="store_true", help="set what ships for photographs")
    parser.add_argument("--out", type=Path, default=WORN)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        photographs = read_worn(options.worn, options.bare)
        odd = photographs.half(1)
        tried = _shifts_tried(odd)
        if options.choose:
            _choose(odd, tried)
        rates = {path.stem: _measure(path, photographs) for path in options.models}
        before = read_json(check_file(options.out))["networks"] if options.out.is_file() else {}
        chosen_by = {
            "smile_threshold": smile_threshold(odd, _answers(odd)[0]),
            "smile_likely": SMILE_LIKELY,
            "shifts": tried.to_dict("records"),
            "floors": FLOORS,
        }
    keep_json(options.out, {"networks": before | rates} | chosen_by)
    if options.out == WORN and SHIPPED in options.models:
        write_text(SHIPPED.parent / "README.md", published_card())
    return 0


def _answers(photographs: WornPhotographs) -> tuple[Answers, Answers]:
    network = load_network(SHIPPED)
    return answers_of(network, photographs.worn), answers_of(network, photographs.bare)


def _shifts_tried(odd: WornPhotographs) -> pd.DataFrame:
    held_back = read_predictions(OUT_OF_FOLD).table
    of_fold = held_back[held_back["fold"] == DEVELOPMENT_FOLD]
    return shifts_tried(*_answers(odd), odd, of_fold, load_network(SHIPPED).not_sure_below)


def _choose(odd: WornPhotographs, tried: pd.DataFrame) -> None:
    worn, bare = _answers(odd)
    told: dict[str, Any] = {"neutral_shift": choose_shift(tried)}
    if worn.mask is not None and bare.mask is not None:
        told["mask_unsure"] = list(unsure_band(worn.mask, bare.mask))
    keep_json(SHIPPED.with_suffix(".json"), load_network(SHIPPED).record | told)


def _measure(model: Path, photographs: WornPhotographs) -> dict[str, dict[str, float]]:
    network = load_network(model)
    record = read_json(check_file(model.with_suffix(".json")))
    thresholds = Thresholds(
        record.get("not_sure_below", 0.0),
        record.get("neutral_shift", 0.0),
        tuple(record.get("mask_unsure", (0.5, 0.5))),
    )
    even = photographs.half(0)
    worn, bare = (answers_of(network, faces) for faces in (even.worn, even.bare))
    rates = worn_rates(even, worn, bare, thresholds)
    rates |= smile_rates(photographs, answers_of(network, photographs.worn))
    out_of_fold = OUT_OF_FOLD.with_stem(model.stem)
    if out_of_fold.is_file():
        alike = replace(thresholds, not_sure_below=sure_alike(_fresh_probabilities(out_of_fold)))
        alike_rates = worn_rates(even, worn, bare, alike)
        rates |= {f"{name}{AS_SURE}": alike_rates[name] for name in OF_SURE}
    return {name: asdict(each) for name, each in rates.items()}


def _fresh_probabilities(out_of_fold: Path) -> np.ndarray:
    """What a recipe says of FERM's fresh faces, by the networks that held them back."""
    ferm, predictions = open_set(PUBLISHED), read_predictions(out_of_fold)
    fresh = ferm.manifest["row"][fresh_faces(ferm)]
    return predictions.probabilities[predictions.table["row"].isin(fresh).to_numpy()]


if __name__ == "__main__":
    sys.exit(main())
