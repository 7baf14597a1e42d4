"""RESULTS.md's part on the classes that the paper drops."""

from pathlib import Path

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.studies.dropped_classes import VIEWS
from fermask.studies.reproduction import NO_RUN, expressions_merged
from fermask.system.markdown import markdown_table

# Of either expression of a pair, so that its figures tell something.
FEWEST = 30


def dropped_classes_section(folder: Path, runs: pd.DataFrame) -> str:
    """The section.

    Args:
        folder: of the runs.
        runs: of ``reproduction.finished_runs``, of ``dropped_classes.VIEWS``.
    """
    title = "## Was the paper right to drop classes?\n\n"
    if set(runs.get("trained_on", ())) != set(VIEWS):
        return f"{title}{NO_RUN}\n"
    epochs = " and ".join(map(str, sorted(set(runs["epochs"]))))
    accuracy = runs.set_index("trained_on")["accuracy"]
    masked, bare = (format_percent(accuracy[view]) for view in VIEWS)
    return (
        f"{title}M-Xception on all eight of FER+'s expressions ({epochs} epochs, `clean` 0, "
        f"validation, by the duplicate groups of FERM v1, n = {runs['n'].iloc[0]:,}, screened as "
        "FERM is but without quotas): "
        f"{masked}% right with masks, {bare}% "
        "without. For each pair that the paper calls alike under a mask: how often a face of the "
        "dropped expression leans more to its own name than a face of the kept one does (0.5 is "
        "chance, 1 never mistaken; it does not depend on how many there are of each), and how "
        f"many dropped faces get the kept one's name. Pairs with fewer than {FEWEST} faces of "
        "one of them, which tell nothing, are left out (disgust and fear are rare).\n\n"
        + markdown_table(format_merged(expressions_merged(folder)))
    )


def format_merged(table: pd.DataFrame) -> pd.DataFrame:
    """How far pairs of ``FEWEST`` faces or more merge, for ``dropped_classes.merged``."""
    table = table[table[["n_kept", "n_dropped"]].min(axis=1) >= FEWEST]
    # Areas lie within 0…1, their change within -1…1.
    spec = ["+.2f" if view == "change" else ".2f" for view in table["view"]]
    areas = list(zip(table["auc"], table["low"], table["high"], spec, strict=True))
    return pd.DataFrame(
        {
            "kept / dropped": table["kept"] + " / " + table["dropped"],
            "view": table["view"],
            "n": [
                f"{kept:,} / {dropped:,}"
                for kept, dropped in zip(table["n_kept"], table["n_dropped"], strict=True)
            ],
            "told apart (AUC)": [format(auc, form) for auc, _, _, form in areas],
            "95% interval": [f"{low:{form}} to {high:{form}}" for _, low, high, form in areas],
            "dropped taken for kept %": [
                "" if each is None else format_percent(each.value, ".0f") for each in table["taken"]
            ],
        }
    )
