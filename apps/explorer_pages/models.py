"""The network that ships, and the paper's tables from the runs there are."""

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts import data
from apps.explorer_parts.calibration_section import show_calibration
from apps.explorer_parts.charts import Line, line_chart, network_colour, show_chart
from apps.explorer_parts.disturbances_section import show_disturbances
from apps.explorer_parts.lists import one_of, show_tabs
from fermask.dataset.ferm import TABLE_2
from fermask.dataset.splits import FER2013
from fermask.evaluation.headlines import Headline, headlines, published_out_of_fold
from fermask.evaluation.rates import Rate
from fermask.faces.drawing import draw_importance, svg_url
from fermask.reporting.detection_report import format_detection
from fermask.reporting.dropped_classes_report import FEWEST
from fermask.reporting.landmarks_report import format_landmarks
from fermask.reporting.paper_report import (
    describe_best,
    format_pace,
    format_table_1,
    format_table_3,
    format_twins,
)
from fermask.reporting.recipe_report import format_ablations, format_folds, format_steps
from fermask.reporting.worn_report import (
    describe_worn,
    format_shifts,
    format_worn,
    sure_alike_words,
    worn_headlines,
)
from fermask.studies.reproduction import (
    LANDMARKS,
    PACE,
    PAPER_TABLE_3,
    cached,
    finished_runs,
    training_curves,
    twins_of_best,
)
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.paths import DETECTION, PUBLISHED_RECIPE, WORN
from fermask.training.recipe import STEPS

shown = st.session_state["shown"]


def show_headlines() -> None:
    """What the shipped networks reach: on FERM's drawn masks, and on masks that people wear."""
    drawn, worn = st.columns(2, gap="large")
    with drawn:
        show_drawn_headlines()
    if WORN.is_file():
        with worn:
            show_worn_headlines()


def show_headline(words: str, share: Rate) -> None:
    """One large figure, and below it its interval."""
    st.metric(
        f"{words}, n = {share.n:,}",
        f"{share.percent}%",
        share.interval,
        delta_color="off",
        delta_arrow="off",
        delta_description="95% interval",
        width="content",
    )


def show_worn_headlines() -> None:
    """What the network for photographs makes of masks as worn, and who says what is right."""
    st.markdown("**On masks that people wear**: the weights that ship")
    record = read_json(check_file(WORN))
    with st.container(horizontal=True, gap="medium"):
        for words, share in worn_headlines(record).items():
            show_headline(words.capitalize(), share)
    st.caption(
        f"{sure_alike_words(record)} Photographs whose eyes three vision-language viewers, not "
        "people, all call neutral. Prior and thresholds were chosen on other such photographs; the "
        "rule for the prior was made stricter after these had been seen once."
    )


def show_drawn_headlines() -> None:
    """What the recipe reaches on faces that it held back, and on fresh ones of them."""
    st.markdown("**On FERM's drawn masks**: the recipe that ships, on faces held back")
    predictions = published_out_of_fold()
    if not predictions or predictions[0].about["ferm"] != shown.ferm.name:
        st.info(f"{shown.ferm.name} has no predictions of the recipe that ships, out of fold.")
        return
    stated = stated_headlines(shown.ferm.name)
    with st.container(horizontal=True, gap="medium"):
        for name, share in stated.items():
            show_headline(name.capitalize(), share)
    each = "; ".join(f"{share.spread}%" for share in stated.values())
    several = f"the mean over {len(predictions)} pretrainings ({each}), "
    pretrainings = several if predictions[1:] else ""
    st.caption(
        f"Of each face the answer of the network that held its fold back, {pretrainings}last "
        "epoch, one view; settings were chosen on fold 9, which is left out. Fresh: its photograph "
        "stands once in the file that the set was built from. The intervals are by resampling "
        "duplicate groups."
    )


@st.cache_data(show_spinner=False, max_entries=1)
def stated_headlines(name: str) -> dict[str, Headline]:
    """The two accuracies that every place states, of the set of that name."""
    return headlines(shown.ferm, published_out_of_fold())


def show_recipe() -> None:
    """The recipe on its folds, what each part is worth, and how far it can be believed."""
    folds = format_folds(PUBLISHED_RECIPE)
    if folds.empty:
        st.info("The recipe was not trained yet: `python -m scripts.studies.train_recipe`.")
        return
    st.table(folds.set_index("over"))
    st.caption(
        "M-Xception, pretrained once on faces that share no photograph with FERM, then trained on "
        "nine of the ten clean folds."
    )
    if (PUBLISHED_RECIPE / STEPS).is_file():
        show_table(format_steps(pd.read_csv(check_file(PUBLISHED_RECIPE / STEPS))))
        st.caption(
            "What choices of the last stage are worth, on what choices are made by: the "
            "development fold, and photographs of worn masks that no figure counts, but for those "
            "of smiles; three vision-language viewers, not people, call them neutral."
        )
    show_calibration()
    ablations = format_ablations(PUBLISHED_RECIPE)
    if not ablations.empty:
        with st.expander("What each part of 0.1's recipe was worth"):
            st.table(ablations.set_index("variant"))
            st.caption("On FERM v1's development fold alone, on which that recipe was settled.")


def show_worn() -> None:
    """All that was measured on masks as worn."""
    if not WORN.is_file():
        st.info("Nothing was measured yet: `python -m scripts.studies.measure_worn`.")
        return
    record = read_json(check_file(WORN))
    show_table(format_worn(record))
    st.caption(describe_worn(record))
    show_table(format_shifts(record))
    st.caption(
        "By what the prior of photographs was chosen: what is added to neutral's log-odds, what it "
        "does to calm faces of the other half, and to the other classes on FERM's development fold."
    )


