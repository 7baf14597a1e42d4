"""How a network reads photographs of people who wear a mask, and of bare faces.

Labels measure and are never trained on. Photographs of odd ``group`` or number are for choices,
those of even ones are reported and chosen by in nothing; where one of these shows the same
photograph as one of the others, it counts nowhere.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.duplicates import duplicate_groups
from fermask.evaluation.rates import Rate, rate
from fermask.faces.labels import CLASSES
from fermask.networks.inference import Network, shift_neutral
from fermask.photographs.detection import DetectedFace, detect_faces
from fermask.photographs.framing import expression_crop
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import HAPPY, OTHER_LIKELY

# Photographs among the bare ones, six of one man, in which he wears a mask after all.
NOT_BARE = range(273, 279)
VIEWERS = ["viewer_a", "viewer_b", "viewer_c"]
_NEUTRAL = CLASSES.index("neutral")
# A found face is the labelled one where their boxes share so much of what both cover.
_SHARED = 0.3

# Under the prior of photographs the other three are still to be named so often, 0…1.
FLOORS: dict[str, float] = {"sad": 0.60, "surprise": 0.83, "angry": 0.65}
_WANTED_NEUTRAL, _WANTED_SURE, _WANTED_SURELY_OTHER = 0.92, 0.80, 0.03
_SHIFTS = np.arange(0, 1.21, 0.1)
# Of how many faces a mask is unsure, at most.
_UNSURE_SHARE = 0.03


@dataclass(frozen=True, eq=False)
class WornPhotographs:
    """Faces as the network gets them, uint8 ``(n, 48, 48)``: ``worn`` and ``bare``.

    ``calm``: whether all three viewers call a worn face's eyes neutral, ``smiling``: whether two
    of three call them happy, bool ``(n,)``. ``group``: same person or shoot; ``missed``: the
    groups of worn faces that the detector did not find; ``number``: of the bare photographs;
    ``bare_group``: the same photograph.
    """

    worn: np.ndarray
    calm: np.ndarray
    smiling: np.ndarray
    group: np.ndarray
    missed: np.ndarray
    bare: np.ndarray
    number: np.ndarray
    bare_group: np.ndarray

    def half(self, remainder: int) -> "WornPhotographs":
        """The odd half (1), for choices, or the even one (0), for figures."""
        ours, theirs = self.group % 2 == remainder, self.number % 2 == remainder
        if remainder == 0:
            theirs &= ~np.isin(self.bare_group, self.bare_group[~theirs])
        of_worn = {name: getattr(self, name)[ours] for name in ("worn", "calm", "smiling", "group")}
        missed = self.missed[self.missed % 2 == remainder]
        of_bare = {name: getattr(self, name)[theirs] for name in ("bare", "number", "bare_group")}
        return replace(self, **of_worn, **of_bare, missed=missed)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of faces, under FERM's prior, before any threshold.

    ``probabilities``: ``(n, 4)``. ``others``: ``(n, 4)``, shares of the other expressions, and
    ``mask``: ``(n,)``, how likely one is worn; None for a network that does not tell.
    """

    probabilities: np.ndarray
    others: np.ndarray | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Thresholds:
    """As a network's record has them: see ``fermask.networks.inference.Network``."""

    not_sure_below: float
    neutral_shift: float = 0.0
    mask_unsure: tuple[float, float] = (0.5, 0.5)


def read_worn(worn: Path, bare: Path) -> WornPhotographs:
    """The faces of a folder of worn masks and of one of bare faces, as photographs are framed.

    Args:
        worn: holds ``photos/`` and ``labels.csv`` (``file``, ``x``, ``y``, ``width``, ``height``,
            ``group`` and the viewers' labels).
        bare: numbered photographs, of which ``NOT_BARE`` are passed over; of several faces the
            widest counts.
    """
    table = pd.read_csv(worn / "labels.csv", dtype={"file": str})
    votes = table[VIEWERS].to_numpy(dtype=str)
    crops, found = [], np.zeros(len(table), dtype=bool)
    for i, row in enumerate(table.itertuples()):
        image = read_photograph(worn / "photos" / row.file)
        face = labelled_face(detect_faces(image), (row.x, row.y, row.width, row.height))
        if face is not None:
            found[i] = True
            crops.append(expression_crop(image, face))
    bare_crops, numbers = [], []
    for path in sorted(bare.iterdir()):
        if int(path.stem) in NOT_BARE:
            continue
        image = read_photograph(path)
        if faces := detect_faces(image):
            widest = max(faces, key=lambda face: face.box_xywh[2])
            bare_crops.append(expression_crop(image, widest))
            numbers.append(int(path.stem))
    group, without = table["group"].to_numpy(), np.array(bare_crops, np.uint8).reshape(-1, 48, 48)
    return WornPhotographs(
        np.array(crops, np.uint8).reshape(-1, 48, 48),
        (votes == "neutral").all(axis=1)[found],
        ((votes == "happy").sum(axis=1) >= 2)[found],
        group[found],
        group[~found],
        without,
        np.array(numbers),
        duplicate_groups(without, np.full(len(without), "Training")),
    )


