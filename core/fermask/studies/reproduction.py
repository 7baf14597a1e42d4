"""Runs kept side by side → the paper's tables with intervals, and what twins explain.

A run is a folder ``MODEL-PROTOCOL-SEED`` of ``training``; of the published ones the
repository keeps the record, the history, the result and the predictions, without weights. What
is not there yet is left out of a table, which then says how many runs it rests on.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import DEVELOPMENT_FOLD, FERM, stored_settings
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.networks import NETWORKS
from fermask.studies.dropped_classes import VIEWS, merged
from fermask.system.files import read_json
from fermask.system.parquet import read_parquet
from fermask.training.run_folder import HISTORY, PREDICTIONS, RESULT, RUN
from fermask.training.settings import TrainingSettings

# What a table says that has no run yet.
NO_RUN = "No run is there yet."

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


# The paper's best network, M-Xception with Dropout.
BEST = "m_xception"


def predictions_of_runs(folder: Path) -> dict[str, Path]:
    """Predictions files of FERM's faces by run; those of the paper's best network come first."""
    names = sorted(
        (
            path.parent.name
            for path in Path(folder).glob(f"*/{PREDICTIONS}")
            if _is_of_ferm(path.parent)
        ),
        key=lambda name: (name.split("-")[0] != BEST, name),
    )
    return {name: Path(folder) / name / PREDICTIONS for name in names}


def finished_runs(folder: Path, trained_on: tuple[str, ...] = (FERM,)) -> pd.DataFrame:
    """The finished runs of a folder, a row each, in the order of ``NETWORKS``.

    Runs that hold back the development fold are left out: choices were made on it.

    Args:
        folder: of the runs.
        trained_on: only runs of these; the default are those under a protocol.

    Returns:
        ``run`` (its name), ``model``, ``protocol`` (None without one), ``trained_on``, ``seed``,
        ``epochs``, ``ferm``, ``images_sha256``, ``machine``,
        ``versions`` (as text) and the columns of ``result.json``: ``accuracy``, ``correct``,
        ``n``, ``best_accuracy``, ``best_epoch``, ``seconds_an_epoch``, ``parameters``,
        ``backend``, and for some ``test_accuracy`` and ``test_n``.
    """
    rows = []
    for result in sorted(Path(folder).glob(f"*/{RESULT}")):
        made = read_json(result.parent / RUN)
        settings = stored_settings(made["settings"])
        if settings["trained_on"] not in trained_on:
            continue
        if (settings["protocol"], settings["seed"]) == ("clean", DEVELOPMENT_FOLD):
            continue
        rows.append(
            {"run": result.parent.name}
            | {key: settings[key] for key in ("model", "protocol", "trained_on", "seed", "epochs")}
            | {key: made[key] for key in ("ferm", "images_sha256")}
            | {"machine": made.get("machine", "not recorded")}
            | {"versions": ", ".join(f"{k} {v}" for k, v in sorted(made["versions"].items()))}
            | read_json(result)
        )
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    order = {name: i for i, name in enumerate(NETWORKS)}
    scope = table["protocol"].fillna(table["trained_on"])
    keys = [table["model"].map(order), scope, table["seed"]]
    return table.iloc[np.lexsort([keys[2], keys[1], keys[0]])].reset_index(drop=True)


def cached(folder: Path, name: str) -> dict[str, Any] | None:
    """What is kept beside the runs under a name, or None where it is not there yet."""
    path = Path(folder) / name
    return read_json(path) if path.is_file() else None


def training_curves(folder: Path, runs: pd.DataFrame) -> pd.DataFrame:
    """How accuracy went, epoch by epoch, in the runs given.

    Returns:
        ``run`` (its name), ``model``, ``protocol``, ``epoch`` (from 1), ``training`` and
        ``validation`` accuracy (0…1).
    """
    curves = [pd.DataFrame(columns=["run", "model", "protocol", "epoch", "training", "validation"])]
    for run in runs.to_dict("records"):
        history = pd.read_csv(Path(folder) / run["run"] / HISTORY)
        history = history.rename(columns={"accuracy": "training", "val_accuracy": "validation"})
        named = history.assign(run=run["run"], model=run["model"], protocol=run["protocol"])
        curves.append(named[list(curves[0].columns)])
    return pd.concat(curves[1:] or curves, ignore_index=True)


def table_3(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 3 under each protocol: a row for each network, protocol and number of epochs.

    Args:
        runs: as ``finished_runs`` gives them.

    Returns:
        ``model``, ``parameters``, ``protocol``, ``epochs``, ``runs``, ``mean`` and ``sd`` of
        the last epoch's accuracy (0…1; ``sd`` missing for one run), ``n`` (faces of all runs
        together), ``low`` and ``high`` (95% Wilson interval over these), ``best`` (mean of
        each run's best epoch, which the same faces chose), ``paper`` (its accuracy, 0…1; missing
        for networks that are not in its table).
    """
    rows = []
    for (model, protocol, epochs), ours in runs.groupby(
        ["model", "protocol", "epochs"], sort=False
    ):
        pooled = _pooled(ours)
        rows.append(
            {
                "model": model,
                "parameters": int(ours["parameters"].iloc[0]),
                "protocol": protocol,
                "epochs": epochs,
                "runs": len(ours),
                "mean": ours["accuracy"].mean(),
                "sd": ours["accuracy"].std(ddof=1),
                "n": pooled.n,
                "low": pooled.low,
                "high": pooled.high,
                "best": ours["best_accuracy"].mean(),
                "paper": _paper_accuracy(PAPER_TABLE_3, model),
            }
        )
    return pd.DataFrame(rows)


