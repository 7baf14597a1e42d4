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
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.faces.labels import CLASSES
from fermask.networks.inference import Network, shift_neutral
from fermask.photographs.detection import DetectedFace, detect_faces
from fermask.photographs.framing import expression_crop
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import HAPPY, SMILE_LIKELY

# Photographs among the bare ones, six of one man, in which he wears a mask after all.
NOT_BARE = range(273, 279)
# Of the even half, as a vision-language model saw them before it was known how they are told: files
# of masks with a print or large letters, or with a valve or filter, and bare photographs with a
# beard or moustache, something at the mouth or chin (mostly a hand), or a scarf.
_OF_MASKS = (
    "000 002 010 015 022 038 041 047 056 071 082 084 087 102 121 129 132 143 146 148 159 161 165 "
    "172 179 181 208 210 212 213 221 233 236 243 283 286 296 297 303"
)
_OF_BARE = (
    "18 50 82 88 90 98 112 114 116 120 144 154 162 168 170 178 192 198 208 220 230 242 270 286 296 "
    "308 314 318 326 330 344 354 362 366 380 386"
)
PRINTED_OR_VALVED = frozenset(_OF_MASKS.split())
HALF_COVERED = frozenset(map(int, _OF_BARE.split()))
VIEWERS = ["viewer_a", "viewer_b", "viewer_c"]
_NEUTRAL = CLASSES.index("neutral")
# A found face is the labelled one where their boxes share so much of what both cover.
_SHARED = 0.3

# Under the prior of photographs the other three are still to be named so often, 0…1.
FLOORS: dict[str, float] = {"sad": 0.60, "surprise": 0.83, "angry": 0.65}
_WANTED_NEUTRAL, _WANTED_SURE, _WANTED_SURELY_OTHER = 0.92, 0.80, 0.03
_SHIFTS = np.arange(0, 1.21, 0.1)
# Networks are compared as sure as each other: of this share of FERM's fresh faces.
_SURE_SHARE = 0.75
# How many calm faces may be called smiling.
_CALLED_SMILING = 0.05
_DRAWS = 2000
# Rates of being sure, and what is put after them where it is the threshold of ``sure_alike``.
OF_SURE = ("worn neutral sure", "worn neutral surely named another")
AS_SURE = ", at 75% of fresh"
# Of how many faces a mask is unsure, at most.
_UNSURE_SHARE = 0.03


@dataclass(frozen=True, eq=False)
class WornPhotographs:
    """Faces as the network gets them, uint8 ``(n, 48, 48)``: ``worn`` and ``bare``.

    ``calm``: whether all three viewers call a worn face's eyes neutral, ``smiling``: whether two
    of three call them happy, ``printed``: whether the mask is of ``PRINTED_OR_VALVED``, bool
    ``(n,)``. ``group``: same person or shoot; ``missed`` and ``missed_printed``: the groups of worn
    faces that the detector did not find, and the same of their masks; ``number``: of the bare
    photographs; ``bare_group``: the same photograph.
    """

    worn: np.ndarray
    calm: np.ndarray
    smiling: np.ndarray
    printed: np.ndarray
    group: np.ndarray
    missed: np.ndarray
    missed_printed: np.ndarray
    bare: np.ndarray
    number: np.ndarray
    bare_group: np.ndarray

    def half(self, remainder: int) -> "WornPhotographs":
        """The odd half (1), for choices, or the even one (0), for figures."""
        ours, theirs = self.group % 2 == remainder, self.number % 2 == remainder
        if remainder == 0:
            theirs &= ~np.isin(self.bare_group, self.bare_group[~theirs])
        names = ("worn", "calm", "smiling", "printed", "group")
        of_worn = {name: getattr(self, name)[ours] for name in names}
        unfound = self.missed % 2 == remainder
        of_worn |= {name: getattr(self, name)[unfound] for name in ("missed", "missed_printed")}
        of_bare = {name: getattr(self, name)[theirs] for name in ("bare", "number", "bare_group")}
        return replace(self, **of_worn, **of_bare)


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
    printed = table["file"].str.split(".").str[0].isin(PRINTED_OR_VALVED).to_numpy()
    group, without = table["group"].to_numpy(), np.array(bare_crops, np.uint8).reshape(-1, 48, 48)
    return WornPhotographs(
        np.array(crops, np.uint8).reshape(-1, 48, 48),
        (votes == "neutral").all(axis=1)[found],
        ((votes == "happy").sum(axis=1) >= 2)[found],
        printed[found],
        group[found],
        group[~found],
        printed[~found],
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
        seen, called = of_worn > high, bare.mask > high
        printed = np.concatenate([photographs.printed, photographs.missed_printed])
        half_covered = np.isin(photographs.number, [*HALF_COVERED])
        counted |= {
            "worn masks seen": seen,
            "worn masks unsure": missed | ((of_worn > low) & (of_worn <= high)),
            "bare faces called masked": called,
            "bare faces unsure": (bare.mask > low) & (bare.mask <= high),
        }
        # Of the odd half nobody has said which these are.
        of_some = {
            "worn masks seen, of those with a print or a valve": seen[printed],
            "bare faces called masked, of those with a beard, hand or scarf": called[half_covered],
        }
        counted |= {name: each for name, each in of_some.items() if len(each)}
    return _rates(counted)


def sure_alike(fresh: np.ndarray) -> float:
    """The threshold at which a network is sure of 75% of FERM's fresh faces.

    Args:
        fresh: its probabilities for them, ``(n, 4)``, of networks that held them back.
    """
    return float(np.quantile(fresh.max(axis=1), 1 - _SURE_SHARE))


def smile_threshold(odd: WornPhotographs, worn: Answers) -> float | None:
    """The share of happy that one in twenty of the calm faces for choices exceeds, if any."""
    if worn.others is None or not odd.calm.any():
        return None
    return float(np.quantile(worn.others[odd.calm, HAPPY], 1 - _CALLED_SMILING))


def smile_rates(photographs: WornPhotographs, worn: Answers) -> dict[str, Rate]:
    """How well smiles are told from calm faces; {} for a network that tells none.

    By the calm faces of the odd half the threshold was chosen, so those of the even half are
    counted; no choice rests on the smiles. ``AUC``: how often a smile has more of happy than a
    calm face; its interval is by resampling groups.

    Args:
        photographs: of both halves.
        worn: what the network says of them.
    """
    if worn.others is None:
        return {}
    happy, even = worn.others[:, HAPPY], photographs.group % 2 == 0
    called = happy > SMILE_LIKELY
    return _rates(
        {
            "worn neutral called smiling": called[photographs.calm & even],
            "worn smiles seen": called[photographs.smiling],
        }
    ) | {"worn smiles told from neutral (AUC)": _told_apart(happy, photographs)}


def _told_apart(happy: np.ndarray, photographs: WornPhotographs) -> Rate:
    smiling, calm = photographs.smiling, photographs.calm
    n = int(smiling.sum() + calm.sum())
    if not (smiling.any() and calm.any()):
        return rate(0, 0)
    first, second = happy[smiling][:, None], happy[calm]
    wins = (first > second) + 0.5 * (first == second)
    _, group = np.unique(photographs.group, return_inverse=True)
    groups = int(group.max()) + 1
    # How often each group is drawn, in every draw of as many as there are.
    drawn = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), _DRAWS)
    of_smiles, of_calm = drawn[:, group[smiling]], drawn[:, group[calm]]
    pairs = of_smiles.sum(axis=1) * of_calm.sum(axis=1)
    won = np.einsum("ds,sc,dc->d", of_smiles, wins, of_calm, optimize=True)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(won[pairs > 0] / pairs[pairs > 0], [tail, 1 - tail])
    return Rate(float(wins.mean()), float(low), float(high), n)


