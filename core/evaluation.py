"""Predictions → confusion matrix, rates with intervals, and what a figure may be called.

A figure says model, protocol, split and n. Whether the faces were among the training ones is
decided here, from the rows and duplicate groups in a network's record.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from core.examples import EVERYTHING
from core.ferm import TABLE_2, Ferm, validation_faces
from core.labels import CLASSES
from core.parquet import read_parquet
from core.training import PROBABILITY_COLUMNS

CONFIDENCE = 0.95
_DRAWS = 4000
SPLITS: tuple[str, ...] = ("validation", "all")
# What ``split`` says of a face where nobody knows whether the network was trained on it.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rate:
    """A share of ``n`` with its 95% interval, all 0…1; NaN where n is 0."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Evaluation:
    """How a network did on some faces.

    ``confusion``: int64 ``(4, 4)``, rows are the true class, columns the predicted one.
    ``accuracy``: over all faces. ``precision``, ``recall``: by class name; ``f1``: 0…1 by
    class name; ``macro_f1``: their mean. ``weighted_accuracy``: the mean of the recalls
    weighted by Table 2's class shares, which makes sets of other shares comparable.
    """

    confusion: np.ndarray
    accuracy: Rate
    precision: dict[str, Rate]
    recall: dict[str, Rate]
    f1: dict[str, float]
    macro_f1: float
    weighted_accuracy: Rate


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts, int64 ``(4, 4)``: rows the true class, columns the predicted one."""
    counts = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    np.add.at(counts, (np.asarray(labels), np.asarray(predicted)), 1)
    return counts


def rate(successes: int, n: int) -> Rate:
    """A share with its Wilson interval."""
    if n == 0:
        return Rate(float("nan"), float("nan"), float("nan"), 0)
    # Takes longer to import than a page of faces to show.
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(CONFIDENCE, method="wilson")
    return Rate(successes / n, float(interval.low), float(interval.high), int(n))


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same ``n`` faces: how many only one of them names right.

    ``p``: McNemar's exact test (binomial, two-sided) of both being right equally often.
    """

    only_first: int
    only_second: int
    n: int
    p: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> Paired:
    """McNemar's exact test of two classifiers.

    Args:
        first: bool ``(n,)``, which faces one names right.
        second: the same of the other.
    """
    from scipy.stats import binomtest

    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differ = only_first + only_second
    p = float(binomtest(only_first, differ).pvalue) if differ else 1.0
    return Paired(only_first, only_second, len(first), p)


def paired_difference(pair: Paired) -> Rate:
    """Accuracy of the first less that of the second on the same faces, -1…1, with its interval.

    The 95% interval is Bonett and Price's (2012): Wald's, with one face added to each of the
    two cells that differ. NaN where there is no face.
    """
    if pair.n == 0:
        return rate(0, 0)
    first, second = ((count + 1) / (pair.n + 2) for count in (pair.only_first, pair.only_second))
    middle = first - second
    error = float(np.sqrt((first + second - middle**2) / (pair.n + 2)))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    value = (pair.only_first - pair.only_second) / pair.n
    return Rate(value, max(middle - reach, -1.0), min(middle + reach, 1.0), pair.n)