def labelled_face(
    faces: list[DetectedFace], box_xywh: tuple[float, float, float, float]
) -> DetectedFace | None:
    """The face that a labelled box is of."""

    def shared(face: DetectedFace) -> float:
        (x, y, w, h), (left, top, width, height) = box_xywh, face.box_xywh
        across = max(0, min(x + w, left + width) - max(x, left))
        both = across * max(0, min(y + h, top + height) - max(y, top))
        return both / (w * h + width * height - both)

    best = max(faces, key=shared, default=None)
    return best if best is not None and shared(best) > _SHARED else None


def answers_of(network: Network, faces: np.ndarray) -> Answers:
    """What an exported network says of faces, uint8 ``(n, 48, 48)``."""
    answer = network.answer(faces)
    return Answers(
        answer.probabilities, answer.other, None if answer.mask is None else answer.mask[:, 0]
    )


def worn_rates(
    photographs: WornPhotographs, worn: Answers, bare: Answers, thresholds: Thresholds
) -> dict[str, Rate]:
    """What share of the faces is read how; without the mask's where the network has no such output.

    "Surely" is the threshold on the four alone: that another expression is likelier excuses
    nothing. A worn face that is not found has no mask seen and is unsure.
    """
    calm = shift_neutral(worn.probabilities[photographs.calm], thresholds.neutral_shift)
    neutral = calm.argmax(axis=1) == _NEUTRAL
    confident = calm.max(axis=1) >= thresholds.not_sure_below
    counted = {
        "worn neutral named neutral": neutral,
        "worn neutral surely named another": ~neutral & confident,
        "worn neutral sure": confident,
    }
    if worn.mask is not None and bare.mask is not None:
        low, high = thresholds.mask_unsure
        of_worn = np.concatenate([worn.mask, np.full(len(photographs.missed), low)])
        missed = np.arange(len(of_worn)) >= len(worn.mask)
        counted |= {
            "worn masks seen": of_worn > high,
            "worn masks unsure": missed | ((of_worn > low) & (of_worn <= high)),
            "bare faces called masked": bare.mask > high,
            "bare faces unsure": (bare.mask > low) & (bare.mask <= high),
        }
    return _rates(counted)


def smile_rates(photographs: WornPhotographs, worn: Answers) -> dict[str, Rate]:
    """How often a smile is said of worn smiles and of calm worn faces; {} without one.

    No choice rests on it, so that both halves of the photographs count.
    """
    if worn.others is None:
        return {}
    smile = worn.others[:, HAPPY] > OTHER_LIKELY
    return _rates(
        {
            "worn neutral called smiling": smile[photographs.calm],
            "worn smiles seen": smile[photographs.smiling],
        }
    )


def _rates(counted: dict[str, np.ndarray]) -> dict[str, Rate]:
    return {name: rate(int(each.sum()), len(each)) for name, each in counted.items()}


def choose_thresholds(
    worn: Answers,
    bare: Answers,
    photographs: WornPhotographs,
    held_back: pd.DataFrame,
    not_sure_below: float,
) -> Thresholds:
    """What is added to neutral's log-odds for photographs, and between what a mask is unsure.

    The shift is the smallest tenth with which as many calm faces are named neutral, as many
    surely, and as few surely another, as wanted; or else the largest under which the other three
    are still named as often as ``FLOORS`` ask.

    Args:
        worn, bare: what the network says of the photographs.
        photographs: those for choices.
        held_back: faces of FERM held back and not reported on: ``label`` and the columns
            ``p_…`` of probabilities.
        not_sure_below: the network's threshold.
    """
    probabilities = held_back[[f"p_{name}" for name in CLASSES]].to_numpy()
    chosen = 0.0
    for shift in _SHIFTS:
        named = np.array(CLASSES)[shift_neutral(probabilities, shift).argmax(axis=1)]
        right = pd.Series(named == held_back["label"].to_numpy()).groupby(
            held_back["label"].to_numpy()
        )
        if any(right.mean()[name] < floor for name, floor in FLOORS.items()):
            break
        chosen = round(float(shift), 1)
        rates = worn_rates(photographs, worn, bare, Thresholds(not_sure_below, chosen))
        if (
            rates["worn neutral named neutral"].value >= _WANTED_NEUTRAL
            and rates["worn neutral sure"].value >= _WANTED_SURE
            and rates["worn neutral surely named another"].value <= _WANTED_SURELY_OTHER
        ):
            break
    if worn.mask is None or bare.mask is None:
        return Thresholds(not_sure_below, chosen)
    return Thresholds(not_sure_below, chosen, _unsure_band(worn.mask, bare.mask))


def _unsure_band(worn: np.ndarray, bare: np.ndarray) -> tuple[float, float]:
    """About the value that best tells worn from bare, what holds the share that may be unsure."""
    values = np.sort(np.concatenate([worn, bare]))
    missed = np.searchsorted(np.sort(worn), values, side="right") / len(worn)
    called = 1 - np.searchsorted(np.sort(bare), values, side="right") / len(bare)
    best, reach = int(np.argmin(missed + called)), int(_UNSURE_SHARE * len(values) / 2)
    low, high = values[max(best - reach, 0)], values[min(best + reach, len(values) - 1)]
    return round(float(low), 3), round(float(high), 3)