def table_1(runs: pd.DataFrame) -> pd.DataFrame:
    """Table 1: FER2013's seven classes without masks, a row a run.

    Args:
        runs: as ``finished_runs`` gives them of ``FER2013``.

    Returns:
        ``model``, ``parameters``, ``epochs``, ``seed``, ``public`` (accuracy on PublicTest) with
        ``n``, ``low`` and ``high`` (95% Wilson interval), ``best`` (the best epoch's, which the
        same faces chose), ``private`` (on PrivateTest; missing where the file has none) and
        ``paper`` (its accuracy; missing for networks that are not in its table); 0…1.
    """
    rows = []
    for run in runs.to_dict("records"):
        measured = rate(run["correct"], run["n"])
        rows.append(
            {key: run[key] for key in ("model", "parameters", "epochs", "seed", "n")}
            | {"public": run["accuracy"], "low": measured.low, "high": measured.high}
            | {"best": run["best_accuracy"], "private": run.get("test_accuracy", np.nan)}
            | {"paper": _paper_accuracy(PAPER_TABLE_1, run["model"])}
        )
    return pd.DataFrame(rows)


def twins_explain(runs: pd.DataFrame) -> pd.DataFrame:
    """How much higher ``paper`` is than ``clean``, for networks with runs of both.

    Returns:
        ``model``, ``epochs``, ``paper_runs``, ``clean_runs``, ``difference`` of the mean
        accuracies (−1…1), its 95% interval ``low``, ``high``, and ``over``: ``runs`` (Welch's,
        which holds what differs between trainings as well as between faces) where there are
        two or more of both, else ``faces`` (Newcombe's 1998 hybrid score, of the pooled faces).
    """
    rows = []
    for (model, epochs), ours in runs.groupby(["model", "epochs"], sort=False):
        paper, clean = (ours[ours["protocol"] == name] for name in ("paper", "clean"))
        fewest = min(len(paper), len(clean))
        if fewest == 0:
            continue
        over = "faces" if fewest == 1 else "runs"
        low, high = (_newcombe if fewest == 1 else _welch)(paper, clean)
        rows.append(
            {
                "model": model,
                "epochs": epochs,
                "paper_runs": len(paper),
                "clean_runs": len(clean),
                "difference": paper["accuracy"].mean() - clean["accuracy"].mean(),
                "low": low,
                "high": high,
                "over": over,
            }
        )
    return pd.DataFrame(rows)


def _welch(paper: pd.DataFrame, clean: pd.DataFrame) -> tuple[float, float]:
    from scipy.stats import ttest_ind

    test = ttest_ind(paper["accuracy"], clean["accuracy"], equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    return float(interval.low), float(interval.high)


def _newcombe(paper: pd.DataFrame, clean: pd.DataFrame) -> tuple[float, float]:
    p, c = _pooled(paper), _pooled(clean)
    difference = p.value - c.value
    return (
        difference - math.hypot(p.value - p.low, c.high - c.value),
        difference + math.hypot(p.high - p.value, c.value - c.low),
    )


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
        stored_settings(read_json(record)["settings"])["trained_on"] == FERM
    )


def _pooled(runs: pd.DataFrame) -> Rate:
    return rate(int(runs["correct"].sum()), int(runs["n"].sum()))
