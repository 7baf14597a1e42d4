"""RESULTS.md, written from the published manifest and the cached runs, never by hand."""

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.dataset.fer2013 import TRAINING_ROWS
from fermask.dataset.ferm import TABLE_2, Ferm
from fermask.dataset.splits import FER2013_PROTOCOL
from fermask.evaluation.tables import intervals, markdown_table, over_folds, percent, with_sd
from fermask.faces.labels import CLASSES
from fermask.reporting.detection_report import detection_markdown
from fermask.reporting.figures import CAPTIONS, stored_figure
from fermask.reporting.performance import performance_markdown
from fermask.reporting.recipe_report import recipe_markdown
from fermask.studies.agreement import agreement_markdown
from fermask.studies.dropped_classes import VIEWS
from fermask.studies.peers import (
    FER_ANSWERS,
    masked_pairs,
    out_of_fold,
    paired_words,
    peer_table,
    peers_words,
    shown_peers,
)
from fermask.studies.reproduction import (
    LANDMARKS,
    NO_RUN,
    PACE,
    PAPER_TABLE_1,
    PAPER_TABLE_3,
    cached,
    expressions_merged,
    finished_runs,
    table_1,
    table_3,
    twins_explain,
)
from fermask.system.parquet import read_parquet
from fermask.training.epoch_time import REFERENCE, pace_table

_INTRODUCTION = """# Results

Written by `python -m scripts.studies.reproduce` from `data/ferm`, `data/runs` and `data/recipe`.

A run trains on nine tenths of FERM v1 and is measured on the tenth held back, after the last
epoch. Under `clean` that tenth is a fold that shares no duplicate group with the others (fold 9
is kept for choices and stands in no row); under `paper` it is a random one, as in the paper.
Mean and standard deviation are over runs; the 95% interval (Wilson) is over the faces of all
runs together. The best epoch is chosen by the faces it is measured on, so it flatters.
The networks can be compared only where epochs and runs are the same.
"""


def results_markdown(ferm: Ferm, folder: Path, recipe: Path) -> str:
    """The text of RESULTS.md, from what is cached beside the runs; what is missing is said.

    Args:
        ferm: FERM v1; its images are not needed.
        folder: of the runs of the paper's recipe.
        recipe: of the runs of ``fermask.training.recipe``.
    """
    runs, pace = finished_runs(folder), cached(folder, PACE)
    public = finished_runs(folder, (FER2013_PROTOCOL,))
    expressions = finished_runs(folder, VIEWS)
    parts = [
        _INTRODUCTION,
        _table_1(public, pace),
        _table_2(ferm),
        _table_3(runs, pace),
        _twins(runs),
        recipe_markdown(recipe),
        agreement_markdown(ferm),
        _landmarks(cached(folder, LANDMARKS)),
        _peers(folder),
        _expressions(folder, expressions),
        detection_markdown(),
        performance_markdown(),
        _figures(),
        _origins(pd.concat([public, runs, expressions], ignore_index=True)),
    ]
    return "\n".join(part for part in parts if part)


def _table_2(ferm: Ferm) -> str:
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


def _table_1(runs: pd.DataFrame, pace: dict[str, Any] | None) -> str:
    title = "## Table 1: FER2013 without masks\n\n"
    if runs.empty:
        return f"{title}{NO_RUN}\n"
    return (
        f"{title}Seven classes under FER2013's own labels, trained on Training, measured on "
        "PublicTest after the last epoch (twins between the two are left as the file has them).\n\n"
        + markdown_table(shown_table_1(runs))
        + _pace(pace, TRAINING_ROWS, PAPER_TABLE_1, "Training")
    )


