"""48×48 faces that dlib finds, made of scikit-image's astronaut (public domain)."""

import functools

import cv2
import numpy as np
import skimage.data

# Left, top, side of a square about her face, framed much as FER2013 frames faces.
FRAME = (160, 55, 130)


@functools.cache
def astronaut():
    """RGB uint8 ``(512, 512, 3)``."""
    return skimage.data.astronaut()


def face(frame=FRAME):
    """Her face in a frame (left, top, side), uint8 ``(48, 48)``."""
    left, top, side = frame
    grey = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[top : top + side, left : left + side]
    return cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA)


def other_face(seed):
    """A face that passes for another photograph: stretched, in patchy light, at another place."""
    rng = np.random.default_rng(seed)
    left, top, side = FRAME
    return relit(face((left + rng.integers(-8, 9), top + rng.integers(-8, 9), side)), rng)


def relit(picture, rng, strength=20):
    """The picture with soft random light and shade on it."""
    spots = rng.normal(0, strength, (7, 7)).astype(np.float32)
    light = cv2.resize(spots, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(picture * 0.7 + 30 + light, 0, 255).astype(np.uint8)
