"""What landmarks alone can tell: a classifier on their geometry, without a pixel (§3).

The paper leaves open what the 27 points above a mask still say of an expression. Here they
are put into one frame (eyes level, between them the origin and the unit) and handed to a
support vector machine, under the same folds as the networks.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.faces.landmarks import LEFT_EYE, RIGHT_EYE, VISIBLE_27

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ALL_68: tuple[int, ...] = tuple(range(68))


# The landmark on the other side of the face (dlib's numbers).
MIRROR: dict[int, int] = {
    **{k: 16 - k for k in range(17)},
    **{k: 43 - k for k in range(17, 27)},
    **{k: k for k in range(27, 31)},
    **{k: 66 - k for k in range(31, 36)},
    **dict(zip((36, 37, 38, 39, 40, 41), (45, 44, 43, 42, 47, 46), strict=True)),
    **dict(zip((45, 44, 43, 42, 47, 46), (36, 37, 38, 39, 40, 41), strict=True)),
    **{k: 102 - k for k in range(48, 55)},
    **{k: 114 - k for k in range(55, 60)},
    **{k: 124 - k for k in range(60, 65)},
    **{k: 132 - k for k in range(65, 68)},
}


@dataclass(frozen=True)
class GeometrySettings:
    """The support vector machine's: chosen on the development fold (C of 0.3, 1, 3, 10)."""

    c: float = 3.0
    permutations: int = 5
    seed: int = 0


def normalised_points(points_xy: np.ndarray) -> np.ndarray:
    """Landmarks with the eyes' midpoint at the origin, their line level, their distance 1.

    Args:
        points_xy: ``(n, 68, 2)`` in any unit.

    Returns:
        float64 ``(n, 68, 2)``.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    right = points[:, list(RIGHT_EYE)].mean(axis=1)
    left = points[:, list(LEFT_EYE)].mean(axis=1)
    across = left - right
    distance = np.maximum(np.linalg.norm(across, axis=1), 1e-6)[:, None]
    x_axis = across / distance
    y_axis = np.stack([-x_axis[:, 1], x_axis[:, 0]], axis=1)
    centred = (points - ((right + left) / 2)[:, None]) / distance[:, None]
    return np.stack(
        [(centred * x_axis[:, None]).sum(axis=2), (centred * y_axis[:, None]).sum(axis=2)], axis=2
    )


def geometry_results(
    ferm: Ferm,
    numbers: tuple[int, ...] = VISIBLE_27,
    settings: GeometrySettings = GeometrySettings(),
    folds: tuple[int, ...] = tuple(range(DEVELOPMENT_FOLD)),
) -> pd.DataFrame:
    """How many faces of each ``clean`` fold landmarks alone name right.

    Args:
        ferm: a set; its images are not needed.
        numbers: which of the 68 landmarks may be seen.
        settings: the classifier's.
        folds: each is held back in turn.

    Returns:
        ``fold``, ``correct``, ``n``, ``accuracy`` (0…1).
    """
    features, labels = _features(ferm, numbers), ferm.labels
    fold = ferm.manifest["fold"].to_numpy()
    rows = []
    for k in folds:
        held_back = fold == k
        classifier = _classifier(settings).fit(features[~held_back], labels[~held_back])
        correct = int((classifier.predict(features[held_back]) == labels[held_back]).sum())
        n = int(held_back.sum())
        rows.append({"fold": k, "correct": correct, "n": n, "accuracy": correct / n})
    return pd.DataFrame(rows)


def landmark_importance(
    ferm: Ferm,
    numbers: tuple[int, ...] = VISIBLE_27,
    settings: GeometrySettings = GeometrySettings(),
    folds: tuple[int, ...] = tuple(range(DEVELOPMENT_FOLD)),
) -> pd.DataFrame:
    """How much accuracy is lost when one landmark's place is shuffled among the faces.

    A landmark and its mirror image (17 and 26, say) are shuffled together, since either alone
    could be read off the other.

    Returns:
        ``landmarks`` (numbers that were shuffled together), ``lost`` (0…1, mean over folds and
        shuffles), the largest loss first.
    """
    features, labels = _features(ferm, numbers), ferm.labels
    fold = ferm.manifest["fold"].to_numpy()
    rng = np.random.default_rng(settings.seed)
    pairs = sorted({tuple(sorted({k, MIRROR[k]})) for k in numbers})
    lost = np.zeros((len(folds), len(pairs)))
    for i, k in enumerate(folds):
        held_back = fold == k
        classifier = _classifier(settings).fit(features[~held_back], labels[~held_back])
        seen, true = features[held_back], labels[held_back]
        right = (classifier.predict(seen) == true).mean()
        for j, pair in enumerate(pairs):
            columns = [c for p in pair for c in (2 * numbers.index(p), 2 * numbers.index(p) + 1)]
            for _ in range(settings.permutations):
                shuffled = seen.copy()
                shuffled[:, columns] = seen[rng.permutation(len(seen))][:, columns]
                lost[i, j] += right - (classifier.predict(shuffled) == true).mean()
    mean = lost.mean(axis=0) / settings.permutations
    table = pd.DataFrame({"landmarks": pairs, "lost": mean})
    return table.sort_values("lost", ascending=False, ignore_index=True)


def _features(ferm: Ferm, numbers: tuple[int, ...]) -> np.ndarray:
    points = normalised_points(ferm.points_xy)[:, list(numbers)]
    return points.reshape(len(points), -1)


def _classifier(settings: GeometrySettings) -> "Pipeline":
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=settings.c, random_state=settings.seed))


def geometry_record(ferm: Ferm, settings: GeometrySettings = GeometrySettings()) -> dict[str, Any]:
    """Everything that RESULTS.md says of landmarks alone, ready for JSON.

    Returns:
        ``settings``, ``manifest_sha256`` of the landmarks, labels and folds it was made from;
        ``folds`` (rows of ``geometry_results`` by ``27`` and ``68``); ``lost`` (by landmark
        number, of the 27); ``mean_points`` (68 pairs x, y, pixels).
    """
    importance = landmark_importance(ferm, VISIBLE_27, settings)
    return {
        "settings": asdict(settings),
        "manifest_sha256": geometry_hash(ferm),
        "folds": {
            str(len(numbers)): geometry_results(ferm, numbers, settings).to_dict("records")
            for numbers in (VISIBLE_27, ALL_68)
        },
        "lost": {
            str(number): lost
            for pair, lost in zip(importance["landmarks"], importance["lost"], strict=True)
            for number in pair
        },
        "mean_points": ferm.points_xy.mean(axis=0).round(2).tolist(),
    }


def geometry_hash(ferm: Ferm) -> str:
    """SHA-256 (hex) of what the geometry's figures depend on."""
    digest = hashlib.sha256(np.ascontiguousarray(ferm.points_xy).data)
    digest.update(ferm.labels.tobytes())
    digest.update(ferm.manifest["fold"].to_numpy(dtype=np.int8).tobytes())
    return digest.hexdigest()
