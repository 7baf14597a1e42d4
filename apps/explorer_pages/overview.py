"""What FERM is, how its classes are shared out, what the screening dropped; its data card."""

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.charts import (
    OTHER,
    counted_bars,
    histogram_by_class,
    show_chart,
    stacked_by_class,
)
from apps.explorer_parts.words import picture_note
from fermask.dataset.screening import REVIEW, RULES
from fermask.exploring.distributions import (
    ENTROPY,
    MEASURES,
    balance_through_screening,
    histogram,
    thresholds,
)
from fermask.exploring.faces_table import counts_by, manifest_csv
from fermask.faces.labels import CLASSES, FERPLUS_VOTERS
from fermask.hosting.set_facts import facts, known_limits

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


def show_balance() -> None:
    """All faces by class, and each usage, fold, mask style or part of a split."""
    columns = st.columns(2, gap="large")
    with columns[0]:
        counts = counts_by(table.assign(all="all"), "all")
        st.markdown("All faces of the set")
        show_chart(counted_bars(counts), 300, "balance", "Faces of each class", legend=False)
    with columns[1]:
        by = {"usage": "usage", "fold": "fold", "mask style": "mask_style"}
        if shown.predictions is not None:
            by["training and validation"] = "split"
        chosen = st.pills(
            "Split by", list(by), default="usage", required=True, key="by", bind="query-params"
        )
        shares = st.toggle("as shares", key="shares", bind="query-params")
        counts = counts_by(table, by[chosen])
        figure = stacked_by_class(counts, chosen, shares=shares)
        show_chart(figure, 260, "balance_by", f"Faces of each class by {chosen}")
        if by[chosen] == "split":
            st.caption(f"As {shown.predictions.title} was trained.")


def show_screening() -> None:
    """The classes before and after the screening, and what each rule dropped."""
    st.markdown(
        "The rules read the bare face and its votes; no classifier takes part. Before, after, and "
        "among the faces of this set:"
    )
    balance = balance_through_screening(shown.ferm)
    totals = balance.groupby("value")["n"].sum()
    balance["value"] = [f"{step}, {totals[step]:,}" for step in balance["value"]]
    figure = stacked_by_class(balance, "", horizontal=True, shares=True)
    show_chart(figure, 200, "through", "Class shares before and after the screening")
    st.markdown("Each face is counted at the first rule that drops it.")
    dropped = funnel[funnel["step"].isin([*RULES, REVIEW])]
    long = dropped.melt("step", [*CLASSES, OTHER], "label", "n").rename(columns={"step": "value"})
    long["value"] = long["value"].str.replace("_", " ")
    # Of faces with another expression most were never meant to be here: they hide the rest.
    with_other = st.toggle(
        "with FER2013's other three expressions", key="other", bind="query-params"
    )
    if not with_other:
        long = long[long["label"] != OTHER]
    figure = stacked_by_class(long, "", horizontal=True)
    show_chart(figure, 340, "funnel", "Faces that each rule dropped, by class")
    steps = funnel.assign(
        sum=funnel[[*CLASSES, OTHER]].sum(axis=1),
        meaning=funnel["step"].map(
            {
                **{rule.name: rule.meaning for rule in RULES.values()},
                REVIEW: "a reviewer left it out",
                "all": "rows of these usages",
                "left": "passed all",
            }
        ),
    )
    drawn = {name: int((table["label"] == name).sum()) for name in CLASSES}
    drawn |= {"step": "drawn", OTHER: 0, "sum": len(table), "meaning": "faces of this set"}
    steps = pd.concat([steps, pd.DataFrame([drawn])], ignore_index=True)
    steps["step"] = steps["step"].str.replace("_", " ")
    with st.expander("How many each rule dropped"):
        st.dataframe(
            steps[["step", *CLASSES, OTHER, "sum", "meaning"]], hide_index=True, width="stretch"
        )


def show_votes() -> None:
    """How far FER+'s ten voters agree."""
    if not table["agreement"].notna().any():
        st.info("This set was built without FER+, so its faces have no votes.")
        return
    columns = st.columns(2, gap="large")
    with columns[0]:
        st.markdown("Of the ten FER+ voters, how many chose the label")
        agreed = table.assign(votes=np.rint(table["agreement"] * FERPLUS_VOTERS).astype("Int64"))
        counts = counts_by(agreed, "votes")
        figure = stacked_by_class(counts, "voters for the label")
        show_chart(figure, 300, "agreement", "Faces by how many voters chose the label")
    with columns[1]:
        st.markdown("How the ten votes spread: 0 bits where all agree")
        bins = histogram(table, "entropy", ENTROPY.step)
        figure = histogram_by_class(bins, ENTROPY.title, [])
        show_chart(figure, 300, "entropy", "Faces by the entropy of their votes")


def show_quality() -> None:
    """What was measured on the faces, with the screening's thresholds."""
    st.markdown("Dashed lines are the screening's thresholds.")
    screening = about["settings"]["screening"]
    columns = st.columns(2, gap="large")
    for place, (column, measure) in enumerate(MEASURES.items()):
        with columns[place % 2]:
            bins = histogram(table, column, measure.step)
            figure = histogram_by_class(bins, measure.title, thresholds(measure, screening))
            show_chart(figure, 260, column, f"Faces by {column}, with what the rules ask")


def show_card() -> None:
    """The data card: origin, choice, twins, folds, licence, limits; and the manifest to take."""
    st.markdown("\n".join(f"- **{name}**: {fact}" for name, fact in facts(shown.ferm).items()))
    st.markdown("**Known limits**")
    st.markdown("\n".join(f"- {limit}" for limit in known_limits(shown.ferm)))
    st.download_button(
        "Manifest as CSV",
        lambda: manifest_csv(shown.ferm.manifest),
        f"{shown.ferm.name}.csv",
        "text/csv",
        icon=":material/download:",
        help="A row a face, without landmarks and the list of rules passed",
    )


SECTIONS = {
    "Class balance": show_balance,
    "Screening": show_screening,
    "Votes": show_votes,
    "Quality": show_quality,
    "Data card": show_card,
}
tabs = st.tabs(list(SECTIONS), key="section", bind="query-params")
for tab, show_section in zip(tabs, SECTIONS.values(), strict=True):
    if tab.open:
        with tab:
            show_section()
