"""Which framing reads faces in photographs best: the constants of fermask.photographs.framing.

python -m scripts.studies.measure_framing --ferm DIR --model fold9.onnx

The development fold's faces, masked and bare, are pasted into larger pictures, found again
and cut out in several ways; the network, which must not have seen that fold, names
their expressions. Writes the accuracies, beside that on the undisturbed images, to
data/framing.json.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.faces.labels import CLASSES
from fermask.networks.inference import Network, load_network
from fermask.photographs.detection import DetectedFace, detect_faces
from fermask.photographs.framing import FramingSettings, expression_crop
from fermask.system.kept import keep_json
from fermask.system.paths import FRAMING
from scripts.sets import add_set_arguments, check_places, load_set

SEED = 0
SIZES = (1.0, 1.06, 1.12, 1.18, 1.24, 1.3, 1.36)
DOWNS = (-0.15, -0.12, -0.09, -0.06, -0.03)
# Degrees from which a leaning face is put upright; never with the last.
ROLLS = (0.0, 10.0, 25.0, 180.0)


@dataclass(frozen=True, eq=False)
class PastedFace:
    """A face in a larger picture: ``image_rgb``, and the face found there, None if none."""

    image_rgb: np.ndarray
    found: DetectedFace | None


def paste(face48: np.ndarray, random: np.random.Generator) -> PastedFace:
    """Enlarge a face, put it into a larger grey picture and look for it.

    It is cut out of a picture that repeats the face's edge instead: a strip of grey would
    punish wide crops, which in a photograph hold hair and background there.
    """
    size = int(random.integers(120, 260))
    side = int(size * random.uniform(1.5, 4))
    x, y = (int(value) for value in random.integers(0, side - size + 1, 2))
    enlarged = cv2.resize(face48, (size, size), interpolation=cv2.INTER_CUBIC)
    around = (y, side - size - y, x, side - size - x)
    in_grey = cv2.copyMakeBorder(enlarged, *around, cv2.BORDER_CONSTANT, value=128)
    repeated = cv2.copyMakeBorder(enlarged, *around, cv2.BORDER_REPLICATE)
    faces = detect_faces(np.repeat(in_grey[:, :, None], 3, axis=2))
    faces = [face for face in faces if max(face.box_xywh[2:]) > size / 3]
    found = max(faces, key=lambda face: face.score, default=None)
    return PastedFace(np.repeat(repeated[:, :, None], 3, axis=2), found)


def answers(faces: list[PastedFace], network: Network, settings: FramingSettings) -> np.ndarray:
    """The network's class for each face that was found, int ``(n,)``."""
    crops = [expression_crop(face.image_rgb, face.found, settings) for face in faces]
    return network.probabilities(np.stack(crops)).argmax(axis=1)


def measure(faces48: np.ndarray, labels: np.ndarray, network: Network) -> dict[str, Any]:
    """Accuracies by framing.

    Args:
        faces48: uint8 ``(n, 48, 48)``.
        labels: int ``(n,)``, class indices.
        network: that has not seen them.

    Returns:
        ``faces``, ``found``, ``undisturbed`` (right of the found faces' own images), and
        ``right`` answers by size and down (``grid``) and by ``largest_roll``.
    """
    random = np.random.default_rng(SEED)
    pasted = [paste(face, random) for face in faces48]
    found = np.array([face.found is not None for face in pasted])
    kept = [face for face in pasted if face.found is not None]
    truth, shipped = labels[found], FramingSettings()
    own = network.probabilities(faces48[found]).argmax(axis=1)

    def right(**changes: float) -> int:
        return int((answers(kept, network, replace(shipped, **changes)) == truth).sum())

    return {
        "faces": len(faces48),
        "found": len(kept),
        "undisturbed": int((own == truth).sum()),
        "shipped": right(),
        "grid": [
            {"size": size, "down": down, "right": right(size=size, down=down)}
            for size in SIZES
            for down in DOWNS
        ],
        "largest_roll": {f"{roll:g}": right(largest_roll=roll) for roll in ROLLS},
    }


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.measure_framing", description=__doc__.splitlines()[0]
    )
    add_set_arguments(parser)
    parser.add_argument("--model", type=Path, required=True, help=".onnx that held fold 9 back")
    parser.add_argument("--out", type=Path, default=FRAMING)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    network, ferm = load_network(options.model), load_set(options)
    check_places(ferm, options.out)
    chosen = ferm.manifest["fold"].to_numpy() == DEVELOPMENT_FOLD
    if set(ferm.manifest["row"][chosen]) & set(network.record.get("rows", ())):
        raise ValueError(f"{options.model} has learned from fold {DEVELOPMENT_FOLD}.")
    labels = ferm.manifest["label"][chosen].map(CLASSES.index).to_numpy()
    result: dict[str, Any] = {"schema": 1, "fold": DEVELOPMENT_FOLD}
    for name, images in (("masked", ferm.masked), ("bare", ferm.bare)):
        result[name] = measure(images[chosen], labels, network)
        _say(name, result[name])
    keep_json(options.out, result)
    return 0


def _say(name: str, result: dict[str, Any]) -> None:
    count = result["found"]
    best = max(result["grid"], key=lambda row: row["right"])
    print(
        f"{name}: {count} of {result['faces']} found; "
        f"undisturbed {result['undisturbed'] / count:.1%}, "
        f"shipped framing {result['shipped'] / count:.1%}, "
        f"best of the grid {best['right'] / count:.1%} (size {best['size']}, down {best['down']})",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
