"""How far probabilities can be trusted, as people read it."""

from typing import Any

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.evaluation.rates import Rate
from fermask.system.markdown import markdown_table


def calibration_section(record: dict[str, Any] | None) -> str:
    """RESULTS.md's section on a ``calibration.calibration_record``; "" where there is none."""
    if record is None:
        return ""
    return (
        "\n### How far its probabilities can be trusted\n\n"
        f"{markdown_table(format_calibration(record))}\n{describe_calibration(record)}\n"
    )


def format_calibration(record: dict[str, Any]) -> pd.DataFrame:
    """A ``calibration_record``'s figures as people read them: before and after."""
    shares = ("expected calibration error %", "mean confidence %", "accuracy %")
    columns = {"": [*shares, "log loss, nats"]}
    for name, state in (("as trained", record["before"]), ("calibrated", record["after"])):
        figures = (state["ece"], state["confidence"], record["accuracy"]["value"])
        columns[name] = [*map(format_percent, figures), f"{state['log_loss']:.3f}"]
    return pd.DataFrame(columns)


def describe_calibration(record: dict[str, Any]) -> str:
    """Sentences on what a ``calibration_record`` rests on, its temperature and threshold."""
    sure = {key: None if share is None else Rate(**share) for key, share in record["sure"].items()}
    stated = f"{record['stated_accuracy']:.0%}"
    rests_on = (
        f"Protocol {record['rests_on']} (n = {record['n']:,}); the temperature of all folds "
        f"together is {record['temperature']:.2f}. Of perfectly calibrated networks 95% would have "
        f"an error under {record['ece_by_chance']:.1%} on as many faces."
    )
    if sure["accuracy"] is None:
        return f"{rests_on} However sure it is, the network does not reach {stated} right answers."
    rest = "" if sure["rest"] is None else f", for {sure['rest']} of the rest"
    return (
        f"{rests_on} Under {record['not_sure_below']:.0%} it says “not sure”, so that {stated} of "
        "the other answers are right. With the threshold, too, chosen on the other folds, it is "
        f"sure of {sure['coverage']} of the faces and right for {sure['accuracy']} of these{rest}."
    )
