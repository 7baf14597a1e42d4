"""Export a finished run: Keras and ONNX weights and the record beside them.

python -m scripts.export --run runs/clean-0 --out data/models/m_xception
python -m scripts.export --run runs/mine --ferm mine --out runs/my_network --tflite
"""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import add_example, one_sentence_errors
from fermask.system.tensorflow_settings import prepare_tensorflow
from fermask.training.export import check_finished, export_run
from scripts.sets import add_set_arguments, check_places, load_set


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, export; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.export", description="Export a finished run."
    )
    parser.add_argument("--run", type=Path, required=True, help="folder made by scripts.train")
    parser.add_argument("--out", type=Path, required=True, help="weights, without suffix")
    parser.add_argument(
        "--tflite", action="store_true", help="write TensorFlow Lite too, for telephones"
    )
    add_set_arguments(parser)
    add_example(parser, "python -m scripts.export --run runs/clean-0 --out runs/m_xception")
    options = parser.parse_args(arguments)
    prepare_tensorflow()
    with one_sentence_errors():
        check_finished(options.run)
        ferm = load_set(options)
        check_places(ferm, options.out)
        record = export_run(options.run, ferm, options.out, tflite=options.tflite)
    result = record["result"]
    files = ".keras, .onnx, .tflite and .json" if options.tflite else ".keras, .onnx and .json"
    print(
        f"{options.out}{files}: {result['accuracy']:.2%} of {result['n']} faces.",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
