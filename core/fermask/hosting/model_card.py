"""The card of the weights that ship, in Hugging Face's format: what they are for and how good.

Every figure is read from the records beside the weights; only the words are written here.
"""

from typing import Any

import pandas as pd

from fermask.evaluation.evaluation import Evaluation
from fermask.faces.labels import CLASSES
from fermask.system.markdown import markdown_table

_WORDS = """
# M-Xception: reading facial expressions above a mask

A network of {parameters:,} parameters that names the expression of a face that wears a mask:
neutral, sad, surprise or angry. It is the M-Xception of Wei, Lin and Zhang ("Facial Expression
Recognition with Mask Based on M-Xception Net"), trained beyond the paper's recipe.

- **Input**: float32 `(n, 48, 48, 1)`, a grey face framed as FER2013 frames faces, 0 to 1.
- **Output**: probabilities `(n, 4)` in the order neutral, sad, surprise, angry; the ONNX file also
  gives the last feature map and each place's evidence for each class.
- **Files**: `m_xception.keras`, `m_xception.onnx`, and `m_xception.json`, the record: settings,
  versions, and every FER2013 row that the network has learned from.

## What it is for

Research on expressions of masked faces, demonstrations, and as a small baseline to compare with. It
is not made for decisions about people: not for hiring, policing, grading, medicine or
advertising, and what it says of a face is a guess about how others would name the expression,
not about what the person feels.

## Data

FERM v1: {faces:,} faces of FER2013 with FER+'s votes, screened by named rules, with masks drawn on
by their landmarks. Before that it was pretrained on {pretrained:,} more faces of FER2013's Training
and PublicTest parts. PrivateTest was never used.

## How good it is

The shipped weights have learned from all of FERM, so no face of it can measure them. Their recipe,
trained ten times with one of ten folds held back (duplicate groups are kept whole),
names **{accuracy}** of the held-back faces right (`clean` 0 to 8, out of fold, n = {n:,}; 95%
interval {interval}).

{table}
{calibration}

## Limits

- Labels were given by ten people each to the face **without** the mask; under the mask, some of
  what they saw is gone.
- FER2013 was collected from the web with search words, so many faces are posed or acted. Who the
  people are is not recorded: how the accuracy differs between groups of people is not known.
- The masks it has learned from are drawn. Prints on a mask and strong noise mislead it (FERM-C
  in RESULTS.md).
- Four classes only: a happy, disgusted or frightened face gets one of the four names too.

## Licence

The code and the weights are MIT. FER2013 and FER+ are for research; dlib's 68-point model, whose
landmarks the masks were drawn by, was trained on iBUG 300-W, which excludes commercial use.
"""


def model_card(
    record: dict[str, Any], out_of_fold: Evaluation, faces: int, calibration: str
) -> str:
    """The card as Markdown with YAML front matter.

    Args:
        record: beside the weights, as ``export.export_run`` gives it.
        out_of_fold: of the recipe's folds without the development fold.
        faces: how many FERM has.
        calibration: sentences on the probabilities, as ``reporting.calibration_report``'s.
    """
    accuracy = out_of_fold.accuracy
    text = _WORDS.format(
        parameters=record["result"]["parameters"],
        faces=faces,
        pretrained=len(record["rows"]) - faces,
        accuracy=f"{accuracy.percent}%",
        n=accuracy.n,
        interval=accuracy.interval,
        table=_by_class(out_of_fold),
        calibration=calibration,
    )
    return f"---\n{_front_matter(out_of_fold)}\n---\n{text}"


def _front_matter(out_of_fold: Evaluation) -> str:
    """The metadata as YAML, by the Hub's own classes."""
    from huggingface_hub import EvalResult, ModelCardData

    about: dict[str, Any] = {
        "task_type": "image-classification",
        "task_name": "Expressions of masked faces",
        "dataset_type": "ferm",
        "dataset_name": "FERM v1",
        "dataset_split": "clean 0-8, out of fold",
    }
    metrics = {"accuracy": out_of_fold.accuracy.value, "f1": out_of_fold.macro_f1}
    results = [
        EvalResult(metric_type=name, metric_value=round(float(value), 4), **about)
        for name, value in metrics.items()
    ]
    return ModelCardData(
        model_name="M-Xception",
        license="mit",
        library_name="keras",
        pipeline_tag="image-classification",
        tags=["facial-expression-recognition", "face-mask", "fer2013", "onnx"],
        metrics=list(metrics),
        eval_results=results,
    ).to_yaml()


def _by_class(evaluation: Evaluation) -> str:
    precision, recall = evaluation.precision, evaluation.recall
    return markdown_table(
        pd.DataFrame(
            {
                "class": name,
                "precision %": precision[name].percent,
                "recall %": recall[name].percent,
                "95% interval": recall[name].interval,
                "F1": f"{evaluation.f1[name]:.2f}",
                "n": f"{recall[name].n:,}",
            }
            for name in CLASSES
        )
    )