def _rates(counted: dict[str, np.ndarray]) -> dict[str, Rate]:
    return {name: rate(int(each.sum()), len(each)) for name, each in counted.items()}


def shifts_tried(
    worn: Answers,
    bare: Answers,
    photographs: WornPhotographs,
    held_back: pd.DataFrame,
    not_sure_below: float,
) -> pd.DataFrame:
    """What adding more or less to neutral's log-odds does to calm faces and to the other classes.

    Args:
        worn, bare: what the network says of the photographs.
        photographs: those for choices.
        held_back: faces of FERM held back and not reported on: ``label`` and the columns
            ``p_…`` of probabilities.
        not_sure_below: the network's threshold.

    Returns:
        A row for each tenth: ``shift``; of the calm faces the shares ``neutral`` (named so),
        ``sure`` and ``surely_another``; of the faces held back the share named rightly of each of
        ``FLOORS``; all 0…1.
    """
    probabilities = held_back[[f"p_{name}" for name in CLASSES]].to_numpy()
    labels = held_back["label"].to_numpy()
    rows = []
    for shift in _SHIFTS:
        rates = worn_rates(photographs, worn, bare, Thresholds(not_sure_below, float(shift)))
        named = np.array(CLASSES)[shift_neutral(probabilities, shift).argmax(axis=1)]
        rows.append(
            {
                "shift": round(float(shift), 1),
                "neutral": rates["worn neutral named neutral"].value,
                "sure": rates["worn neutral sure"].value,
                "surely_another": rates["worn neutral surely named another"].value,
            }
            | {name: (named == labels)[labels == name].mean() for name in FLOORS}
        )
    return pd.DataFrame(rows)


def choose_shift(tried: pd.DataFrame) -> float:
    """The smallest shift with which as many calm faces as wanted are named neutral, as many surely,
    and as few surely another; or else the largest before one of the other classes is named less
    often than ``FLOORS`` ask.

    Args:
        tried: as ``shifts_tried`` gives it.
    """
    low = pd.concat([tried[name] < floor for name, floor in FLOORS.items()], axis=1).any(axis=1)
    allowed = tried[low.cumsum() == 0]
    enough = allowed[
        (allowed["neutral"] >= _WANTED_NEUTRAL)
        & (allowed["sure"] >= _WANTED_SURE)
        & (allowed["surely_another"] <= _WANTED_SURELY_OTHER)
    ]
    if len(enough):
        return float(enough["shift"].iloc[0])
    return float(allowed["shift"].iloc[-1]) if len(allowed) else 0.0


def unsure_band(worn: np.ndarray, bare: np.ndarray) -> tuple[float, float]:
    """About the value that best tells worn from bare, what holds the share that may be unsure.

    Args:
        worn, bare: ``(n,)``, how likely a mask is worn, of faces for choices that wear one and of
            such as do not.
    """
    values = np.sort(np.concatenate([worn, bare]))
    missed = np.searchsorted(np.sort(worn), values, side="right") / len(worn)
    called = 1 - np.searchsorted(np.sort(bare), values, side="right") / len(bare)
    best, reach = int(np.argmin(missed + called)), int(_UNSURE_SHARE * len(values) / 2)
    low, high = values[max(best - reach, 0)], values[min(best + reach, len(values) - 1)]
    return round(float(low), 3), round(float(high), 3)
