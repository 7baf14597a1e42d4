"""RESULTS.md's part on what the labels themselves allow."""

import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import is_published
from fermask.evaluation.formatting import format_percent
from fermask.faces.labels import VOTE_COLUMNS
from fermask.reporting.tables import interval_column, percent_column
from fermask.studies.agreement import (
    PRIORS,
    accuracy_by_agreement,
    another_panel,
    out_of_fold_answers,
)
from fermask.system.markdown import markdown_table
from fermask.system.paths import OUT_OF_FOLD


def agreement_section(ferm: Ferm) -> str:
    """The section; "" for another set than the one the predictions are of."""
    manifest = ferm.manifest
    if not (OUT_OF_FOLD.is_file() and is_published(ferm)):
        return ""
    table = accuracy_by_agreement(manifest, out_of_fold_answers())
    votes = manifest[list(VOTE_COLUMNS)].to_numpy()
    least, most = sorted(another_panel(votes, prior) for prior in PRIORS)
    right = float((table["accuracy"] * table["n"]).sum() / table["n"].sum())
    return (
        "## What the labels themselves allow\n\n"
        f"FERM's labels are votes on the bare face. One voter chose the label in "
        f"{format_percent(manifest['agreement'].mean())}% of the cases, and ten other voters would "
        f"give it again to about {format_percent(least, '.0f')} to {format_percent(most, '.0f')}% "
        "of the faces (drawn from the votes, "
        f"with {PRIORS[1]:g} votes added to each expression and with none). The recipe's networks, "
        f"which see no mouth, name {format_percent(right)}% right of the faces they held back "
        "(`clean` 0 to 8, validation), and the more the voters agreed the more of them:\n\n"
        f"{markdown_table(format_agreement(table))}"
    )


def format_agreement(table: pd.DataFrame) -> pd.DataFrame:
    """``agreement.accuracy_by_agreement`` with figures as people read them."""
    return pd.DataFrame(
        {
            "voters for the label": [f"{10 * each:.0f} of 10" for each in table["agreement"]],
            "n": table["n"],
            "accuracy %": percent_column(table["accuracy"]),
            "95% interval": interval_column(table),
        }
    )
