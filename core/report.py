"""RESULTS.md, written from the published manifest and the cached runs, never by hand."""

from typing import Any

import pandas as pd

from core.evaluation import rate
from core.ferm import TABLE_2, Ferm
from core.labels import CLASSES
from core.reproduction import table_3, twins_explain

_INTRODUCTION = """# Results

Written by `python -m scripts.reproduce` from `data/ferm` and `data/runs`.

A run trains on nine tenths of FERM v1 and is measured on the tenth held back, after the last
epoch. Under `clean` that tenth is a fold that shares no duplicate group with the others (fold 9
is kept for choices and stands in no row); under `paper` it is a random one, as in the paper.
Mean and standard deviation are over runs; the 95% interval (Wilson) is over the faces of all
runs together. The best epoch is chosen by the faces it is measured on, so it flatters.
The networks can be compared only where epochs and runs are the same.
"""


def results_markdown(ferm: Ferm, runs: pd.DataFrame, geometry: dict[str, Any]) -> str:
    """The text of RESULTS.md.

    Args:
        ferm: FERM v1; its images are not needed.
        runs: as ``reproduction.finished_runs`` gives them.
        geometry: as ``geometry.geometry_record`` gives it.
    """
    parts = [_INTRODUCTION, _table_2(ferm)]
    if runs.empty:
        parts.append("## Table 3\n\nNo run is there yet.\n")
    else:
        parts += [_table_3(runs), _twins(runs)]
    parts.append(_landmarks(geometry))
    if not runs.empty:
        parts.append(_origins(runs))
    return "\n".join(parts)


def markdown_table(table: pd.DataFrame) -> str:
    """A table of ready texts as Markdown; all columns but the first are right-aligned."""
    lines = [table.columns, ["---", *["--:"] * (len(table.columns) - 1)]]
    lines += [[str(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


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


def _table_3(runs: pd.DataFrame) -> str:
    return "## Table 3: networks on FERM\n\n" + markdown_table(shown_table_3(runs))


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
            "accuracy %": [_with_sd(m, s) for m, s in zip(table["mean"], table["sd"], strict=True)],
            "n": table["n"],
            "95% interval": [
                f"{100 * low:.1f} to {100 * high:.1f}"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "best epoch %": table["best"].map(lambda value: f"{100 * value:.1f}"),
            "paper %": table["paper"].map(lambda value: f"{100 * value:.2f}"),
        }
    )


def _with_sd(mean: float, sd: float) -> str:
    return f"{100 * mean:.1f}" if pd.isna(sd) else f"{100 * mean:.1f} ± {100 * sd:.1f}"


def _twins(runs: pd.DataFrame) -> str:
    table = twins_explain(runs)
    title = "## How much do twins explain?\n\n"
    if table.empty:
        return title + "No network has two runs under both protocols yet.\n"
    shown = pd.DataFrame(
        {
            "network": table["model"],
            "epochs": table["epochs"],
            "runs paper, clean": [
                f"{p}, {c}" for p, c in zip(table["paper_runs"], table["clean_runs"], strict=True)
            ],
            "paper − clean, points": [f"{100 * value:+.1f}" for value in table["difference"]],
            "95% interval": [
                f"{100 * low:+.1f} to {100 * high:+.1f}"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
        }
    )
    return f"{title}{markdown_table(shown)}\nWelch's interval over runs.\n"


def shown_geometry(geometry: dict[str, Any]) -> pd.DataFrame:
    """What landmarks alone tell, as people read it, for ``geometry.geometry_record``."""
    rows = []
    for count, folds in geometry["folds"].items():
        accuracy = pd.DataFrame(folds)["accuracy"]
        pooled = rate(sum(each["correct"] for each in folds), sum(each["n"] for each in folds))
        rows.append(
            {
                "landmarks": count,
                "folds": len(folds),
                "accuracy %": _with_sd(accuracy.mean(), accuracy.std(ddof=1)),
                "n": pooled.n,
                "95% interval": f"{100 * pooled.low:.1f} to {100 * pooled.high:.1f}",
            }
        )
    return pd.DataFrame(rows)


def _landmarks(geometry: dict[str, Any]) -> str:
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
    columns = ["machine", "backend", "versions", "masked_sha256"]
    names = runs["model"] + " " + runs["protocol"] + " " + runs["seed"].astype(str)
    lines = [
        f"- {', '.join(names[ours.index])}: {backend} on {machine}; {versions}; masked images "
        f"sha256 {data[:12]}…"
        for (machine, backend, versions, data), ours in runs.groupby(columns, sort=False)
    ]
    return "## Where the runs come from\n\n" + "\n".join(lines) + "\n"
