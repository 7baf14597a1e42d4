"""Fit and measure the rule that tells masked faces from bare ones: data/models/mask_seen.json.

python -m scripts.studies.fit_mask_seen --ferm DIR --photos DIR

The edges' weights come from FERM's bare faces (folds 0–8) and the same faces under drawn
covers; fold 9 is held out. The two or three numbers that join edges and colour come from
photographs in DIR/masked and DIR/unmasked (the largest face of each), and are measured by
leaving out one photograph at a time.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.faces.masking import MaskLook, draw_look, mask_outline
from fermask.photographs.detection import detect_faces
from fermask.photographs.framing import expression_crop
from fermask.photographs.mask_seen import colour_difference, edge_features
from fermask.photographs.photograph import list_photographs, read_photograph
from fermask.system.files import write_json
from fermask.system.paths import MASK_SEEN
from scripts.sets import add_set_arguments, load_set

SEED = 0
ROUNDS = 3
# What an L2 penalty of this strength leaves; between 0.001 and 0.1 nothing changes much.
PENALTY = 0.01


def fit_logistic(features: np.ndarray, labels: np.ndarray, penalty: float = PENALTY):
    """Logistic regression on standardised features: weights ``(k,)`` and a bias.

    scikit-learn's solvers end at weights that differ from the published ones in the third decimal.

    Args:
        features: float ``(n, k)``.
        labels: bool ``(n,)``.
        penalty: of half the squared length of the standardised weights.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    inputs, signs = ((features - mean) / spread).astype(np.float64), np.where(labels, 1.0, -1.0)

    def loss_and_slope(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = values[:-1], values[-1]
        margins = signs * (inputs @ weights + bias)
        slope = -signs * np.exp(-np.logaddexp(0, margins)) / len(signs)
        loss = np.logaddexp(0, -margins).mean() + penalty / 2 * weights @ weights
        return loss, np.append(inputs.T @ slope + penalty * weights, slope.sum())

    start = np.zeros(features.shape[1] + 1)
    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B").x
    weights = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)


