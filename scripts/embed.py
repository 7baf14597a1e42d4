"""Put the faces of a set on a map, by what a network's last layer reads of them.

python -m scripts.embed --fer2013 fer2013.csv
"""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.manifest import load
from fermask.exploring.embedding import default_path, embed, write_embedding
from fermask.networks.inference import load_network
from fermask.system.paths import PUBLISHED, SHIPPED
from scripts.sets import add_set_arguments, load_set


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, compute the map, write it; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.embed",
        description="Put the faces of a set on a map, for the explorer.",
    )
    parser.add_argument("--model", type=Path, default=SHIPPED, help=".onnx file")
    add_set_arguments(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="default: in data/embeddings/, where the explorer looks, named for the network",
    )
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _embed(options)


def _embed(options: argparse.Namespace) -> int:
    network, ferm = load_network(options.model), load_set(options)
    path = options.out or default_path(ferm, network, load(PUBLISHED))
    print(
        f"Putting {len(ferm.masked):,} faces on a map takes about half a minute.", file=sys.stderr
    )
    embedding = embed(ferm, network)
    write_embedding(path, embedding)
    shares = " and ".join(f"{share:.0%}" for share in embedding.about["explained_variance"])
    print(f"{path}: {len(embedding.table):,} faces; PCA's two axes hold {shares} of the variance.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
