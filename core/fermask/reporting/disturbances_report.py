"""What is left of the accuracy on bad pictures, as people read it."""

from typing import Any

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.evaluation.rates import rate
from fermask.evaluation.scope import Scope
from fermask.studies.disturbances import DISTURBANCES, measured_table, robustness
from fermask.system.markdown import markdown_table


def disturbances_section(record: dict[str, Any] | None) -> str:
    """RESULTS.md's section; "" where nothing was measured.

    Args:
        record: what ``scripts.studies.measure_disturbances`` wrote.
    """
    if record is None:
        return ""
    return (
        "\n### FERM-C: disturbed faces, other masks, bare faces\n\n"
        "Accuracy in percent (95% interval) over five severities of each disturbance, for the "
        "recipe that ships, for 0.1's and for the paper's, each on the fold that it held back. "
        "Prints and masks worn high or low are unlike FERM's; the covers that the recipe that "
        "ships learns from come near them, 0.1's and the paper's masks do not. None of the three "
        "has learned from a bandana or lace.\n\n"
        f"{markdown_table(format_disturbances(record))}"
    )


def describe_faces(entry: dict[str, Any]) -> str:
    """Which faces a network was measured on, such as ``FERM v1, clean 9, validation, n = 375``.

    Args:
        entry: of one network, as ``scripts.studies.measure_disturbances`` wrote it.
    """
    scope = Scope(entry["protocol"], entry["seed"], entry["split"])
    seen = "; some seen in training" if entry["warning"] else ""
    return f"{entry['ferm']}, {scope}, n = {entry['n']:,}{seen}"


def format_disturbances(record: dict[str, Any]) -> pd.DataFrame:
    """What is left of the accuracy, as people read it: a row a disturbance, a column a network.

    Percent, with 95% intervals. A row of a disturbance is the mean of its severities; the interval
    of a mean is that of a single count of as many faces, and so rather too wide than too narrow.

    Args:
        record: what ``scripts.studies.measure_disturbances`` wrote.
    """
    columns = {}
    for network, entry in record.items():
        table, n = measured_table(record, network), entry["n"]
        short = robustness(table)
        by_kind = table.groupby("disturbance")["accuracy"].mean()
        columns[network] = {
            "faces": describe_faces(entry),
            "undisturbed": _with_interval(short.undisturbed, n),
            **{name: _with_interval(by_kind[name], n) for name in DISTURBANCES},
            "mean of the 40": _with_interval(short.mean, n),
            "worst of the 40": f"{_with_interval(short.worst, n)}, {short.worst_of}",
            "prints, masks worn high or low": _with_interval(short.unseen_masks, n),
            "without a mask": _with_interval(short.bare, n),
        }
        # Older measurements lack it.
        if short.worn_like is not None:
            name = "bandana and lace, as worn"
            columns[network][name] = _with_interval(short.worn_like, n)
    return pd.DataFrame(columns).fillna("not measured").rename_axis("accuracy %").reset_index()


def _with_interval(share: float, n: int) -> str:
    return f"{format_percent(share)} ({rate(round(share * n), n).interval})"
