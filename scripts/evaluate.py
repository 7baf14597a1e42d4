"""Evaluate a network on FERM.

python -m scripts.evaluate --model data/models/m_xception.onnx --split validation
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from fermask.cli.terminal import add_example, one_sentence_errors
from fermask.dataset.manifest import load
from fermask.dataset.splits import PROTOCOLS
from fermask.evaluation.evaluation import Evaluation, as_json, evaluate, headline
from fermask.evaluation.scope import (
    SPLITS,
    Scope,
    check_classes,
    faces_to_evaluate,
    leak_warning,
)
from fermask.faces.labels import USAGES
from fermask.networks.inference import load_network
from fermask.system.paths import SHIPPED
from scripts.sets import add_set_arguments, load_set


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, evaluate, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.evaluate", description="Evaluate a network on FERM."
    )
    parser.add_argument(
        "--model", type=Path, default=SHIPPED, help=".onnx file (default: %(default)s)"
    )
    add_set_arguments(parser)
    parser.add_argument(
        "--split", choices=SPLITS, default="validation", help="(default: %(default)s)"
    )
    parser.add_argument("--protocol", choices=PROTOCOLS, help="default: as it was trained")
    parser.add_argument("--seed", type=int, help="the fold under clean; default: as trained")
    parser.add_argument("--usage", choices=USAGES, help="only faces of this part of FER2013")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_example(
        parser, "python -m scripts.evaluate --model runs/m_xception.onnx --split fresh --json"
    )
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _evaluate(options)


def _evaluate(options: argparse.Namespace) -> int:
    network, ferm = load_network(options.model), load(options.ferm)
    check_classes(network, ferm)
    # By the manifest alone: what cannot be asked is refused before FER2013 is read.
    chosen, scope = faces_to_evaluate(
        ferm,
        options.split,
        network.record,
        options.protocol,
        options.seed,
        options.usage,
    )
    ferm = load_set(options)
    evaluation = evaluate(
        ferm.labels[chosen],
        network.probabilities(ferm.masked[chosen]),
        ferm.manifest["group"].to_numpy()[chosen],
        ferm.classes,
    )
    warning = leak_warning(
        ferm.manifest[chosen],
        network.record,
        scope,
        ferm.about["source_sha256"],
        ferm.bare[chosen],
    )
    if warning:
        print(f"Warning: {warning}", file=sys.stderr)
    result = as_json(evaluation, network.name, scope, warning) | {"ferm": ferm.name}
    print(json.dumps(result) if options.json else _as_text(evaluation, result, scope, ferm.name))
    return 0


def _as_text(evaluation: Evaluation, result: dict[str, Any], scope: Scope, ferm: str) -> str:
    accuracy = headline(evaluation, scope)
    weighted = ", weighted to Table 2's shares" if scope.is_external else ""
    rates = pd.DataFrame(result["classes"]).T.astype({"n": int})
    confusion = pd.DataFrame(evaluation.confusion, index=rates.index, columns=rates.index)
    return "\n".join(
        [
            f"{result['model']}, {scope} of {ferm}, n = {result['n']:,}",
            f"accuracy {accuracy.percent}%{weighted} (95% interval {accuracy.interval}), "
            f"macro-F1 {evaluation.macro_f1:.3f}",
            "",
            rates.to_string(float_format="{:.3f}".format),
            "",
            "confusion (rows true, columns predicted)",
            confusion.to_string(),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
