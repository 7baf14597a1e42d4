"""RESULTS.md's part on the recipe that ships: folds, ablations, calibration, bad pictures."""

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.evaluation.calibration import calibration_words, shown_calibration
from fermask.evaluation.tables import markdown_table, over_folds, with_sd
from fermask.studies.disturbances import MEASURED, shown_disturbances
from fermask.studies.reproduction import NO_RUN, cached
from fermask.system.files import read_json
from fermask.training.recipe import CALIBRATION, OTHER_VIEWS, ablation_results, fold_results
from fermask.training.training import RUN


def recipe_markdown(folder: Path) -> str:
    """RESULTS.md's part on the recipe, from the folder of its runs."""
    title = "## M-Xception beyond the paper's recipe\n\n"
    folds, ablations = shown_folds(folder), shown_ablations(folder)
    if folds.empty:
        return f"{title}{NO_RUN}\n"
    parameters = fold_results(folder)["parameters"].iloc[0]
    return (
        f"{title}The same network of {parameters:,} parameters, pretrained once on faces of the "
        "four classes that share no photograph with FERM, then trained on FERM: vote shares as "
        "targets, masks drawn anew in every epoch, changed light, blur and noise, a falling "
        "learning rate (`core/fermask/training/recipe.py`). `clean`, validation, last epoch, one "
        "view; the pretraining is the same for all folds, so the deviation over folds holds no "
        f"other pretraining.\n\n{markdown_table(folds)}"
        + (
            "\nWhat each part is worth, on the development fold (`clean` 9, validation, on which "
            "the recipe was settled, so its own row flatters; with so few faces and seeds, rows a "
            f"few points apart cannot be told apart):\n\n{markdown_table(ablations)}"
            if len(ablations)
            else ""
        )
        + _views(folder)
        + _calibration(cached(folder, CALIBRATION))
        + _disturbances(cached(folder, MEASURED))
        + _recipe_origin(folder)
    )


def _recipe_origin(folder: Path) -> str:
    made = [read_json(path) for path in sorted(Path(folder).glob(f"fold-*/{RUN}"))]
    origins = {
        f"{each['machine']}; {', '.join(f'{k} {v}' for k, v in sorted(each['versions'].items()))}; "
        f"images sha256 {each['images_sha256'][:12]}…; pretrained weights sha256 "
        f"{each['initial_sha256'][:12]}…"
        for each in made
    }
    return "".join(f"\nThe folds were trained on {origin}.\n" for origin in sorted(origins))


def _disturbances(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    return (
        "\n### FERM-C: disturbed faces, masks never trained on, bare faces\n\n"
        "Accuracy in percent (95% interval) over five severities of each disturbance, for the "
        "paper's recipe and the one that ships; *mild*, *medium* and *strong* are the variants of "
        "the latter on the development fold, among which the mean chose *strong*.\n\n"
        f"{markdown_table(shown_disturbances(record))}"
    )


def _views(folder: Path) -> str:
    path = Path(folder) / OTHER_VIEWS
    if not path.is_file():
        return ""
    return (
        "\nThe same networks on other views of the faces they held back (folds 0 to 8); flip "
        "averaging, the mean over a face and its mirror image, is an extra and no headline.\n\n"
        f"{markdown_table(shown_views(pd.read_csv(path)))}"
    )


def shown_views(table: pd.DataFrame) -> pd.DataFrame:
    """How good the recipe is on other views, as people read it, for ``recipe.measure_views``."""
    rows = [{"view": view} | over_folds(ours) for view, ours in table.groupby("view", sort=False)]
    return pd.DataFrame(rows)


def _calibration(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    return (
        "\n### How far its probabilities can be trusted\n\n"
        f"{markdown_table(shown_calibration(record))}\n{calibration_words(record)}\n"
    )


def shown_folds(folder: Path) -> pd.DataFrame:
    """How good the recipe is on the folds trained so far, as people read it."""
    folds = fold_results(folder)
    if folds.empty:
        return folds
    rows = []
    for name, ours in (("folds 0 to 4", folds[folds["fold"] <= 4]), ("folds 0 to 8", folds)):
        rows.append(
            {"over": name}
            | over_folds(ours)
            | {
                "best epoch %": f"{100 * ours['best_accuracy'].mean():.1f}",
                "each fold %": ", ".join(f"{100 * each:.1f}" for each in ours["accuracy"]),
            }
        )
    return pd.DataFrame(rows)


def shown_ablations(folder: Path) -> pd.DataFrame:
    """What each part of the recipe is worth on the development fold, as people read it."""
    table = ablation_results(folder)
    if table.empty:
        return table
    return pd.DataFrame(
        {
            "variant": table["words"],
            "epochs before": table["pretrained"],
            "epochs on FERM": table["epochs"],
            "seeds": table["seeds"],
            "accuracy %": [with_sd(m, s) for m, s in zip(table["mean"], table["sd"], strict=True)],
            "n": table["n"],
        }
    )
