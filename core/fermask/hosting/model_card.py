"""The card of the weights that ship, in Hugging Face's format: what they are for and how good.

Every figure is read from the records beside the weights; only the words are written here.
"""

import re
from typing import Any

import pandas as pd

from fermask.evaluation.evaluation import Evaluation
from fermask.evaluation.headlines import HELD_BACK, Headline
from fermask.evaluation.rates import Rate
from fermask.evaluation.scope import FRESH
from fermask.faces.labels import CLASSES
from fermask.system.markdown import markdown_table

_WORDS = """
# M-Xception: reading facial expressions above a mask

A network of {parameters:,} parameters that names the expression of a face that wears a mask:
neutral, sad, surprise or angry. It is the M-Xception of Wei, Lin and Zhang ("Facial Expression
Recognition with Mask Based on M-Xception Net"), trained beyond the paper's recipe.

- **Input**: float32 `(n, 48, 48, 1)`, a grey face framed as FER2013 frames faces, 0 to 1.
- **Output**: of all eight expressions of FER+ probabilities `(n, 8)`, those four first, and `mask`
  `(n, 1)`, whether one is worn. The ONNX file gives `probabilities` `(n, 4)`, given that it is one
  of the four; `other` `(n, 4)`, the shares of happy, fear, disgust and contempt; `mask`; the last
  feature map, and each place's evidence for each class.
- **Files**: `m_xception.keras`, `m_xception.onnx`, and `m_xception.json`, the record: settings,
  versions, and every FER2013 row that the network has learned from.

## What it is for

Research on expressions of masked faces, demonstrations, and as a small baseline to compare with. It
is not made for decisions about people: not for hiring, policing, grading, medicine or
advertising, and what it says of a face is a guess about how others would name the expression,
not about what the person feels.

## Data

{ferm}: {faces:,} faces of FER2013 with FER+'s votes, screened by named rules, with masks drawn on
by their landmarks. Before that it was pretrained on {pretrained:,} more faces of FER2013's Training
and PublicTest parts, of all eight expressions, some of which stood beside FERM's to the end.
PrivateTest was never used.

## How good it is

The shipped weights have learned from all of FERM, so no face of it can measure them. Their recipe,
trained ten times with one of ten folds held back (duplicate groups are kept whole),
names **{all}%** of the held-back faces right (`clean` 0 to 8, out of fold, n = {all_n:,}; 95%
interval {all_interval}), and **{fresh}%** of those whose photograph stands once in FER2013, which
is what a new photograph meets (`fresh`, n = {fresh_n:,}; {fresh_interval}).
{pretrainings}By class, {of_which}:

{table}
{calibration}
{worn}
## The prior of photographs

29% of FERM's faces are neutral; of the people in photographs far more are. Where `fermask` answers
for a photograph it adds {shift:g} to neutral's log-odds (`neutral_shift` of the record), chosen on
photographs of people who wear masks. The files themselves, and every figure of FERM's faces, keep
FERM's prior. For a camera pointed at actors, who are seldom neutral, take `--prior ferm`.

## Limits

- Labels were given by ten people each to the face **without** the mask; under the mask, some of
  what they saw is gone.
- FER2013 was collected from the web with search words, so many faces are posed or acted. Who the
  people are is not recorded: how the accuracy differs between groups of people is not known.
- The masks it has learned from are drawn. Strong noise, blur and low resolution mislead it (FERM-C
  in RESULTS.md); what it makes of masks that people wear is in RESULTS.md too.
- A smile is mostly in the mouth: `other` and a smile behind a mask are guesses more than the rest.
- Four names only: a happy, disgusted or frightened face gets one of the four too; `other` says how
  likely it is none of them.

## Licence

The code and the weights are MIT. FER2013 and FER+ are for research; dlib's 68-point model, whose
landmarks the masks were drawn by, was trained on iBUG 300-W, which excludes commercial use.
"""


_WORN = """
## Masks that people wear

Of faces in real masks whose eyes three vision-language models, not people, all call neutral, it
names {worn_neutral_named_neutral} neutral, under the prior of photographs, and
{worn_neutral_surely_named_another} surely something else (n = {worn_neutral_named_neutral.n}).
It is sure of {worn_neutral_sure} of them; at a threshold at which it is sure of 75% of FERM's
fresh faces it names {worn_neutral_surely_named_another_at_75_of_fresh} surely something else.
It sees {worn_masks_seen} of worn masks (n = {worn_masks_seen.n};
{worn_masks_seen_of_those_with_a_print_or_a_valve} of those with a print or a valve) and calls
{bare_faces_called_masked} of bare faces masked (n = {bare_faces_called_masked.n}). It calls
{worn_neutral_called_smiling} of the neutral faces smiling (n = {worn_neutral_called_smiling.n}) and
sees {worn_smiles_seen} of smiles (n = {worn_smiles_seen.n}). Prior and thresholds were chosen on
other photographs of the same kind; the rule for the prior was made stricter after these had been
seen once.
"""


def model_card(
    record: dict[str, Any],
    out_of_fold: Evaluation,
    stated: dict[str, Headline],
    faces: int,
    calibration: str,
    worn: dict[str, Rate],
) -> str:
    """The card as Markdown with YAML front matter.

    Args:
        record: beside the weights, as ``export.export_run`` gives it.
        out_of_fold: of the recipe's folds without the development fold, after the pretraining
            of the weights that ship.
        stated: the two accuracies, as ``evaluation.headlines`` gives them.
        faces: how many FERM has.
        calibration: sentences on the probabilities, as ``reporting.calibration_report``'s.
        worn: what it makes of masks that people wear, as ``studies.worn`` gives it; {} where
            nobody has measured.
    """
    held_back, fresh = stated[HELD_BACK], stated[FRESH]
    text = _WORDS.format(
        parameters=record["result"]["parameters"],
        faces=faces,
        pretrained=len(record["rows"]) - faces,
        ferm=record["ferm"],
        all=held_back.percent,
        all_n=held_back.n,
        all_interval=held_back.interval,
        fresh=fresh.percent,
        fresh_n=fresh.n,
        fresh_interval=fresh.interval,
        pretrainings=f"Both are means over {len(fresh.each)} pretrainings ({held_back.spread}%; "
        f"{fresh.spread}%), of which the first\nships. "
        if fresh.each[1:]
        else "",
        of_which="of the one that ships" if fresh.each[1:] else "out of fold",
        table=_by_class(out_of_fold),
        calibration=calibration,
        shift=record.get("neutral_shift", 0.0),
        worn=_WORN.format(**{_as_field(name): each for name, each in worn.items()}) if worn else "",
    )
    return f"---\n{_front_matter(held_back, record['ferm'])}\n---\n{text}"


def _as_field(name: str) -> str:
    return "_".join(re.findall(r"\w+", name))


def _front_matter(held_back: Headline, ferm: str) -> str:
    """The metadata as YAML, by the Hub's own classes."""
    from huggingface_hub import EvalResult, ModelCardData

    about: dict[str, Any] = {
        "task_type": "image-classification",
        "task_name": "Expressions of masked faces",
        "dataset_type": "ferm",
        "dataset_name": ferm,
        "dataset_split": "clean 0-8, out of fold",
    }
    value = round(held_back.value, 4)
    return ModelCardData(
        model_name="M-Xception",
        license="mit",
        library_name="keras",
        pipeline_tag="image-classification",
        tags=["facial-expression-recognition", "face-mask", "fer2013", "onnx"],
        metrics=["accuracy"],
        eval_results=[EvalResult(metric_type="accuracy", metric_value=value, **about)],
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