def evaluate(labels: np.ndarray, probabilities: np.ndarray) -> Evaluation:
    """All figures of some faces.

    Args:
        labels: int ``(n,)``, indices into ``CLASSES``.
        probabilities: ``(n, 4)``.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    if len(labels) == 0:
        raise ValueError("There is no face to evaluate on.")
    if np.shape(probabilities) != (len(labels), len(CLASSES)):
        raise ValueError(
            f"Expected probabilities ({len(labels)}, {len(CLASSES)}), received "
            f"{np.shape(probabilities)}."
        )
    confusion = confusion_matrix(labels, np.argmax(probabilities, axis=1))
    hits, true, said = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = _f1(confusion)
    return Evaluation(
        confusion=confusion,
        accuracy=rate(hits.sum(), confusion.sum()),
        precision={name: rate(hits[i], said[i]) for i, name in enumerate(CLASSES)},
        recall={name: rate(hits[i], true[i]) for i, name in enumerate(CLASSES)},
        f1={name: float(f1[i]) for i, name in enumerate(CLASSES)},
        macro_f1=float(f1.mean()),
        weighted_accuracy=_weighted(hits, true),
    )


def confusion_csv(evaluation: Evaluation, of: dict[str, str]) -> str:
    """A confusion matrix as CSV, a line a cell, which says what it is of.

    Args:
        evaluation: whose matrix.
        of: columns that are the same in each line, such as ``model``; they come first.

    Returns:
        Then follow ``true``, ``predicted``, ``n`` and ``share`` (of the true class, 0…1; empty
        without a face of it).
    """
    true, predicted = (np.array(CLASSES)[i.ravel()] for i in np.indices((len(CLASSES),) * 2))
    table = pd.DataFrame({"true": true, "predicted": predicted, "n": evaluation.confusion.ravel()})
    table["share"] = table["n"] / table.groupby("true")["n"].transform("sum")
    for place, (name, value) in enumerate(of.items()):
        table.insert(place, name, value)
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def f1_intervals(confusion: np.ndarray) -> tuple[dict[str, Rate], Rate]:
    """F1 of each class and macro-F1, with 95% intervals.

    F1 is no share of a fixed number of faces, so its interval is read off matrices drawn
    around this one (Dirichlet, with one face spread evenly over the cells beforehand, so
    that no cell counts as impossible). The draws are seeded: the same matrix gives the same
    interval.

    Args:
        confusion: int ``(4, 4)``, as ``confusion_matrix`` gives it.

    Returns:
        By class name, ``n`` the faces of the class; and macro-F1, ``n`` all faces. NaN where
        there is no face at all.
    """
    n = int(confusion.sum())
    if n == 0:
        nothing = rate(0, 0)
        return dict.fromkeys(CLASSES, nothing), nothing
    beforehand = 1 / confusion.size
    drawn = np.random.default_rng(0).dirichlet(confusion.ravel() + beforehand, size=_DRAWS)
    of_draws = _f1(drawn.reshape(-1, *confusion.shape))
    of_draws = np.column_stack([of_draws, of_draws.mean(axis=1)])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(of_draws, [tail, 1 - tail], axis=0)
    values = _f1(confusion)
    values = np.append(values, values.mean())
    counts = [*confusion.sum(axis=1), n]
    rates = [
        Rate(float(value), float(min(lowest, value)), float(max(highest, value)), int(count))
        for value, lowest, highest, count in zip(values, low, high, counts, strict=True)
    ]
    return dict(zip(CLASSES, rates, strict=False)), rates[-1]


def _f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, ``(…, 4)``, of matrices ``(…, 4, 4)``; 0 for a class nowhere seen."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    all_of_it = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.divide(2 * hits, all_of_it, out=np.zeros(hits.shape), where=all_of_it > 0)


def _weighted(hits: np.ndarray, true: np.ndarray) -> Rate:
    """Recalls weighted by Table 2's shares, with the interval of a stratified sample."""
    n = int(true.sum())
    if (true == 0).any():
        return Rate(float("nan"), float("nan"), float("nan"), n)
    weights = np.array([TABLE_2[name] for name in CLASSES]) / sum(TABLE_2.values())
    value = float(weights @ (hits / true))
    # One success and one failure more a class, so that no class counts as known for certain.
    smoothed = (hits + 1) / (true + 2)
    error = float(np.sqrt(weights**2 @ (smoothed * (1 - smoothed) / true)))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    return Rate(value, max(value - reach, 0.0), min(value + reach, 1.0), n)


@dataclass(frozen=True)
class Scope:
    """What a figure is about: ``protocol`` (``paper``, ``clean``, ``external``, or ``unknown``
    without a record), ``seed`` (None where it has none), ``split``, and ``usage`` where only
    the faces of one part of FER2013 were asked for.
    """

    protocol: str
    seed: int | None
    split: str
    usage: str | None = None

    def __str__(self) -> str:
        seed = "" if self.seed is None else f" {self.seed}"
        usage = "" if self.usage in (None, self.split) else f", {self.usage} only"
        return f"{self.protocol}{seed}, {self.split}{usage}"


