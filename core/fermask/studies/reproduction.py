"""Runs kept side by side → the paper's tables with intervals, and what twins are worth.

A run is a folder ``MODEL-PROTOCOL-SEED`` of ``training``; of the published ones the
repository keeps the record, the history, the result and the predictions, without weights. What
is not there yet is left out of a table, which then says how many runs it rests on.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.copies import read_copies
from fermask.dataset.splits import DEVELOPMENT_FOLD, FERM, stored_settings
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.faces.labels import CLASSES
from fermask.networks import NETWORKS
from fermask.networks.predictions import PROBABILITY_COLUMNS
from fermask.studies.dropped_classes import VIEWS, merged
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.parquet import read_parquet
from fermask.system.paths import FERM_V1
from fermask.training.run_folder import HISTORY, PREDICTIONS, RESULT, RUN
from fermask.training.settings import TrainingSettings

# What a table says that has no run yet.
NO_RUN = "No run is there yet."

# In the folder of the runs, those on FERM v1, which others stand for on the set as it is now.
OF_V1 = "v1"

# Beside the runs: what landmarks alone tell, of ``landmarks_alone``; how fast networks train, of
# ``fermask.training.epoch_time``.
LANDMARKS, PACE = "landmarks.json", "pace.json"

# Table 1 of the paper: accuracy in percent and seconds an epoch on an RTX 2080 Ti. Dropout is
# not part of M-Xception there; it comes in with Table 3. Networks of our own are in neither.
PAPER_TABLE_1: dict[str, tuple[float, float]] = {
    "xception": (68.36, 32.825),
    "m_xception_no_dropout": (68.41, 21.210),
}

# Table 3 of the paper: accuracy in percent and seconds an epoch on an RTX 2080 Ti.
PAPER_TABLE_3: dict[str, tuple[float, float]] = {
    "cnn": (83.38, 1.296),
    "mini_xception": (84.68, 2.052),
    "xception": (84.94, 4.644),
    "m_xception_no_dropout": (88.83, 2.538),
    "m_xception": (88.95, 2.376),
}

# Shortest and longest epoch in seconds of 3,456 random faces, augmentation included, batches of
# 64, by what computed it and network, on one NVIDIA H200 and 16 processors. Measured once each:
# JAX 0.11.2 on 2026-11-27, torch 2.11 on 2026-11-26; first epochs, which compile, are left out.
JAX_EPOCH, JAX_STEPS, TORCH_STEPS = "JAX, an epoch", "JAX, a step", "torch, a step"
GPU_EPOCHS: dict[str, dict[str, tuple[float, float]]] = {
    JAX_EPOCH: {
        "cnn": (0.17, 0.17),
        "mini_xception": (0.22, 0.25),
        "xception": (0.33, 0.38),
        "m_xception_no_dropout": (0.25, 0.26),
        "m_xception": (0.23, 0.30),
    },
    JAX_STEPS: {
        "cnn": (0.39, 0.42),
        "mini_xception": (0.65, 0.66),
        "xception": (1.33, 1.42),
        "m_xception_no_dropout": (0.53, 0.77),
        "m_xception": (0.61, 0.86),
    },
    TORCH_STEPS: {"xception": (5.0, 5.3), "m_xception": (2.8, 3.2)},
}

# The paper's best network, M-Xception with Dropout.
BEST = "m_xception"


def predictions_of_runs(folder: Path) -> dict[str, Path]:
    """Predictions files of FERM's faces by run; those of the paper's best network come first."""
    names = sorted(
        (name for name in _names(folder, PREDICTIONS) if _is_of_ferm(Path(folder) / name)),
        key=lambda name: (Path(name).name.split("-")[0] != BEST, name),
    )
    return {name: Path(folder) / name / PREDICTIONS for name in names}


def _names(folder: Path, file: str) -> list[str]:
    """The runs of a folder that have a file, by their places in it."""
    folder = Path(folder)
    found = [*folder.glob(f"*/{file}"), *(folder / OF_V1).glob(f"*/{file}")]
    return sorted(path.parent.relative_to(folder).as_posix() for path in found)


def finished_runs(folder: Path, trained_on: tuple[str, ...] = (FERM,)) -> pd.DataFrame:
    """The finished runs of a folder, a row each, in the order of ``NETWORKS``.

    Runs that hold back the development fold are left out: choices were made on it.

    Args:
        folder: of the runs.
        trained_on: only runs of these; the default are those under a protocol.

    Returns:
        ``run`` (its place in the folder), ``model``, ``protocol`` (None without one),
        ``trained_on``, ``seed``, ``epochs``, ``ferm``, ``images_sha256``, ``machine``,
        ``versions`` (as text), ``whole``
        (accuracy over all faces of FERM, those trained on included; missing where the run has no
        predictions of them) and the columns of ``result.json``: ``accuracy``, ``correct``,
        ``n``, ``last_accuracy``, ``best_accuracy``, ``best_epoch``, ``seconds_an_epoch``,
        ``parameters``, ``backend``, and for some ``test_accuracy`` and ``test_n``; ``estimated``:
        whether ``accuracy`` is of statistics estimated anew, or, in older runs, the last epoch's.
    """
    rows = []
    for name in _names(folder, RESULT):
        run = Path(folder) / name
        made = read_json(check_file(run / RUN))
        settings = stored_settings(made["settings"])
        if settings["trained_on"] not in trained_on:
            continue
        if (settings["protocol"], settings["seed"]) == ("clean", DEVELOPMENT_FOLD):
            continue
        rows.append(
            {"run": name}
            | {key: settings[key] for key in ("model", "protocol", "trained_on", "seed", "epochs")}
            | {key: made[key] for key in ("ferm", "images_sha256")}
            | {"machine": made.get("machine", "not recorded")}
            | {"versions": ", ".join(f"{k} {v}" for k, v in sorted(made["versions"].items()))}
            | {"whole": _whole_set(run)}
            | read_json(check_file(run / RESULT))
        )
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    if "last_accuracy" not in table:
        table["last_accuracy"] = math.nan
    # Older runs kept the last epoch as it was.
    table["estimated"] = table["last_accuracy"].notna()
    table["last_accuracy"] = table["last_accuracy"].fillna(table["accuracy"])
    order = {name: i for i, name in enumerate(NETWORKS)}
    scope = table["protocol"].fillna(table["trained_on"])
    keys = [table["seed"], scope, table["ferm"], table["model"].map(order)]
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


def cached(folder: Path, name: str) -> dict[str, Any] | None:
    """What is kept beside the runs under a name, or None where it is not there yet."""
    path = Path(folder) / name
    return read_json(check_file(path)) if path.is_file() else None


def training_curves(folder: Path, runs: pd.DataFrame) -> pd.DataFrame:
    """How accuracy went, epoch by epoch, in the runs given.

    Returns:
        ``run`` (its name), ``model``, ``protocol``, ``epoch`` (from 1), ``training`` and
        ``validation`` accuracy (0…1).
    """
    curves = [pd.DataFrame(columns=["run", "model", "protocol", "epoch", "training", "validation"])]
    for run in runs.to_dict("records"):
        history = pd.read_csv(check_file(Path(folder) / run["run"] / HISTORY))
        history = history.rename(columns={"accuracy": "training", "val_accuracy": "validation"})
        named = history.assign(run=run["run"], model=run["model"], protocol=run["protocol"])
        curves.append(named[list(curves[0].columns)])
    return pd.concat(curves[1:] or curves, ignore_index=True)


def table_3(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 3 under each protocol: a row for each network, set, protocol and number of epochs.

    Args:
        runs: as ``finished_runs`` gives them.

    Returns:
        ``model``, ``parameters``, ``ferm``, ``protocol``, ``epochs``, ``runs``, ``mean`` and
        ``sd`` of the accuracy of the weights kept (0…1; ``sd`` missing for one run), ``n`` (faces
        of all runs together), ``low`` and ``high`` (95% Wilson interval over these), ``last`` (mean
        of the last epoch's as it was, before statistics were estimated anew), ``best`` (mean of
        each run's best epoch, which the same faces chose), ``whole`` (mean over all faces, those
        trained on included), ``whole_low`` and ``whole_high`` (its lowest and highest run),
        ``paper`` (its accuracy, 0…1; missing for networks that are not in its table).
    """
    rows = []
    for (model, ferm, protocol, epochs), ours in runs.groupby(
        ["model", "ferm", "protocol", "epochs"], sort=False
    ):
        pooled = _pooled(ours)
        rows.append(
            {
                "model": model,
                "parameters": int(ours["parameters"].iloc[0]),
                "ferm": ferm,
                "protocol": protocol,
                "epochs": epochs,
                "runs": len(ours),
                "mean": ours["accuracy"].mean(),
                "sd": ours["accuracy"].std(ddof=1),
                "n": pooled.n,
                "low": pooled.low,
                "high": pooled.high,
                "last": ours["last_accuracy"].mean(),
                "best": ours["best_accuracy"].mean(),
                "whole": ours["whole"].mean(),
                "whole_low": ours["whole"].min(),
                "whole_high": ours["whole"].max(),
                "paper": _paper_accuracy(PAPER_TABLE_3, model),
            }
        )
    return pd.DataFrame(rows)


