"""What is left of a network's accuracy on bad pictures: a heat map and the figures beside it."""

from pathlib import Path

import streamlit as st

from apps.explorer_parts.charts import show_chart
from apps.explorer_parts.lists import one_of
from fermask.reporting.disturbances_report import describe_faces, format_disturbances
from fermask.studies.disturbances import DISTURBANCES, MEASURED, SEVERITIES, measured_table
from fermask.studies.reproduction import cached
from fermask.system.paths import PUBLISHED_RECIPE

# From chance to all right; light enough for dark text, on dark pages too.
_WORST, _BEST = "#f0b9a8", "#6fb8c4"
_TEXT = "#23272e"
_CHANCE = 0.25
# The network that ships, which a page opens with.
RECIPE = "recipe"


def show_disturbances(folder: Path = PUBLISHED_RECIPE) -> None:
    """The section, or nothing where nothing was measured.

    Args:
        folder: that holds what ``scripts.studies.measure_disturbances`` wrote.
    """
    record = cached(folder, MEASURED)
    if not record:
        return
    st.subheader("Bad pictures and other masks")
    st.markdown(
        "The same faces in eight disturbances, from mild (1) to severe (5); under masks never "
        "trained on (checked, dotted, with a printed grin, worn high, worn low; where measured, "
        "bandanas and lace as people wear them); and without a mask."
    )
    network = RECIPE if RECIPE in record else next(iter(record))
    if len(record) > 1:
        network = one_of("Network", list(record), "disturbed", False, default=network)
    alt = f"Accuracy of {network} by disturbance and severity"
    show_chart(_heat_map(record, network), alt)
    entry = record[network]
    st.caption(f"Accuracy in percent of {network}, {describe_faces(entry)}. {entry['warning']}")
    st.table(format_disturbances(record).set_index("accuracy %"))
    st.caption(
        "A disturbance's row is the mean of its five severities. 95% intervals over the faces; "
        "a mean's is that of a single count, and so rather too wide."
    )


def _heat_map(record: dict, network: str) -> str:
    table = measured_table(record, network).set_index(["disturbance", "severity"])["accuracy"]
    rows = []
    for name, disturbance in DISTURBANCES.items():
        cells = []
        for severity, amount in zip(SEVERITIES, disturbance.amounts, strict=True):
            value = table[name, severity]
            shade = round(100 * max(0.0, (value - _CHANCE) / (1 - _CHANCE)))
            cells.append(
                f"<td style='background:color-mix(in oklab,{_BEST} {shade}%,{_WORST})' "
                f"title='{name}, {amount:g} {disturbance.words}: {value:.1%}'>{100 * value:.0f}"
                "</td>"
            )
        rows.append(f"<tr><th scope='row'>{name}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th scope='col'>{severity}</th>" for severity in SEVERITIES)
    return (
        "<style>.ferm-heat{border-spacing:2px;width:100%;max-width:44rem}.ferm-heat td{text-align:"
        f"center;color:{_TEXT};border-radius:3px;padding:0.3rem}}.ferm-heat th{{font-weight:400;"
        "text-align:right;padding:0 0.5rem}.ferm-heat th[scope=col]{text-align:center}</style>"
        f"<table class='ferm-heat'><tr><th>severity</th>{head}</tr>{''.join(rows)}</table>"
    )
