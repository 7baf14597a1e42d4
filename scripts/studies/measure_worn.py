"""Measure networks on photographs of worn masks and bare faces: data/worn.json.

python -m scripts.studies.measure_worn --worn DIR --bare DIR [--choose]

DIR of worn holds photos/ and labels.csv (``file``, ``x``, ``y``, ``width``, ``height``, ``group``,
and three viewers' labels ``viewer_a`` to ``viewer_c``: vision-language models, not people); DIR of
bare holds numbered photographs of faces without a mask. Only even groups and numbers are counted.
With --choose the prior of photographs and the mask's thresholds are chosen first, by the odd ones
and FERM's development fold, and written into the record of the weights that ship. Networks
measured before stay in the file.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.networks.inference import load_network
from fermask.networks.predictions import read_predictions
from fermask.reporting.published_card import published_card
from fermask.studies.worn import (
    Thresholds,
    WornPhotographs,
    answers_of,
    choose_thresholds,
    read_worn,
    smile_rates,
    worn_rates,
)
from fermask.system.files import read_json, write_text
from fermask.system.kept import check_file, keep_json
from fermask.system.paths import OUT_OF_FOLD, SHIPPED, WORN


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
        if options.choose:
            _choose(SHIPPED, photographs.half(1))
        rates = {path.stem: _measure(path, photographs) for path in options.models}
        before = read_json(check_file(options.out))["networks"] if options.out.is_file() else {}
    keep_json(options.out, {"networks": before | rates})
    if options.out == WORN and SHIPPED in options.models:
        write_text(SHIPPED.parent / "README.md", published_card())
    return 0


def _choose(model: Path, photographs: WornPhotographs) -> None:
    network = load_network(model)
    held_back = read_predictions(OUT_OF_FOLD).table
    chosen = choose_thresholds(
        answers_of(network, photographs.worn),
        answers_of(network, photographs.bare),
        photographs,
        held_back[held_back["fold"] == DEVELOPMENT_FOLD],
        network.not_sure_below,
    )
    told = {"neutral_shift": chosen.neutral_shift, "mask_unsure": list(chosen.mask_unsure)}
    keep_json(model.with_suffix(".json"), network.record | told)


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
    smiles = smile_rates(photographs, answers_of(network, photographs.worn))
    rates = worn_rates(even, worn, bare, thresholds) | smiles
    return {name: asdict(each) for name, each in rates.items()}


if __name__ == "__main__":
    sys.exit(main())
