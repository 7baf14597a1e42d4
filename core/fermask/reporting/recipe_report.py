"""RESULTS.md's part on the recipe that ships: folds, ablations, calibration, bad pictures."""

from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.manifest import open_set
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.formatting import format_interval, format_percent
from fermask.evaluation.headlines import headlines, published_out_of_fold
from fermask.evaluation.rates import mcnemar, paired_difference
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions, read_predictions
from fermask.reporting.calibration_report import calibration_section
from fermask.reporting.disturbances_report import disturbances_section
from fermask.reporting.tables import folds_row, mean_column, percent_column
from fermask.studies.disturbances import MEASURED
from fermask.studies.reproduction import NO_RUN, cached
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.markdown import markdown_table
from fermask.system.paths import OUT_OF_FOLD, OUT_OF_FOLD_V1, PUBLISHED
from fermask.training.recipe import ABLATIONS, CALIBRATION, OTHER_VIEWS, STEPS, fold_results
from fermask.training.run_folder import RUN


def recipe_section(folder: Path) -> str:
    """RESULTS.md's part on the recipe, from the folder of its runs."""
    title = "## M-Xception beyond the paper's recipe\n\n"
    folds, ablations = format_folds(folder), format_ablations(folder)
    if folds.empty:
        return f"{title}{NO_RUN}\n"
    parameters = fold_results(folder)["parameters"].iloc[0]
    return (
        f"{title}The same network of {parameters:,} parameters, taught all eight "
        "expressions of FER+ and whether a mask is worn: pretrained once on faces that share no "
        "photograph with FERM, then trained on FERM with others of those beside. Vote shares are "
        "the targets, masks are dealt anew in every epoch of several drawn for each face, covers "
        "of any kind among them, light, blur and noise change, and the learning rate falls, twice "
        "in the pretraining "
        "(`core/fermask/training/recipe.py`). "
        "`clean`, validation, last epoch, one view, the four classes alone; the pretraining is "
        "the same for all folds, so the deviation over folds holds no other pretraining.\n\n"
        f"{markdown_table(folds)}{_headlines()}"
        + _steps(folder)
        + (
            "\nWhat each part of 0.1's recipe was worth, on FERM v1's development fold (`clean` 9, "
            "validation, on which it was settled, so its own row flatters; with so few faces and "
            f"seeds, rows a few points apart cannot be told apart):\n\n{markdown_table(ablations)}"
            if len(ablations)
            else ""
        )
        + _beside_before()
        + _views(folder)
        + calibration_section(cached(folder, CALIBRATION))
        + disturbances_section(cached(folder, MEASURED))
        + _origin(folder)
    )


def _headlines() -> str:
    if not OUT_OF_FOLD.is_file():
        return ""
    predictions = published_out_of_fold()
    stated = headlines(open_set(PUBLISHED), predictions)
    over = (
        f"is the mean over {len(predictions)} pretrainings of different seeds, given in brackets, "
        "the first of which ships"
        if predictions[1:]
        else "is of one pretraining, whose luck is in it"
    )
    return (
        f"\nWhat every place states {over}; the intervals are by resampling duplicate groups: "
        + "; ".join(
            f"{name}: {share} of n = {share.n:,} ({share.spread})" for name, share in stated.items()
        )
        + ". `fresh` are the faces whose photograph stands once in FER2013, by the search for "
        "copies, which is what a new photograph meets.\n"
    )


def _steps(folder: Path) -> str:
    path = Path(folder) / STEPS
    if not path.is_file():
        return ""
    table = pd.read_csv(check_file(path))
    n, fresh, calm = (int(table[name].iloc[0]) for name in ("n", "n_fresh", "n_calm"))
    return (
        "\nWhat the last stage's choices are worth, each trained from the first half of every "
        "pretraining unless it says otherwise: on the "
        f"development fold (n = {n}, {fresh} of them fresh; on 2 points more or less chance alone "
        f"decides), and on {calm} calm faces behind worn masks, of the odd half of the photographs "
        "that are for choices (three vision-language viewers, not people, call them neutral), sure "
        "of 75% of the fresh faces (`python -m scripts.studies.recipe_steps`):\n\n"
        f"{markdown_table(format_steps(table))}"
    )


def format_steps(table: pd.DataFrame) -> pd.DataFrame:
    """What the last stage's choices are worth, as people read it, for ``studies.recipe_steps``."""
    named = {
        "masked": "masked %",
        "fresh": "fresh %",
        "bare": "bare %",
        "neutral": "worn neutral named neutral %",
        "surely_another": "surely another %",
    }
    columns = {words: percent_column(table[name]) for name, words in named.items()}
    return pd.DataFrame({"variant": table["words"], "runs": table["runs"]} | columns)


