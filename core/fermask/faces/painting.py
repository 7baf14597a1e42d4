"""How a mask gets into a picture: its area antialiased, the face's light, the colours mixed."""

import cv2
import numpy as np

_RED, _GREEN, _BLUE = np.array([0.299, 0.587, 0.114], dtype=np.float32)

# Where skin is looked at, between the lower eyelid and the mask's edge, right and left.
_LOWER_LIDS = np.array([(40, 41), (46, 47)])
_EDGE_BELOW_EYE = np.array([range(3, 9), range(14, 20)])
_BELOW_EYE = np.linspace(0.35, 0.75, 5)[:, None, None]


def oversampling(points: np.ndarray) -> int:
    """How many times as large a mask on this face is drawn, 2…8, before it is averaged down."""
    face_width = max(float(np.linalg.norm(points[16] - points[0])), 1.0)
    return int(np.clip(np.ceil(320 / face_width), 2, 8))


def fill(outline: np.ndarray, size: tuple[int, int], factor: int) -> np.ndarray:
    """How much of each pixel lies in an outline, float32 ``size`` (height, width), 0…1."""
    height, width = size
    fine = np.zeros((height * factor, width * factor), dtype=np.uint8)
    # Pixel centres lie at whole numbers, so a pixel's upper left corner is at −0.5.
    corners = np.rint(((outline + 0.5) * factor - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(fine, [corners], 255, shift=4)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)


def face_light(image: np.ndarray, points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Brightness of the face's light for each column, float32 ``(1, w)``, 0.4…0.95.

    Read from the skin between the lower eyelids and the mask's edge, on either side.
    """
    height, width = image.shape[:2]
    eyes = points[_LOWER_LIDS].mean(axis=1)[:, None, None]
    skin = eyes + _BELOW_EYE * (outline[_EDGE_BELOW_EYE].astype(np.float64)[:, None] - eyes)
    x, y = np.moveaxis(np.rint(skin).astype(int).reshape(2, -1, 2), -1, 0)
    seen = image[y.clip(0, height - 1), x.clip(0, width - 1)].astype(np.float32)
    grey = seen if image.ndim == 2 else grey_of(*np.moveaxis(seen, -1, 0))
    (x0, x1), (light0, light1) = eyes[:, 0, 0, 0].tolist(), np.median(grey, axis=1).tolist()
    slope = (light1 - light0) / (x1 - x0) if abs(x1 - x0) > 1 else 0.0
    columns = np.arange(width, dtype=np.float64)
    level = (light0 + slope * (columns - x0)).clip(*sorted((light0, light1)))
    return (0.4 + 0.55 * (level / 200).clip(0, 1)).astype(np.float32)[None]


def blend(image: np.ndarray, fabric: list[np.ndarray], alpha: np.ndarray) -> np.ndarray:
    """The picture where the cloth leaves it, else the cloth; uint8, as ``image``."""
    left = 1 - alpha

    def over(channel: np.ndarray, cloth: np.ndarray) -> np.ndarray:
        mixed = channel * left
        mixed += np.clip(cloth, 0, 255, out=cloth) * alpha
        return np.rint(mixed, out=mixed).astype(np.uint8)

    if image.ndim == 2:
        return over(image, grey_of(*fabric))
    return cv2.merge([over(image[..., i], cloth) for i, cloth in enumerate(fabric)])


def grey_of(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Brightness by BT.601, of float32 arrays of one shape."""
    # Not a matrix product: BLAS adds in an order, and so to a last digit, of the processor's.
    return red * _RED + green * _GREEN + blue * _BLUE
