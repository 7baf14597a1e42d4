"""Train a network on FERM.

python -m scripts.train --model m_xception --protocol clean --seed 0 --out runs/clean-0
python -m scripts.train --initial data/models/m_xception.keras --ferm mine --out runs/mine
"""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import ProgressBars, add_example, one_sentence_errors, positive
from fermask.dataset.splits import PROTOCOLS
from fermask.networks import NETWORKS
from fermask.system.tensorflow_settings import prepare_tensorflow
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
    shown = "(default: %(default)s)"
    parser.add_argument("--model", choices=NETWORKS, default=default.model, help=shown)
    parser.add_argument("--protocol", choices=PROTOCOLS, default=default.protocol, help=shown)
    parser.add_argument(
        "--seed", type=int, default=default.seed, help=f"the fold under clean {shown}"
    )
    parser.add_argument("--epochs", type=positive, default=default.epochs, help=shown)
    parser.add_argument(
        "--learning-rate", type=float, default=default.learning_rate, metavar="RATE", help=shown
    )
    parser.add_argument(
        "--initial",
        type=Path,
        metavar="KERAS",
        help="weights to start from, such as data/models/m_xception.keras; of other classes all "
        "but the last layer",
    )
    parser.add_argument(
        "--class-weights", action="store_true", help="faces count more, the fewer their class has"
    )
    parser.add_argument(
        "--patience",
        type=positive,
        default=0,
        metavar="EPOCHS",
        help="stop once the loss on the faces held back has not fallen for so many epochs, and "
        "keep the weights of its lowest (default: train all epochs, keep the last)",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    add_set_arguments(parser)
    add_example(parser, "python -m scripts.train --seed 0 --epochs 30 --out runs/clean-0")
    options = parser.parse_args(arguments)
    prepare_tensorflow()
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    check_places(ferm, options.out)
    settings = TrainingSettings(
        options.model,
        options.protocol,
        options.seed,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        class_weights=options.class_weights,
        patience=options.patience,
    )
    with ProgressBars() as bars:
        result = train(
            ferm_examples(ferm, settings.protocol, settings.seed),
            settings,
            options.out,
            lambda row, epochs: bars(
                "epochs", int(row["epoch"]), epochs, f"validation {row['val_accuracy']:.1%}"
            ),
            options.initial,
        )
    chosen = result.get("chosen_epoch")
    after = f"epoch {chosen}, chosen on them" if chosen else "the last epoch"
    print(
        f"{settings.model}, {settings.protocol} {settings.seed}, {ferm.name}: "
        f"{result['accuracy']:.2%} of {result['n']} validation faces after {after} "
        f"(best epoch {result['best_epoch']}: {result['best_accuracy']:.2%}). {options.out}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
