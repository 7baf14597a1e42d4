"""RESULTS.md, written from the published manifest and the cached runs, never by hand."""

from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import load
from fermask.dataset.splits import FER2013
from fermask.reporting.agreement_report import agreement_section
from fermask.reporting.detection_report import detection_section
from fermask.reporting.dropped_classes_report import dropped_classes_section
from fermask.reporting.explanations_report import explanations_section
from fermask.reporting.figures import CAPTIONS, stored_figure
from fermask.reporting.landmarks_report import landmarks_section
from fermask.reporting.paper_report import (
    papers_number,
    table_1_section,
    table_2_section,
    table_3_section,
    twins_section,
)
from fermask.reporting.peers_report import peers_section
from fermask.reporting.performance_report import fuzz_section, performance_section
from fermask.reporting.recipe_report import recipe_section
from fermask.reporting.worn_report import worn_section
from fermask.studies.dropped_classes import VIEWS
from fermask.studies.explanations import endings_table, explanations_table
from fermask.studies.reproduction import (
    LANDMARKS,
    PACE,
    cached,
    finished_runs,
    twins_of_best,
)
from fermask.system.files import write_text
from fermask.system.kept import one_writer
from fermask.system.paths import PUBLISHED, PUBLISHED_RECIPE, PUBLISHED_RUNS, WORN

_TITLE = "# Results\n"

_INTRODUCTION = """Written by `python -m scripts.studies.reproduce` from `data/ferm`,
`data/ferm-v1`, `data/runs` and `data/recipe`.

A run of the paper's recipe trains on nine tenths of the set that its row names and is measured on
the tenth held back, after the last epoch. Under `clean` that tenth is a fold that shares no
duplicate group with the others (fold 9 is kept for choices and stands in no row of Table 3); under
`paper` it is a random one, as in the paper. Mean and standard deviation are over runs; the 95%
interval (Wilson) is over the faces of all runs together. The best epoch is chosen by the faces it
is measured on, so it flatters. The networks can be compared only where set, epochs and runs are the
same; runs on FERM v2 take the place of those on v1 as they are trained. The accuracy is of the last
epoch's weights with the statistics of normalisation estimated anew.
"""


def write_results(
    path: Path, folder: Path = PUBLISHED_RUNS, recipe: Path = PUBLISHED_RECIPE
) -> None:
    """Writes RESULTS.md, one process at a time; see ``results_markdown``."""
    with one_writer(path.parent):
        write_text(path, results_markdown(load(PUBLISHED), folder, recipe))


def results_markdown(ferm: Ferm, folder: Path, recipe: Path) -> str:
    """The text of RESULTS.md, from what is cached beside the runs; it says what is missing.

    Args:
        ferm: the published FERM; its images are not needed.
        folder: of the runs of the paper's recipe.
        recipe: of the runs of ``fermask.training.recipe``.
    """
    runs, pace = finished_runs(folder), cached(folder, PACE)
    public = finished_runs(folder, (FER2013,))
    expressions = finished_runs(folder, VIEWS)
    parts = [
        _TITLE,
        papers_number(runs),
        _INTRODUCTION + _not_estimated(pd.concat([public, runs, expressions])),
        table_1_section(public, pace),
        table_2_section(ferm),
        table_3_section(runs, pace),
        twins_section(twins_of_best(folder, runs)),
        explanations_section(explanations_table(folder, ferm), endings_table(folder)),
        recipe_section(recipe),
        agreement_section(ferm),
        landmarks_section(cached(folder, LANDMARKS)),
        peers_section(folder),
        dropped_classes_section(folder, expressions),
        detection_section(),
        worn_section(WORN),
        performance_section(),
        fuzz_section(),
        _figures(),
        _origins(pd.concat([public, runs, expressions], ignore_index=True)),
    ]
    return "\n".join(part for part in parts if part)


def _figures() -> str:
    parts = ["## Figures\n"]
    for number, (caption, differs) in CAPTIONS.items():
        parts.append(
            f"**Figure {number}.** {caption}. {differs}\n\n"
            f"![Figure {number}: {caption}](docs/figures/{stored_figure(number).name})\n"
        )
    return "\n".join(parts)


def _not_estimated(runs: pd.DataFrame) -> str:
    """Which runs' accuracies are of the last epoch as it was."""
    older = runs[~runs["estimated"]] if len(runs) else runs
    if older.empty:
        return ""
    return f"Of these older runs it is the last epoch's as it was: {', '.join(_names(older))}.\n"


def _names(runs: pd.DataFrame) -> pd.Series:
    """Each run's network, protocol, seed and set."""
    scope = runs["protocol"].fillna(runs["trained_on"])
    names = runs["model"] + " " + scope + " " + runs["seed"].astype(str)
    return names + np.where(runs["protocol"].isna(), "", " on " + runs["ferm"])


def _origins(runs: pd.DataFrame) -> str:
    if runs.empty:
        return ""
    columns = ["machine", "backend", "versions", "images_sha256"]
    names = _names(runs)
    lines = [
        f"- {', '.join(names[ours.index])}: {backend} on {machine}; {versions}; images "
        f"sha256 {data[:12]}…"
        for (machine, backend, versions, data), ours in runs.groupby(columns, sort=False)
    ]
    return "## Where the runs come from\n\n" + "\n".join(lines) + "\n"