def show_table_3() -> None:
    """The paper's networks on FERM: accuracy, curves, what twins explain, time."""
    st.markdown(
        "Trained on nine tenths of the set named, measured on the tenth held back after the last "
        "epoch. **clean** holds back a fold whose photographs stand in no other; **paper** holds "
        "back a random tenth, as in the paper, so that twins may be on both sides."
    )
    show_table(format_table_3(runs))
    st.caption(
        "Mean ± standard deviation over runs; 95% interval over the faces of all runs together. "
        "The best epoch is chosen by the faces it is measured on, so it flatters."
    )
    st.markdown(describe_best(runs))
    st.subheader("Training curves")
    # Clean comes first, where there is any.
    protocols = sorted(set(runs["protocol"]))
    protocol = one_of("Protocol", protocols, "protocol", False)
    curves = training_curves(data.PUBLISHED_RUNS, runs[runs["protocol"] == protocol])
    lines = [
        Line(network_colour(model), ours["epoch"], ours["validation"])
        for (_, model), ours in curves.groupby(["run", "model"], sort=False)
    ]
    legend = [(name, network_colour(name)) for name in dict.fromkeys(curves["model"])]
    last = max(2, int(curves["epoch"].max()))
    lowest = min(0.2, curves["validation"].min())
    chart = line_chart(lines, "epoch; upwards, accuracy", (1, last), (lowest, 1), "{:g}", 320)
    show_chart(chart, "Validation accuracy by epoch, a line for each run", legend)
    twins = twins_of_best(data.PUBLISHED_RUNS, runs)
    if not twins.empty:
        st.subheader("How much do twins explain?")
        show_table(format_twins(twins))
        st.caption(
            "Within each run of M-Xception: the faces held back of which the training side holds "
            "a copy, beside those without one. The interval is over the runs' differences."
        )
    pace = cached(data.PUBLISHED_RUNS, PACE)
    if pace is not None:
        st.subheader("How long an epoch takes")
        faces = sum(TABLE_2.values()) * 9 // 10
        show_table(format_pace(pace, faces, PAPER_TABLE_3))
        st.caption(
            f"{faces:,} faces, the networks taking turns on {pace['machine']} "
            f"({pace['backend']}); the paper's seconds are of an RTX 2080 Ti."
        )


def show_table_1() -> None:
    """Networks on FER2013 without masks."""
    public = finished_runs(data.PUBLISHED_RUNS, (FER2013,))
    if public.empty:
        st.info("No such run is there.")
        return
    show_table(format_table_1(public))
    st.caption("Seven classes under FER2013's own labels: Training against PublicTest.")


def show_others() -> None:
    """Another package on the same faces, and the classes that the paper dropped."""
    peers = data.peers_parts(data.PUBLISHED_RUNS)
    if peers is not None:
        st.subheader("Another package on the same faces")
        table, above, below = peers
        show_table(table)
        st.markdown(below)
        with st.expander("How `fer` was asked, and what it may have seen"):
            st.markdown(above)
    expressions = data.merged_expressions(data.PUBLISHED_RUNS)
    if expressions is not None:
        st.subheader("Was the paper right to drop classes?")
        show_table(expressions)
        st.caption(
            "M-Xception on all eight of FER+'s expressions, once with masks and once without. Told "
            "apart: how often a face of the dropped expression leans more to its own name than a "
            "face of the kept one does; 0.5 is chance, 1 never mistaken. Pairs with fewer than "
            f"{FEWEST} faces of one of them are left out."
        )


def show_finding() -> None:
    """Faces found in photographs, and what landmarks alone can tell."""
    if DETECTION.is_file():
        st.subheader("Faces found in photographs")
        show_table(format_detection(read_json(check_file(DETECTION))))
        st.caption(
            "How many of the photographs of masked and bare faces each detector finds a face in, "
            "with 95% intervals; boxes that it draws where there is no face; milliseconds of one "
            "core."
        )
    geometry = cached(data.PUBLISHED_RUNS, LANDMARKS)
    if geometry is None:
        return
    st.subheader("What the landmarks alone can tell")
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.markdown(
            "A support vector machine that sees where the landmarks lie, and no pixel. dlib found "
            "them on the bare face, so even the 27 above the mask may know something of the mouth."
        )
        show_table(format_landmarks(geometry))
    lost = {int(number): value for number, value in geometry["lost"].items()}
    with right:
        st.image(svg_url(draw_importance(np.array(geometry["mean_points"]), lost)), width=320)
        st.caption("The larger a disc, the more accuracy is lost without that landmark.")


def show_table(table: pd.DataFrame) -> None:
    """A table with all its rows, whose first column names them."""
    st.table(table.set_index(table.columns[0]))


SECTIONS = {
    "Recipe": show_recipe,
    "Masks as worn": show_worn,
    "Bad pictures": show_disturbances,
    "Table 3: on FERM": show_table_3,
    "Table 1: on FER2013": show_table_1,
    "Beside others": show_others,
    "Finding faces": show_finding,
}

st.title("Models")
show_headlines()
runs = finished_runs(data.PUBLISHED_RUNS)
if runs.empty:
    st.info(
        "No run is there yet: `python -m scripts.studies.reproduce` trains them into data/runs/."
    )
    st.stop()
show_tabs(SECTIONS, "table", bind="query-params")
