"""RESULTS.md's parts on the paper's Tables 1 to 3: how good, how fast, and what twins explain."""

from typing import Any

import pandas as pd

from fermask.dataset.fer2013_rows import TRAINING_ROWS
from fermask.dataset.ferm import TABLE_2, Ferm
from fermask.evaluation.formatting import format_percent
from fermask.faces.labels import CLASSES
from fermask.networks import network_label
from fermask.reporting.tables import interval_column, mean_column, percent_column
from fermask.studies.reproduction import (
    BEST,
    GPU_EPOCHS,
    JAX_EPOCH,
    JAX_STEPS,
    NO_RUN,
    PAPER_TABLE_1,
    PAPER_TABLE_3,
    TORCH_STEPS,
    rows_of_best,
    table_1,
    table_3,
)
from fermask.system.markdown import markdown_table
from fermask.training.epoch_time import REFERENCE, pace_table


def table_1_section(runs: pd.DataFrame, pace: dict[str, Any] | None) -> str:
    """Networks on FER2013's seven classes, and their seconds an epoch.

    Args:
        runs: of ``reproduction.finished_runs``, of FER2013.
        pace: as ``epoch_time.measure_pace`` gives it, or None where it was not measured.
    """
    title = "## Table 1: FER2013 without masks\n\n"
    if runs.empty:
        return f"{title}{NO_RUN}\n"
    return (
        f"{title}Seven classes under FER2013's own labels, trained on Training, measured on "
        "PublicTest (twins between the two are left as the file has them).\n\n"
        + markdown_table(format_table_1(runs))
        + _pace(pace, TRAINING_ROWS, PAPER_TABLE_1, "Training")
    )


