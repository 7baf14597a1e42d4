"""How far the recipe's probabilities can be taken at their word, in two charts."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from apps.explorer_parts.charts import Line, line_chart, show_chart
from fermask.reporting.calibration_report import describe_calibration, format_calibration
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.markdown import escaped
from fermask.system.paths import PUBLISHED_RECIPE
from fermask.training.recipe import CALIBRATION

BEFORE, AFTER = "#8a93a3", "#1c91a5"


def show_calibration(path: Path = PUBLISHED_RECIPE / CALIBRATION) -> None:
    """Reliability and coverage of a ``fermask.evaluation.calibration.calibration_record``.

    Nothing where the file is missing; a sentence where it cannot be read.
    """
    if not path.is_file():
        return
    st.subheader("Can the probabilities be believed?")
    try:
        record = read_json(check_file(path))
    except ValueError as error:
        st.error(escaped(str(error)))
        return
    left, right = st.columns(2, gap="large")
    with left:
        legend = [("as trained", BEFORE), ("calibrated", AFTER)]
        show_chart(_reliability(record), "How often answers of each confidence are right", legend)
        st.caption(
            "Of the faces that the network is so sure of, how many it names right; bars are 95% "
            "intervals. On the dashed line it is as sure as it is right."
        )
    with right:
        below = record["not_sure_below"]
        alt = "Accuracy by the share of faces answered"
        show_chart(_coverage(record), alt, [(f"not sure under {below:.0%}", AFTER)])
        st.caption(
            "How often the network is right on the faces it is surest of, the fewer the further "
            "left."
        )
    st.table(format_calibration(record).set_index(""))
    st.caption(describe_calibration(record))


def _reliability(record: dict[str, Any]) -> str:
    lines = [Line(BEFORE, [0, 1], [0, 1], dash="4 4")]
    for key, name, colour in (("before", "as trained", BEFORE), ("after", "calibrated", AFTER)):
        rows = pd.DataFrame(record[key]["reliability"])
        words = [
            f"{name}: {each.accuracy:.1%} right at {each.confidence:.1%}, n = {each.n:,}"
            for each in rows.itertuples()
        ]
        bars = list(zip(rows["accuracy_low"], rows["accuracy_high"], strict=True))
        lines.append(Line(colour, rows["confidence"], rows["accuracy"], words, True, bars=bars))
    return line_chart(lines, "mean confidence; upwards, accuracy", (0.2, 1), (0, 1))


def _coverage(record: dict[str, Any]) -> str:
    rows = pd.DataFrame(record["coverage_curve"])
    chosen = rows[(rows["threshold"] - record["not_sure_below"]).abs() < 0.005]
    words = [
        f"at or above {each.threshold:.0%}: {each.coverage:.1%} of the faces (n = {each.n:,}), "
        f"{each.accuracy:.1%} right"
        for each in chosen.itertuples()
    ]
    lines = [
        Line(AFTER, rows["coverage"], rows["accuracy"]),
        Line(AFTER, chosen["coverage"], chosen["accuracy"], words, dots=True),
    ]
    lowest = rows["accuracy"].min()
    title = "coverage: faces it is sure of; upwards, accuracy among them"
    return line_chart(lines, title, (0, 1), (lowest - 0.02, 1.005))