def shown_table_1(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 1 with figures as people read them, for ``finished_runs`` of FER2013."""
    table = table_1(runs)
    return pd.DataFrame(
        {
            "network": table["model"],
            "parameters": table["parameters"].map("{:,}".format),
            "epochs": table["epochs"],
            "seed": table["seed"],
            "PublicTest %": percent(table["public"]),
            "n": table["n"],
            "95% interval": intervals(table),
            "best epoch %": percent(table["best"]),
            "PrivateTest %": percent(table["private"]),
            "paper %": percent(table["paper"], 2),
        }
    )


def _table_3(runs: pd.DataFrame, pace: dict[str, Any] | None) -> str:
    title = "## Table 3: networks on FERM\n\n"
    if runs.empty:
        return f"{title}{NO_RUN}\n"
    faces = sum(TABLE_2.values()) * 9 // 10
    return (
        title
        + markdown_table(shown_table_3(runs))
        + f"\n{reached(runs)}\n"
        + _pace(pace, faces, PAPER_TABLE_3, "nine tenths of FERM")
    )


def reached(runs: pd.DataFrame) -> str:
    """A sentence on whether the paper's best accuracy was reached, and by how much not."""
    table = table_3(runs)
    best = table[table["model"] == "m_xception"]
    said = [
        f"{100 * row['mean']:.1f}% under `{row['protocol']}` (n = {row['n']:,})"
        for row in best.to_dict("records")
    ]
    goal = PAPER_TABLE_3["m_xception"][0]
    if not said:
        return "M-Xception with Dropout, the paper's best network, has no run yet."
    ends = "reached" if (100 * best["mean"] >= goal).any() else "not reached under either protocol"
    return f"M-Xception with Dropout comes to {' and '.join(said)}: the paper's {goal}% is {ends}."


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
        + markdown_table(shown_pace(pace, faces, paper))
    )