def format_table_1(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 1 with figures as people read them, for ``finished_runs`` of FER2013."""
    table = table_1(runs)
    return pd.DataFrame(
        {
            "network": table["model"],
            "parameters": table["parameters"].map("{:,}".format),
            "epochs": table["epochs"],
            "seed": table["seed"],
            "PublicTest %": percent_column(table["public"]),
            "n": table["n"],
            "95% interval": interval_column(table),
            "last epoch %": percent_column(table["last"]),
            "best epoch %": percent_column(table["best"]),
            "PrivateTest %": percent_column(table["private"]),
            "paper %": percent_column(table["paper"], 2),
        }
    )


def table_2_section(ferm: Ferm) -> str:
    """A set's class counts beside the paper's, and what each screening rule dropped."""
    drawn = ferm.manifest["label"].value_counts()
    counts = pd.DataFrame(
        {
            "class": CLASSES,
            "paper": [TABLE_2[name] for name in CLASSES],
            ferm.name: [int(drawn.get(name, 0)) for name in CLASSES],
        }
    )
    funnel = ferm.funnel.rename(columns={"step": "rule", "other": "other expressions"})
    return (
        "## Table 2: FERM\n\n"
        + markdown_table(counts)
        + "\nHow many of the screened parts of FER2013 each rule dropped, at the first rule that "
        "did; faces without a FERM label count under FER2013's own.\n\n" + markdown_table(funnel)
    )


def table_3_section(runs: pd.DataFrame, pace: dict[str, Any] | None) -> str:
    """Networks on FERM, whether the paper's accuracy was reached, and seconds an epoch.

    Args:
        runs: of ``reproduction.finished_runs``.
        pace: as ``epoch_time.measure_pace`` gives it, or None where it was not measured.
    """
    title = "## Table 3: networks on FERM\n\n"
    if runs.empty:
        return f"{title}{NO_RUN}\n"
    faces = sum(TABLE_2.values()) * 9 // 10
    return (
        title
        + markdown_table(format_table_3(runs))
        + f"\n{' '.join(filter(None, (describe_best(runs), describe_order(runs))))}\n"
        + _pace(pace, faces, PAPER_TABLE_3, "nine tenths of FERM")
        + _on_a_gpu()
    )


def format_table_3(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 3 with figures as people read them, for ``reproduction.finished_runs``."""
    table = table_3(runs)
    return pd.DataFrame(
        {
            "network": table["model"],
            "parameters": table["parameters"].map("{:,}".format),
            "FERM": table["ferm"].str.removeprefix("FERM "),
            "protocol": table["protocol"],
            "epochs": table["epochs"],
            "runs": table["runs"],
            "accuracy %": mean_column(table),
            "n": table["n"],
            "95% interval": interval_column(table),
            "last epoch %": percent_column(table["last"]),
            "best epoch %": percent_column(table["best"]),
            "whole set %": percent_column(table["whole"]),
            "paper %": percent_column(table["paper"], 2),
        }
    )


def describe_best(runs: pd.DataFrame) -> str:
    """A sentence on whether the paper's best accuracy was reached, and by how much not."""
    best = rows_of_best(table_3(runs))
    figures = [
        f"{format_percent(row['mean'])}% under `{row['protocol']}` (n = {row['n']:,})"
        for row in best.to_dict("records")
    ]
    goal = PAPER_TABLE_3[BEST][0]
    if not figures:
        return "M-Xception with Dropout, the paper's best network, has no run yet."
    ends = "reached" if (100 * best["mean"] >= goal).any() else "not reached under either protocol"
    return (
        f"M-Xception with Dropout comes to {' and '.join(figures)} on {best['ferm'].iloc[0]}: the "
        f"paper's {goal}% is {ends}."
    )


def describe_order(runs: pd.DataFrame) -> str:
    """Whether the paper's order of its networks appears, under its protocol; "" without two."""
    table = table_3(runs)
    of_paper = (table["protocol"] == "paper") & table["model"].isin(PAPER_TABLE_3)
    table = table[of_paper & table["whole"].notna()]
    # Of the set and the epochs that most networks have.
    counts = table.groupby(["ferm", "epochs"])["model"].nunique()
    if counts.empty or counts.max() < 2:
        return ""
    ferm, epochs = counts.sort_index().idxmax()
    table = table[(table["ferm"] == ferm) & (table["epochs"] == epochs)]
    orders = [
        ", ".join(
            f"{network_label(row['model'])} {format_percent(row[what])}"
            for row in table.sort_values(what).to_dict("records")
        )
        for what in ("paper", "mean", "whole")
    ]
    return (
        f"The paper's order of these networks, from the worst: {orders[0]}. Ours under `paper` on "
        f"{ferm} after {epochs} epochs: held back {orders[1]}; over the whole set {orders[2]}. "
        "Networks whose intervals overlap can stand either way round."
    )


def _pace(
    pace: dict[str, Any] | None, faces: int, paper: dict[str, tuple[float, float]], of: str
) -> str:
    if pace is None:
        return "\nHow long an epoch takes has not been measured yet.\n"
    settings = pace["settings"]
    return (
        f"\nSeconds an epoch of {of} ({faces:,} faces, augmentation included, validation not), "
        f"from {settings['rounds']} rounds in which the networks took turns ({pace['backend']} on "
        f"{pace['machine']}); the paper's are of an RTX 2080 Ti.\n\n"
        + markdown_table(format_pace(pace, faces, paper))
    )


def _on_a_gpu() -> str:
    rows = [
        {"compiled": way, "network": network, "s/epoch": f"{low:.2f} to {high:.2f}"}
        for way, epochs in GPU_EPOCHS.items()
        for network, (low, high) in epochs.items()
    ]
    return (
        "\nOn one NVIDIA H200 with 16 processors, each measured once (JAX 0.11.2 on 2026-11-27, "
        "torch 2.11 on 2026-11-26; 3,456 random faces with their augmentation, batches of 64, "
        "four or five epochs). Trained step by step, as the paper will have done it, M-Xception "
        f"takes {_gpu_ratio(JAX_STEPS)} of Xception's time under JAX and "
        f"{_gpu_ratio(TORCH_STEPS)} under torch, where the paper has 0.51: so small a network "
        "waits for its steps to be started, and M-Xception has 20 convolutions to Xception's 40. "
        f"An epoch as one program waits less ({_gpu_ratio(JAX_EPOCH)}). On a processor it waits "
        "for its multiplications, of which M-Xception has more, as its entry flow keeps all "
        "48 × 48 pixels. The first epoch compiles: 7 s (CNN) to 66 s (Xception), the five side by "
        f"side.\n\n{markdown_table(pd.DataFrame(rows))}"
    )


def _gpu_ratio(way: str) -> str:
    """M-Xception's time to Xception's, the middles of their ranges."""
    return f"{sum(GPU_EPOCHS[way][BEST]) / sum(GPU_EPOCHS[way][REFERENCE]):.2f}"


def format_pace(
    pace: dict[str, Any], faces: int, paper: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    """Seconds an epoch as people read them, beside those of one of the paper's tables.

    Networks that only the other of its tables has are left out; those of neither are there.

    Args:
        pace: as ``epoch_time.measure_pace`` gives it.
        faces: of an epoch.
        paper: ``reproduction.PAPER_TABLE_1`` or ``PAPER_TABLE_3``.
    """
    table = pace_table(pace, faces)
    elsewhere = (PAPER_TABLE_1.keys() | PAPER_TABLE_3.keys()) - paper.keys()
    table = table[~table["model"].isin(elsewhere)]
    theirs = [paper[name][1] if name in paper else None for name in table["model"]]
    return pd.DataFrame(
        {
            "network": table["model"],
            "s/epoch": table["seconds"].map("{:.2f}".format),
            "ratio to Xception": [
                f"{row.ratio:.2f} ({row.lowest:.2f} to {row.highest:.2f})"
                for row in table.itertuples()
            ],
            "paper s/epoch": ["" if each is None else f"{each:.3f}" for each in theirs],
            "paper ratio": [
                "" if each is None else f"{each / paper[REFERENCE][1]:.2f}" for each in theirs
            ],
        }
    )


def papers_number(runs: pd.DataFrame) -> str:
    """What the paper's best accuracy most likely is of, in three sentences; "" without runs.

    Args:
        runs: as ``reproduction.finished_runs`` gives them.
    """
    if runs.empty:
        return ""
    best = rows_of_best(table_3(runs))
    ours = best[best["protocol"] == "paper"]
    if ours.empty:
        return ""
    row = ours.iloc[0]
    goal = PAPER_TABLE_3[BEST][0]
    low, high = format_percent(row["whole_low"]), format_percent(row["whole_high"])
    return (
        f"The paper's {goal}% is most likely measured over the whole set, training faces included, "
        f"as its Fig. 6 is: counted so, its recipe comes to {format_percent(row['whole'])}% here "
        f"(runs on {row['ferm']}: {row['runs']}; {low} to {high}). On faces held back it comes to "
        f"{format_percent(row['mean'])}% (n = {row['n']:,}), which is what a new face of FERM "
        "meets. This is an explanation that fits and no proof: the paper does not say on which "
        "faces it measured.\n"
    )


def twins_section(table: pd.DataFrame) -> str:
    """What copies of a photograph are worth, for ``reproduction.twins_within`` of M-Xception."""
    title = "## How much do twins explain?\n\n"
    if table.empty:
        return f"{title}{NO_RUN}\n"
    return (
        f"{title}Within each run of M-Xception with Dropout on FERM v1: the faces held back of "
        "which the training side holds a copy, beside those without one, by today's search for "
        "copies (the folds of `clean` were drawn by an older one, which missed some). The interval "
        "is Student's over the runs' differences; that faces with copies may be easier for other "
        f"reasons, it cannot tell.\n\n{markdown_table(format_twins(table))}"
    )


def format_twins(table: pd.DataFrame) -> pd.DataFrame:
    """What copies are worth, as people read it, for ``reproduction.twins_within``."""
    return pd.DataFrame(
        {
            "protocol": table["protocol"],
            "runs": table["runs"],
            "with a copy %": percent_column(table["with_copy"]),
            "n with": table["with_n"],
            "without %": percent_column(table["without"]),
            "n without": table["without_n"],
            "difference, points": [format_percent(each, "+.1f") for each in table["difference"]],
            "95% interval": interval_column(table, "+.1f"),
        }
    )
