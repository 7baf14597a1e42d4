"""What is taken for a picture, and for a stack of faces: checked in one place."""

from typing import Any

import numpy as np


def check_picture(image: Any) -> None:
    """Raises a ValueError unless this is uint8 ``(h, w)`` grey or ``(h, w, 3)`` RGB."""
    shape = _uint8_shape(image)
    if len(shape) not in (2, 3) or shape[2:] not in ((), (3,)) or 0 in shape:
        raise ValueError(
            "A picture is uint8 of shape (height, width) or (height, width, 3), "
            f"got {_described(image)}."
        )


def check_rgb(image: Any) -> None:
    """Raises a ValueError unless this is uint8 ``(h, w, 3)``."""
    shape = _uint8_shape(image)
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise ValueError(
            f"Expected an RGB picture (h, w, 3) of uint8, received {_described(image)}."
        )


def check_faces(faces: Any) -> None:
    """Raises a ValueError unless this is uint8 ``(n, 48, 48)``; there may be none."""
    shape = _uint8_shape(faces)
    if len(shape) != 3 or shape[1:] != (48, 48):
        raise ValueError(f"Expected faces (n, 48, 48) of uint8, received {_described(faces)}.")


def _uint8_shape(image: Any) -> tuple[int, ...]:
    """The shape of an array of uint8; that of no picture for anything else."""
    return image.shape if isinstance(image, np.ndarray) and image.dtype == np.uint8 else ()


def _described(image: Any) -> str:
    if not isinstance(image, np.ndarray):
        return type(image).__name__
    return f"{image.dtype} {image.shape}"
