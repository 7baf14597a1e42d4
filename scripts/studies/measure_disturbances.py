"""Measure networks on disturbed faces and under masks unlike FERM's.

python -m scripts.studies.measure_disturbances runs/m_xception.onnx

Writes data/recipe/disturbances.json, an entry a file; what it already holds of others stays.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import pixel_hash
from fermask.dataset.splits import PROTOCOLS
from fermask.evaluation.scope import faces_to_evaluate, leak_warning
from fermask.networks.inference import Network, load_network
from fermask.reporting.disturbances_report import describe_faces
from fermask.studies.disturbances import MEASURED, disturbed_accuracy, robustness
from fermask.system.files import file_hash, read_json
from fermask.system.kept import keep_json
from fermask.system.paths import PUBLISHED_RECIPE
from scripts.sets import add_set_arguments, check_places, load_set


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.measure_disturbances", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "models", type=Path, nargs="+", help=".onnx files of runs that held faces back"
    )
    add_set_arguments(parser)
    parser.add_argument("--protocol", choices=PROTOCOLS, help="default: as it was trained")
    parser.add_argument("--seed", type=int, help="the fold under clean; default: as trained")
    parser.add_argument("--out", type=Path, default=PUBLISHED_RECIPE / MEASURED)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    networks = {path.stem: load_network(path) for path in options.models}
    if len(networks) < len(options.models):
        raise ValueError(
            "Two of the files have the same name, and the results are told apart by it: rename one."
        )
    record = read_json(options.out) if options.out.is_file() else {}
    ferm = load_set(options)
    check_places(ferm, options.out)
    for name, network in networks.items():
        record[name] = _entry(network, ferm, options)
        keep_json(options.out, record)
        _say(name, record[name])
    return 0


def _entry(network: Network, ferm: Ferm, options: argparse.Namespace) -> dict[str, Any]:
    chosen, scope = faces_to_evaluate(
        ferm, "validation", network.record, options.protocol, options.seed
    )
    faces = (ferm.bare, ferm.masked, ferm.points_xy, ferm.labels)
    table = disturbed_accuracy(network, *(each[chosen] for each in faces))
    return {
        "model": network.name,
        "protocol": scope.protocol,
        "seed": scope.seed,
        "split": scope.split,
        "n": int(chosen.sum()),
        "ferm": ferm.name,
        "images_sha256": pixel_hash(ferm.masked),
        "onnx_sha256": file_hash(network.path),
        "warning": leak_warning(
            ferm.manifest[chosen],
            network.record,
            scope,
            ferm.about["source_sha256"],
            ferm.bare[chosen],
        ),
        "summary": asdict(robustness(table)),
        "rows": table.to_dict("records"),
    }


def _say(name: str, entry: dict[str, Any]) -> None:
    if entry["warning"]:
        print(f"Warning: {entry['warning']}", file=sys.stderr)
    short = entry["summary"]
    print(
        f"{name}, {describe_faces(entry)}: undisturbed {short['undisturbed']:.1%}, mean of 8 "
        f"disturbances at 5 severities {short['mean']:.1%}, worst {short['worst']:.1%} "
        f"({short['worst_of']}), prints, high or low masks {short['unseen_masks']:.1%}, "
        f"bandana and lace {short['worn_like']:.1%}, without a mask {short['bare']:.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
