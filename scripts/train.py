"""Train a network on FERM.

python -m scripts.train --model m_xception --protocol clean --seed 0 --out runs/clean-0
"""

import argparse
import os
import sys
from pathlib import Path

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.splits import PROTOCOLS
from fermask.networks import NETWORKS
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import ferm_examples
from scripts.sets import add_set_arguments, check_places, load_set


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, train, print the result; returns the exit status."""
    default = TrainingSettings()
    parser = argparse.ArgumentParser(
        prog="python -m scripts.train", description="Train a network on FERM."
    )
    parser.add_argument("--model", choices=NETWORKS, default=default.model)
    parser.add_argument("--protocol", choices=PROTOCOLS, default=default.protocol)
    parser.add_argument("--seed", type=int, default=default.seed, help="the fold under clean")
    parser.add_argument("--epochs", type=int, default=default.epochs)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    add_set_arguments(parser)
    options = parser.parse_args(arguments)
    # TensorFlow's own notices would bury the progress bar.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    check_places(ferm, options.out)
    settings = TrainingSettings(
        options.model, options.protocol, options.seed, epochs=options.epochs
    )
    with ProgressBars() as bars:
        result = train(
            ferm_examples(ferm, settings.protocol, settings.seed),
            settings,
            options.out,
            lambda row, epochs: bars(
                "epochs", int(row["epoch"]), epochs, f"validation {row['val_accuracy']:.1%}"
            ),
        )
    print(
        f"{settings.model}, {settings.protocol} {settings.seed}, {ferm.name}: "
        f"{result['accuracy']:.2%} of {result['n']} validation faces after the last epoch "
        f"(best epoch {result['best_epoch']}: {result['best_accuracy']:.2%}). {options.out}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