def faces_to_evaluate(
    ferm: Ferm,
    split: str,
    record: dict[str, Any],
    protocol: str | None = None,
    seed: int | None = None,
    usage: str | None = None,
) -> tuple[np.ndarray, Scope]:
    """Which faces of a set a network is evaluated on, and what the figure is called.

    Args:
        ferm: the set.
        split: ``validation`` (the faces held back under protocol and seed) or ``all``.
        record: the network's; protocol and seed are taken from it where not given.
        protocol: ``paper`` or ``clean``.
        seed: the fold under ``clean``.
        usage: only faces of this part of FER2013.

    Returns:
        bool ``(n,)``, and what the figure is called.

    Raises:
        ValueError: no face is left, or neither arguments nor record say what was held back.
    """
    chosen = np.ones(len(ferm.manifest), dtype=bool)
    if usage is not None:
        chosen = (ferm.manifest["usage"] == usage).to_numpy()
        if not chosen.any():
            present = ", ".join(sorted(set(ferm.manifest["usage"])))
            raise ValueError(f"{ferm.name} has no face of {usage}; it has {present}.")
    if chosen.any() and (ferm.manifest["usage"][chosen] == "PrivateTest").all():
        return chosen, Scope("external", None, "PrivateTest", usage)
    settings = record.get("settings", {})
    protocol = settings.get("protocol") if protocol is None else protocol
    seed = settings.get("seed") if seed is None else seed
    if split == "all":
        return chosen, Scope(protocol or "unknown", seed, "all", usage)
    if protocol == EVERYTHING:
        raise ValueError(
            "These weights were trained on every face of FERM v1, so none is held back to measure "
            "them on; a set of PrivateTest faces can. What their recipe reaches on faces held "
            "back is in RESULTS.md."
        )
    if protocol is None or seed is None:
        raise ValueError(
            "The network has no record of what it was trained on; say which faces were held "
            "back with --protocol and --seed, or take all with --split all."
        )
    chosen = chosen & validation_faces(ferm.manifest, protocol, seed)
    if not chosen.any():
        raise ValueError(f"{ferm.name} has no such face in the validation part.")
    return chosen, Scope(protocol, seed, "validation", usage)


def training_faces(manifest: pd.DataFrame, record: dict[str, Any]) -> np.ndarray:
    """Which faces of a set the network saw in training, or a twin of them, bool ``(n,)``."""
    groups = record.get("groups", [])
    return (
        manifest["row"].isin(record.get("rows", [])) | manifest["group"].isin(groups)
    ).to_numpy()


def leak_warning(
    manifest: pd.DataFrame, record: dict[str, Any], scope: Scope, source_sha256: str = ""
) -> str:
    """A sentence where evaluated faces were trained on, or cannot be told; else "".

    Args:
        manifest: of the evaluated faces.
        record: the network's.
        scope: what the figure is about.
        source_sha256: ``about["source_sha256"]`` of the set; "" if the record is of the set itself.
    """
    if "rows" not in record:
        return "The network has no record: these faces may be among its training faces."
    in_folders = (manifest["file"] != "").any()
    if in_folders and record.get("source_sha256", "") != source_sha256:
        return (
            "The set comes from class folders, which have lost FER2013's rows: these faces may "
            "be among the network's training faces."
        )
    seen = manifest["row"].isin(record["rows"]).to_numpy()
    twins = training_faces(manifest, record) & ~seen
    parts = []
    if seen.any():
        parts.append(f"{seen.sum():,} of these {len(seen):,} faces were trained on")
    if twins.any():
        parts.append(f"{twins.sum():,} share a photograph with a face trained on")
    if not parts:
        return ""
    usual = " (as the paper protocol allows)" if scope.protocol == "paper" else ""
    return f"{'; '.join(parts)}{usual}: the accuracy is too high for new faces."


