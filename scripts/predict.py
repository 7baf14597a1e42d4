"""Find the faces in photographs and read their expressions.

python -m scripts.predict IMAGE|FOLDER... [--json]
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from core.inference import SHIPPED, load_network
from core.labels import CLASSES
from core.photograph import list_photographs, read_photograph
from core.prediction import FacePrediction, as_record, predict
from scripts.terminal import one_sentence_errors


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, predict, print; 1 where a file could not be read."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.predict",
        description="Find the faces in photographs and read their expressions.",
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="IMAGE|FOLDER", help="folders: with all in them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a picture")
    parser.add_argument(
        "--model",
        type=Path,
        default=SHIPPED,
        metavar="FILE",
        help=f".onnx file of scripts.export (default: {SHIPPED.name})",
    )
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _predict(options)


def _predict(options: argparse.Namespace) -> int:
    network = load_network(options.model)
    show = _print_json if options.json else _print_table
    failed = False
    for path, error in _pictures(options.paths):
        predictions: list[FacePrediction] = []
        if error is None:
            try:
                predictions = predict(read_photograph(path), network)
            except (ValueError, OSError) as unreadable:
                error = str(unreadable)
        failed |= error is not None
        show(path, predictions, error)
    return int(failed)


def _pictures(paths: list[Path]) -> Iterator[tuple[Path, str | None]]:
    """Each picture, or a path that stands for none with what is wrong with it."""
    for path in paths:
        try:
            found = list_photographs(path)
        except OSError as error:
            yield path, str(error)
            continue
        if not found:
            yield path, f"{path}: there is no picture in this folder."
        for picture in found:
            yield picture, None


def _print_json(path: Path, predictions: list[FacePrediction], error: str | None) -> None:
    record = {"image": str(path), "error": error} if error else as_record(str(path), predictions)
    print(json.dumps(record, ensure_ascii=False), flush=True)


def _print_table(path: Path, predictions: list[FacePrediction], error: str | None) -> None:
    if error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return
    count = len(predictions)
    found = "no face found" if count == 0 else "1 face" if count == 1 else f"{count} faces"
    print(f"{path}: {found}")
    if predictions:
        names = "".join(f"{name:>10}" for name in CLASSES)
        print(f"  {'box (x, y, width, height)':<27}{'mask':<6}{names}   likeliest")
    for each in predictions:
        box = ", ".join(str(value) for value in each.box_xywh)
        values = "".join(f"{value:>10.1%}" for value in each.probabilities)
        doubt = "" if each.sure else " (not sure)"
        print(f"  {box:<27}{'yes' if each.mask else 'no':<6}{values}   {each.label}{doubt}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
