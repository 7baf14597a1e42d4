"""What FERM is, how its classes are shared out, and what the screening dropped."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts.charts import CLASS_COLOURS, OTHER, show_chart, stacked_by_class
from apps.explorer_parts.words import picture_note
from core.browsing import counts_by
from core.labels import CLASSES, FERPLUS_VOTERS
from core.screening import RULES

shown = st.session_state["shown"]
table, funnel, about = shown.table, shown.ferm.funnel, shown.ferm.about

st.title(shown.ferm.name)
st.markdown(
    "FERM is a set of FER2013 faces that wear a drawn mask over nose and mouth, in the four "
    "expressions that brows and eyes still tell apart: "
    f"{', '.join(CLASSES[:-1])} and {CLASSES[-1]}. Each face was labelled by ten people "
    "(FER+), screened by named rules, and is kept here as its landmarks, so that anyone who has "
    "FER2013 gets the same pictures back."
    if about["labels_from"] == "FER+ votes"
    else "A set of FER2013 faces that wear a drawn mask over nose and mouth, in the four "
    "expressions that brows and eyes still tell apart. This one is labelled with FER2013's own "
    "labels, without FER+'s votes."
)

left = int(funnel.set_index("step").loc["left", [*CLASSES, OTHER]].sum())
figures = {
    "Faces": f"{len(table):,}",
    "Passed the screening": f"{left:,}",
    "FER2013 rows read": f"{about['source_rows']:,}",
    "Faces with a twin": f"{int(table['group'].duplicated(keep=False).sum()):,}",
}
with st.container(horizontal=True, gap="medium"):
    for name, figure in figures.items():
        st.metric(name, figure, width="content")
picture_note(shown)

st.subheader("Class balance")
columns = st.columns(2, gap="large")
with columns[0]:
    counts = counts_by(table.assign(all="all"), "all")
    figure = go.Figure(
        go.Bar(
            x=counts["label"],
            y=counts["n"],
            marker_color=[CLASS_COLOURS[name] for name in counts["label"]],
            text=[
                f"{n:,}<br>{share:.0%}"
                for n, share in zip(counts["n"], counts["share"], strict=True)
            ],
            textposition="inside",
            insidetextanchor="middle",
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(title="faces", tickformat=",")
    show_chart(figure, 300, "balance", legend=False)
with columns[1]:
    by = {"usage": "usage", "fold": "fold", "mask style": "mask_style"}
    chosen = st.segmented_control(
        "Split by", list(by), default="usage", required=True, key="by", bind="query-params"
    )
    counts = counts_by(table, by[chosen])
    show_chart(stacked_by_class(counts, chosen), 240, "balance_by")

st.subheader("Screening")
st.markdown(
    "Each face is counted at the first rule that drops it. The rules read the bare face and its "
    "votes; no classifier takes part."
)
dropped = funnel[funnel["step"].isin(list(RULES))]
long = dropped.melt("step", [*CLASSES, OTHER], "label", "n").rename(columns={"step": "value"})
long["value"] = long["value"].str.replace("_", " ")
# Of faces with another expression most were never meant to be here: they hide the rest.
with_other = st.toggle("with FER2013's other three expressions", key="other", bind="query-params")
if not with_other:
    long = long[long["label"] != OTHER]
show_chart(stacked_by_class(long, "", horizontal=True), 340, "funnel")
steps = funnel.assign(
    sum=funnel[[*CLASSES, OTHER]].sum(axis=1),
    meaning=funnel["step"].map({**RULES, "all": "rows of these usages", "left": "passed all"}),
)
drawn = {name: int((table["label"] == name).sum()) for name in CLASSES}
drawn |= {"step": "drawn", OTHER: 0, "sum": len(table), "meaning": "faces of this set"}
steps = pd.concat([steps, pd.DataFrame([drawn])], ignore_index=True)
steps["step"] = steps["step"].str.replace("_", " ")
with st.expander("How many each rule dropped"):
    st.dataframe(
        steps[["step", *CLASSES, OTHER, "sum", "meaning"]], hide_index=True, width="stretch"
    )

st.subheader("How far the votes agree")
if table["agreement"].notna().any():
    agreed = table.assign(votes=np.rint(table["agreement"] * FERPLUS_VOTERS).astype("Int64"))
    counts = counts_by(agreed, "votes")
    st.markdown("Of the ten FER+ voters, how many chose the label.")
    show_chart(stacked_by_class(counts, "voters for the label"), 300, "agreement")
else:
    st.info("This set was built without FER+, so its faces have no votes.")