def unknown_warning(splits: pd.Series) -> str:
    """A sentence where nobody knows whether faces were trained on; else "".

    Args:
        splits: of the evaluated faces, as ``Predictions`` holds them.
    """
    unknown = int((splits == UNKNOWN).sum())
    if not unknown:
        return ""
    which = "these faces" if unknown == len(splits) else f"{unknown:,} of these {len(splits):,}"
    return (
        f"It is not known whether {which} were trained on: the accuracy may be too high for new "
        "faces."
    )


def as_json(evaluation: Evaluation, model: str, scope: Scope, warning: str = "") -> dict[str, Any]:
    """What ``scripts.evaluate --json`` prints, None where a rate has no faces.

    Under ``external`` the accuracy and its interval are the weighted ones.
    """
    external = scope.protocol == "external"
    accuracy = evaluation.weighted_accuracy if external else evaluation.accuracy
    result = {
        "model": model,
        "protocol": scope.protocol,
        "seed": scope.seed,
        "split": scope.split,
        "usage": scope.usage,
        "n": evaluation.accuracy.n,
        "accuracy": accuracy.value,
        "interval": [accuracy.low, accuracy.high],
        "unweighted_accuracy": evaluation.accuracy.value,
        "weighted_accuracy": evaluation.weighted_accuracy.value,
        "macro_f1": evaluation.macro_f1,
        "classes": {
            name: {
                "precision": evaluation.precision[name].value,
                "recall": evaluation.recall[name].value,
                "f1": evaluation.f1[name],
                "n": evaluation.recall[name].n,
            }
            for name in CLASSES
        },
        "confusion": evaluation.confusion.tolist(),
        "warning": warning,
    }
    return _without_nan(result)


def _without_nan(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and np.isnan(value) else value


@dataclass(frozen=True)
class Predictions:
    """A network's stored answers for the faces of a set.

    ``table``: ``row``, ``label``, ``split`` (``training``, ``validation`` or ``UNKNOWN``) and
    ``PROBABILITY_COLUMNS`` (0…1). ``about``: model, protocol, seed (None where it has none) and
    the set's name.
    """

    table: pd.DataFrame
    about: dict[str, Any]

    @property
    def title(self) -> str:
        """Such as ``m_xception, clean 0, FERM v1``."""
        protocol, seed = self.about["protocol"], self.about["seed"]
        scope = protocol if seed is None else f"{protocol} {seed}"
        return f"{self.about['model']}, {scope}, {self.about['ferm']}"

    @property
    def probabilities(self) -> np.ndarray:
        """float32 ``(n, 4)`` in class order."""
        return self.table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float32)

    @property
    def labels(self) -> np.ndarray:
        """int64 ``(n,)``, indices into ``CLASSES``."""
        return self.table["label"].map(CLASSES.index).to_numpy(dtype=np.int64)


def read_predictions(path: Path) -> Predictions:
    """Predictions as a run or ``scripts.export`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not a predictions file.
    """
    table, about = read_parquet(path)
    return checked_predictions(table, about, str(path))


def checked_predictions(table: pd.DataFrame, about: dict[str, Any], source: str) -> Predictions:
    """The predictions that a file of this project holds.

    Args:
        table: as ``Predictions`` holds it.
        about: the same.
        source: the file, for the words of an error.

    Raises:
        ValueError: the two hold no predictions.
    """
    needed = {"row", "label", "split", *PROBABILITY_COLUMNS}
    missing = sorted(needed - set(table.columns))
    if missing or not {"model", "protocol", "seed", "ferm"} <= set(about):
        raise ValueError(
            f"{source} holds no predictions; it lacks {', '.join(missing) or 'about'}."
        )
    unknown = set(table["label"].unique()) - set(CLASSES)
    if unknown:
        raise ValueError(
            f"{source} has the label {min(unknown)!r}; there are {', '.join(CLASSES)}."
        )
    finite = np.isfinite(table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=float)).all(axis=1)
    if not finite.all():
        row = int(table["row"].iloc[int(np.argmin(finite))])
        raise ValueError(f"{source}, FER2013's row {row}: a probability is missing.")
    return Predictions(table, about)
