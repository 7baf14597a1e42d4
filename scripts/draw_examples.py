"""Draw the demo's examples and its pictures of masks from two portraits in the public domain.

python -m scripts.draw_examples

bare.jpg is NASA's portrait of Eileen Collins (S93-41685, with scikit-image as its astronaut) and
hopper.jpg the US Navy's of Grace Hopper (with matplotlib, as sample data). Masks are drawn; for
surprised.jpg and angry.jpg, the face is moved as far as the landmarks of FERM's faces of that class
lie from those of its neutral ones, times STRONGER, since hers smiles. Each kind of mask is drawn on
bare.jpg, apps/demo_parts/styles/NAME.jpg; docs/masks.jpg shows all of them.
"""

import sys

import cv2
import numpy as np
import skimage.data
from PIL import Image
from skimage.transform import PiecewiseAffineTransform, warp

from fermask.dataset.manifest import load
from fermask.faces.landmarks import LEFT_EYE, RIGHT_EYE, landmarks_in_box
from fermask.faces.mask_styles import MASK_STYLES
from fermask.faces.masking import MaskLook, draw_look, put_mask
from fermask.photographs.prediction import predict
from fermask.photographs.records import write_picture
from fermask.system.paths import PUBLISHED, ROOT

FOLDER = ROOT / "apps" / "demo_parts" / "examples"
STYLE_PICTURES = ROOT / "apps" / "demo_parts" / "styles"
STRONGER = 3.0
# Left, top and side in pixels of bare.jpg; and looks that show what is particular to a kind.
AROUND_THE_FACE = (114, 50, 142)
SEEDS = {
    **{"pleated": 3, "stretch": 0, "respirator": 3, "valved": 2, "printed": 0, "sports": 0},
    **{"bandana": 7, "lace": 3, "childs": 0},
}
BLUE, DARK = MaskLook("surgical", (150, 200, 225)), MaskLook("dark", (45, 45, 52))
WHITE, RED = MaskLook("kn95", (242, 242, 240)), MaskLook("cloth", (150, 60, 60))


def main() -> int:
    """Writes the pictures; returns the exit status."""
    collins = skimage.data.astronaut()[:360, 40:400]
    hopper = np.array(Image.open(FOLDER / "hopper.jpg"))
    pictures = {
        "bare": collins,
        "masked": _masked(collins, BLUE),
        "surprised": _moved(collins, "surprise", DARK),
        "angry": _moved(collins[:, ::-1], "angry", RED),
        "navy": _masked(hopper, WHITE),
    }
    sides = [pictures[name][:300, 20:320] for name in ("surprised", "masked", "angry")]
    portrait = cv2.resize(
        pictures["navy"][20:440, 40:460], (300, 300), interpolation=cv2.INTER_AREA
    )
    rows = [np.hstack([sides[0], portrait]), np.hstack([sides[1][:, ::-1], sides[2]])]
    pictures["group"] = np.vstack(rows)
    for name, image_rgb in pictures.items():
        write_picture(FOLDER / f"{name}.jpg", image_rgb)
    draw_styles(collins)
    return 0


def draw_styles(image_rgb: np.ndarray) -> None:
    """A picture of each kind of mask on the one face, and one of all."""
    points_xy, (x, y, side) = _points(image_rgb), AROUND_THE_FACE
    STYLE_PICTURES.mkdir(exist_ok=True)
    pictures = []
    for name in MASK_STYLES:
        masked = put_mask(image_rgb, points_xy, draw_look(SEEDS.get(name, 1), name)).image
        part = masked[y : y + side, x : x + side]
        pictures.append(cv2.resize(part, (132, 132), interpolation=cv2.INTER_AREA))
        write_picture(STYLE_PICTURES / f"{name}.jpg", pictures[-1])
    blank = np.full_like(pictures[0], 255)
    rows = [[*pictures[i : i + 7], *[blank] * 7][:7] for i in range(0, len(pictures), 7)]
    write_picture(ROOT / "docs" / "masks.jpg", np.vstack([np.hstack(row) for row in rows]))


def _points(image_rgb: np.ndarray) -> np.ndarray:
    (face,) = predict(image_rgb)
    return landmarks_in_box(image_rgb, face.box_xywh)


def _masked(image_rgb: np.ndarray, look: MaskLook) -> np.ndarray:
    return put_mask(image_rgb, _points(image_rgb), look).image


def _moved(image_rgb: np.ndarray, label: str, look: MaskLook) -> np.ndarray:
    """The face with its landmarks as a class has them, and a mask."""
    points_xy = _points(image_rgb)
    to_face, size = _upright(points_xy)
    moved_xy = points_xy + STRONGER * size * (_mean_of(label) - _mean_of("neutral")) @ to_face
    height, width = image_rgb.shape[:2]
    (x, y), (x_end, y_end) = points_xy.min(axis=0), points_xy.max(axis=0)
    around = [(i, j) for i in (x - size, (x + x_end) / 2, x_end + size) for j in (y - size, y_end)]
    corners = [(0, 0), (width, 0), (0, height), (width, height), *around]
    sources, targets = np.vstack([points_xy, corners]), np.vstack([moved_xy, corners])
    back = PiecewiseAffineTransform.from_estimate(targets, sources)
    drawn = np.rint(255 * warp(image_rgb, back, mode="edge", order=3)).astype(np.uint8)
    return put_mask(drawn, moved_xy, look).image


def _upright(points_xy: np.ndarray) -> tuple[np.ndarray, float]:
    """The rotation that puts the eyes level, ``(2, 2)``, and the eyes' distance."""
    across = points_xy[LEFT_EYE].mean(axis=0) - points_xy[RIGHT_EYE].mean(axis=0)
    size = float(np.hypot(*across))
    cos, sin = across / size
    return np.array([[cos, sin], [-sin, cos]]), size


def _mean_of(label: str) -> np.ndarray:
    """FERM's mean face of a class, ``(68, 2)``, upright, in distances between the eyes."""
    ferm = load(PUBLISHED)
    faces = []
    for points_xy in ferm.points_xy[ferm.manifest["label"] == label]:
        to_face, size = _upright(points_xy)
        centre = (points_xy[LEFT_EYE].mean(axis=0) + points_xy[RIGHT_EYE].mean(axis=0)) / 2
        faces.append((points_xy - centre) @ to_face.T / size)
    return np.mean(faces, axis=0)


if __name__ == "__main__":
    sys.exit(main())
