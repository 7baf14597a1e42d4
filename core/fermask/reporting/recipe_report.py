"""RESULTS.md's part on the recipe that ships: folds, ablations, calibration, bad pictures."""

from pathlib import Path

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.reporting.calibration_report import calibration_section
from fermask.reporting.disturbances_report import disturbances_section
from fermask.reporting.tables import folds_row, mean_column, percent_column
from fermask.studies.disturbances import MEASURED
from fermask.studies.reproduction import NO_RUN, cached
from fermask.system.files import read_json
from fermask.system.markdown import markdown_table
from fermask.training.recipe import CALIBRATION, OTHER_VIEWS, ablation_results, fold_results
from fermask.training.run_folder import RUN


def recipe_section(folder: Path) -> str:
    """RESULTS.md's part on the recipe, from the folder of its runs."""
    title = "## M-Xception beyond the paper's recipe\n\n"
    folds, ablations = format_folds(folder), format_ablations(folder)
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
        + calibration_section(cached(folder, CALIBRATION))
        + disturbances_section(cached(folder, MEASURED))
        + _origin(folder)
    )


def _origin(folder: Path) -> str:
    made = [read_json(path) for path in sorted(Path(folder).glob(f"fold-*/{RUN}"))]
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
        f"{markdown_table(format_views(pd.read_csv(path)))}"
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
    table = ablation_results(folder)
    if table.empty:
        return table
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