def cover_face(face48: np.ndarray, points_xy: np.ndarray, random: np.random.Generator):
    """A face under a cover of any brightness and pattern, wilder than Face-Mask draws."""
    drawn = draw_look(int(random.integers(1 << 30)))
    edge, drop = float(random.uniform(-0.6, 0.8)), float(random.uniform(-0.02, 0.25))
    look = MaskLook(drawn.style, drawn.colour_rgb, edge=edge, drop=drop)
    outline = mask_outline(points_xy, look).astype(float)
    fine = np.zeros((192, 192), np.uint8)
    corners = np.rint(((outline + 0.5) * 4 - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(fine, [corners], 255, shift=4)
    cover = cv2.resize(fine, (48, 48), interpolation=cv2.INTER_AREA) / 255.0
    y, x = np.mgrid[:48, :48] / 48.0
    middle = points_xy[29, 0] / 48
    slope_x, slope_y = random.normal(0, 40, 2)
    cloth = random.uniform(0, 255) + slope_x * (x - 0.5) + slope_y * (y - 0.6)
    pattern = random.choice(["pleats", "print", "ridge", "valve", "plain"])
    if pattern == "pleats":
        for _ in range(random.integers(2, 6)):
            bend = random.normal(0, 0.15) * (x - 0.5) + random.normal(0, 0.3) * (x - 0.5) ** 2
            fold = (y - random.uniform(0.5, 0.95) - bend) / random.uniform(0.008, 0.02)
            cloth += random.normal(0, 35) * np.exp(-np.square(fold))
    elif pattern == "print":
        grains = random.normal(0, random.uniform(5, 60), (random.integers(8, 48),) * 2)
        cloth += cv2.resize(grains, (48, 48))
    elif pattern == "ridge":
        ridge = middle + random.normal(0, 0.03)
        cloth += random.normal(0, 40) * (x > ridge)
        cloth += random.normal(0, 40) * np.exp(-np.square((x - ridge) / 0.02))
    elif pattern == "valve":
        from_valve = np.hypot(x - random.uniform(0.3, 0.7), y - random.uniform(0.6, 0.9))
        cloth += random.normal(0, 70) * (from_valve < random.uniform(0.04, 0.12))
    cloth -= random.uniform(0, 60) * np.square((x - middle) * 2)
    cloth = cv2.GaussianBlur(cloth, (0, 0), 0.5) + random.normal(0, 3, (48, 48))
    return (face48 * (1 - cover) + np.clip(cloth, 0, 255) * cover).astype(np.uint8)


def vary(face48: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A crop as photographs give it: caps, sunglasses, other light, blur, another framing."""
    face = face48.copy()
    if random.random() < 0.15:
        y, x = np.mgrid[:48, :48]
        brim = random.integers(3, 14) + random.normal(0, 0.1) * (x - 24)
        face[y < brim] = random.integers(256)
    if random.random() < 0.12:
        top = int(random.integers(11, 17))
        for left in (8, 27):
            face[top : top + 9, left : left + 14] = random.integers(90)
    if random.random() < 0.5:
        light = (face / 255.0) ** np.exp(random.normal(0, 0.4))
        contrast = np.exp(random.normal(0, 0.25))
        light = 0.5 + (light - 0.5) * contrast + random.normal(0, 0.08)
        face = (np.clip(light, 0, 1) * 255).astype(np.uint8)
    if random.random() < 0.35:
        face = cv2.GaussianBlur(face, (0, 0), random.uniform(0.4, 1.4))
    if random.random() < 0.5:
        face = np.ascontiguousarray(face[:, ::-1])
    turn = cv2.getRotationMatrix2D(
        (23.5, 23.5), random.uniform(-12, 12), float(np.exp(random.uniform(-0.15, 0.15)))
    )
    turn[:, 2] += random.uniform(-4, 4, 2)
    return cv2.warpAffine(face, turn, (48, 48), borderMode=cv2.BORDER_REPLICATE)


def fit_edges(bare: np.ndarray, masked: np.ndarray, points_xy: np.ndarray):
    """Weights and bias of the edges' logit, from uint8 ``(n, 48, 48)`` and ``(n, 68, 2)``."""
    random = np.random.default_rng(SEED)
    without, covered = [], []
    for _ in range(ROUNDS):
        for i in range(len(bare)):
            without.append(vary(bare[i], random))
            drawn = (
                masked[i] if random.random() < 0.25 else cover_face(bare[i], points_xy[i], random)
            )
            covered.append(vary(drawn, random))
    labels = np.repeat([False, True], len(without))
    return fit_logistic(edge_features(np.stack(without + covered)), labels)


def read_faces(folder: Path, weights: np.ndarray, bias: float) -> list[tuple[float, float]]:
    """The edges' logit and the colour difference (NaN if grey) of each photograph's face."""
    rows = []
    for path in list_photographs(folder):
        image = read_photograph(path)
        for face in detect_faces(image)[:1]:
            logit = edge_features(expression_crop(image, face)[None])[0] @ weights + bias
            difference = colour_difference(image, face)
            rows.append((float(logit), np.nan if difference is None else difference))
    return rows


def left_out(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each row's answer, bool ``(n,)``, from the rule fitted to all the others."""
    answers = []
    for i in range(len(labels)):
        others = np.arange(len(labels)) != i
        weights, bias = fit_logistic(features[others], labels[others])
        answers.append(features[i] @ weights + bias > 0)
    return np.array(answers)


def measured(answers: np.ndarray, labels: np.ndarray) -> dict[str, int]:
    """Counts of right answers for masked and bare faces."""
    return {
        "masked": int(labels.sum()),
        "masked_right": int((answers & labels).sum()),
        "bare": int((~labels).sum()),
        "bare_right": int((~answers & ~labels).sum()),
    }


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, fit, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.fit_mask_seen", description=__doc__.splitlines()[0]
    )
    add_set_arguments(parser)
    parser.add_argument("--photos", type=Path, required=True, help="holds masked/ and unmasked/")
    parser.add_argument("--out", type=Path, default=MASK_SEEN)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _fit(options)


def _fit(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    fold = ferm.manifest["fold"].to_numpy()
    seen = fold != DEVELOPMENT_FOLD
    weights, bias = fit_edges(ferm.bare[seen], ferm.masked[seen], ferm.points_xy[seen])
    weights, bias = weights.round(5), round(bias, 5)
    held_out = np.concatenate([ferm.bare[~seen], ferm.masked[~seen]])
    drawn = np.repeat([False, True], (~seen).sum())
    faces = [read_faces(options.photos / name, weights, bias) for name in ("unmasked", "masked")]
    rows = np.array(faces[0] + faces[1])
    labels = np.repeat([False, True], [len(faces[0]), len(faces[1])])
    grey, in_colour = rows[:, :1], ~np.isnan(rows[:, 1])
    both_weights, both_bias = fit_logistic(rows[in_colour], labels[in_colour])
    grey_weights, grey_bias = fit_logistic(grey, labels)
    answers = left_out(grey, labels)
    result = {
        "fold_9_edges_alone": measured(edge_features(held_out) @ weights + bias > 0, drawn),
        "photographs_in_grey_left_out": measured(answers, labels),
        "photographs_in_colour_left_out": measured(
            left_out(rows[in_colour], labels[in_colour]), labels[in_colour]
        ),
    }
    write_json(
        options.out,
        {
            "weights": weights.tolist(),
            "bias": bias,
            "in_colour": {
                "edges": round(float(both_weights[0]), 4),
                "colour": round(float(both_weights[1]), 4),
                "bias": round(both_bias, 4),
            },
            "in_grey": {"edges": round(float(grey_weights[0]), 4), "bias": round(grey_bias, 4)},
            "measured": result,
        },
    )
    for name, counts in result.items():
        print(
            f"{name}: masked {counts['masked_right']} of {counts['masked']}, "
            f"bare {counts['bare_right']} of {counts['bare']}",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
