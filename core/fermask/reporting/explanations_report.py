"""RESULTS.md's part on other explanations of the paper's number, on the development fold."""

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.reporting.tables import interval_column, percent_column
from fermask.system.markdown import markdown_table


def explanations_section(explanations: pd.DataFrame, endings: pd.DataFrame) -> str:
    """The section; "" before any run is there.

    Args:
        explanations, endings: as ``studies.explanations`` gives them.
    """
    if explanations.empty:
        return ""
    text = (
        "## Other explanations of the paper's number\n\nM-Xception with Dropout on the development "
        "fold (`clean` 9), on which choices were made: one change each, from the same seeds of the "
        "weights, and its difference to the recipe with Student's interval over these."
        f"\n\n{markdown_table(format_explanations(explanations))}"
    )
    if endings.empty:
        return text
    last, estimated, averaged = (endings[each].mean() for each in ("last", "estimated", "averaged"))
    return (
        f"{text}\nWhat is taken from the end of a training, on the same fold: the last epoch as it "
        f"was ({format_percent(last)}% on average), with its statistics of normalisation estimated "
        f"anew ({format_percent(estimated)}%), or averaged weights ({format_percent(averaged)}%). "
        "The second is what training keeps, being the simpler of the two ways; averaging "
        f"differs from it by {format_percent(averaged - estimated, '+.1f')} points."
        f"\n\n{markdown_table(format_endings(endings))}"
    )


def format_explanations(table: pd.DataFrame) -> pd.DataFrame:
    """The explanations as people read them."""
    return pd.DataFrame(
        {
            "changed": table["words"],
            "runs": table["runs"],
            "n": table["n"],
            "accuracy %": percent_column(table["accuracy"]),
            "difference, points": [
                "" if pd.isna(each) else f"{100 * each:+.1f}" for each in table["difference"]
            ],
            "95% interval": [
                "" if pd.isna(low) else interval
                for low, interval in zip(table["low"], interval_column(table, "+.1f"), strict=True)
            ],
        }
    )


def format_endings(table: pd.DataFrame) -> pd.DataFrame:
    """The ends of a training as people read them."""
    return pd.DataFrame(
        {
            "network": table["model"],
            "runs": table["runs"],
            "last epoch %": percent_column(table["last"]),
            "estimated anew %": percent_column(table["estimated"]),
            "averaged %": percent_column(table["averaged"]),
        }
    )
