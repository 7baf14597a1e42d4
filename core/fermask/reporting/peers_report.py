"""RESULTS.md's part on peers: ``fer`` and our network on the same faces."""

from pathlib import Path

import pandas as pd

from fermask.dataset.fer2013_rows import TRAINING_ROWS
from fermask.evaluation.formatting import format_interval, format_p, format_percent
from fermask.evaluation.rates import Paired
from fermask.faces.labels import CLASSES
from fermask.studies.peers import FER_ANSWERS, USAGE, masked_pairs, out_of_fold, peer_table
from fermask.system.markdown import markdown_table
from fermask.system.parquet import read_parquet

# What the repositories' own notebook and README say (read in November 2026).
_ELSEWHERE = (
    "What others report of masks drawn on FER2013 cannot be set beside these figures: it is of all "
    "seven emotions under FER2013's own labels and of faces that nobody screened. "
    "`rebyu/masked-emotions` (dlib's landmarks, test part) has 57.1% for VGG, 49.7% for "
    "DenseNet-121, 49.1% for ResNet-18 and 48.8% for AlexNet; a Residual Masking Network trained "
    "on masked FER2013 (R. Martone, University of Salerno, 2022) about 63%. Neither says how many "
    "test photographs stand in Training too."
)


def peers_section(folder: Path) -> str:
    """The section, from the folder of the runs."""
    title = "## Peers on the same faces\n\n"
    parts = peers_parts(folder)
    if parts is None:
        return f"{title}Not asked yet: `python -m scripts.studies.compare_peers`.\n"
    table, above, below = parts
    return f"{title}{above}\n{markdown_table(table)}\n{below}\n\n{_ELSEWHERE}\n"


def peers_parts(folder: Path) -> tuple[pd.DataFrame, str, str] | None:
    """The peers' table, and what stands above and below it; None where none was asked yet."""
    path = Path(folder) / FER_ANSWERS
    if not path.is_file():
        return None
    answers, about = read_parquet(path)
    ours = out_of_fold(about["ferm"])
    table = format_peers(peer_table(answers, ours))
    return table, describe_asking(answers), describe_pairs(masked_pairs(answers, ours))


def format_peers(table: pd.DataFrame) -> pd.DataFrame:
    """``peers.peer_table`` with figures as people read them."""
    formatted = pd.DataFrame(
        {
            "faces": table["over"],
            "network": table["network"].replace("ours", "M-Xception"),
            "look": table["look"],
            "n": table["n"],
            "accuracy %": table["accuracy"].map(format_percent),
            "95% interval": [
                format_interval(low, high)
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "macro-F1": table["macro_f1"].map("{:.2f}".format),
        }
    )
    return formatted.assign(**{f"{name} %": table[name].map(format_percent) for name in CLASSES})


def describe_asking(answers: pd.DataFrame) -> str:
    """What stands above the table: how fer was asked, and which faces it may know."""
    faces = answers[answers["usage"] == USAGE]
    twins = int((faces["group"] < TRAINING_ROWS).sum())
    return (
        "`fer` from PyPI names seven emotions; of its probabilities those of the four classes "
        "count. It is asked in its own code, with the network it takes by default "
        "(mini_XCEPTION, quantised), each picture being a face without the 10 pixels of border "
        "that it would add, since so it names more Training faces right. The package does not say "
        "what its weights have seen. It credits `face_classification`, whose training script "
        "learns from the first 80% of `fer2013.csv`, which is Training to the row, and chooses "
        "the epoch by the rest, PublicTest with it, which favours it a little. Of FERM's "
        f"{len(faces)} PublicTest faces {twins} have a twin in Training: "
        "*no twin* leaves these out. M-Xception is the recipe that ships, each face "
        "named by the network that held its fold back, and fold 9 is left out. `fer` was made "
        "neither for masks nor for FER+'s labels.\n"
    )


def describe_pairs(pairs: dict[str, Paired]) -> str:
    """A sentence for each of ``peers.masked_pairs``; "" where there are none."""
    return " ".join(
        f"Of the {pair.n} masked faces *{over}*, only fer names {pair.only_first} right and "
        f"only M-Xception {pair.only_second} (McNemar's exact test, {format_p(pair.p)})."
        for over, pair in pairs.items()
    )