def rows_of_best(table: pd.DataFrame) -> pd.DataFrame:
    """Of ``table_3`` the rows of the paper's best network on the set that most runs are of."""
    ours = table[table["model"] == BEST]
    counts = ours.groupby("ferm")["runs"].sum()
    return ours[ours["ferm"] == counts.idxmax()] if len(counts) else ours


def table_1(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 1: FER2013's seven classes without masks, a row a run.

    Args:
        runs: as ``finished_runs`` gives them of ``FER2013``.

    Returns:
        ``model``, ``parameters``, ``epochs``, ``seed``, ``public`` (accuracy on PublicTest) with
        ``n``, ``low`` and ``high`` (95% Wilson interval), ``last`` (the last epoch's as it was),
        ``best`` (the best epoch's, which the same faces chose), ``private`` (on PrivateTest;
        missing where the file has none) and ``paper`` (its accuracy; missing for networks that
        are not in its table); 0…1.
    """
    rows = []
    for run in runs.to_dict("records"):
        measured = rate(run["correct"], run["n"])
        rows.append(
            {key: run[key] for key in ("model", "parameters", "epochs", "seed", "n")}
            | {"public": run["accuracy"], "low": measured.low, "high": measured.high}
            | {"last": run["last_accuracy"], "best": run["best_accuracy"]}
            | {"private": run.get("test_accuracy", np.nan)}
            | {"paper": _paper_accuracy(PAPER_TABLE_1, run["model"])}
        )
    return pd.DataFrame(rows)


def twins_of_best(folder: Path, runs: pd.DataFrame) -> pd.DataFrame:
    """What copies are worth to the paper's best network on FERM v1, as ``twins_within`` says it."""
    if runs.empty:
        return runs
    ours = (runs["model"] == BEST) & (runs["ferm"] == "FERM v1") & runs["whole"].notna()
    return twins_within(folder, runs[ours], read_copies(FERM_V1)["photograph"])


def twins_within(folder: Path, runs: pd.DataFrame, photograph: pd.Series) -> pd.DataFrame:
    """Faces held back of which a copy was trained on against those without, within each run.

    Args:
        folder: of the runs.
        runs: those to look at, as ``finished_runs`` gives them.
        photograph: by row, the smallest row that shows the same photograph.

    Returns:
        ``protocol``, ``runs``, ``with_n`` and ``without_n`` (faces of all runs together), the
        means over runs of the accuracies ``with_copy`` and ``without`` (0…1), of their
        ``difference`` (−1…1), and its 95% interval ``low``, ``high`` (Student's, over runs;
        missing for one run).
    """
    from scipy.stats import ttest_1samp

    rows = []
    for protocol, ours in runs.groupby("protocol", sort=False):
        each = pd.DataFrame(_by_copy(folder / name, photograph) for name in ours["run"])
        difference = each["with_copy"] - each["without"]
        low = high = math.nan
        if len(each) > 1:
            low, high = ttest_1samp(difference, 0).confidence_interval(CONFIDENCE)
        rows.append(
            {"protocol": protocol, "runs": len(each)}
            | each[["with_n", "without_n"]].sum().astype(int).to_dict()
            | each[["with_copy", "without"]].mean().to_dict()
            | {"difference": difference.mean(), "low": low, "high": high}
        )
    return pd.DataFrame(rows)


def _by_copy(run: Path, photograph: pd.Series) -> dict[str, float]:
    """How many faces that a run held back have a copy on its training side, and how it did."""
    table, _ = read_parquet(run / PREDICTIONS)
    shown = table["row"].map(photograph)
    held_back = table["split"] == "validation"
    copied = shown[held_back].isin(shown[~held_back])
    right = _is_right(table)[held_back]
    return {
        "with_n": int(copied.sum()),
        "without_n": int((~copied).sum()),
        "with_copy": right[copied].mean(),
        "without": right[~copied].mean(),
    }


def _whole_set(run: Path) -> float:
    if not (_is_of_ferm(run) and (run / PREDICTIONS).is_file()):
        return math.nan
    return float(_is_right(read_parquet(run / PREDICTIONS)[0]).mean())


def _is_right(table: pd.DataFrame) -> pd.Series:
    predicted = np.array(CLASSES)[table[list(PROBABILITY_COLUMNS)].to_numpy().argmax(axis=1)]
    return table["label"] == predicted


def expressions_merged(folder: Path) -> pd.DataFrame:
    """How far a mask merges expressions, as ``expressions.merged`` gives it, from the two runs."""
    settings = (TrainingSettings(protocol=None, trained_on=view) for view in VIEWS)
    paths = [Path(folder) / each.name / PREDICTIONS for each in settings]
    return merged(*(read_parquet(path)[0] for path in paths))


def _paper_accuracy(table: dict[str, tuple[float, float]], model: str) -> float:
    return table[model][0] / 100 if model in table else math.nan


def _is_of_ferm(run: Path) -> bool:
    """False for runs of other faces or classes, such as Table 1's."""
    record = run / RUN
    return not record.is_file() or (
        stored_settings(read_json(check_file(record))["settings"])["trained_on"] == FERM
    )


def _pooled(runs: pd.DataFrame) -> Rate:
    return rate(int(runs["correct"].sum()), int(runs["n"].sum()))