def shown_pace(
    pace: dict[str, Any], faces: int, paper: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    """Seconds an epoch as people read them, for the networks of one of the paper's tables."""
    table = pace_table(pace, faces)
    table = table[table["model"].isin(list(paper))]
    theirs = table["model"].map(lambda name: paper[name][1])
    return pd.DataFrame(
        {
            "network": table["model"],
            "s/epoch": table["seconds"].map("{:.2f}".format),
            "ratio to Xception": [
                f"{row.ratio:.2f} ({row.lowest:.2f} to {row.highest:.2f})"
                for row in table.itertuples()
            ],
            "paper s/epoch": theirs.map("{:.3f}".format),
            "paper ratio": (theirs / paper[REFERENCE][1]).map("{:.2f}".format),
        }
    )


def shown_table_3(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 3 with figures as people read them, for ``reproduction.finished_runs``."""
    table = table_3(runs)
    return pd.DataFrame(
        {
            "network": table["model"],
            "parameters": table["parameters"].map("{:,}".format),
            "protocol": table["protocol"],
            "epochs": table["epochs"],
            "runs": table["runs"],
            "accuracy %": [with_sd(m, s) for m, s in zip(table["mean"], table["sd"], strict=True)],
            "n": table["n"],
            "95% interval": intervals(table),
            "best epoch %": percent(table["best"]),
            "paper %": percent(table["paper"], 2),
        }
    )


def _twins(runs: pd.DataFrame) -> str:
    title = "## How much do twins explain?\n\n"
    table = twins_explain(runs) if len(runs) else runs
    if table.empty:
        return f"{title}No network has runs under both protocols yet.\n"
    return (
        f"{title}How much higher a network comes out where twins may stand on both sides.\n\n"
        f"{markdown_table(shown_twins(runs))}\n"
        "With two runs or more of both, the interval is Welch's over runs; with one of each, it is "
        "over the faces alone (Newcombe) and knows nothing of how trainings differ. "
        f"{_twins_shown(table)}\n"
    )


def _twins_shown(table: pd.DataFrame) -> str:
    """Which networks' intervals over runs leave out zero."""
    sure = table[(table["over"] == "runs") & ((table["low"] > 0) | (table["high"] < 0))]
    if sure.empty:
        return "No interval over runs leaves out zero: with these runs nothing is shown yet."
    return f"The interval over runs leaves out zero for {', '.join(sure['model'])}."


def shown_twins(runs: pd.DataFrame) -> pd.DataFrame:
    """What twins explain, as people read it, for ``reproduction.finished_runs``."""
    table = twins_explain(runs)
    if table.empty:
        return table
    return pd.DataFrame(
        {
            "network": table["model"],
            "epochs": table["epochs"],
            "runs paper, clean": [
                f"{p}, {c}" for p, c in zip(table["paper_runs"], table["clean_runs"], strict=True)
            ],
            "paper − clean, points": [f"{100 * value:+.1f}" for value in table["difference"]],
            "95% interval": intervals(table, "{:+.1f}"),
            "over": table["over"],
        }
    )


def _peers(folder: Path) -> str:
    title = "## Peers on the same faces\n\n"
    said = peers_said(folder)
    if said is None:
        return f"{title}Not asked yet: `python -m scripts.studies.compare_peers`.\n"
    table, above, below = said
    return f"{title}{above}\n{markdown_table(table)}\n{below}\n"


def peers_said(folder: Path) -> tuple[pd.DataFrame, str, str] | None:
    """The peers' table, and what stands above and below it; None where none was asked yet."""
    path = Path(folder) / FER_ANSWERS
    if not path.is_file():
        return None
    answers, about = read_parquet(path)
    ours = out_of_fold(folder, about["masked_sha256"])
    table = shown_peers(peer_table(answers, ours))
    return table, peers_words(answers), paired_words(masked_pairs(answers, ours))


def _figures() -> str:
    parts = ["## Figures\n"]
    for number, (caption, differs) in CAPTIONS.items():
        parts.append(
            f"**Figure {number}.** {caption}. {differs}\n\n"
            f"![Figure {number}: {caption}](docs/figures/{stored_figure(number).name})\n"
        )
    return "\n".join(parts)


def _expressions(folder: Path, runs: pd.DataFrame) -> str:
    title = "## Was the paper right to drop classes?\n\n"
    if set(runs.get("protocol", ())) != set(VIEWS):
        return f"{title}{NO_RUN}\n"
    epochs = " and ".join(map(str, sorted(set(runs["epochs"]))))
    accuracy = runs.set_index("protocol")["accuracy"]
    return (
        f"{title}M-Xception on all eight of FER+'s expressions ({epochs} epochs, `clean` 0, "
        f"validation, n = {runs['n'].iloc[0]:,}, screened as FERM is but without quotas): "
        f"{100 * accuracy[VIEWS[0]]:.1f}% right with masks, {100 * accuracy[VIEWS[1]]:.1f}% "
        "without. For each pair that the paper calls alike under a mask: how often a face of the "
        "dropped expression leans more to its own name than a face of the kept one does (0.5 is "
        "chance, 1 never mistaken; it does not depend on how many there are of each), and how "
        "many dropped faces get the kept one's name.\n\n"
        + markdown_table(shown_merged(expressions_merged(folder)))
    )


def shown_merged(table: pd.DataFrame) -> pd.DataFrame:
    """How far pairs merge, as people read it, for ``expressions.merged``."""
    return pd.DataFrame(
        {
            "kept / dropped": table["kept"] + " / " + table["dropped"],
            "view": table["view"],
            "n": [
                f"{kept:,} / {dropped:,}"
                for kept, dropped in zip(table["n_kept"], table["n_dropped"], strict=True)
            ],
            "told apart (AUC)": [
                f"{row.auc:+.2f}" if row.view == "change" else f"{row.auc:.2f}"
                for row in table.itertuples()
            ],
            "95% interval": [
                f"{row.low:+.2f} to {row.high:+.2f}"
                if row.view == "change"
                else f"{row.low:.2f} to {row.high:.2f}"
                for row in table.itertuples()
            ],
            "dropped taken for kept %": [
                "" if row.taken is None else f"{100 * row.taken.value:.0f}"
                for row in table.itertuples()
            ],
        }
    )


def shown_geometry(geometry: dict[str, Any]) -> pd.DataFrame:
    """What landmarks alone tell, as people read it, for ``geometry.geometry_record``."""
    rows = []
    for count, folds in geometry["folds"].items():
        rows.append({"landmarks": count} | over_folds(pd.DataFrame(folds)))
    return pd.DataFrame(rows)


def _landmarks(geometry: dict[str, Any] | None) -> str:
    if geometry is None:
        return "## What the landmarks alone can tell\n\nNot asked yet.\n"
    lost = sorted(geometry["lost"].items(), key=lambda each: -each[1])
    most = ", ".join(f"{number} ({100 * value:.1f})" for number, value in lost[:8])
    return (
        "## What the landmarks alone can tell\n\n"
        "A support vector machine that sees where the landmarks lie (eyes level, their distance "
        "the unit) and no pixel, under `clean`, every fold but the development fold held back in "
        "turn. dlib found the landmarks on the bare face, so even the 27 above the mask may know "
        "something of the mouth.\n\n" + markdown_table(shown_geometry(geometry)) + "\n"
        "![Which of the 27 landmarks matter](docs/landmark_importance.svg)\n\n"
        "Points of accuracy lost when a landmark and its mirror image are shuffled among the "
        f"faces, the most first: {most}.\n"
    )


def _origins(runs: pd.DataFrame) -> str:
    if runs.empty:
        return ""
    columns = ["machine", "backend", "versions", "images_sha256"]
    names = runs["model"] + " " + runs["protocol"] + " " + runs["seed"].astype(str)
    lines = [
        f"- {', '.join(names[ours.index])}: {backend} on {machine}; {versions}; images "
        f"sha256 {data[:12]}…"
        for (machine, backend, versions, data), ours in runs.groupby(columns, sort=False)
    ]
    return "## Where the runs come from\n\n" + "\n".join(lines) + "\n"