def _beside_before() -> str:
    if not (OUT_OF_FOLD.is_file() and OUT_OF_FOLD_V1.is_file()):
        return ""
    both = answered_by_both(read_predictions(OUT_OF_FOLD_V1), read_predictions(OUT_OF_FOLD))
    of_nine = both[both["fold_now"] == DEVELOPMENT_FOLD]
    chosen_by = int((of_nine["fold_before"] == DEVELOPMENT_FOLD).sum())
    return (
        "\nBeside 0.1's recipe on the faces that both versions of FERM hold, each named by the "
        "network that held its fold back, fold 9 of either left out. Copies of "
        "photographs stood on both sides of v1's folds, which favours 0.1.\n\n"
        f"{markdown_table(format_beside(reported(both)))}"
        "\nThe same on v2's fold 9, on which the aim was set that no class should lose more than 2 "
        f"points; by {chosen_by} of these faces 0.1's settings were chosen, which flatters it, and "
        "by all of them ours.\n\n"
        f"{markdown_table(format_beside(of_nine))}"
    )


def answered_by_both(before: Predictions, now: Predictions) -> pd.DataFrame:
    """The faces that two recipes answered for: ``row``, ``label``, and of each recipe, with
    ``_before`` and ``_now``, ``fold`` and ``predicted``.

    Args:
        before, now: out-of-fold predictions with ``fold``.
    """
    left, right = (
        each.table.assign(predicted=np.array(CLASSES)[each.probabilities.argmax(axis=1)])
        for each in (before, now)
    )
    return left.merge(right, on=["row", "label"], suffixes=("_before", "_now"))


def reported(both: pd.DataFrame) -> pd.DataFrame:
    """Those of ``answered_by_both`` by which neither recipe was chosen."""
    return both[(both[["fold_before", "fold_now"]] != DEVELOPMENT_FOLD).all(axis=1)]


def format_beside(both: pd.DataFrame) -> pd.DataFrame:
    """Two recipes on the same faces, of ``answered_by_both``, as people read them."""
    rows = []
    for name in ("all", *(each for each in CLASSES if each in set(both["label"]))):
        faces = both if name == "all" else both[both["label"] == name]
        of_before, of_now = (
            (faces[f"predicted_{when}"] == faces["label"]).to_numpy() for when in ("before", "now")
        )
        gained = paired_difference(mcnemar(of_now, of_before))
        rows.append(
            {
                "class": name,
                "n": len(faces),
                "0.1 %": format_percent(of_before.mean()),
                "now %": format_percent(of_now.mean()),
                "difference, points": format_percent(gained.value, "+.1f"),
                "95% interval": format_interval(gained.low, gained.high, "+.1f"),
            }
        )
    return pd.DataFrame(rows)


def _origin(folder: Path) -> str:
    made = [read_json(check_file(path)) for path in sorted(Path(folder).glob(f"fold-*/{RUN}"))]
    origins = {
        f"{each['machine']}; {', '.join(f'{k} {v}' for k, v in sorted(each['versions'].items()))}; "
        f"images sha256 {each['images_sha256'][:12]}…; pretrained weights sha256 "
        f"{each['initial_sha256'][:12]}…"
        for each in made
    }
    return "".join(f"\nThe folds were trained on {origin}.\n" for origin in sorted(origins))


def _views(folder: Path) -> str:
    path = Path(folder) / OTHER_VIEWS
    if not path.is_file():
        return ""
    return (
        "\nThe same networks on other views of the faces they held back (folds 0 to 8); flip "
        "averaging, the mean over a face and its mirror image, is an extra and no headline.\n\n"
        f"{markdown_table(format_views(pd.read_csv(check_file(path))))}"
    )


def format_views(table: pd.DataFrame) -> pd.DataFrame:
    """How good the recipe is on other views, as people read it, for ``recipe.measure_views``."""
    rows = [{"view": view} | folds_row(ours) for view, ours in table.groupby("view", sort=False)]
    return pd.DataFrame(rows)


def format_folds(folder: Path) -> pd.DataFrame:
    """How good the recipe is on the folds trained so far, as people read it."""
    folds = fold_results(folder)
    if folds.empty:
        return folds
    rows = []
    for name, ours in (("folds 0 to 4", folds[folds["fold"] <= 4]), ("folds 0 to 8", folds)):
        rows.append(
            {"over": name}
            | folds_row(ours)
            | {
                "best epoch %": format_percent(ours["best_accuracy"].mean()),
                "each fold %": ", ".join(percent_column(ours["accuracy"])),
            }
        )
    return pd.DataFrame(rows)


def format_ablations(folder: Path) -> pd.DataFrame:
    """What each part of the recipe is worth on the development fold, as people read it."""
    path = Path(folder) / ABLATIONS
    if not path.is_file():
        return pd.DataFrame()
    table = pd.read_csv(check_file(path))
    return pd.DataFrame(
        {
            "variant": table["words"],
            "epochs before": table["pretrained"],
            "epochs on FERM": table["epochs"],
            "seeds": table["seeds"],
            "accuracy %": mean_column(table),
            "n": table["n"],
        }
    )
