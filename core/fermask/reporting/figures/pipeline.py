"""Fig. 1: the training and testing framework, with the counts of a set's own funnel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fermask.dataset.ferm import Ferm
from fermask.dataset.screening import RULES
from fermask.dataset.splits import EVERYTHING, stored_settings, validation_faces
from fermask.evaluation.headlines import HELD_BACK, stated_headlines
from fermask.evaluation.rates import rate
from fermask.evaluation.scope import FRESH
from fermask.faces.drawing import SEEN, draw_face
from fermask.faces.labels import CLASSES
from fermask.faces.masking import draw_look
from fermask.reporting.figures.flow import Card, column
from fermask.reporting.figures.paper import (
    CAPTIONS,
    EXAMPLE_SEED,
    MARGIN,
    QUIET,
    arrow,
    document,
    text,
)

# What the figure calls the stages of the screening.
_STAGES: dict[str, str] = {
    "label": "Label",
    "face": "Frontal, sharp face",
    "twins": "Twins",
    "mask": "Face-Mask",
}

_WIDTH, _TOP = 332, 64


@dataclass(frozen=True)
class Step:
    """One step from FER2013 to a set: ``faces`` left after it, and what the step is made of.

    ``parts``: by rule the faces dropped, below 0; of the last step, by class the faces drawn.
    """

    name: str
    faces: int
    parts: dict[str, int]


def pipeline_steps(ferm: Ferm) -> list[Step]:
    """From FER2013's rows to the faces of a set, as the set's own funnel counts them."""
    counted = ferm.funnel.set_index("step").sum(axis=1)
    left = int(counted["all"])
    steps = [Step("FER2013", left, {})]
    for stage, name in _STAGES.items():
        rules = [rule.name for rule in RULES.values() if rule.stage == stage]
        dropped = {rule: -int(counted[rule]) for rule in rules if counted.get(rule)}
        left += sum(dropped.values())
        steps.append(Step(name, left, dropped))
    drawn = ferm.manifest["label"].value_counts()
    return [
        *steps,
        Step(ferm.name, len(ferm.manifest), {name: int(drawn.get(name, 0)) for name in CLASSES}),
    ]


def draw_pipeline(ferm: Ferm, record: dict[str, Any]) -> str:
    """Fig. 1: from FER2013 to FERM, to a trained network, to an answer.

    Args:
        ferm: the set that the network was trained on; its images are not needed.
        record: of the network, as beside the shipped weights: ``ferm`` (the set's name),
            ``settings`` and ``result``.

    Raises:
        ValueError: the network was trained on another set.
    """
    if record["ferm"] != ferm.name:
        raise ValueError(f"The network was trained on {record['ferm']}, not on {ferm.name}.")
    points_xy = ferm.points_xy.astype(np.float64).mean(axis=0)
    bare, masked = draw_face(points_xy), draw_face(points_xy, draw_look(EXAMPLE_SEED, "surgical"))
    left, right = MARGIN, MARGIN + _WIDTH + 80
    data, data_at = column(_data_cards(ferm, bare, masked), left, _TOP, _WIDTH)
    training, training_at = column(_training_cards(ferm, record), right, _TOP, _WIDTH)
    tested_from = training_at[-1][1] + 62
    testing, testing_at = column(_testing_cards(record, masked), right, tested_from, _WIDTH)
    parts = [*data, *training, *testing]
    for x, y, name in (
        (left, _TOP, "Data set"),
        (right, _TOP, "Training"),
        (right, tested_from, "Testing"),
    ):
        parts.append(text(x, y - 16, name, 16, weight=600))
    parts.append(text(left + _WIDTH, _TOP - 16, "faces left", 13, "end", fill=QUIET))
    end, turn = left + _WIDTH, right - 40
    to: float = _TOP + 15
    level = data_at[-1][1] - 40
    parts += arrow([(end, level), (turn, level), (turn, to), (right, to)])
    end, turn = right + _WIDTH, right + _WIDTH + 16
    level, to = training_at[-1][1] - 15, testing_at[1][0] + 15
    parts += arrow([(end, level), (turn, level), (turn, to), (end, to)], SEEN)
    height = max(data_at[-1][1], testing_at[-1][1]) + MARGIN
    return document(parts, turn + MARGIN, height, CAPTIONS[1][0])


def _data_cards(ferm: Ferm, bare: str, masked: str) -> list[Card]:
    first, *rules, last = pipeline_steps(ferm)
    usages = " + ".join(ferm.about["settings"]["usages"])
    notes = {"Label": ferm.about["labels_from"], "Face-Mask": "drawn, then checked"}
    cards = [Card(first.name, f"{first.faces:,}", ((usages, ""),), face=bare)]
    for step in rules:
        rows = [(rule.replace("_", " "), f"−{-n:,}") for rule, n in step.parts.items()]
        if step.name in notes:
            rows.insert(0, (notes[step.name], ""))
        face = masked if step.name == "Face-Mask" else ""
        cards.append(Card(step.name, f"{step.faces:,}", tuple(rows), face=face))
    drawn = tuple((name, f"{n:,}") for name, n in last.parts.items())
    return [*cards, Card(last.name, f"{last.faces:,}", drawn)]


def _training_cards(ferm: Ferm, record: dict[str, Any]) -> list[Card]:
    settings = stored_settings(record["settings"])
    moved = settings["augmentation"]
    protocol, seed = settings["protocol"], settings["seed"]
    optimizer = "AdamW" if settings.get("weight_decay") else "Adam"
    if settings["trained_on"] == EVERYTHING:
        before = len(record["rows"]) - len(ferm.manifest)
        counts = (
            ("pretraining", f"{before:,}"),
            (f"all of {ferm.name}", f"{len(ferm.manifest):,}"),
        )
        split = Card("Training faces", "", counts)
    else:
        held_back = int(validation_faces(ferm.manifest, protocol, seed).sum())
        what = f"fold {seed}" if protocol == "clean" else f"a random tenth, seed {seed}"
        counts = (
            ("training", f"{len(ferm.manifest) - held_back:,}"),
            (f"held back: {what}", f"{held_back:,}"),
        )
        split = Card(f"Protocol {protocol}", "", counts)
    return [
        split,
        Card(
            "Augmentation",
            "anew in every epoch",
            (
                ("rotation", f"±{moved['rotation']:g}°"),
                ("shift", f"±{moved['shift']:.0%}"),
                ("zoom", f"±{moved['zoom']:.0%}"),
                ("mirrored", "half of the faces" if moved["flip"] else "none"),
            ),
        ),
        Card(
            settings["model"],
            f"{record['result']['parameters']:,} parameters",
            (
                (f"{optimizer}, learning rate", f"{settings['learning_rate']:g}"),
                ("batch", f"{settings['batch_size']}"),
                ("epochs", f"{settings['epochs']}"),
            ),
        ),
        Card("Weights", ".keras → .onnx"),
    ]


def _testing_cards(record: dict[str, Any], masked: str) -> list[Card]:
    result = record["result"]
    stated = stated_headlines(record)
    held_back = stated[HELD_BACK] if stated else rate(result["correct"], result["n"])
    rows: tuple[tuple[str, str], ...] = (
        (result.get("measured", "validation"), f"n = {held_back.n:,}"),
        ("95% interval", f"{held_back.interval}%"),
    )
    if stated:
        rows += (
            ("pretrainings", f"{stated[HELD_BACK].spread}%"),
            (f"fresh: {stated[FRESH]}", f"n = {stated[FRESH].n:,}"),
            ("pretrainings", f"{stated[FRESH].spread}%"),
        )
    return [
        Card("A masked face", "", (("48×48 grey pixels, 0…1", ""),), face=masked),
        Card("The trained network", "probabilities", ((", ".join(CLASSES), ""),)),
        Card(
            "Right on faces held back",
            f"{held_back.percent}%",
            rows,
        ),
    ]
