"""What FERM is, how its classes are shared out, what the screening dropped; its data card."""

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.charts import (
    OTHER,
    class_colour,
    class_legend,
    histogram_by_class,
    show_bars,
    show_chart,
    stacked_columns,
    stacked_rows,
)
from apps.explorer_parts.lists import csv_button, show_tabs
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
from fermask.faces.labels import FERPLUS_VOTERS
from fermask.hosting.set_facts import facts, known_limits, set_words

shown = st.session_state["shown"]
table, funnel, about = shown.table, shown.ferm.funnel, shown.ferm.about
classes = shown.ferm.classes

st.title(shown.ferm.name)
st.markdown(
    set_words(shown.ferm)
    if shown.ferm.is_own
    else "FERM is a set of FER2013 faces that wear a drawn mask over nose and mouth, in the four "
    "expressions that brows and eyes still tell apart: "
    f"{', '.join(classes[:-1])} and {classes[-1]}. Each face was labelled by ten people "
    "(FER+), screened by named rules, and is kept here as its landmarks, so that anyone who has "
    "FER2013 gets the same pictures back."
    if about["labels_from"] == "FER+ votes"
    else "A set of FER2013 faces that wear a drawn mask over nose and mouth, in the four "
    "expressions that brows and eyes still tell apart. This one is labelled with FER2013's own "
    "labels, without FER+'s votes."
)

left = int(funnel.set_index("step").loc["left", [*classes, OTHER]].sum())
figures = {
    "Faces": f"{len(table):,}",
    "Passed the screening": f"{left:,}",
    "Photographs read" if shown.ferm.is_own else "FER2013 rows read": f"{about['source_rows']:,}",
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
        show_bars(
            counts["label"],
            counts["share"] / counts["share"].max(),
            list(map(class_colour, counts["label"])),
            [f"{n:,}, {share:.0%}" for n, share in zip(counts["n"], counts["share"], strict=True)],
        )
    with columns[1]:
        by = {"usage": "usage", "fold": "fold", "mask style": "mask_style"}
        if shown.predictions is not None:
            by["training and validation"] = "split"
        chosen = st.pills(
            "Split by", list(by), default="usage", required=True, key="by", bind="query-params"
        )
        shares = st.toggle("as shares", key="shares", bind="query-params")
        counts = counts_by(table, by[chosen])
        chart = stacked_columns(counts, chosen, 220, shares)
        show_chart(chart, f"Faces of each class by {chosen}", class_legend(counts))
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
    alt = "Class shares before and after the screening"
    show_chart(stacked_rows(balance, shares=True), alt, class_legend(balance))
    st.markdown("Each face is counted at the first rule that drops it.")
    dropped = funnel[funnel["step"].isin([*RULES, REVIEW])]
    long = dropped.melt("step", [*classes, OTHER], "label", "n").rename(columns={"step": "value"})
    long["value"] = long["value"].str.replace("_", " ")
    # Of faces with another expression most were never meant to be here: they hide the rest.
    if shown.ferm.is_own or not st.toggle(
        "with FER2013's other three expressions", key="other", bind="query-params"
    ):
        long = long[long["label"] != OTHER]
    show_chart(stacked_rows(long), "Faces that each rule dropped, by class", class_legend(long))
    steps = funnel.assign(
        sum=funnel[[*classes, OTHER]].sum(axis=1),
        meaning=funnel["step"].map(
            {
                **{rule.name: rule.meaning for rule in RULES.values()},
                REVIEW: "a reviewer left it out",
                "all": "rows of these usages",
                "left": "passed all",
            }
        ),
    )
    drawn = {name: int((table["label"] == name).sum()) for name in classes}
    drawn |= {"step": "drawn", OTHER: 0, "sum": len(table), "meaning": "faces of this set"}
    steps = pd.concat([steps, pd.DataFrame([drawn])], ignore_index=True)
    steps["step"] = steps["step"].str.replace("_", " ")
    with st.expander("How many each rule dropped"):
        st.table(steps[["step", *classes, OTHER, "sum", "meaning"]].set_index("step"))


def show_votes() -> None:
    """How far FER+'s ten voters agree."""
    if not table["agreement"].notna().any():
        st.info("The faces of this set have no votes.")
        return
    columns = st.columns(2, gap="large")
    with columns[0]:
        st.markdown("Of the ten FER+ voters, how many chose the label")
        agreed = table.assign(votes=np.rint(table["agreement"] * FERPLUS_VOTERS).astype("Int64"))
        counts = counts_by(agreed, "votes")
        chart = stacked_columns(counts, "voters for the label", 250)
        show_chart(chart, "Faces by how many voters chose the label", class_legend(counts))
    with columns[1]:
        st.markdown("How the ten votes spread: 0 bits where all agree")
        bins = histogram(table, "entropy", ENTROPY.step, classes)
        chart = histogram_by_class(bins, ENTROPY.title, [], height=250)
        show_chart(chart, "Faces by the entropy of their votes", class_legend(bins))


def show_quality() -> None:
    """What was measured on the faces, with the screening's thresholds."""
    st.markdown("Dashed lines are the screening's thresholds.")
    screening = about["settings"]["screening"]
    columns = st.columns(2, gap="large")
    for place, (column, measure) in enumerate(MEASURES.items()):
        with columns[place % 2]:
            bins = histogram(table, column, measure.step, classes)
            chart = histogram_by_class(bins, measure.title, thresholds(measure, screening))
            show_chart(chart, f"Faces by {column}, with what the rules ask", class_legend(bins))


def show_card() -> None:
    """The data card: origin, choice, twins, folds, licence, limits; and the manifest to take."""
    st.markdown("\n".join(f"- **{name}**: {fact}" for name, fact in facts(shown.ferm).items()))
    st.markdown("**Known limits**")
    st.markdown("\n".join(f"- {limit}" for limit in known_limits(shown.ferm)))
    csv_button(
        lambda: manifest_csv(shown.ferm.manifest),
        f"{shown.ferm.name}.csv",
        "A row a face, without landmarks and the list of rules passed",
        "Manifest as CSV",
    )


SECTIONS = {
    "Class balance": show_balance,
    "Screening": show_screening,
    "Votes": show_votes,
    "Quality": show_quality,
    "Data card": show_card,
}
show_tabs(SECTIONS, "section", bind="query-params")
